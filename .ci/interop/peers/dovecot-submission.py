"""Our smtp-send hands mail to Dovecot's submission server, which passes it on to the post office."""

import contextlib
import os

from common import BIN, DOMAIN, Office, by_subject, check, finish, inbox, messages, run
from servers import Dovecot

with contextlib.ExitStack() as stack:
    office = stack.enter_context(Office())
    dovecot = stack.enter_context(Dovecot(relay_port=office.smtp))
    bob = f"bob@{DOMAIN}"
    sent = dict(messages())

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
        stored = by_subject(inbox(office, "bob"))
        for name, octets in sent.items():
            assert stored[name].endswith(b"\r\n" + octets), f"{name}: {stored[name][-300:]!r}"
    with check("smtp-send is refused with a wrong password"):
        said = smtp_send(*login, message=sent["plain"], password="guess", ok=77)
        assert "535" in said, said
    with check("smtp-send tells what post-office said to Dovecot"):
        said = run(
            BIN / "smtp-send", f"{dovecot.HOST}:{dovecot.ports['submission']}", "--timeout", "20",
            "--from", f"alice@{DOMAIN}", "--to", f"nobody@{DOMAIN}", *login, stdin=sent["plain"],
            ok=(69,), env={**os.environ, "MAIL_PASSWORD": dovecot.PASSWORD},
        ).decode()
        assert "refused at RCPT: 550 5.1.1" in said, said
finish()
