"""swaks, the SMTP test tool: plain, STARTTLS, implicit TLS, PLAIN, LOGIN, and pipelining."""

import poplib
import ssl

from common import DOMAIN, Office, check, directory, finish, messages, original, run, same


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
finish()
