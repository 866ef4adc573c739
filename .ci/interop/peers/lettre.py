"""lettre, the SMTP client that Rust programs use: over one connection, in every way to log in."""

import os

from collections import Counter

from common import BIN, DOMAIN, Office, check, directory, finish, inbox, messages, original, run, same

# `.ci/interop/run` builds it: its code is in `.ci/interop/lettre`.
LETTRE = BIN.parent / "lettre-peer" / "debug" / "lettre-peer"


def lettre(office, service, security, mechanism, *files, to="bob", password=None, ok=0):
    user = f"alice@{DOMAIN}" if mechanism else ""
    said = run(
        LETTRE, office.HOST, office.ports[service], security, office.certificate, user, mechanism,
        f"alice@{DOMAIN}", f"{to}@{DOMAIN}", *files, ok=(ok,),
        env={**os.environ, "MAIL_PASSWORD": password or office.PASSWORD},
    )
    return said.decode()


with Office() as office, directory() as scratch:
    sent = Counter()
    files = []
    for name, octets in messages():
        files.append(scratch / name)
        # It puts a line end behind whatever it is given.
        files[-1].write_bytes(octets.removesuffix(b"\r\n"))
    for service, security, mechanism in (
        ("smtp", "plain", ""),
        ("smtp", "starttls", ""),
        ("submission", "starttls", "plain"),
        ("submission", "starttls", "login"),
        ("submissions", "tls", "plain"),
        ("submissions", "tls", "login"),
    ):
        with check(f"lettre sends everything: {service}, {security}, {mechanism or 'no AUTH'}"):
            said = lettre(office, service, security, mechanism, *files)
            same(said.split(), ["250"] * len(files))
            sent.update(octets for _, octets in messages())
    with check("lettre used one connection for all of them"):
        same(office.log.read_text().count(": connected "), 6)
    with check("lettre is refused with a wrong password"):
        said = lettre(office, "submissions", "tls", "plain", files[0], password="guess", ok=1)
        assert "permanent error (535): 5.7.8" in said, said
    with check("lettre goes on after a refused recipient"):
        said = lettre(office, "smtp", "plain", "", files[0], files[1], to="nobody", ok=1)
        same(said.count("permanent error (550): 5.1.1"), 2)
    with check("what lettre sent has come byte for byte"):
        same(Counter(original(whole) for whole in inbox(office, "bob")), sent, "messages")
finish()
