"""Mail between the post office and Exim, in both directions, and our smtp-send against Exim."""

import contextlib
import os

from common import (
    BIN, DOMAIN, Office, by_subject, check, finish, header, inbox, messages, run, same, submit, unix, until,
)
from servers import Exim

with contextlib.ExitStack() as stack:
    # It only answers where mail for Exim's domain goes.
    dns = stack.enter_context(Office(domain=Exim.DOMAIN))
    exim = Exim()
    office = stack.enter_context(Office(
        "--resolver", f"{dns.HOST}:{dns.dns}", "--relay-port", str(exim.ports["smtp"]), apop=True,
    ))
    exim.relay_port, exim.submission, exim.ca = office.smtp, office.submission, office.certificate
    exim.login = f"alice@{DOMAIN}", office.PASSWORD
    exim.submitted = {f"bob@{DOMAIN}": "PLAIN", f"carol@{DOMAIN}": "LOGIN"}
    stack.enter_context(exim)
    alice, bob = f"alice@{DOMAIN}", f"bob@{Exim.DOMAIN}"
    sent = dict(messages())

    with check("post-office relays to Exim, by MX and over STARTTLS"):
        for octets in sent.values():
            submit(office, office.submission, office.certificate, alice, office.PASSWORD,
                   alice, bob, octets)
        stored = by_subject(exim.delivered(len(sent)))
        for name, octets in sent.items():
            whole = stored[name]
            assert whole.endswith(b"\n" + unix(octets)), f"{name}: {whole[-300:]!r}"
            assert b"with esmtps  (TLS1.3)" in whole, whole[:600]

    with check("Exim relays to post-office, over STARTTLS"):
        for octets in sent.values():
            submit(exim, exim.ports["smtp"], exim.certificate, "bob", exim.PASSWORD,
                   bob, alice, octets)
        until("delivery", lambda: len(inbox(office, "alice")) >= len(sent))
        stored = by_subject(inbox(office, "alice"))
        for name, octets in sent.items():
            whole = stored[name]
            assert whole.endswith(b"\r\n" + octets), f"{name}: {whole[-300:]!r}"
            first = whole.split(b"\r\nReceived: ")[1]
            assert b"with ESMTPS\r\n\t(TLSv1.3 " in first, first

    for address, mechanism in exim.submitted.items():
        with check(f"Exim submits to post-office, by {mechanism} over STARTTLS"):
            name = address.partition("@")[0]
            for octets in sent.values():
                submit(exim, exim.ports["smtp"], exim.certificate, "bob", exim.PASSWORD,
                       alice, address, octets)
            until("delivery", lambda: len(inbox(office, name)) >= len(sent))
            stored = by_subject(inbox(office, name))
            for name, octets in sent.items():
                whole = stored[name]
                assert whole.endswith(b"\r\n" + octets), f"{name}: {whole[-300:]!r}"
                first = whole.split(b"\r\nReceived: ")[1]
                assert b"with ESMTPSA\r\n\t(TLSv1.3 " in first, first
            log = exim.log.read_text()
            assert f"=> {address}" in log and f" A={mechanism} " in log, log[-1000:]

    with check("Exim tells its user what post-office refused"):
        submit(exim, exim.ports["smtp"], exim.certificate, "bob", exim.PASSWORD,
               bob, f"nobody@{DOMAIN}", header("to-nobody") + b"x\r\n")
        notice = exim.delivered(len(sent) + 1)[-1]
        assert b"550 5.1.1" in notice and b"Status: 5.0.0\n" in notice, notice

    before = len(exim.delivered(0))
    trusting = ["--ca", exim.certificate]
    ways = {
        "in the clear": ("smtp", ["--plain"]),
        "over STARTTLS": ("smtp", ["--starttls", *trusting]),
        "with AUTH over STARTTLS": ("smtp", ["--starttls", "--user", "bob", *trusting]),
        "with AUTH over TLS": ("smtps", ["--tls", "--user", "bob", *trusting]),
    }
    with check("smtp-send hands everything to Exim, each in every way"):
        for way, (service, options) in ways.items():
            for name, octets in sent.items():
                said = run(
                    BIN / "smtp-send", f"{exim.HOST}:{exim.ports[service]}", "--helo",
                    "client.example", "--timeout", "20", "--from", alice, "--to", bob, *options,
                    stdin=octets, env={**os.environ, "MAIL_PASSWORD": exim.PASSWORD},
                ).decode()
                assert said.startswith(f"{bob}: accepted: 250 "), f"{way}, {name}: {said}"
        stored = exim.delivered(before + len(ways) * len(sent))[before:]
        for name, octets in sent.items():
            came = sum(message.endswith(b"\n" + unix(octets)) for message in stored)
            same(came, len(ways), f"copies of {name}")
        logged_in = sum(b"with esmtpsa" in message for message in stored)
        same(logged_in, 2 * len(sent), "messages with AUTH")

    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        def log_in(password, ok):
            return run(
                BIN / "smtp-send", f"{exim.HOST}:{exim.ports['smtp']}", "--timeout", "20", "--from",
                alice, "--to", bob, "--starttls", *trusting, "--user", "bob", "--mechanism",
                mechanism, stdin=sent["dots"], ok=(ok,),
                env={**os.environ, "MAIL_PASSWORD": password},
            ).decode()

        with check(f"smtp-send logs in to Exim by {mechanism}, and not with a wrong password"):
            assert ": accepted: 250 " in log_in(exim.PASSWORD, 0)
            driver = mechanism.partition("-")[0]
            until("the log of it", lambda: f" A={driver}:bob " in exim.log.read_text())
            assert "refused at" in log_in("guess", 77)
finish()
