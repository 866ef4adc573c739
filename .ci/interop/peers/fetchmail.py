"""fetchmail gets the mail by POP3 and by IMAP, and hands it to a script."""

import smtplib

from common import DOMAIN, Office, check, directory, finish, messages, run, same, unix

WAYS = {
    "POP3 with STLS": ("pop3", "pop3", "sslproto 'auto' sslcertck"),
    "POP3 with implicit TLS": ("pop3", "pop3s", "ssl sslcertck"),
    "IMAP with STARTTLS": ("imap", "imap", "sslproto 'auto' sslcertck"),
    "IMAP with implicit TLS": ("imap", "imaps", "ssl sslcertck"),
}


with Office() as office, directory() as scratch:
    mda = scratch / "mda"
    mda.write_text(f'#!/bin/sh\nexec cat > "{scratch}/got.$(date +%s%N).$$"\n')
    mda.chmod(0o700)
    # No string of fetchmail's holds its own quotes.
    quoted = office.PASSWORD.replace("\\", "\\\\")
    for way, (protocol, service, tls) in WAYS.items():
        sent = list(messages())
        with check(f"fetchmail gets all by {way}, and deletes it"):
            with smtplib.SMTP(office.HOST, office.smtp, timeout=20) as smtp:
                for _, octets in sent:
                    smtp.sendmail(f"alice@{DOMAIN}", [f"bob@{DOMAIN}"], octets)
            rc = scratch / "fetchmailrc"
            rc.touch(0o600)
            rc.write_text(
                # It knows no addresses in certificates.
                f'poll localhost protocol {protocol} port {office.ports[service]} timeout 20\n'
                f' user "bob@{DOMAIN}" password \'{quoted}\' is root here\n'
                f' {tls} sslcertfile "{office.certificate}"\n'
                f' mda "{mda}" fetchall no rewrite\n'
            )
            common = ("fetchmail", "--fetchmailrc", rc, "--nosyslog", "--idfile", scratch / "ids",
                      "--pidfile", scratch / "pid", "-v")
            run(*common)
            got = sorted(scratch.glob("got.*"))
            same(len(got), len(sent), "messages")
            for file, (name, octets) in zip(got, sent):
                head, _, body = file.read_bytes().partition(b"\n\n")
                assert f"Subject: {name}\n".encode() in head, head
                same(body, unix(octets).partition(b"\n\n")[2], f"body of {name}")
                file.unlink()
            # 1: there was no mail.
            run(*common, ok=(1,))
finish()
