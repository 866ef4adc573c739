"""Our smtp-send against aiosmtpd: in the clear, over STARTTLS, with AUTH; whoever refuses what."""

import contextlib
import os
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from common import BIN, DOMAIN, Office, check, finish, free_port, messages, run, same

PASSWORD = "open sesame, \\ and \"more\""
BOB = "bob@aiosmtpd.test"


class Kept:
    """Keeps what comes, and refuses whom it is told to."""

    def __init__(self):
        self.came = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 nobody of that name"
        if address.startswith("later@"):
            return "450 4.2.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if b"Subject: refuse-me" in envelope.content:
            return "554 5.6.0 not this one"
        self.came.append((envelope.rcpt_tos, envelope.content, session.ssl is not None))
        return "250 2.6.0 kept"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and data == LoginPassword(b"tim", PASSWORD.encode())
    # Without a message of its own it answers 535.
    return AuthResult(success=right, handled=False)


@contextlib.contextmanager
def aiosmtpd(**options):
    kept = Kept()
    controller = Controller(kept, hostname="127.0.0.1", port=free_port(), decode_data=False, **options)
    controller.start()
    try:
        yield kept, controller.port
    finally:
        controller.stop()


def smtp_send(port, *options, message, to=(BOB,), ok=0):
    recipients = [word for address in to for word in ("--to", address)]
    return run(
        BIN / "smtp-send", f"127.0.0.1:{port}", "--helo", "client.example", "--timeout", "20",
        "--from", f"alice@{DOMAIN}", *recipients, *options, stdin=message, ok=(ok,),
        env={**os.environ, "MAIL_PASSWORD": PASSWORD},
    ).decode()


with Office() as office:
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trust.load_cert_chain(office.certificate, office.dir / "data" / "tls-key.pem")
    trusting = ["--ca", office.certificate]
    sent = dict(messages())
    ways = {
        "in the clear": ({}, ["--plain"]),
        "over STARTTLS": (
            {"tls_context": trust, "require_starttls": True}, ["--starttls", *trusting],
        ),
    }
    for mechanism in ("PLAIN", "LOGIN"):
        log_in = ["--user", "tim", "--mechanism", mechanism, *trusting]
        auth = {"authenticator": authenticate, "auth_required": True}
        ways[f"with {mechanism} over STARTTLS"] = (
            {"tls_context": trust, **auth}, ["--starttls", *log_in],
        )
        # It does not see the TLS that its port begins with.
        ways[f"with {mechanism} over TLS"] = (
            {"ssl_context": trust, "auth_require_tls": False, **auth}, ["--tls", *log_in],
        )
    for way, (server, options) in ways.items():
        with check(f"smtp-send hands everything to aiosmtpd {way}"), aiosmtpd(**server) as (kept, port):
            for name, octets in sent.items():
                said = smtp_send(port, *options, message=octets)
                same(said, f"{BOB}: accepted: 250 2.6.0 kept\n", name)
            same([content for _, content, _ in kept.came], list(sent.values()))
            if "over TLS" not in way:
                same({tls for _, _, tls in kept.came}, {way != "in the clear"})
    with check("smtp-send is refused by aiosmtpd with a wrong password"):
        with aiosmtpd(tls_context=trust, authenticator=authenticate) as (kept, port):
            for mechanism in ("PLAIN", "LOGIN"):
                said = smtp_send(port, "--starttls", "--user", "jim", "--mechanism", mechanism,
                                 *trusting, message=sent["plain"], ok=77)
                assert "535 5.7.8" in said and not kept.came, said
    with aiosmtpd() as (kept, port):
        with check("smtp-send tells each recipient's fate"):
            said = smtp_send(port, "--plain", message=sent["plain"], ok=69,
                             to=(BOB, "nobody@aiosmtpd.test", "later@aiosmtpd.test"))
            same(said.splitlines(), [
                f"{BOB}: accepted: 250 2.6.0 kept",
                "nobody@aiosmtpd.test: refused at RCPT: 550 5.1.1 nobody of that name",
                "later@aiosmtpd.test: refused at RCPT: 450 4.2.1 come back later",
            ])
            same(kept.came[-1][0], [BOB])
        with check("smtp-send tells that the message was refused"):
            said = smtp_send(port, "--plain", message=b"Subject: refuse-me\r\n\r\n", ok=69)
            same(said, f"{BOB}: refused at end of data: 554 5.6.0 not this one\n")
            same(len(kept.came), 1, "messages kept")
finish()
