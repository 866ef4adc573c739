"""Our smtp-send hands mail to Dovecot by LMTP: several recipients with an answer each, in the clear and
over STARTTLS, read back by IMAP."""

import contextlib
import imaplib
import ssl

from common import BIN, by_subject, check, finish, messages, run, same
from servers import Dovecot

DOMAIN = "dovecot.test"
BOB, CAROL, NOBODY = (f"{name}@{DOMAIN}" for name in ("bob", "carol", "nobody"))


def stored(dovecot, user):
    """What is in the INBOX of a user, as IMAP tells it."""
    trust = ssl.create_default_context(cafile=dovecot.certificate)
    client = imaplib.IMAP4_SSL(dovecot.HOST, dovecot.ports["imaps"], ssl_context=trust, timeout=20)
    client.login(user, dovecot.PASSWORD)
    client.select(readonly=True)
    found = client.search(None, "ALL")[1][0].split()
    whole = [client.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found]
    client.logout()
    return whole


with contextlib.ExitStack() as stack:
    dovecot = stack.enter_context(Dovecot())
    sent = dict(messages())

    def smtp_send(*options, to, message, ok=0, errors=False):
        recipients = [word for address in to for word in ("--to", address)]
        said = run(
            BIN / "smtp-send", f"{dovecot.HOST}:{dovecot.ports['lmtp']}", "--lmtp", "--helo",
            "client.example", "--timeout", "20", "--from", "alice@elsewhere.test", *recipients,
            *options, stdin=message, ok=(ok,), errors=errors,
        )
        return said.decode()

    for way, options in {
        "in the clear": ["--plain"], "over STARTTLS": ["--starttls", "--ca", dovecot.certificate],
    }.items():
        before = {user: len(stored(dovecot, user)) for user in ("bob", "carol")}
        with check(f"smtp-send hands everything to Dovecot by LMTP, for two, {way}"):
            for name, octets in sent.items():
                told = smtp_send(*options, to=(BOB, CAROL), message=octets).splitlines()
                same(len(told), 2, "lines")
                for line, to in zip(told, (BOB, CAROL)):
                    # Dovecot names the recipient whom it answers for.
                    wanted = f"{to}: accepted: 250 2.0.0 <{to}> "
                    assert line.startswith(wanted) and line.endswith(" Saved"), line
        for user in ("bob", "carol"):
            with check(f"{user} has it from Dovecot byte for byte, {way}"):
                came = stored(dovecot, user)[before[user]:]
                same(len(came), len(sent), "messages")
                by_name = by_subject(came)
                for name, octets in sent.items():
                    whole = by_name[name]
                    assert whole.endswith(b"\r\n" + octets), f"{name}: {whole[-300:]!r}"
                    assert b"Return-Path: <alice@elsewhere.test>\r\n" in whole, whole[:300]
                    with_tls = b"\tby mx.example with LMTPS\r\n" in whole
                    same(with_tls, way == "over STARTTLS", f"TLS in {whole[:500]}")
    with check("smtp-send goes on without the recipient whom Dovecot refuses"):
        before = {user: len(stored(dovecot, user)) for user in ("bob", "carol")}
        told = smtp_send("--plain", to=(BOB, NOBODY, CAROL), message=sent["dots"], ok=69)
        bob, nobody, carol = told.splitlines()
        assert f"<{BOB}> " in bob and bob.startswith(f"{BOB}: accepted: 250 "), told
        assert nobody.startswith(f"{NOBODY}: refused at RCPT: 550 5.1.1 <{NOBODY}>"), told
        assert f"<{CAROL}> " in carol and carol.startswith(f"{CAROL}: accepted: 250 "), told
        for user in ("bob", "carol"):
            same(len(stored(dovecot, user)), before[user] + 1, f"messages of {user}")
    with check("smtp-send says nothing where all are refused"):
        told = smtp_send("--plain", to=(NOBODY,), message=sent["plain"], ok=69)
        assert told.startswith(f"{NOBODY}: refused at RCPT: 550 5.1.1"), told
finish()
