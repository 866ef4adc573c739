"""mpop, msmtp's counterpart: fetches by POP3 into a Maildir, with each mechanism, over STLS and
implicit TLS; keeps what is on the server, or deletes it."""

from common import DOMAIN, Office, by_subject, check, directory, finish, messages, run, same, submit, unix

sent = dict(messages())


def fill(office):
    for octets in sent.values():
        submit(office, office.submission, office.certificate, f"alice@{DOMAIN}", office.PASSWORD,
               f"alice@{DOMAIN}", f"bob@{DOMAIN}", octets)


with Office() as office, directory() as scratch:
    secret = scratch / "password"
    secret.write_text(office.PASSWORD + "\n")

    def mpop(way, auth, *options, home, ok=(0,), user="bob"):
        """Fetches what is new, and returns what it says."""
        inbox = home / "inbox"
        for part in ("cur", "new", "tmp"):
            (inbox / part).mkdir(parents=True, exist_ok=True)
        service, starttls = {"STLS": ("pop3", "on"), "TLS": ("pop3s", "off")}[way]
        return run(
            "mpop", "--file=/dev/null", f"--host={office.HOST}", f"--port={office.ports[service]}",
            "--timeout=20", "--tls=on", f"--tls-starttls={starttls}",
            f"--tls-trust-file={office.certificate}", f"--user={user}@{DOMAIN}",
            f"--passwordeval=cat {secret}", f"--auth={auth}", f"--delivery=maildir,{inbox}",
            f"--uidls-file={home}/uidls", "--received-header=off", *options, ok=ok, errors=ok != (0,),
        ).decode()

    def same_as_sent(home):
        stored = by_subject(file.read_bytes() for file in (home / "inbox" / "new").iterdir())
        same(set(stored), set(sent))
        for name, octets in sent.items():
            assert stored[name].endswith(b"\n" + unix(octets)), f"{name}: {stored[name][-300:]!r}"

    fill(office)
    said = run("mpop", "--file=/dev/null", f"--host={office.HOST}", f"--port={office.pop3}", "--tls=on",
               "--tls-starttls=on", f"--tls-trust-file={office.certificate}", "--serverinfo").decode()
    with check("mpop reads what the server offers"):
        for offer in ("PIPELINING", "TOP", "UIDL", "SCRAM-SHA-256", "PLAIN"):
            assert offer in said, said
    for way in ("STLS", "TLS"):
        for auth in ("user", "plain", "login", "scram-sha-256", "on"):
            with check(f"mpop fetches everything and keeps it, with {auth} over {way}"):
                home = scratch / f"{way}-{auth}"
                mpop(way, auth, "--keep=on", home=home)
                same_as_sent(home)
        with check(f"mpop fetches nothing twice over {way}"):
            home = scratch / f"{way}-on"
            mpop(way, "on", "--keep=on", home=home)
            same_as_sent(home)
        for pipelining in ("on", "off"):
            with check(f"mpop fetches everything over {way}, pipelining {pipelining}"):
                home = scratch / f"{way}-pipelining-{pipelining}"
                mpop(way, "on", "--keep=on", f"--pipelining={pipelining}", home=home)
                same_as_sent(home)
        with check(f"mpop is told that its password is wrong over {way}"):
            secret.write_text("guess\n")
            said = mpop(way, "user", home=scratch / "refused", ok=(77,))
            assert "[AUTH]" in said, said
            secret.write_text(office.PASSWORD + "\n")
    for way in ("STLS", "TLS"):
        with check(f"mpop fetches everything and deletes it over {way}"):
            home = scratch / f"{way}-deletes"
            mpop(way, "on", "--keep=off", home=home)
            same_as_sent(home)
            again = scratch / f"{way}-empty"
            mpop(way, "on", "--keep=off", home=again)
            same(len(list((again / "inbox" / "new").iterdir())), 0, "messages")
        fill(office)
finish()
