"""Python's smtplib, poplib and imaplib."""

import imaplib
import poplib
import re
import smtplib
import ssl

from common import DOMAIN, Office, check, finish, header, messages, original, same

imaplib.Debug = 0


def refused(error, call, *arguments):
    """The call must be refused; returns what it was refused with."""
    try:
        call(*arguments)
    except error as refusal:
        return refusal
    raise AssertionError(f"{call.__name__} was not refused")


def trusting(office):
    return ssl.create_default_context(cafile=office.certificate)


def submission(office, implicit=False):
    if implicit:
        smtp = smtplib.SMTP_SSL(office.HOST, office.submissions, "client.example", timeout=20,
                                context=trusting(office))
    else:
        smtp = smtplib.SMTP(office.HOST, office.submission, "client.example", timeout=20)
        smtp.starttls(context=trusting(office))
    return smtp


def pop3(office, user, implicit=False):
    if implicit:
        pop = poplib.POP3_SSL(office.HOST, office.pop3s, timeout=20, context=trusting(office))
    else:
        pop = poplib.POP3(office.HOST, office.pop3, timeout=20)
        pop.stls(trusting(office))
    pop.user(f"{user}@{DOMAIN}")
    pop.pass_(office.PASSWORD)
    return pop


def imap(office, user, implicit=True):
    if implicit:
        client = imaplib.IMAP4_SSL(office.HOST, office.imaps, ssl_context=trusting(office),
                                   timeout=20)
    else:
        client = imaplib.IMAP4(office.HOST, office.imap, timeout=20)
        client.starttls(trusting(office))
    login = f"{user}@{DOMAIN}"
    client.authenticate("PLAIN", lambda _: f"\0{login}\0{office.PASSWORD}".encode())
    return client


def ok(answer):
    """The data of an answer that must be OK."""
    status, data = answer
    assert status == "OK", answer
    return data


def literal(data):
    """The one literal of a FETCH response."""
    parts = [part for part in data if isinstance(part, tuple)]
    same(len(parts), 1, "literals")
    return parts[0][1]


with Office(apop=True) as office:
    sent = list(messages())

    with check("smtplib tells what the server offers"):
        smtp = smtplib.SMTP(office.HOST, office.smtp, "client.example", timeout=20)
        smtp.ehlo()
        for keyword in ("size", "pipelining", "8bitmime", "starttls", "enhancedstatuscodes"):
            assert smtp.has_extn(keyword), keyword
        assert not smtp.has_extn("auth"), "AUTH on the port for other hosts"
        same(smtp.noop()[0], 250)
        same(smtp.rset()[0], 250)
        assert smtp.vrfy(f"bob@{DOMAIN}")[0] in (250, 252)
        smtp.quit()

    for name, octets in sent:
        with check(f"smtplib sends {name} to the MX"):
            with smtplib.SMTP(office.HOST, office.smtp, "client.example", timeout=20) as smtp:
                smtp.sendmail(f"alice@{DOMAIN}", [f"bob@{DOMAIN}"], octets, ["BODY=8BITMIME"])
    for implicit in (False, True):
        for mechanism in ("plain", "login"):
            with check(f"smtplib submits by AUTH {mechanism}, implicit TLS: {implicit}"):
                smtp = submission(office, implicit)
                smtp.ehlo()
                smtp.user, smtp.password = f"alice@{DOMAIN}", office.PASSWORD
                smtp.auth(mechanism.upper(), getattr(smtp, f"auth_{mechanism}"))
                octets = header(f"{mechanism}-{implicit}") + b"by submission\r\n"
                smtp.sendmail(f"alice@{DOMAIN}", [f"bob@{DOMAIN}", f"alice@{DOMAIN}"], octets)
                smtp.quit()
                sent.append((mechanism, octets))
    with check("smtplib finds no AUTH before STARTTLS"):
        with smtplib.SMTP(office.HOST, office.submission, timeout=20) as smtp:
            refused(smtplib.SMTPException, smtp.login, "alice", "x")
            assert "auth" not in smtp.esmtp_features, smtp.esmtp_features
    with check("smtplib is refused with a wrong password"):
        with submission(office) as smtp:
            no = refused(smtplib.SMTPAuthenticationError, smtp.login, f"alice@{DOMAIN}", "x")
            same(no.smtp_code, 535)
    with check("smtplib is told of each recipient by itself"):
        with smtplib.SMTP(office.HOST, office.smtp, timeout=20) as smtp:
            octets = header("two") + b"to one of two\r\n"
            nobody = f"nobody@{DOMAIN}"
            no = smtp.sendmail(f"alice@{DOMAIN}", [f"bob@{DOMAIN}", nobody], octets)
            same({to: code for to, (code, _) in no.items()}, {nobody: 550})
            sent.append(("two", octets))

    for implicit in (False, True):
        with check(f"poplib reads all, implicit TLS: {implicit}"):
            pop = pop3(office, "bob", implicit)
            same(pop.stat()[0], len(sent), "messages")
            sizes = [int(line.split()[1]) for line in pop.list()[1]]
            ids = [line.split()[1] for line in pop.uidl()[1]]
            same(len(set(ids)), len(sent), "different unique ids")
            for number, (name, octets) in enumerate(sent, 1):
                whole = b"".join(line + b"\r\n" for line in pop.retr(number)[1])
                same(original(whole), octets, name)
                same(len(whole), sizes[number - 1], f"size of {name}")
                head, _, body = whole.partition(b"\r\n\r\n")
                top = b"".join(line + b"\r\n" for line in pop.top(number, 2)[1])
                lines = body.splitlines(keepends=True)[:2]
                same(top, head + b"\r\n\r\n" + b"".join(lines), f"top of {name}")
            pop.dele(1)
            same(pop.stat()[0], len(sent) - 1, "messages after DELE")
            pop.rset()
            same(pop.stat()[0], len(sent), "messages after RSET")
            pop.quit()
    with check("poplib is refused to log in without TLS"):
        pop = poplib.POP3(office.HOST, office.pop3, timeout=20)
        assert "USER" not in pop.capa() and "STLS" in pop.capa(), pop.capa()
        refused(poplib.error_proto, pop.user, f"bob@{DOMAIN}")
        pop.quit()
    with check("poplib logs in by APOP"):
        pop = poplib.POP3(office.HOST, office.pop3, timeout=20)
        pop.apop(f"carol@{DOMAIN}", office.PASSWORD)
        same(pop.stat(), (0, 0))
        pop.quit()
    with check("poplib is refused by APOP where the account is not made for it"):
        pop = poplib.POP3(office.HOST, office.pop3, timeout=20)
        refused(poplib.error_proto, pop.apop, f"bob@{DOMAIN}", office.PASSWORD)
        pop.quit()
    with check("poplib deletes with QUIT"):
        pop = pop3(office, "alice")
        same(pop.stat()[0], 4)
        pop.dele(2)
        pop.dele(4)
        pop.quit()
        pop = pop3(office, "alice")
        same(pop.stat()[0], 2, "messages")
        pop.dele(1)
        pop.close()  # no QUIT: nothing is deleted
        pop = pop3(office, "alice")
        same(pop.stat()[0], 2, "messages after a lost connection")
        pop.quit()

    with check("imaplib logs in after STARTTLS, by LOGIN and by AUTHENTICATE"):
        client = imaplib.IMAP4(office.HOST, office.imap, timeout=20)
        assert "LOGINDISABLED" in client.capabilities, client.capabilities
        refused(imaplib.IMAP4.error, client.login, f"bob@{DOMAIN}", office.PASSWORD)
        client.starttls(trusting(office))
        client.login(f"bob@{DOMAIN}", office.PASSWORD)
        same(ok(client.select()), [b"%d" % len(sent)], "messages")
        client.logout()
        imap(office, "bob", implicit=False).logout()
    with check("imaplib is refused with a wrong password"):
        client = imaplib.IMAP4_SSL(office.HOST, office.imaps, ssl_context=trusting(office))
        refused(imaplib.IMAP4.error, client.login, f"bob@{DOMAIN}", "x")
        client.logout()
    with check("imaplib reads all, and parts of it"):
        client = imap(office, "bob")
        ok(client.select(readonly=True))
        for number, (name, octets) in enumerate(sent, 1):
            whole = literal(ok(client.fetch(str(number), "(BODY.PEEK[])")))
            same(original(whole), octets, name)
            size = re.search(rb"RFC822.SIZE (\d+)", ok(client.fetch(str(number), "RFC822.SIZE"))[0])
            same(int(size[1]), len(whole), f"size of {name}")
            head, blank, body = whole.partition(b"\r\n\r\n")
            same(literal(ok(client.fetch(str(number), "BODY.PEEK[HEADER]"))), head + blank, name)
            same(literal(ok(client.fetch(str(number), "BODY.PEEK[TEXT]"))), body, name)
            for start, count in ((0, 10), (7, 100), (len(whole) - 3, 10), (len(whole), 5)):
                part = ok(client.fetch(str(number), f"BODY.PEEK[]<{start}.{count}>"))
                got = literal(part) if any(isinstance(p, tuple) for p in part) else b""
                same(got, whole[start:start + count], f"{name} <{start}.{count}>")
        client.logout()
    with check("imaplib appends, with and without a last line end, and reads it back"):
        client = imap(office, "bob")
        ok(client.create("Drafts"))
        raw = {
            "no-line-end": b"Subject: x\r\n\r\nno line end",
            "header-only": b"Subject: x\r\n",
            "nothing-but-text": b"\r\nno header",
            "dots": b"Subject: x\r\n\r\n.\r\n..\r\n.",
            "8bit": b"Subject: x\r\n\r\n\xff\xfe \xc3\xa9",
            "big": sent[9][1] * 3,
        }
        when = '"14-Nov-2023 22:13:20 +0530"'
        for name, octets in raw.items():
            # imaplib itself makes CRLF of what line ends there are.
            ok(client.append("Drafts", r"(\Seen \Draft $Label1)", when, octets))
        same(ok(client.select("Drafts")), [b"%d" % len(raw)])
        for number, (name, octets) in enumerate(raw.items(), 1):
            same(literal(ok(client.fetch(str(number), "BODY[]"))), octets, name)
        told = ok(client.fetch("1", "(FLAGS INTERNALDATE UID)"))[0]
        for wanted in (rb"\Seen", rb"\Draft", b"$Label1", b"14-Nov-2023 22:13:20 +0530"):
            assert wanted in told, told
        client.logout()
    with check("imaplib searches"):
        client = imap(office, "bob")
        ok(client.select())
        number = {name: at for at, (name, _) in enumerate(sent, 1)}

        def found(*criteria):
            return [int(n) for n in ok(client.search(None, *criteria))[0].split()]

        same(found("ALL"), list(range(1, len(sent) + 1)))
        same(found("SUBJECT", '"long-lines"'), [number["long-lines"]])
        same(found("SUBJECT", '"dots"', "SINCE", "1-Jan-2024"), [number["dots"]])
        same(found("SINCE", "1-Jan-2099"), [])
        same(found("FROM", '"alice"', "NOT", "SUBJECT", '"a"'), [
            at for at, (_, octets) in enumerate(sent, 1)
            if b"a" not in re.search(rb"Subject: (.*)\r", octets)[1].lower()
        ])
        ok(client.store("2,4", "+FLAGS", r"(\Flagged)"))
        same(found("FLAGGED"), [2, 4])
        same(found("OR", "FLAGGED", "SUBJECT", "8bit"), [2, 4, number["8bit"]])
        same(found("UID", "3:4", "UNFLAGGED"), [3])
        same([int(n) for n in ok(client.uid("SEARCH", "FLAGGED"))[0].split()], [2, 4])
        client.logout()
    with check("imaplib stores flags"):
        client = imap(office, "bob")
        ok(client.select())

        def flags(number):
            return set(imaplib.ParseFlags(ok(client.fetch(str(number), "FLAGS"))[0]))

        ok(client.store("3", "FLAGS", r"(\Answered $Work)"))
        same(flags(3) - {rb"\Recent"}, {rb"\Answered", b"$Work"})
        ok(client.store("3", "-FLAGS.SILENT", r"($Work)"))
        same(flags(3) - {rb"\Recent"}, {rb"\Answered"})
        literal(ok(client.fetch("3", "BODY[TEXT]")))
        same(flags(3) - {rb"\Recent"}, {rb"\Answered", rb"\Seen"})
        client.logout()
    with check("imaplib copies, deletes and expunges"):
        client = imap(office, "bob")
        for name in ("Kept", "Kept/2023", "日本語".encode("utf-7").replace(b"+", b"&").decode()):
            ok(client.create(f'"{name}"'))
        ok(client.select())
        ok(client.copy("2:4", "Kept"))
        ok(client.store("2,5", "+FLAGS", r"(\Deleted)"))
        left = list(range(1, len(sent) + 1))
        for gone in ok(client.expunge()):
            del left[int(gone) - 1]
        same(left, [n for n in range(1, len(sent) + 1) if n not in (2, 5)], "what is left")
        same(len(ok(client.search(None, "ALL"))[0].split()), len(sent) - 2)
        ok(client.select("Kept"))
        for at, (name, octets) in enumerate(sent[1:4], 1):
            same(original(literal(ok(client.fetch(str(at), "BODY[]")))), octets, name)
        ok(client.store("1", "+FLAGS", r"(\Deleted)"))
        ok(client.close())
        told = ok(client.status("Kept", "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT)"))[0]
        assert b"MESSAGES 2" in told and b"UIDNEXT 4" in told, told
        client.logout()
    with check("imaplib lists, renames, subscribes and deletes mailboxes"):
        client = imap(office, "bob")

        def names(data):
            return {line.rsplit(b' "/" ')[-1].strip(b'"') for line in data if line}

        same(names(ok(client.list())),
             {b"INBOX", b"Drafts", b"Kept", b"Kept/2023", b"&ZeVnLIqe-"})
        same(names(ok(client.list('""', "K%"))), {b"Kept"})
        same(names(ok(client.list('"Kept/"', "*"))), {b"Kept/2023"})
        ok(client.subscribe("Kept"))
        same(names(ok(client.lsub())), {b"Kept"})
        ok(client.rename("Kept", "Old/Kept"))
        assert b"Old/Kept/2023" in names(ok(client.list()))
        ok(client.unsubscribe("Kept"))
        ok(client.delete("Old/Kept/2023"))
        ok(client.delete("Old/Kept"))
        same(client.select("Old/Kept")[0], "NO")
        client.logout()
finish()
