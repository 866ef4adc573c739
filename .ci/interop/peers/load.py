"""Load programs: Postfix's smtp-source into our smtp-sink, our smtp-load into Postfix's smtp-sink, and
messages byte for byte from both into Maildirs. What came is counted; nothing is timed."""

import smtplib
import socket

from common import BIN, OurSink, check, directory, finish, messages, run, same, until
from servers import Sink

HOST = "127.0.0.1"


def source(port, *options, ok=(0,)):
    run("smtp-source", "-s", "10", "-m", "300", "-l", "4096", *options, f"{HOST}:{port}", ok=ok)


for way, options, expected in [
    ("a connection each", [], {"sessions": 300}),
    ("ten connections", ["-d"], {"sessions": 10}),
    ("five recipients each", ["-d", "-r", "5"], {"recipients": 1500}),
]:
    with check(f"smtp-source, {way}, into our smtp-sink"), OurSink() as sink:
        source(sink.port, *options)
        counts = sink.ended()
        expected = {"messages": 300, "refused": 0, "broken": 0, **expected}
        same({name: counts[name] for name in expected}, expected)
with check("smtp-source by LMTP into our smtp-sink"), OurSink("--lmtp") as sink:
    source(sink.port, "-L", "-d", "-r", "3")
    counts = sink.ended()
    same((counts["messages"], counts["recipients"], counts["broken"]), (300, 900, 0))
with check("smtp-source is told no by our smtp-sink"), OurSink("--reject", "RCPT") as sink:
    source(sink.port, "-m", "1", "-s", "1", ok=(0, 1))
    counts = sink.ended()
    same((counts["messages"], counts["refused"]), (0, 1))

with Sink() as theirs:
    for way, options in {
        "pipelined": [], "command by command": ["--no-pipelining"],
        "a connection each": ["--per-connection", "1"],
    }.items():
        with check(f"our smtp-load, {way}, into smtp-sink"):
            before = len(theirs.taken())
            said = run(BIN / "smtp-load", f"{HOST}:{theirs.port}", "--sessions", "8", "--messages",
                       "40", "--recipients", "3", "--size", "3000", *options).decode()
            assert said.startswith("messages accepted 40 rejected 0 put-off 0\n"), said
            taken = theirs.taken()[before:]
            same(len(taken), 40, "messages")
            for message in taken:
                same(message.count(b"X-Rcpt-Args: <sink+"), 3, "recipients")
                same(message.count(b"X" * 78 + b"\n"), 2956 // 80, "whole lines")

with Sink() as theirs, check("our smtp-load sends nothing by BDAT to smtp-sink, which has none"):
    said = run(BIN / "smtp-load", f"{HOST}:{theirs.port}", "--sessions", "1", "--bdat", ok=(1,),
               errors=True)
    assert b"the server does not offer CHUNKING" in said, said
    same(theirs.taken(), [], "messages")
for option in ([], ["--bdat"]):
    with check(f"our smtp-load into our smtp-sink {option}"), OurSink() as sink:
        run(BIN / "smtp-load", f"{HOST}:{sink.port}", "--messages", "500", "--size", "2000", *option)
        counts = sink.ended()
        same((counts["messages"], counts["octets"], counts["broken"]), (500, 1_000_000, 0))

sent = dict(messages())
with directory() as mails, OurSink("--maildir", mails) as sink:
    def stored():
        return [file.read_bytes() for file in sorted((mails / "new").iterdir())]

    with check("what smtplib sends stands in the Maildir of our smtp-sink, byte for byte"):
        with smtplib.SMTP(HOST, sink.port, timeout=20) as client:
            for octets in sent.values():
                client.sendmail("a@b.example", ["c@d.example"], octets)
        same(sorted(stored()), sorted(sent.values()), "messages")
    with check("what smtp-send sends stands there as well"):
        for octets in sent.values():
            run(BIN / "smtp-send", f"{HOST}:{sink.port}", "--plain", "--from", "a@b.example", "--to",
                "c@d.example", stdin=octets)
        same(sorted(stored()), sorted([*sent.values(), *sent.values()]), "messages")
    with check("a message that breaks off is not stored"):
        with socket.create_connection((HOST, sink.port), 20) as client:
            for line in (b"", b"EHLO c", b"MAIL FROM:<a@b.c>", b"RCPT TO:<a@b.c>", b"DATA"):
                client.sendall(line and line + b"\r\n")
                client.recv(4096)
            client.sendall(b"Subject: torn\r\n")
        until("the end of what was begun", lambda: not list((mails / "tmp").iterdir()))
        same(len(stored()), 2 * len(sent), "messages")
finish()
