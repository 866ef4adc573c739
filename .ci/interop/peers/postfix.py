"""Mail between the post office and Postfix, in both directions, by MX and by submission; our smtp-send
and smtp-load against Postfix, and against smtp-sink, which comes with it."""

import contextlib
import email
import os

from common import (
    BIN, DOMAIN, Office, by_subject, check, finish, header, inbox, messages, run, same, submit, unix, until,
)
from servers import Dovecot, Postfix, Sink


# Each stands for a mechanism.
EXTRA = "[aliases]\n" + "".join(
    f"'{name}@{DOMAIN}' = ['bob@{DOMAIN}']\n" for name in ("plain", "login", "scram")
)

with contextlib.ExitStack() as stack:
    postfix = Postfix()
    # It only answers where mail for Postfix's domain goes.
    dns = stack.enter_context(Office(domain=postfix.DOMAIN))
    office = stack.enter_context(Office(
        "--resolver", f"{dns.HOST}:{dns.dns}", "--relay-port", str(postfix.ports["smtp"]),
        more=EXTRA,
    ))
    postfix.dovecot = stack.enter_context(Dovecot())
    postfix.relay_port, postfix.ca = office.smtp, office.certificate
    postfix.login = f"alice@{DOMAIN}", office.PASSWORD
    postfix.submitted = {
        f"plain@{DOMAIN}": ("plain", office.submission),
        f"login@{DOMAIN}": ("login", office.submissions),
        f"scram@{DOMAIN}": ("scram-sha-256", office.submission),
    }
    stack.enter_context(postfix)
    alice, bob = f"alice@{DOMAIN}", f"bob@{postfix.DOMAIN}"
    sent = dict(messages())

    with check("post-office relays to Postfix, by MX and over STARTTLS"):
        for octets in sent.values():
            submit(office, office.submission, office.certificate, alice, office.PASSWORD,
                   alice, bob, octets)
        stored = by_subject(postfix.delivered(len(sent)))
        for name, octets in sent.items():
            whole = stored[name]
            assert whole.endswith(b"\n" + unix(octets)), f"{name}: {whole[-300:]!r}"
            assert whole.startswith(b"Return-Path: <%s>\n" % alice.encode()), whole[:300]
            assert b"using TLSv1.3" in whole, whole[:600]
            assert b"with ESMTPSA" in whole, "the submission is on the way that is told"

    with check("Postfix relays to post-office, over STARTTLS"):
        for octets in sent.values():
            submit(postfix, postfix.ports["submission"], postfix.certificate, "bob",
                   postfix.PASSWORD, bob, alice, octets)
        until("delivery", lambda: len(inbox(office, "alice")) >= len(sent))
        stored = by_subject(inbox(office, "alice"))
        for name, octets in sent.items():
            whole = stored[name]
            assert whole.endswith(b"\r\n" + octets), f"{name}: {whole[-300:]!r}"
            assert whole.startswith(b"Return-Path: <%s>\r\n" % bob.encode()), whole[:300]
            first = whole.split(b"\r\nReceived: ")[1]
            assert b"with ESMTPS\r\n\t(TLSv1.3 " in first, first

    for address, (mechanism, port) in postfix.submitted.items():
        way = "TLS" if port == office.submissions else "STARTTLS"
        with check(f"Postfix submits to post-office, by {mechanism} over {way}"):
            before = len(inbox(office, "bob"))
            for octets in sent.values():
                submit(postfix, postfix.ports["submission"], postfix.certificate, "bob",
                       postfix.PASSWORD, alice, address, octets)
            until("delivery", lambda: len(inbox(office, "bob")) >= before + len(sent))
            stored = by_subject(inbox(office, "bob")[before:])
            for name, octets in sent.items():
                whole = stored[name]
                assert whole.endswith(b"\r\n" + octets), f"{name}: {whole[-300:]!r}"
                first = whole.split(b"\r\nReceived: ")[1]
                assert b"with ESMTPSA\r\n\t(TLSv1.3 " in first, first
                assert f"for <{address}>" in whole.decode("latin-1"), whole[:600]

    with check("Postfix tells its user what post-office refused"):
        submit(postfix, postfix.ports["submission"], postfix.certificate, "bob", postfix.PASSWORD,
               bob, f"nobody@{DOMAIN}", header("to-nobody") + b"x\r\n")
        notice = postfix.delivered(len(sent) + 1)[-1]
        assert b"Status: 5.1.1\n" in notice and b"smtp; 550 5.1.1" in notice, notice

    with check("post-office tells its user what Postfix refused"):
        submit(office, office.submission, office.certificate, alice, office.PASSWORD,
               alice, f"nobody@{postfix.DOMAIN}", header("to-nobody") + b"x\r\n")
        until("a notice", lambda: len(inbox(office, "alice")) > len(sent))
        notice = email.message_from_bytes(inbox(office, "alice")[-1])
        same(notice["Return-Path"], "<>")
        same(notice["To"], alice)
        text = notice.get_payload(0).get_payload(decode=True).decode()
        assert "550" in text and f"nobody@{postfix.DOMAIN}" in text, text
    def smtp_send(port, *options, to=(bob,), message=None, password=postfix.PASSWORD, ok=(0,)):
        """Runs our client against Postfix; returns what it said."""
        recipients = [word for address in to for word in ("--to", address)]
        return run(
            BIN / "smtp-send", f"{postfix.HOST}:{port}", "--helo", "client.example", "--timeout",
            "20", "--from", alice, *recipients, *options, stdin=message, ok=ok,
            env={**os.environ, "MAIL_PASSWORD": password},
        ).decode()

    trusting = ["--ca", postfix.certificate]
    before = len(postfix.delivered(0))
    ways = {
        "in the clear": ("smtp", ["--plain"]),
        "over TLS if there is any": ("smtp", []),
        "over STARTTLS": ("smtp", ["--starttls", *trusting]),
        "with AUTH over STARTTLS": ("submission", ["--starttls", "--user", "bob", *trusting]),
        "with AUTH over TLS": ("submissions", ["--tls", "--user", "bob", *trusting]),
    }
    with check("smtp-send hands everything to Postfix, each in every way"):
        for way, (service, options) in ways.items():
            for name, octets in sent.items():
                said = smtp_send(postfix.ports[service], *options, message=octets)
                assert said.startswith(f"{bob}: accepted: 250 2.0.0"), f"{way}, {name}: {said}"
        stored = postfix.delivered(before + len(ways) * len(sent))[before:]
        whole = [octets for octets in stored if b"client.example" in octets]
        same(len(whole), len(ways) * len(sent), "messages")
        for name, octets in sent.items():
            came = sum(message.endswith(b"\n" + unix(octets)) for message in whole)
            same(came, len(ways), f"copies of {name}")
        over_tls = sum(b"using TLSv1.3" in message for message in whole)
        same(over_tls, (len(ways) - 1) * len(sent), "messages over TLS")
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"):
        with check(f"smtp-send logs in to Postfix by {mechanism}, and not with a wrong password"):
            by = ["--starttls", "--user", "bob", *trusting, "--mechanism", mechanism]
            count = len(postfix.delivered(0))
            smtp_send(postfix.ports["submission"], *by, message=sent["dots"])
            assert postfix.delivered(count + 1)[-1].endswith(b"\n" + unix(sent["dots"]))
            log = (postfix.dir / "log").read_text()
            assert f"sasl_method={mechanism}, sasl_username=bob" in log, log[-1000:]
            said = smtp_send(postfix.ports["submission"], *by, message=sent["dots"],
                             password="guess", ok=(77,))
            assert "535 5.7.8" in said, said
    with check("smtp-load hands messages to Postfix, by DATA and by BDAT"):
        for options in ([], ["--bdat"]):
            count = len(postfix.delivered(0))
            said = run(BIN / "smtp-load", f"{postfix.HOST}:{postfix.ports['smtp']}", "--to", bob,
                       "--sessions", "3", "--messages", "12", "--size", "30000", *options).decode()
            assert said.startswith("messages accepted 12 rejected 0 put-off 0\n"), said
            for message in postfix.delivered(count + 12)[count:]:
                same(message.count(b"\n" + b"X" * 78), 29956 // 80, "whole lines")
        chunks = sum(" bdat=1" in line for line in (postfix.dir / "log").read_text().splitlines())
        assert chunks > 0, "some by BDAT"
    with check("smtp-send makes CRLF of LF"):
        count = len(postfix.delivered(0))
        smtp_send(postfix.ports["smtp"], message=unix(sent["dots"]))
        assert postfix.delivered(count + 1)[-1].endswith(b"\n" + unix(sent["dots"]))
    with check("smtp-send tells each recipient's fate"):
        nobody = f"nobody@{postfix.DOMAIN}"
        said = smtp_send(postfix.ports["smtp"], to=(bob, nobody, "x@elsewhere.test"),
                         message=sent["plain"], ok=(69,))
        fates = said.splitlines()
        assert fates[0].startswith(f"{bob}: accepted: 250"), said
        assert fates[1].startswith(f"{nobody}: refused at RCPT: 550 5.1.1"), said
        assert fates[2].startswith("x@elsewhere.test: refused at RCPT: 554 5.7.1"), said
    with check("smtp-send explains a refusal"):
        said = smtp_send(postfix.ports["smtp"], "--explain", "en", to=(nobody,),
                         message=sent["plain"], ok=(69,))
        assert len(said.splitlines()) > 2, said
    with check("smtp-send is told that a message is too large before it sends it"):
        said = smtp_send(postfix.ports["smtp"], message=header("large") + b"x\r\n" * 500_000, ok=(65,))
        assert "accepted" not in said, said
    with check("smtp-send fails with a wrong password, and with a certificate that is not trusted"):
        smtp_send(postfix.ports["submissions"], "--tls", "--user", "bob", *trusting,
                  message=sent["plain"], password="guess", ok=(77,))
        smtp_send(postfix.ports["submissions"], "--tls", "--user", "bob", "--ca", office.certificate,
                  message=sent["plain"], ok=(69, 75))

    sink = stack.enter_context(Sink())
    with check("smtp-send hands everything to smtp-sink"):
        for octets in sent.values():
            said = smtp_send(sink.port, "--plain", message=octets)
            assert said.startswith(f"{bob}: accepted: 250"), said
        taken = sink.taken()
        same(len(taken), len(sent), "messages")
        for name, octets in sent.items():
            # It sets a line of its own below each.
            came = [message for message in taken if message.endswith(b"\n" + unix(octets) + b"\n")]
            same(len(came), 1, f"copies of {name}")
            assert b"X-Rcpt-Args: <%s>\n" % bob.encode() in came[0], came[0][:300]
finish()
