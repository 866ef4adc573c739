"""NeoMutt reads a maildrop by POP3 as a mailbox: headers by TOP, messages by RETR when they are saved,
over STLS and implicit TLS. It wants a terminal, and `script` is one.

Left to itself the one of Debian 12 takes SCRAM-SHA-256-PLUS, for which it has no tls-exporter, gives up and
reads no answer to that; its list of others has USER and APOP alone."""

import os
import time

from common import DOMAIN, Office, by_subject, check, directory, finish, messages, run, same, submit, unix

sent = dict(messages())

with Office() as office, directory() as home:
    def fill():
        for octets in sent.values():
            submit(office, office.submission, office.certificate, f"alice@{DOMAIN}", office.PASSWORD,
                   f"alice@{DOMAIN}", f"bob@{DOMAIN}", octets)

    def quoted(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def neomutt(way, keys):
        """Opens the maildrop, presses keys, and returns what stands in the Maildir then."""
        scheme, service = {"STLS": ("pop", "pop3"), "TLS": ("pops", "pop3s")}[way]
        inbox = home / f"{way}-{time.monotonic_ns()}"
        rc = home / "neomuttrc"
        rc.write_text(
            f"set folder = {home}\nset mbox_type = Maildir\nset ssl_starttls = yes\n"
            "set ssl_force_tls = yes\n"
            f"set certificate_file = {office.certificate}\n"
            f"set pop_user = bob@{DOMAIN}\nset pop_pass = {quoted(office.PASSWORD)}\n"
            "set pop_authenticators = user\nset pop_reconnect = no\nset confirmappend = no\n"
            "set confirmcreate = no\nset delete = yes\nset quit = yes\nset wait_key = no\n"
            "set header_cache = ''\nset message_cachedir = ''\nset resolve = no\nset sort = mailbox-order\n"
            f"push '{keys.format(inbox=inbox)}'\n"
        )
        mailbox = f"{scheme}://localhost:{office.ports[service]}/"
        run("timeout", "25", "script", "-qec", f"neomutt -n -F {rc} -f {mailbox}", home / "screen",
            env={**os.environ, "TERM": "xterm", "HOME": str(home), "LINES": "50", "COLUMNS": "120"})
        return [file.read_bytes() for part in ("new", "cur") if (inbox / part).exists()
                for file in (inbox / part).iterdir()]

    ALL = "<tag-pattern>~A<enter><tag-prefix>"
    fill()
    for way in ("STLS", "TLS"):
        with check(f"NeoMutt copies everything over {way}"):
            stored = neomutt(way, ALL + "<copy-message>{inbox}<enter><exit>")
            same(len(stored), len(sent), "messages")
            stored = by_subject(stored)
            for name, octets in sent.items():
                text = stored[name].partition(b"\n\n")[2]
                same(text, unix(octets).partition(b"\n\n")[2], f"text of {name}")
    for way in ("STLS", "TLS"):
        with check(f"NeoMutt moves everything away over {way}, and then there is nothing"):
            same(len(neomutt(way, ALL + "<save-message>{inbox}<enter><quit>")), len(sent), "messages")
            neomutt(way, "<exit>")
            assert "[Msgs:0]" in (home / "screen").read_text(errors="replace")
        fill()
finish()
