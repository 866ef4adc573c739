"""Our pop3-fetch and imap-fetch against Dovecot."""

import os
import threading

from common import BIN, check, directory, finish, header, messages, run, same, until
from servers import Dovecot


def ours(program, dovecot, service, *options, password=None, ca=None, ok=(0,)):
    """Runs one of our clients; returns what it said in lines, on standard error if it failed."""
    environment = {**os.environ, "MAIL_PASSWORD": password or dovecot.PASSWORD}
    said = run(
        BIN / program, f"{dovecot.HOST}:{dovecot.ports[service]}", "--user", "bob",
        "--ca", ca or dovecot.certificate, "--timeout", "25", *options, ok=ok, env=environment,
        errors=0 not in ok,
    )
    return said.decode().splitlines()


def files(folder):
    # What is still coming in bears another name.
    whole = (file for file in folder.iterdir() if file.suffix != ".part")
    return sorted(file.read_bytes() for file in whole)


def in_maildir(folder):
    # It has the line ends of this system.
    octets = (file.read_bytes() for file in (folder / "new").iterdir())
    return sorted(text.replace(b"\n", b"\r\n") for text in octets)


with Dovecot() as dovecot, directory() as scratch:
    sent = [octets for _, octets in messages()]
    # 20 MB in lines, and one that does not end its last line.
    sent.append(header("huge") + (b"." + b"0123456789" * 9 + b"\r\n") * 215_000)
    sent.append(header("open-end") + b"no line end")
    for octets in sent:
        dovecot.deliver(octets)
    # POP3 has no message without one.
    lines = [octets if octets.endswith(b"\r\n") else octets + b"\r\n" for octets in sent]

    for name, service, options in (
        ("STLS", "pop3", ["--stls"]), ("implicit TLS", "pop3s", ["--tls"]),
        ("APOP", "pop3s", ["--tls", "--apop"]),
        # Dovecot lets who comes from its own address log in so.
        ("no TLS", "pop3", ["--plain"]),
    ):
        with check(f"pop3-fetch downloads all from Dovecot, {name}"):
            folder = scratch / f"pop3 {name}"
            said = ours("pop3-fetch", dovecot, service, *options, "--to", folder)
            same(len(said), len(sent), "lines")
            same(in_maildir(folder), sorted(lines))
            again = ours("pop3-fetch", dovecot, service, *options, "--to", folder)
            same(again, [], "what is downloaded again")
    for name, service, options in (
        ("STARTTLS", "imap", ["--starttls"]), ("implicit TLS", "imaps", ["--tls"]),
        ("no TLS", "imap", ["--plain"]),
    ):
        with check(f"imap-fetch downloads all from Dovecot, {name}"):
            folder = scratch / f"imap {name}"
            ours("imap-fetch", dovecot, service, *options, "--to", folder)
            same(files(folder), sorted(sent))
        with check(f"imap-fetch lists what Dovecot has, {name}"):
            same(len(ours("imap-fetch", dovecot, service, *options)), len(sent), "lines")

    with check("imap-fetch opens a mailbox whose name is not ASCII"):
        run("doveadm", "-c", dovecot.config, "mailbox", "create", "-u", "bob", "Büro.日本 & mehr")
        run("doveadm", "-c", dovecot.config, "save", "-u", "bob", "-m", "Büro.日本 & mehr",
            stdin=sent[0])
        folder = scratch / "named"
        ours("imap-fetch", dovecot, "imaps", "--tls", "--mailbox", "Büro.日本 & mehr", "--to", folder)
        same(files(folder), [sent[0]])
    with check("imap-fetch waits in IDLE and downloads what Dovecot tells it of"):
        folder = scratch / "idle"
        waiting = threading.Thread(target=ours, args=(
            "imap-fetch", dovecot, "imaps", "--tls", "--to", folder, "--idle", "6"))
        waiting.start()
        until("the first download", lambda: folder.exists() and len(files(folder)) == len(sent))
        late = header("late") + b"while it waited\r\n"
        dovecot.deliver(late)
        until("the second download", lambda: late in files(folder))
        waiting.join()
        same(files(folder), sorted([*sent, late]))
        sent.append(late)

    with check("a wrong password is told, and fails"):
        for program, service in (("pop3-fetch", "pop3s"), ("imap-fetch", "imaps")):
            (line,) = ours(program, dovecot, service, "--tls", password="guess", ok=(1,))
            assert "uthentication failed" in line, line
    with check("a certificate that is not trusted is refused"):
        other = scratch / "other.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=IP:127.0.0.1", "-out", other, "-keyout", scratch / "key")
        for program, service in (("pop3-fetch", "pop3"), ("imap-fetch", "imap")):
            for option in ("--starttls", "--tls"):
                port = service + "s" if option == "--tls" else service
                (line,) = ours(program, dovecot, port, option, ca=other, ok=(1,))
                assert "certificate" in line, line
    with check("pop3-fetch deletes what it has downloaded"):
        folder = scratch / "deleted"
        ours("pop3-fetch", dovecot, "pop3s", "--tls", "--delete", "--to", folder)
        same(len(in_maildir(folder)), len(sent), "messages")
        same(ours("imap-fetch", dovecot, "imaps", "--tls"), [], "messages that are left")
finish()
