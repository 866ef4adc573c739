"""msmtp, which hands mail of this machine to a server: plain and over TLS, with each mechanism."""

from collections import Counter

from common import DOMAIN, Office, check, directory, finish, inbox, messages, original, run, same, unix


def msmtp(office, service, *options, octets, to=f"bob@{DOMAIN}", ok=0):
    return run(
        "msmtp", "--file=/dev/null", f"--host={office.HOST}", f"--port={office.ports[service]}",
        "--domain=client.example", "--timeout=20", f"--from=alice@{DOMAIN}", *options, "--", to,
        stdin=unix(octets), ok=(ok,), errors=True,
    )


with Office() as office, directory() as scratch:
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
