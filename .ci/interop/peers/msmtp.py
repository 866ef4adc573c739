"""msmtp, which hands mail of this machine to a server: plain and over TLS, with each mechanism.

Debian 12's msmtp binds no log-in to its TLS (SCRAM-SHA-256-PLUS): that came with version 1.8.26, and
`$MSMTP` says where a newer one is. Both take SCRAM from GNU SASL, whose own program shows the binding
as well. Over TLS 1.3 they bind to tls-exporter (RFC 9266)."""

import base64
import os

from collections import Counter

from common import DOMAIN, Office, check, directory, finish, inbox, messages, original, run, same, unix


# One that knows channel bindings.
NEWER = os.environ.get("MSMTP", "msmtp")
# How its first message of SCRAM begins then.
BOUND = base64.b64encode(b"p=tls-exporter,")


def msmtp(office, service, *options, octets, to=f"bob@{DOMAIN}", ok=0, program="msmtp"):
    return run(
        program, "--file=/dev/null", f"--host={office.HOST}", f"--port={office.ports[service]}",
        "--domain=client.example", "--timeout=20", f"--from=alice@{DOMAIN}", *options, "--", to,
        stdin=unix(octets), ok=(ok,), errors="--debug" not in options,
    )


# GNU SASL's own program sees no STARTTLS in the last line of the offers: here XCLIENT is behind it.
with Office(more="[xclient]\nsubmission = ['127.0.0.1']\n") as office, directory() as scratch:
    tls = ["--tls=on", f"--tls-trust-file={office.certificate}"]
    # msmtp asks a command for the password, never its own command line.
    secret = scratch / "password"
    secret.write_text(office.PASSWORD + "\n")
    login = [f"--user=alice@{DOMAIN}", f"--passwordeval=cat {secret}"]
    starttls = [*tls, "--tls-starttls=on", *login]
    implicit = [*tls, "--tls-starttls=off", *login]
    ways = {
        "to the MX": ("smtp", ["--tls=off", "--auth=off"]),
        "to the MX over STARTTLS": ("smtp", [*tls, "--tls-starttls=on", "--auth=off"]),
        "with PLAIN over STARTTLS": ("submission", [*starttls, "--auth=plain"]),
        "with LOGIN over STARTTLS": ("submission", [*starttls, "--auth=login"]),
        "with SCRAM over STARTTLS": ("submission", [*starttls, "--auth=scram-sha-256"]),
        "with SCRAM over TLS": ("submissions", [*implicit, "--auth=scram-sha-256"]),
        "with what it likes best over STARTTLS": ("submission", [*starttls, "--auth=on"]),
        "with what it likes best over TLS": ("submissions", [*implicit, "--auth=on"]),
    }
    sent = Counter()
    bodies = list(messages())
    for at, (way, (service, options)) in enumerate(ways.items()):
        for name, octets in (bodies[at], bodies[(at + 5) % len(bodies)]):
            with check(f"msmtp sends {name} {way}"):
                msmtp(office, service, *options, octets=octets)
                sent[octets] += 1

    for way, service, options in (
        ("STARTTLS", "submission", starttls), ("TLS", "submissions", implicit),
    ):
        # What it likes best is the strongest.
        for auth in ("scram-sha-256-plus", "on", "plain"):
            with check(f"the newer msmtp sends by {auth} over {way}"):
                said = msmtp(office, service, *options, f"--auth={auth}", "--debug",
                             octets=bodies[1][1], program=NEWER)
                name = {"on": "scram-sha-256-plus"}.get(auth, auth).upper().encode()
                assert b"--> AUTH %s" % name in said, said
                same(BOUND in said, auth != "plain", "bound to tls-exporter")
                sent[bodies[1][1]] += 1
    with check("the newer msmtp is refused with a wrong password, by SCRAM-SHA-256-PLUS"):
        guess = scratch / "guess"
        guess.write_text("guess\n")
        said = msmtp(office, "submissions", *tls, "--tls-starttls=off", f"--user=alice@{DOMAIN}",
                     f"--passwordeval=cat {guess}", "--auth=scram-sha-256-plus", program=NEWER,
                     octets=bodies[0][1], ok=77)
        assert b"535 5.7.8" in said, said

    def gsasl(*options, password=office.PASSWORD, ok=0):
        return run(
            "gsasl", "--smtp", "--connect", f"{office.HOST}:{office.submission}",
            f"--x509-ca-file={office.certificate}", "--verbose", f"--authentication-id=alice@{DOMAIN}",
            f"--password={password}", *options, ok=(ok,), stdin=b"",
        )

    with check("gsasl logs in bound to its TLS, by the mechanism that it likes best"):
        said = gsasl()
        assert b"\nAUTH SCRAM-SHA-256-PLUS\n" in said and b"\n235 " in said, said
        assert BOUND in said, said
    with check("gsasl is refused with a wrong password"):
        said = gsasl("--mechanism=SCRAM-SHA-256-PLUS", password="guess", ok=1)
        assert b"\n535 5.7.8" in said, said

    with check("msmtp is refused with a wrong password"):
        secret.write_text("guess\n")
        said = msmtp(office, "submissions", *implicit, "--auth=plain", octets=bodies[0][1], ok=77)
        assert b"535 5.7.8" in said, said
    with check("msmtp is refused to relay"):
        said = msmtp(office, "smtp", "--tls=off", "--auth=off", to="x@elsewhere.test",
                     octets=bodies[0][1], ok=65)
        assert b"551" in said, said
    with check("what msmtp sent has come byte for byte"):
        came = Counter(original(whole) for whole in inbox(office, "bob"))
        same(came, sent, "messages")
finish()
