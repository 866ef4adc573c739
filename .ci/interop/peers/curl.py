"""curl sends over all three SMTP ports, and fetches over POP3 and IMAP."""

from common import DOMAIN, Office, check, directory, finish, header, messages, original, run, same


def curl(office, url, *options, user=None, ok=(0,)):
    """Runs curl against a service of the office, which must show the certificate we know."""
    scheme, _, rest = url.partition("://")
    service = {"smtp": "smtp", "submission": "submission", "smtps": "submissions"}.get(scheme, scheme)
    scheme = "smtp" if scheme == "submission" else scheme
    login = ["--user", f"{user}@{DOMAIN}:{office.PASSWORD}"] if user else []
    return run(
        "curl", "--silent", "--show-error", "--max-time", "20", "--cacert", office.certificate,
        *login, *options, f"{scheme}://{office.HOST}:{office.ports[service]}{rest}", ok=ok,
    )


def send(office, url, file, *options, sender="alice", to="bob", user=None, ok=(0,)):
    return curl(
        office, url, "--mail-from", f"{sender}@{DOMAIN}", "--mail-rcpt", f"{to}@{DOMAIN}",
        "--upload-file", file, *options, user=user, ok=ok,
    )


with Office() as office, directory() as scratch:
    sent = []
    ways = [
        ("smtp", [], None),
        ("smtp", ["--ssl-reqd"], None),
        ("submission", ["--ssl-reqd", "--login-options", "AUTH=PLAIN"], "alice"),
        ("submission", ["--ssl-reqd", "--login-options", "AUTH=LOGIN"], "alice"),
        ("smtps", [], "alice"),
    ]
    for at, (name, octets) in enumerate(messages()):
        # Every message takes one way, every way several messages.
        scheme, options, user = ways[at % len(ways)]
        file = scratch / name
        file.write_bytes(octets)
        with check(f"curl {scheme} {' '.join(options)} sends {name}"):
            send(office, f"{scheme}:///client.example", file, *options, user=user)
            sent.append((name, octets))

    for scheme, options in (("pop3", ["--ssl-reqd"]), ("pop3s", [])):
        with check(f"curl {scheme} lists"):
            listing = curl(office, f"{scheme}:///", *options, user="bob")
            same(len(listing.splitlines()), len(sent), "messages")
        for number, (name, octets) in enumerate(sent, 1):
            with check(f"curl {scheme} fetches {name}"):
                same(original(curl(office, f"{scheme}:///{number}", *options, user="bob")), octets)
    for scheme, options in (("imap", ["--ssl-reqd"]), ("imaps", [])):
        for number, (name, octets) in enumerate(sent, 1):
            with check(f"curl {scheme} fetches {name}"):
                whole = curl(office, f"{scheme}:///INBOX;UID={number}", *options, user="bob")
                same(original(whole), octets)
                text = curl(
                    office, f"{scheme}:///INBOX;UID={number};SECTION=TEXT", *options, user="bob"
                )
                same(text, octets.partition(b"\r\n\r\n")[2], "TEXT")
        with check(f"curl {scheme} searches"):
            found = curl(office, f"{scheme}:///INBOX?SUBJECT%20dots", *options, user="bob")
            same(len(found.split()), 3, f"words of {found!r}")

    with check("curl imaps appends"):
        draft = scratch / "draft"
        draft.write_bytes(b"Subject: draft\r\n\r\nnot sent, no end of line")
        curl(office, "imaps:///INBOX", "--upload-file", draft, user="bob")
        last = len(sent) + 1
        back = curl(office, f"imaps:///INBOX;UID={last}", user="bob")
        same(back, draft.read_bytes())
        # POP3 has lines, and every line an end (RFC 1939 3).
        back = curl(office, f"pop3s:///{last}", user="bob")
        same(back, draft.read_bytes() + b"\r\n")
    with check("curl sends and fetches 20 MB"):
        huge = scratch / "huge"
        line = b"." + bytes(range(33, 127)) * 8 + b" \r\n"
        huge.write_bytes(header("huge") + line * (20_000_000 // len(line)))
        send(office, "smtps:///c.example", huge, user="alice")
        same(original(curl(office, f"pop3s:///{last + 1}", user="bob")), huge.read_bytes())
        same(original(curl(office, f"imaps:///INBOX;UID={last + 1}", user="bob")),
             huge.read_bytes())

    # 67: login denied; 64: no TLS although it is required; 60: an unknown certificate; 55: refused.
    plain = scratch / "plain"
    with check("curl finds no way to log in over POP3 without TLS"):
        curl(office, "pop3:///1", user="bob", ok=(67,))
    with check("curl finds no way to log in over IMAP without TLS"):
        curl(office, "imap:///INBOX;UID=1", user="bob", ok=(67,))
    with check("curl is not let in with a wrong password"):
        curl(office, "imaps:///INBOX;UID=1", "--user", f"bob@{DOMAIN}:guess", ok=(67,))
    with check("curl is refused to submit without AUTH"):
        send(office, "submission:///c.example", plain, "--ssl-reqd", ok=(55,))
    with check("curl is refused to submit from another's address"):
        send(office, "smtps:///c.example", plain, user="alice", sender="bob", ok=(55,))
    with check("curl is refused to relay through the MX port"):
        curl(
            office, "smtp:///c.example", "--mail-from", "x@elsewhere.test", "--mail-rcpt",
            "y@elsewhere.test", "--upload-file", plain, ok=(55,),
        )
    with check("curl is told of a recipient that is not there"):
        send(office, "smtp:///c.example", plain, to="nobody", ok=(55,))
finish()
