"""mbsync, which keeps a Maildir and an IMAP account in step: both ways, flags and deletions too."""

import imaplib
import re
import ssl

from common import DOMAIN, Office, by_subject, check, directory, finish, messages, run, same, submit, unix


def mailboxes(office):
    """What bob has: the mailbox's name, then the flags and the octets of each message."""
    trust = ssl.create_default_context(cafile=office.certificate)
    with imaplib.IMAP4_SSL(office.HOST, office.imaps, ssl_context=trust, timeout=20) as imap:
        imap.login(f"bob@{DOMAIN}", office.PASSWORD)
        found = {}
        for line in imap.list()[1]:
            name = line.decode().rpartition(" ")[2]
            imap.select(name, readonly=True)
            parts = imap.fetch("1:*", "(FLAGS BODY.PEEK[])")[1] if imap.search(None, "ALL")[1][0] else []
            found[name] = [
                (set(map(bytes.decode, imaplib.ParseFlags(part[0]))) - {"\\Recent"}, part[1])
                for part in parts if isinstance(part, tuple)
            ]
        return found


with Office() as office, directory() as home:
    (home / "password").write_text(office.PASSWORD + "\n")
    far = (
        f"IMAPAccount office\nHost {office.HOST}\nUser bob@{DOMAIN}\nPassCmd \"cat {home}/password\"\n"
        f"CertificateFile {office.certificate}\n%s\n\nIMAPStore far\nAccount office\n\n"
    )
    near = (
        f"MaildirStore near\nPath {home}/mail/\nInbox {home}/mail/INBOX\nSubFolders Verbatim\n\n"
        "Channel both\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\n"
    )
    (home / "starttls").write_text(far % f"SSLType STARTTLS\nPort {office.imap}" + near)
    (home / "tls").write_text(far % f"SSLType IMAPS\nPort {office.imaps}" + near)
    (home / "mail").mkdir()

    def mbsync(way="tls"):
        run("mbsync", "-c", home / way, "both")

    def maildir(folder="INBOX"):
        return sorted(file for new in ("new", "cur") for file in (home / "mail" / folder / new).iterdir())

    sent = dict(messages())
    for octets in sent.values():
        submit(office, office.submission, office.certificate, f"alice@{DOMAIN}", office.PASSWORD,
               f"alice@{DOMAIN}", f"bob@{DOMAIN}", octets)

    with check("mbsync fetches everything, over STARTTLS"):
        mbsync("starttls")
        stored = by_subject(file.read_bytes() for file in maildir())
        same(set(stored), set(sent))
        for name, octets in sent.items():
            # It marks what it has fetched with a field of its own.
            whole = re.sub(rb"^X-TUID: .*\n", b"", stored[name], count=1, flags=re.MULTILINE)
            assert whole.endswith(b"\n" + unix(octets)), f"{name}: {whole[-300:]!r}"
    with check("mbsync takes flags and deletions to the server, and makes a mailbox there"):
        gone, flagged, *_ = maildir()
        subject_of = {octets: name for name, octets in by_subject(
            file.read_bytes() for file in (gone, flagged)).items()}
        gone_name, flagged_name = (subject_of[file.read_bytes()] for file in (gone, flagged))
        gone.unlink()
        flagged.rename(home / "mail/INBOX/cur" / (flagged.name.split(":")[0] + ":2,FRS"))
        for part in ("cur", "new", "tmp"):
            (home / "mail/Work" / part).mkdir(parents=True)
        (home / "mail/Work/new/1.2.3").write_bytes(b"Subject: local\n\n.written here\n")
        mbsync()
        there = mailboxes(office)
        same(set(there), {"INBOX", "Work"})
        flags = {name: flags for flags, octets in there["INBOX"] for name in by_subject([octets])}
        same(set(flags), set(sent) - {gone_name})
        same(flags.pop(flagged_name), {"\\Flagged", "\\Answered", "\\Seen"})
        assert not any(flags.values()), flags
        [(_, octets)] = there["Work"]
        assert octets.startswith(b"Subject: local\r\n") and octets.endswith(b"\r\n\r\n.written here\r\n"), octets
    with check("mbsync finds nothing to do"):
        before = mailboxes(office), [file.name for file in maildir()]
        mbsync()
        same((mailboxes(office), [file.name for file in maildir()]), before, "mailboxes")
    with check("mbsync hears from the server what another device did"):
        trust = ssl.create_default_context(cafile=office.certificate)
        with imaplib.IMAP4_SSL(office.HOST, office.imaps, ssl_context=trust, timeout=20) as imap:
            imap.login(f"bob@{DOMAIN}", office.PASSWORD)
            imap.select("INBOX")
            imap.store("1:3", "+FLAGS", "(\\Deleted)")
            imap.store("4", "+FLAGS", "(\\Seen)")
            imap.expunge()
        count = len(maildir())
        mbsync()
        same(len(maildir()), count - 3, "messages")
        same(sum(file.name.endswith("S") for file in maildir()), 2, "messages that have been seen")
finish()
