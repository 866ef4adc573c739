"""Delivery status notifications: those of Postfix and Exim are read by our explain-reply, ours by Python's
email package, and shown by the mail program of GNU mailutils."""

import contextlib
import email
import email.policy
import json
import os
import smtplib
import ssl

from common import BIN, DOMAIN, Office, check, directory, finish, header, inbox, run, same, submit, unix, until
from servers import Dovecot, Exim, Postfix


def explained(octets, *options):
    """What our program makes of a bounce, as an object."""
    return json.loads(run(BIN / "explain-reply", "dsn", "--json", *options, "-", stdin=octets))


def ask(server, port, user, sender, to, octets, options, to_options):
    """Submits a message as one who asks for notifications (RFC 3461)."""
    trust = ssl.create_default_context(cafile=server.certificate)
    with smtplib.SMTP(server.HOST, port, "client.example", timeout=20) as smtp:
        smtp.starttls(context=trust)
        smtp.login(user, server.PASSWORD)
        refused = smtp.sendmail(sender, [to], octets, options, to_options)
        same(refused, {}, "refused")


with contextlib.ExitStack() as stack:
    postfix, exim = Postfix(), Exim()
    # It only answers where mail for Postfix's domain goes.
    dns = stack.enter_context(Office(domain=postfix.DOMAIN))
    office = stack.enter_context(Office(
        "--resolver", f"{dns.HOST}:{dns.dns}", "--relay-port", str(postfix.ports["smtp"]),
    ))
    postfix.dovecot = stack.enter_context(Dovecot())
    postfix.relay_port = exim.relay_port = office.smtp
    postfix.warns = exim.warns = True
    stack.enter_context(postfix)
    stack.enter_context(exim)
    alice, nobody = f"alice@{DOMAIN}", f"nobody@{DOMAIN}"
    of_postfix, of_exim = f"bob@{postfix.DOMAIN}", f"bob@{exim.DOMAIN}"

    with check("explain-reply reads what Postfix writes of a recipient that post-office refused"):
        submit(postfix, postfix.ports["submission"], postfix.certificate, "bob", postfix.PASSWORD,
               of_postfix, nobody, header("to-nobody") + b"x\r\n")
        notice = postfix.delivered(1)[-1]
        told = explained(notice)
        same((told["form"], told["error"], told["truncated"]), ("report", None, False))
        same((told["reporting_mta"], told["original_subject"]), ("mx.example", "to-nobody"))
        same(told["original_message_id"], f"to-nobody@{DOMAIN}")
        [one] = told["recipients"]
        same((one["recipient"], one["action"], one["status"]), (nobody, "failed", "5.1.1"))
        same((one["code"], one["enhanced"], one["reason"]), (550, "5.1.1", "mailbox_unknown"))
        same((one["diagnostic_type"], one["suppress"]), ("smtp", True))
        assert told["arrival_date"], told

    with check("explain-reply reads what Postfix writes of a delivery, with ENVID and ORCPT"):
        ask(postfix, postfix.ports["submission"], "bob", of_postfix, of_postfix, header("delivered") + b"x\r\n",
            ["RET=HDRS", "ENVID=QQ+2B314159"],
            ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Bob+2Bx@example.com"])
        notices = [octets for octets in postfix.delivered(3) if b"delivery-status" in octets]
        told = explained(notices[-1])
        same((told["envelope_id"], told["original_subject"]), ("QQ+314159", "delivered"))
        [one] = told["recipients"]
        same((one["recipient"], one["original_recipient"]), (of_postfix, "Bob+x@example.com"))
        assert one["action"] in ("delivered", "relayed") and one["status"].startswith("2."), one
        assert "reason" not in one, one

    late = f"nobody@{postfix.DELAYED}"
    with check("explain-reply reads what Postfix writes of a delay, and until when it tries"):
        submit(postfix, postfix.ports["submission"], postfix.certificate, "bob", postfix.PASSWORD,
               of_postfix, late, header("late") + b"x\r\n")
        notices = until("a warning", lambda: [
            octets for octets in postfix.delivered(4) if b"Action: delayed" in octets
        ])
        told = explained(notices[0])
        same((told["form"], told["original_subject"]), ("report", "late"))
        [one] = told["recipients"]
        same((one["recipient"], one["action"], one["status"]), (late, "delayed", "4.4.1"))
        same((one["reason"], one["suppress"], one["permanent"]), ("network", False, False))
        assert one["will_retry_until"], one
        assert "X-Postfix-Queue-ID" in [field["name"] for field in told["extensions"]], told

    with check("explain-reply reads what Exim writes"):
        submit(exim, exim.ports["smtp"], exim.certificate, "bob", exim.PASSWORD,
               of_exim, nobody, header("to-nobody") + b"x\r\n")
        notice = exim.delivered(1)[-1]
        told = explained(notice)
        same((told["form"], told["reporting_mta"]), ("report", "mx.exim.test"))
        [one] = told["recipients"]
        same((one["recipient"], one["action"], one["code"]), (nobody, "failed", 550))
        same((one["enhanced"], one["reason"]), ("5.1.1", "mailbox_unknown"))
        same(told["original_message_id"], f"to-nobody@{DOMAIN}")
        # The text for people alone, as older versions wrote it.
        parts = email.message_from_bytes(notice)
        text = parts.get_payload(0).get_payload(decode=True)
        old = b"From: Mailer-Daemon@mx.exim.test\nX-Failed-Recipients: %s\n\n" % nobody.encode() + text
        told = explained(old)
        same(told["form"], "exim")
        same([one["recipient"] for one in told["recipients"]], [nobody])
        same((told["recipients"][0]["code"], told["recipients"][0]["reason"]), (550, "mailbox_unknown"))

    with check("explain-reply reads what Exim writes of a delay, with a report and without"):
        late = f"nobody@{exim.DELAYED}"
        submit(exim, exim.ports["smtp"], exim.certificate, "bob", exim.PASSWORD,
               of_exim, late, header("late") + b"x\r\n")
        notice = exim.delivered(2)[-1]
        told = explained(notice)
        [one] = told["recipients"]
        same((told["form"], one["recipient"], one["action"]), ("report", late, "delayed"))
        same((one["status"][0], one["suppress"]), ("4", False))
        text = email.message_from_bytes(notice).get_payload(0).get_payload(decode=True)
        told = explained(b"From: Mailer-Daemon@mx.exim.test\n\n" + text)
        [one] = told["recipients"]
        same((told["form"], one["recipient"], one["action"]), ("exim", late, "delayed"))

    elsewhere = f"nobody@{postfix.DOMAIN}"
    submit(office, office.submission, office.certificate, alice, office.PASSWORD,
           alice, elsewhere, header("from-alice") + "Grüße\r\n".encode())
    until("a notice", lambda: inbox(office, "alice"))
    [ours] = inbox(office, "alice")

    with check("Python's email package takes our notification apart"):
        notice = email.message_from_bytes(ours, policy=email.policy.default)
        same(notice.get_content_type(), "multipart/report")
        same(notice.get_param("report-type"), "delivery-status")
        same((notice["Return-Path"], notice["To"], notice["Auto-Submitted"]), ("<>", alice, "auto-replied"))
        for part in notice.walk():
            same(part.defects, [], f"defects of {part.get_content_type()}")
        text, report, message = notice.iter_parts()
        same([part.get_content_type() for part in (text, report, message)],
             ["text/plain", "message/delivery-status", "message/rfc822"])
        of_message, of_recipient = report.get_payload()
        assert of_message["Reporting-MTA"].startswith("dns; "), of_message
        assert email.utils.parsedate_to_datetime(of_message["Arrival-Date"]), of_message
        same(of_recipient["Final-Recipient"], f"rfc822; {elsewhere}")
        same((of_recipient["Action"], of_recipient["Status"]), ("failed", "5.1.1"))
        assert of_recipient["Diagnostic-Code"].startswith("smtp; 550 5.1.1 "), of_recipient
        assert "mx" in of_recipient["Remote-MTA"] or postfix.DOMAIN in of_recipient["Remote-MTA"]
        returned = message.get_payload(0)
        same((returned["Subject"], returned.get_content().split()), ("from-alice", ["Grüße"]))
        assert elsewhere in text.get_content() and "配信できません" in text.get_content(), text

    with check("explain-reply reads our own"):
        told = explained(ours)
        [one] = told["recipients"]
        same((one["recipient"], one["code"], one["reason"]), (elsewhere, 550, "mailbox_unknown"))
        same(told["original_message_id"], f"from-alice@{DOMAIN}")
        said = run(BIN / "explain-reply", "dsn", "--lang", "ja", "-", stdin=ours).decode()
        assert f"<{elsewhere}>: failed" in said and "原因" in said, said

    with check("a sender hears of success across post-office and Postfix, by the names that they gave"):
        ask(office, office.submission, alice, alice, of_postfix, header("across") + b"x\r\n",
            ["RET=HDRS", "ENVID=across"], ["NOTIFY=SUCCESS", "ORCPT=rfc822;Bob+2Bx@example.com"])
        until("Postfix's notice", lambda: len(inbox(office, "alice")) == 2)
        told = explained(inbox(office, "alice")[1])
        same((told["reporting_mta"], told["envelope_id"]), ("mx.example", "across"))
        [one] = told["recipients"]
        same((one["recipient"], one["original_recipient"]), (of_postfix, "Bob+x@example.com"))
        assert one["action"] in ("delivered", "relayed"), one

    with check("Postfix hears of success from post-office, which delivers"):
        before = len(postfix.delivered(0))
        ask(postfix, postfix.ports["submission"], "bob", of_postfix, alice,
            header("to-alice") + b"x\r\n", ["RET=FULL", "ENVID=to-alice"],
            ["NOTIFY=SUCCESS", "ORCPT=rfc822;alice@example.com"])
        notice = postfix.delivered(before + 1)[-1]
        told = explained(notice)
        same(told["envelope_id"], "to-alice")
        [one] = told["recipients"]
        same((one["recipient"], one["original_recipient"]), (alice, "alice@example.com"))
        same((one["action"], one["status"]), ("delivered", "2.0.0"))
        assert b"text/rfc822-headers" in notice, notice

    with check("the mail program of GNU mailutils shows our notification"):
        with directory() as folder:
            box = folder / "mbox"
            box.write_bytes(b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n" + unix(ours) + b"\n")
            shown = run("mail", "-N", "-f", box, stdin=b"decode 1\nexit\n",
                        env={**os.environ, "PAGER": "cat", "HOME": str(folder)}).decode()
        for words in ("could not be delivered", "配信できませんでした", elsewhere, "Type=message/delivery-status",
                      "Action: failed", "from-alice", "Grüße"):
            assert words in shown, f"{words} is not in {shown}"
finish()
