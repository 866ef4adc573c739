"""imapclient waits in IDLE, and is told what others do meanwhile."""

import smtplib
import ssl
import threading
import time

from imapclient import IMAPClient

from common import DOMAIN, PATIENCE, Office, check, finish, header, original, same


def client(office, user="bob", implicit=True):
    trust = ssl.create_default_context(cafile=office.certificate)
    port = office.imaps if implicit else office.imap
    imap = IMAPClient(office.HOST, port, ssl=implicit, ssl_context=trust, timeout=20)
    if not implicit:
        imap.starttls(trust)
    imap.login(f"{user}@{DOMAIN}", office.PASSWORD)
    return imap


def told(imap, wanted):
    """Waits in IDLE until something is said that `wanted` takes, and returns all that was said."""
    end, heard = time.monotonic() + PATIENCE, []
    while time.monotonic() < end:
        heard += imap.idle_check(timeout=1)
        if any(wanted(response) for response in heard):
            return heard
    raise AssertionError(f"only heard {heard}")


def deliver(office, octets):
    with smtplib.SMTP(office.HOST, office.smtp, "client.example", timeout=20) as smtp:
        smtp.sendmail(f"alice@{DOMAIN}", [f"bob@{DOMAIN}"], octets)


with Office() as office:
    for implicit in (True, False):
        with check(f"imapclient hears in IDLE of a new message, implicit TLS: {implicit}"):
            imap = client(office, implicit=implicit)
            assert imap.has_capability("IDLE"), imap.capabilities()
            before = imap.select_folder("INBOX")[b"EXISTS"]
            imap.idle()
            same(imap.idle_check(timeout=0.3), [], "news before there is any")
            octets = header(f"news-{implicit}") + b".\r\nwhile you waited\r\n"
            sender = threading.Timer(0.2, deliver, (office, octets))
            sender.start()
            told(imap, lambda response: response == (before + 1, b"EXISTS"))
            sender.join()
            imap.idle_done()
            newest = max(imap.search("ALL"))
            same(original(imap.fetch([newest], ["BODY[]"])[newest][b"BODY[]"]), octets)
            imap.logout()

    with check("imapclient hears in IDLE of an expunge by another session"):
        imap, other = client(office), client(office)
        imap.select_folder("INBOX")
        other.select_folder("INBOX")
        imap.idle()
        other.delete_messages([min(other.search("ALL"))])
        told(imap, lambda response: response[:2] == (1, b"FETCH") and rb"\Deleted" in str(
            response).encode().replace(rb"\\", b"\\"))
        other.expunge()
        told(imap, lambda response: response == (1, b"EXPUNGE"))
        imap.idle_done()
        same(len(imap.search("ALL")), 1, "messages")
        imap.logout()
        other.logout()

    with check("imapclient hears of flags that another session sets"):
        imap, other = client(office), client(office)
        imap.select_folder("INBOX")
        other.select_folder("INBOX")
        (uid,) = imap.search("ALL")
        imap.idle()
        other.add_flags([uid], [b"\\Flagged", b"$Work"])
        heard = told(imap, lambda response: response[:2] == (1, b"FETCH"))
        flags = dict(zip(heard[-1][2][::2], heard[-1][2][1::2]))[b"FLAGS"]
        assert {b"\\Flagged", b"$Work"} <= set(flags), heard
        imap.idle_done()
        same(set(imap.get_flags([uid])[uid]) - {b"\\Recent"},
             set(other.get_flags([uid])[uid]) - {b"\\Recent"})
        imap.logout()
        other.logout()

    with check("imapclient is not told of an expunge in the middle of FETCH, but soon after"):
        for n in range(3):
            deliver(office, header(f"more-{n}") + b"more\r\n")
        imap, other = client(office), client(office)
        imap.select_folder("INBOX")
        other.select_folder("INBOX")
        uids = imap.search("ALL")
        other.delete_messages([uids[1]])
        other.expunge()
        # RFC 9051 7.5.1: sequence numbers stay what they were until a command that may change them.
        imap.use_uid = False
        left = imap.fetch([3, 4], ["UID"])
        same({n: left[n][b"UID"] for n in left}, {3: uids[2], 4: uids[3]}, "what is still there")
        try:
            imap.fetch([2], ["BODY.PEEK[]"])
        except IMAPClient.Error as refusal:
            # RFC 2180 4.1.2, RFC 5530 3.
            assert "EXPUNGEISSUED" in str(refusal), refusal
        else:
            raise AssertionError("a message that is gone was fetched")
        imap.use_uid = True
        imap.noop()
        same(imap.search("ALL"), [uids[0], *uids[2:]])
        imap.logout()
        other.logout()

    with check("imapclient copies, appends, searches and walks the folders"):
        imap = client(office)
        imap.create_folder("Büro/Ablage")
        assert any(name == "Büro/Ablage" for _, _, name in imap.list_folders())
        octets = b"Subject: =?utf-8?q?gr=C3=BCn?=\r\n\r\n\xff no line end"
        imap.append("Büro/Ablage", octets, flags=[b"\\Seen"])
        imap.select_folder("Büro/Ablage")
        (uid,) = imap.search("ALL")
        same(imap.fetch([uid], ["BODY[]"])[uid][b"BODY[]"], octets)
        imap.copy([uid], "INBOX")
        status = imap.folder_status("INBOX", ["MESSAGES", "UIDNEXT"])
        imap.select_folder("INBOX")
        same(len(imap.search("ALL")), status[b"MESSAGES"])
        imap.logout()
finish()
