"""getmail, which remembers by UIDL what it has: everything, what is new, and deletion.

It knows no STLS, so that all is over implicit TLS."""

from common import DOMAIN, Office, by_subject, check, directory, finish, messages, run, same, submit, unix

sent = dict(messages())

with Office() as office, directory() as scratch:
    password = scratch / "password"
    password.write_text(office.PASSWORD + "\n")

    def deliver(octets):
        submit(office, office.submission, office.certificate, f"alice@{DOMAIN}", office.PASSWORD,
               f"alice@{DOMAIN}", f"bob@{DOMAIN}", octets)

    def home_of(device):
        """A configuration, and where the mail goes."""
        home = scratch / device
        (home / "inbox").mkdir(parents=True)
        # Into a Maildir it delivers nothing that is fetched by root.
        mda = home / "mda"
        mda.write_text(f'#!/bin/sh\nexec cat > "{home}/inbox/$(date +%s%N).$$"\n')
        mda.chmod(0o700)
        (home / "getmailrc").write_text(
            "[retriever]\ntype = SimplePOP3SSLRetriever\nserver = localhost\n"
            f"port = {office.pop3s}\nusername = bob@{DOMAIN}\n"
            f"password_command = (\"/bin/cat\", \"{password}\")\nca_certs = {office.certificate}\n"
            f"[destination]\ntype = MDA_external\npath = {mda}\nallow_root_commands = true\n"
            "[options]\nread_all = false\ndelivered_to = false\nreceived = false\nverbose = 1\n"
        )
        return home

    def getmail(home, *options, ok=(0,)):
        """Fetches, and returns all that has come so far."""
        run("getmail", f"--getmaildir={home}", f"--rcfile={home}/getmailrc", *options, ok=ok)
        return [file.read_bytes() for file in (home / "inbox").iterdir()]

    for octets in sent.values():
        deliver(octets)
    desk, laptop = home_of("desk"), home_of("laptop")
    for home in (desk, laptop):
        with check(f"getmail fetches everything to the {home.name}, and keeps it"):
            stored = getmail(home)
            same(len(stored), len(sent), "messages")
            stored = by_subject(stored)
            for name, octets in sent.items():
                # It may write fields of its own above, and keeps the text as it is.
                text = stored[name].partition(b"\n\n")[2]
                same(text, unix(octets).partition(b"\n\n")[2], f"text of {name}")
    with check("getmail fetches what is new, and that alone"):
        deliver(sent["dots"])
        for home in (desk, laptop):
            same(len(getmail(home)), len(sent) + 1, "messages")
            same(len(getmail(home)), len(sent) + 1, "messages")
    with check("getmail deletes what it has fetched"):
        getmail(desk, "--delete")
        same(len(getmail(home_of("new"))), 0, "messages")
finish()
