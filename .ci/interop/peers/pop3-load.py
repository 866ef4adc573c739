"""RETR of ten thousand messages of 4 KiB, one by one and pipelined, from our post-office and from
Dovecot in the same run.

Both send in the clear: Dovecot trusts its own host, and ours takes APOP.

What has come is counted always. The times are printed; they are compared only where MAIL_SPEED is
set, for a machine that does other things meanwhile measures those as well."""

import hashlib
import os
import re
import socket
import time

from common import BIN, DOMAIN, Office, check, finish, run, same
from servers import Dovecot

MESSAGES = int(os.environ.get("MAIL_MESSAGES", 10_000))
SIZE = 4096
ROUNDS = 3
END = b"\r\n.\r\n"


class Pop3:
    """A client that does no more than count."""

    def __init__(self, port, user, password):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if stamp := re.search(rb"<.*>", self.line()):
            digest = hashlib.md5(stamp[0] + password.encode()).hexdigest()
            self.say(f"APOP {user} {digest}")
        else:
            self.say(f"USER {user}")
            self.say(f"PASS {password}")

    def line(self):
        said = b""
        while not said.endswith(b"\r\n"):
            said += self.socket.recv(1) or b"\r\n"
        assert said.startswith(b"+OK"), said
        return said

    def say(self, command):
        self.socket.sendall(command.encode() + b"\r\n")
        return self.line()

    def one_by_one(self):
        for number in range(1, MESSAGES + 1):
            self.socket.sendall(b"RETR %d\r\n" % number)
            tail = b""
            while not tail.endswith(END):
                piece = self.socket.recv(1 << 16)
                assert piece, "the connection is lost"
                tail = (tail + piece)[-len(END):]

    def pipelined(self):
        """In groups, as every client has to: who never reads while it writes locks up."""
        group, number, octets, ends = 250, 1, 0, 0
        while number <= MESSAGES:
            last = min(MESSAGES, number + group - 1)
            wanted = ends + last - number + 1
            self.socket.sendall(b"".join(b"RETR %d\r\n" % n for n in range(number, last + 1)))
            tail = b""
            while ends < wanted:
                piece = self.socket.recv(1 << 20)
                assert piece, "the connection is lost"
                octets += len(piece)
                # An end that is torn is counted with what follows.
                ends += (tail + piece).count(END)
                tail = (tail + piece)[-len(END) + 1:]
            number = last + 1
        assert octets > MESSAGES * SIZE, octets


def fetched(server, port, user):
    """Messages a second, one by one and pipelined, the best of a few rounds."""
    best = {}
    for _ in range(ROUNDS):
        client = Pop3(port, user, server.PASSWORD)
        same(int(client.say("STAT").split()[1]), MESSAGES, "messages")
        for way in ("one_by_one", "pipelined"):
            begun = time.monotonic()
            getattr(client, way)()
            rate = MESSAGES / (time.monotonic() - begun)
            best[way] = max(rate, best.get(way, 0))
        client.say("QUIT")
    return best


def message(number):
    head = f"From: a@example.org\r\nTo: bob@{DOMAIN}\r\nSubject: {number}\r\n\r\n".encode()
    line = b"x" * 76 + b"\r\n"
    text = head + line * ((SIZE - len(head)) // len(line))
    return text + b"y" * (SIZE - len(text) - 2) + b"\r\n"


with Office(apop=True) as office, Dovecot() as dovecot:
    with check(f"{MESSAGES} messages lie in both"):
        run(BIN / "smtp-load", f"127.0.0.1:{office.smtp}", "--messages", MESSAGES, "--size", SIZE,
            "--sessions", 16, "--to", f"carol@{DOMAIN}", timeout=120)
        inbox = dovecot.mail / "bob"
        for part in ("cur", "new", "tmp"):
            (inbox / part).mkdir(parents=True)
        for number in range(MESSAGES):
            text = message(number)
            name = f"{1_700_000_000 + number}.M{number}.load,S={len(text)},W={len(text)}"
            (inbox / "new" / name).write_bytes(text)
        run("chown", "-R", "--reference", dovecot.mail, inbox)
    rates = {}
    for name, server, user in (("post-office", office, f"carol@{DOMAIN}"), ("dovecot", dovecot, "bob")):
        with check(f"{name} sends all, one by one and pipelined"):
            rates[name] = fetched(server, server.ports["pop3"], user)
            print(name, *(f"{way} {rate:,.0f}/s" for way, rate in rates[name].items()), flush=True)
    if os.environ.get("MAIL_SPEED"):
        with check("post-office is at least as fast"):
            for way, rate in rates["dovecot"].items():
                assert rates["post-office"][way] >= rate, (way, rates)
finish()
