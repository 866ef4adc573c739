"""Our pop3-fetch against Dovecot's POP3: every way to log in, and ten thousand messages."""

import mailbox
import os
import pwd

from common import BIN, check, directory, finish, header, messages, run, same
from servers import Dovecot

MANY = 10_000
MECHANISMS = "plain login apop cram-md5 scram-sha-1 scram-sha-256"


def fetch(dovecot, service, *options, password=None, ok=(0,), timeout=30):
    return run(
        BIN / "pop3-fetch", f"{dovecot.HOST}:{dovecot.ports[service]}", "--user", "bob",
        "--ca", dovecot.certificate, "--timeout", "200", *options, ok=ok, timeout=timeout,
        env={**os.environ, "MAIL_PASSWORD": password or dovecot.PASSWORD}, errors=0 not in ok,
    ).decode()


def fill(dovecot, count):
    """Puts messages into bob's Maildir, as a delivery does but at once."""
    owner = pwd.getpwnam("nobody")
    new = dovecot.mail / "bob" / "new"
    for number in range(count):
        path = new / f"{1_600_000_000 + number}.M{number}.interop"
        path.write_bytes(f"Subject: many {number}\r\n\r\n.{number}\r\n".encode())
        os.chown(path, owner.pw_uid, owner.pw_gid)


with Dovecot(mechanisms=MECHANISMS) as dovecot, directory() as scratch:
    sent = [octets for _, octets in messages()]
    sent.append(header("huge") + (b"." + b"0123456789" * 9 + b"\r\n") * 20_000)
    for octets in sent:
        dovecot.deliver(octets)
    # POP3 has no message without a line end; a Maildir has those of this system.
    unix = sorted((text if text.endswith(b"\r\n") else text + b"\r\n").replace(b"\r\n", b"\n")
                  for text in sent)
    for service, how in (("pop3", "--stls"), ("pop3s", "--tls")):
        for name in (None, "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"):
            with check(f"log in by {name or 'the strongest'}, {how}"):
                folder = scratch / f"{service} {name}"
                chosen = ["--mechanism", name] if name else ["--wire"]
                fetch(dovecot, service, how, *chosen, "--to", folder)
                same(sorted(file.read_bytes() for file in (folder / "new").iterdir()), unix)
                same(list((folder / "tmp").iterdir()), [], "what is left in tmp")
    with check("log in by APOP, which shows no password"):
        said = fetch(dovecot, "pop3", "--plain", "--apop", "--to", scratch / "apop")
        same(len(said.splitlines()), len(sent), "lines")
    with check("a mechanism that is not offered is told"):
        said = fetch(dovecot, "pop3s", "--tls", "--mechanism", "OAUTHBEARER", "--token",
                     password="token", ok=(1,))
        assert "does not offer OAUTHBEARER" in said, said
    with check("into an mbox, which Python reads back"):
        fetch(dovecot, "pop3s", "--tls", "--mbox", scratch / "mbox")
        found = mailbox.mbox(scratch / "mbox", create=False)
        same(len(found), len(sent), "messages")
        subjects = sorted(str(message["Subject"]) for message in found)
        same(len(subjects), len(sent), "subjects")
    with check(f"{MANY} messages, once, and then none"):
        fill(dovecot, MANY)
        folder = scratch / "many"
        said = fetch(dovecot, "pop3s", "--tls", "--to", folder, timeout=150)
        same(len(said.splitlines()), MANY + len(sent), "lines")
        names = [file.name for file in (folder / "new").iterdir()]
        same(len(names), MANY + len(sent), "files")
        same(fetch(dovecot, "pop3s", "--tls", "--to", folder), "", "what comes again")
    with check(f"{MANY} messages are deleted by who has them"):
        same(fetch(dovecot, "pop3s", "--tls", "--delete", "--to", folder, timeout=100), "")
        same(len(list((folder / "new").iterdir())), MANY + len(sent), "files")
        same(fetch(dovecot, "pop3s", "--tls", "--to", scratch / "left"), "", "what is left")
finish()
