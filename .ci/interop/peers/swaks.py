"""swaks, the SMTP test tool: plain, STARTTLS, implicit TLS, PLAIN, LOGIN, and pipelining; LMTP; and
what a proxy says of a client, by XCLIENT and by the PROXY protocol."""

import poplib
import ssl

from common import (
    DOMAIN, Office, OurSink, check, directory, finish, header, inbox, messages, original, run, same,
)


def swaks(office, service, *options, sender="alice", to="bob", login=False, ok=(0,)):
    auth = ["--auth-user", f"{sender}@{DOMAIN}", "--auth-password", office.PASSWORD]
    return run(
        "swaks", "--server", office.HOST, "--port", office.ports[service], "--timeout", "20",
        "--helo", "client.example", "--from", f"{sender}@{DOMAIN}", "--to", f"{to}@{DOMAIN}",
        # Checks the certificate: swaks else takes any.
        "--tls-verify", "--tls-ca-path", office.certificate,
        *(auth if login else []), *options, ok=ok,
    )


with Office() as office, directory() as scratch:
    ways = {
        "to the MX": ("smtp", [], False),
        "to the MX over STARTTLS": ("smtp", ["--tls"], False),
        "to the MX with HELO": ("smtp", ["--protocol", "SMTP"], False),
        "to the MX, pipelined": ("smtp", ["--pipeline"], False),
        "with AUTH PLAIN over STARTTLS": ("submission", ["--tls", "--auth", "PLAIN"], True),
        "with AUTH LOGIN over STARTTLS": ("submission", ["--tls", "--auth", "LOGIN"], True),
        "with AUTH PLAIN over TLS": ("submissions", ["--tls-on-connect", "--auth", "PLAIN"], True),
        "with AUTH LOGIN, pipelined": (
            "submissions", ["--tls-on-connect", "--auth", "LOGIN", "--pipeline"], True,
        ),
        "with AUTH PLAIN over STARTTLS, pipelined": (
            "submission", ["--tls", "--auth", "PLAIN", "--pipeline"], True,
        ),
    }
    sent = []
    bodies = list(messages())
    for at, (way, (service, options, login)) in enumerate(ways.items()):
        for name, octets in (bodies[at], bodies[(at + 4) % len(bodies)]):
            with check(f"swaks sends {name} {way}"):
                file = scratch / "data"
                # It takes a dot away from the end, and puts a line end and a dot there.
                file.write_bytes(octets + b".")
                said = swaks(office, service, "--data", f"@{file}", *options, login=login)
                assert b"~> STARTTLS" in said or b"-> STARTTLS" in said or "--tls" not in options
                sent.append((name, octets))

    # It sends anyway after a failed AUTH only if told so; 28 is a failed AUTH, 24 no recipient,
    # 23 no sender.
    with check("swaks is refused with a wrong password"):
        swaks(office, "submissions", "--tls-on-connect", "--auth", "PLAIN", "--auth-user",
              f"alice@{DOMAIN}", "--auth-password", "guess", ok=(28,))
    with check("swaks finds no AUTH without TLS"):
        swaks(office, "submission", "--auth", "PLAIN", login=True, ok=(28,))
    with check("swaks is refused to relay"):
        said = swaks(office, "smtp", "--to", "x@elsewhere.test", ok=(24,))
        assert b"<** 551" in said, said
    with check("swaks is refused to relay, pipelined"):
        said = swaks(office, "smtp", "--pipeline", "--to", "x@elsewhere.test", ok=(24, 26))
        assert b"** 551" in said, said
    with check("swaks goes on with one of two recipients, pipelined"):
        file = scratch / "data"
        octets = header("one of two") + b"x\r\n"
        file.write_bytes(octets + b".")
        said = swaks(office, "smtp", "--pipeline", "--tls", "--data", f"@{file}", "--to",
                     f"bob@{DOMAIN},nobody@{DOMAIN}")
        same(said.count(b"<~* 550 5.1.1") + said.count(b"<~** 550 5.1.1"), 1, "refusals")
        sent.append(("one of two", octets))
    with check("swaks is refused a sender that is not its own"):
        swaks(office, "submissions", "--tls-on-connect", "--auth", "PLAIN", "--from",
              f"bob@{DOMAIN}", login=True, ok=(23,))

    with check("what swaks sent has come byte for byte"):
        trust = ssl.create_default_context(cafile=office.certificate)
        pop = poplib.POP3_SSL(office.HOST, office.pop3s, timeout=20, context=trust)
        pop.user(f"bob@{DOMAIN}")
        pop.pass_(office.PASSWORD)
        same(pop.stat()[0], len(sent), "messages")
        for number, (name, octets) in enumerate(sent, 1):
            whole = b"".join(line + b"\r\n" for line in pop.retr(number)[1])
            same(original(whole), octets, name)
        pop.quit()


def told(office, *options, service="smtp", user=None, ok=(0,), body=b"x\r\n"):
    """Sends a message with these options; returns what was said, and what came of it."""
    with directory() as scratch:
        before = len(inbox(office, "bob"))
        (scratch / "data").write_bytes(header("told") + body + b".")
        said = swaks(office, service, "--data", f"@{scratch / 'data'}", *options, ok=ok)
        came = inbox(office, "bob")[before:]
        for whole in came:
            same(original(whole), header("told") + body)
        return said, [whole.split(b"\r\n", 1)[1] for whole in came]


def came_from(came, wanted):
    same(len(came), 1, "messages")
    assert came[0].startswith(b"Received: from " + wanted), came[0][:300]


here = "'127.0.0.1'"
with Office(more=f"[xclient]\nsmtp = [{here}]\nsubmission = [{here}]\n") as office:
    pc = ["--xclient-addr", "192.0.2.7", "--xclient-port", "4711", "--xclient-name", "pc.example"]
    shown = b"client.example\r\n\t(pc.example [192.0.2.7])\r\n"
    for way, options in {
        "": [], "pipelined": ["--pipeline"], "behind STARTTLS": ["--tls"],
        "before STARTTLS": ["--tls", "--xclient-before-starttls"],
    }.items():
        with check(f"swaks speaks for another by XCLIENT {way}"):
            _, came = told(office, *pc, *options)
            came_from(came, shown)
            same(b"with ESMTPS\r\n" in came[0], "--tls" in options, "TLS")
            assert "peer=192.0.2.7:4711" in office.log.read_text(), "it is in the log"
    with check("swaks tells more and more by one XCLIENT after the other"):
        said, came = told(office, "--xclient-helo", "my pc", "--xclient-delim", "--xclient-addr",
                          "192.0.2.8", "--xclient-delim", "--xclient-proto", "SMTP")
        same(said.count(b"-> XCLIENT"), 3, "commands")
        came_from(came, b"my?pc ([192.0.2.8])\r\n")
        assert b" with SMTP\r\n" in came[0], came
    with check("swaks speaks for a client that has an address of IPv6 and no name"):
        _, came = told(office, "--xclient-addr", "IPV6:2001:db8::7", "--xclient-name",
                       "[UNAVAILABLE]", "--xclient-reverse-name", "[TEMPUNAVAIL]",
                       "--xclient-destaddr", "192.0.2.1", "--xclient-destport", "25")
        came_from(came, b"client.example ([IPv6:2001:db8::7])\r\n")
    with check("swaks says by XCLIENT who has logged in"):
        _, came = told(office, *pc, "--tls", "--xclient-login", f"alice@{DOMAIN}",
                       service="submission")
        came_from(came, shown)
        assert b"with ESMTPSA\r\n" in came[0], came
    # 33: XCLIENT did not go well; 23: no sender.
    with check("swaks says by XCLIENT that nobody has logged in, or somebody who is not there"):
        _, came = told(office, *pc, "--tls", service="submission", ok=(23,))
        same(came, [])
        said, came = told(office, "--xclient-login", "nobody", "--tls", service="submission",
                          ok=(33,))
        assert b"<~* 535 5.7.8" in said and not came, said
    with check("swaks is told of attributes that are none"):
        for bad in ("ADDR=nowhere", "SHOE=43", "ADDR"):
            said, came = told(office, "--xclient", bad, ok=(33,))
            assert b"<** 501 5.5.4" in said and not came, said
with Office() as office:
    with check("swaks is not heard by XCLIENT where nobody is trusted"):
        # It does not even try.
        said, _ = told(office, "--xclient-addr", "192.0.2.7", ok=(33,))
        assert b"250 STARTTLS" in said and b"XCLIENT" not in said, said

with Office(more=f"[proxies]\nsmtp = [{here}]\nsubmissions = [{here}]\n") as office:
    def proxy(version, family, source, dest, *options):
        return ["--proxy-version", version, "--proxy-family", family, "--proxy-source", source,
                "--proxy-source-port", "4711", "--proxy-dest", dest, "--proxy-dest-port", "25",
                *options]

    tells = {
        "version 1, IPv4": (proxy("1", "TCP4", "192.0.2.7", "192.0.2.1"), b"[192.0.2.7]"),
        "version 1, IPv6": (proxy("1", "TCP6", "2001:db8::7", "2001:db8::1"),
                            b"[IPv6:2001:db8::7]"),
        "version 2, IPv4": (proxy("2", "AF_INET", "192.0.2.7", "192.0.2.1"), b"[192.0.2.7]"),
        "version 2, IPv6": (proxy("2", "AF_INET6", "2001:db8::7", "2001:db8::1"),
                            b"[IPv6:2001:db8::7]"),
        # Its LOCAL of version 2 is a command that there is not (0x22).
        "version 1, of nobody knows whom": (["--proxy", "UNKNOWN"], b"[127.0.0.1]"),
    }
    login = ["--tls-on-connect", "--auth", "LOGIN", "--auth-user", f"alice@{DOMAIN}",
             "--auth-password", office.PASSWORD]
    for what, (options, address) in tells.items():
        for way, service, more in (
            ("in the clear", "smtp", []), ("pipelined over STARTTLS", "smtp", ["--tls", "--pipeline"]),
            ("with AUTH over TLS", "submissions", login),
        ):
            with check(f"swaks is a proxy: {what}, {way}"):
                _, came = told(office, *options, *more, service=service)
                came_from(came, b"client.example (%s)\r\n" % address)
                if address != b"[127.0.0.1]":
                    port = " peer=[2001:db8::7]:4711" if b"IPv6" in address else " peer=192.0.2.7:4711"
                    assert port in office.log.read_text(), "it is in the log"
    with check("swaks is hung up on, not answered, with what is no header"):
        for bad in (["--proxy", "TCP4 nowhere"], ["--proxy", "TCP4 192.0.2.7 2001:db8::1 1 2"],
                    ["--proxy-version", "2", "--proxy", "\x31\x11"], []):
            said, came = told(office, *bad, "--timeout", "10", ok=(2, 6, 21, 28))
            assert b"<-  220" not in said and not came, said
with Office() as office:
    with check("swaks is no proxy where none is trusted"):
        said, came = told(office, *proxy("1", "TCP4", "192.0.2.7", "192.0.2.1"), ok=(25,))
        assert b"500 5.5.2" in said and not came, said

for refusals, told_so in ((["--reject", "."], b"554 5.7.0"), (["--tempfail", "RCPT"], b"451 4.7.0")):
    with check(f"swaks is told no by our smtp-sink over LMTP {refusals}"):
        with OurSink("--lmtp", *refusals) as sink:
            said = run("swaks", "--server", sink.HOST, "--port", sink.port, "--protocol", "LMTP",
                       "--from", "a@b.example", "--to", "c@d.example,e@d.example", ok=(24, 26))
            assert said.count(b"<** " + told_so) == 2, said
            counts = sink.ended()
            same((counts["messages"], counts["refused"]), (0, 2 if "RCPT" in refusals else 1))
with directory() as scratch, OurSink("--lmtp", "--maildir", scratch / "mails") as sink:
    for option in ([], ["--pipeline"]):
        with check(f"swaks sends everything by LMTP to our smtp-sink, for two {option}"):
            for name, octets in messages():
                (scratch / "data").write_bytes(octets + b".")
                said = run("swaks", "--server", sink.HOST, "--port", sink.port, "--protocol",
                           "LMTP", "--helo", "client.example", "--from", "a@b.example", "--to",
                           "c@d.example,e@d.example", "--data", f"@{scratch / 'data'}", *option)
                assert b"-> LHLO client.example" in said, said
                same(said.count(b" 250 2.6.0"), 2, "answers to the end of the message")
    with check("what swaks sent by LMTP is in the Maildir byte for byte"):
        stored = sorted(file.read_bytes() for file in (scratch / "mails" / "new").iterdir())
        same(stored, sorted([octets for _, octets in messages()] * 2), "messages")
        counts = sink.ended()
        same((counts["recipients"], counts["broken"]), (4 * len(list(messages())), 0))
finish()
