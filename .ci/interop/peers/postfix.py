"""Mail between the post office and Postfix, in both directions."""

import contextlib
import email
import poplib
import smtplib
import ssl

from common import DOMAIN, Office, check, finish, header, messages, same, unix, until
from servers import Dovecot, Postfix


def submit(server, port, certificate, user, password, sender, to, octets):
    trust = ssl.create_default_context(cafile=certificate)
    with smtplib.SMTP(server.HOST, port, "client.example", timeout=20) as smtp:
        smtp.starttls(context=trust)
        smtp.login(user, password)
        smtp.sendmail(sender, [to], octets, ["BODY=8BITMIME"])


def by_subject(stored):
    return {email.message_from_bytes(octets)["Subject"]: octets for octets in stored}


def inbox(office, user):
    """The messages in an account of the office."""
    trust = ssl.create_default_context(cafile=office.certificate)
    pop = poplib.POP3_SSL(office.HOST, office.pop3s, timeout=20, context=trust)
    pop.user(f"{user}@{DOMAIN}")
    pop.pass_(office.PASSWORD)
    count = pop.stat()[0]
    got = [b"".join(line + b"\r\n" for line in pop.retr(n)[1]) for n in range(1, count + 1)]
    pop.quit()
    return got


with contextlib.ExitStack() as stack:
    postfix = Postfix()
    # It only answers where mail for Postfix's domain goes.
    dns = stack.enter_context(Office(domain=postfix.DOMAIN))
    office = stack.enter_context(Office(
        "--resolver", f"{dns.HOST}:{dns.dns}", "--relay-port", str(postfix.ports["smtp"]),
    ))
    postfix.dovecot = stack.enter_context(Dovecot())
    postfix.relay_port = office.smtp
    stack.enter_context(postfix)
    alice, bob = f"alice@{DOMAIN}", f"bob@{postfix.DOMAIN}"
    sent = dict(messages())

    with check("post-office relays to Postfix, by MX and over STARTTLS"):
        for octets in sent.values():
            submit(office, office.submission, office.certificate, alice, office.PASSWORD,
                   alice, bob, octets)
        stored = by_subject(postfix.delivered(len(sent)))
        for name, octets in sent.items():
            whole = stored[name]
            assert whole.endswith(b"\n" + unix(octets)), f"{name}: {whole[-300:]!r}"
            assert whole.startswith(b"Return-Path: <%s>\n" % alice.encode()), whole[:300]
            assert b"using TLSv1.3" in whole, whole[:600]
            assert b"with ESMTPSA" in whole, "the submission is on the way that is told"

    with check("Postfix relays to post-office, over STARTTLS"):
        for octets in sent.values():
            submit(postfix, postfix.ports["submission"], postfix.certificate, "bob",
                   postfix.PASSWORD, bob, alice, octets)
        until("delivery", lambda: len(inbox(office, "alice")) >= len(sent))
        stored = by_subject(inbox(office, "alice"))
        for name, octets in sent.items():
            whole = stored[name]
            assert whole.endswith(b"\r\n" + octets), f"{name}: {whole[-300:]!r}"
            assert whole.startswith(b"Return-Path: <%s>\r\n" % bob.encode()), whole[:300]
            first = whole.split(b"\r\nReceived: ")[1]
            assert b"with ESMTPS\r\n\t(TLSv1.3 " in first, first

    with check("Postfix tells its user what post-office refused"):
        submit(postfix, postfix.ports["submission"], postfix.certificate, "bob", postfix.PASSWORD,
               bob, f"nobody@{DOMAIN}", header("to-nobody") + b"x\r\n")
        notice = postfix.delivered(len(sent) + 1)[-1]
        assert b"Status: 5.1.1\n" in notice and b"smtp; 550 5.1.1" in notice, notice

    with check("post-office tells its user what Postfix refused"):
        submit(office, office.submission, office.certificate, alice, office.PASSWORD,
               alice, f"nobody@{postfix.DOMAIN}", header("to-nobody") + b"x\r\n")
        until("a notice", lambda: len(inbox(office, "alice")) > len(sent))
        notice = email.message_from_bytes(inbox(office, "alice")[-1])
        same(notice["Return-Path"], "<>")
        same(notice["To"], alice)
        text = notice.get_payload(decode=True).decode()
        assert "550" in text and f"nobody@{postfix.DOMAIN}" in text, text
finish()
