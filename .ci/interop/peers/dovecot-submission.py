"""Our smtp-send hands mail to Dovecot's submission server, by each mechanism that both know; Dovecot
passes it on to the post office. Dovecot 2.3 has no SCRAM with channel binding."""

import contextlib
import os

from common import BIN, DOMAIN, Office, by_subject, check, finish, inbox, messages, run, same
from servers import Dovecot

with contextlib.ExitStack() as stack:
    office = stack.enter_context(Office())
    dovecot = stack.enter_context(Dovecot(relay_port=office.smtp))
    bob = f"bob@{DOMAIN}"
    sent = dict(messages())

    def logins():
        """The mechanisms of the log-ins so far, all of them over TLS."""
        lines = (dovecot.dir / "log").read_text(errors="replace").splitlines()
        lines = [line for line in lines if "submission-login: Info: Login: user=<bob>" in line]
        assert all(", TLS" in line for line in lines), lines
        return [line.partition("method=")[2].partition(",")[0] for line in lines]

    def smtp_send(*options, message, password=dovecot.PASSWORD, ok=0):
        return run(
            BIN / "smtp-send", f"{dovecot.HOST}:{dovecot.ports['submission']}", "--helo",
            "client.example", "--timeout", "20", "--from", f"alice@{DOMAIN}", "--to", bob, *options,
            stdin=message, ok=(ok,), env={**os.environ, "MAIL_PASSWORD": password},
        ).decode()

    login = ["--starttls", "--ca", dovecot.certificate, "--user", "bob"]
    with check("smtp-send hands everything to Dovecot, and Dovecot to post-office"):
        for name, octets in sent.items():
            said = smtp_send(*login, message=octets)
            assert said.startswith(f"{bob}: accepted: 250 "), f"{name}: {said}"
        same(set(logins()), {"SCRAM-SHA-256"}, "mechanisms, of which the strongest is taken")
        stored = by_subject(inbox(office, "bob"))
        for name, octets in sent.items():
            assert stored[name].endswith(b"\r\n" + octets), f"{name}: {stored[name][-300:]!r}"
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"):
        with check(f"smtp-send logs in to Dovecot by {mechanism}"):
            before = len(inbox(office, "bob"))
            smtp_send(*login, "--mechanism", mechanism, message=sent["dots"])
            same(logins()[-1], mechanism, "mechanism")
            whole = inbox(office, "bob")[before:]
            assert len(whole) == 1 and whole[0].endswith(b"\r\n" + sent["dots"]), whole
        with check(f"smtp-send is refused by Dovecot with a wrong password, {mechanism}"):
            said = smtp_send(*login, "--mechanism", mechanism, message=sent["plain"],
                             password="guess", ok=77)
            assert "535" in said, said
    with check("smtp-send tells what post-office said to Dovecot"):
        said = run(
            BIN / "smtp-send", f"{dovecot.HOST}:{dovecot.ports['submission']}", "--timeout", "20",
            "--from", f"alice@{DOMAIN}", "--to", f"nobody@{DOMAIN}", *login, stdin=sent["plain"],
            ok=(69,), env={**os.environ, "MAIL_PASSWORD": dovecot.PASSWORD},
        ).decode()
        assert "refused at RCPT: 550 5.1.1" in said, said
finish()
