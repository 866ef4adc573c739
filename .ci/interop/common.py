"""What the scripts in peers/ share: a post office to talk to, messages to send, and a verdict."""

import contextlib
import email
import os
import pathlib
import poplib
import random
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback

# Where our programs are; `run` sets it.
BIN = pathlib.Path(os.environ["MAIL_BIN"])
DOMAIN = "post-office.test"
SERVICES = ("smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps", "dns")
# No wait for anything is longer, in seconds.
PATIENCE = 30

failures = []

# Over its time a script still ends what it started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))


@contextlib.contextmanager
def check(name):
    """One check: it passes unless something is raised inside."""
    try:
        yield
    except Exception as error:  # noqa: BLE001: whatever went wrong is the verdict
        failures.append(name)
        print(f"FAIL {name}: {type(error).__name__}: {error}", flush=True)
        traceback.print_tb(error.__traceback__, limit=-3, file=sys.stdout)
    else:
        print(f"PASS {name}", flush=True)


def finish():
    """Ends the script with its verdict."""
    if failures:
        sys.exit(f"{len(failures)} failed: {', '.join(failures)}")


def same(got, wanted, what="octets"):
    """Fails where the two part."""
    if got == wanted:
        return
    if isinstance(got, bytes) and isinstance(wanted, bytes):
        at = len(os.path.commonprefix([got, wanted]))
        around = slice(max(0, at - 30), at + 30)
        raise AssertionError(
            f"{what} part at {at} of {len(got)} and {len(wanted)}: "
            f"got {got[around]!r}, wanted {wanted[around]!r}"
        )
    raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def run(*command, stdin=b"", ok=(0,), timeout=PATIENCE, env=None, errors=False):
    """Runs a program and returns its standard output, or error; another exit code than `ok` fails."""
    done = subprocess.run(
        [str(part) for part in command], input=stdin or b"", capture_output=True, timeout=timeout, env=env
    )
    if ok is not None and done.returncode not in ok:
        said = (done.stderr + done.stdout)[-2000:].decode(errors="replace")
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{said}")
    return done.stderr if errors else done.stdout


def until(what, condition):
    """Waits for something to become true, and returns what it became."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {PATIENCE} s")


def free_port():
    """A port of 127.0.0.1 that nobody listens at, for peers that cannot choose one themselves. It is none
    of those that connections go out from: one of them could take it before the peer does."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", random.randrange(10_000, 32_000)))
            return probe.getsockname()[1]


def listens(port):
    """Tells whether somebody listens at a port of 127.0.0.1."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def directory():
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mail-interop-") as path:
        yield pathlib.Path(path)


@contextlib.contextmanager
def process(*command, stdout=subprocess.DEVNULL, log=None, stop=signal.SIGTERM):
    """A program that runs meanwhile, with its children in a group of its own."""
    with open(log or os.devnull, "ab") as err:
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=err, start_new_session=True,
        )
    try:
        yield child
    finally:
        child.poll() is None and child.send_signal(stop)
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            failures.append(f"end of {command[0]}")
            print(f"FAIL {command[0]} does not end", flush=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(PATIENCE)


class Office:
    """A `post-office serve` of its own, with accounts for alice and bob, if asked for carol with APOP."""

    PASSWORD = "open sesame, \\ and \"more\""
    HOST = "127.0.0.1"

    def __init__(self, *options, apop=False, domain=DOMAIN, more=""):
        self.options, self.domain, self.more = options, domain, more
        self.names = ("alice", "bob", "carol") if apop else ("alice", "bob")
        self.ports = {}

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        try:
            self._start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def _start(self):
        self.dir = self.stack.enter_context(directory())
        self.log = self.dir / "log"
        accounts = "".join(
            f"[[account]]\nlogin = '{name}@{self.domain}'\npassword = '{self.PASSWORD}'\n"
            + ("apop = true\n" if name == "carol" else "")
            for name in self.names
        )
        file = self.dir / "post-office.toml"
        file.write_text(f"domains = ['{self.domain}']\n{self.more}{accounts}")
        ports = [arg for service in SERVICES for arg in ("--port", f"{service}=0")]
        self.child = self.stack.enter_context(process(
            BIN / "post-office", "serve", "--config", file, "--data", self.dir / "data", *ports,
            *self.options, stdout=subprocess.PIPE, log=self.log,
        ))
        self.stack.callback(self._print_log)
        # Whatever it says is read to the end, so that it never waits for us.
        lines, ready = [], threading.Event()

        def read():
            for line in self.child.stdout:
                lines.append(line.decode())
                if line == b"ready\n":
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        if not ready.wait(PATIENCE) or "ready\n" not in lines:
            raise AssertionError(f"post-office did not start: {lines}")
        for line in lines:
            word, *rest = line.split() or [""]
            if word == "listening":
                self.ports[rest[0]] = int(rest[1].rpartition(":")[2])
            elif word == "certificate":
                self.certificate = pathlib.Path(rest[0])
        same(set(self.ports), set(SERVICES), "services")

    def __exit__(self, *raised):
        with check("post-office ends cleanly on SIGTERM"):
            self.child.send_signal(signal.SIGTERM)
            same(self.child.wait(PATIENCE), 0, "exit code")
            said = self.log.read_text(errors="replace")
            assert "panicked" not in said, said[-2000:]
            assert self.PASSWORD not in said, "a password is in the log"
        self.stack.close()

    def _print_log(self):
        if failures:
            print("--- the log of post-office, its end:")
            print(self.log.read_text(errors="replace")[-6000:], flush=True)

    def __getattr__(self, service):
        """The port of a service."""
        try:
            return self.__dict__["ports"][service]
        except KeyError:
            raise AttributeError(service) from None


class OurSink:
    """A smtp-sink of ours, and what it says that it took once it has ended."""

    HOST = "127.0.0.1"

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.child = self.stack.enter_context(
            process(BIN / "smtp-sink", f"{self.HOST}:0", *self.options, stdout=subprocess.PIPE)
        )
        word, _, address = self.child.stdout.readline().decode().partition(" ")
        same(word, "listening")
        self.port = int(address.rpartition(":")[2])
        return self

    def __exit__(self, *raised):
        self.stack.close()

    def ended(self):
        """Ends it; returns its counts by their names."""
        self.child.terminate()
        words = self.child.stdout.read().split()
        same(self.child.wait(), 0, "exit code")
        counts = [int(word) for word in words[1::2]]
        return dict(zip((word.decode() for word in words[::2]), counts))


def header(subject, sender="alice", to="bob"):
    """The header of a message, with the blank line."""
    return (
        f"From: Alice <{sender}@{DOMAIN}>\r\nTo: {to}@{DOMAIN}\r\nSubject: {subject}\r\n"
        f"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <{subject}@{DOMAIN}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode()


def unix(octets):
    """A message as programs on this machine keep it: in lines that end in LF."""
    return octets.replace(b"\r\n", b"\n")


# What has been torn on its way through one mail server or another.
BODIES = {
    "plain": b"Hello, Bob.\r\n",
    "dots": b".\r\n..\r\n...\r\n.x\r\n. \r\nx.\r\n.\r\n\r\n.\r\n",
    "only-a-dot": b".\r\n",
    "blank-lines": b"\r\n\r\n\r\na\r\n\r\n\r\n",
    "trailing-blanks": b"a \r\nb\t\r\n \r\n\t \t\r\nc   \r\n",
    "8bit": "日本語の本文。Grüße, naïve café — ∑\r\n.ドット\r\n".encode() + b"\xff\xfe\x80\xa0\r\n",
    "long-lines": b"x" * 998 + b"\r\n" + b"." * 997 + b"\r\n" + b"\xc3\xa9" * 499 + b"\r\n",
    "from-lines": b"From bob\r\n>From alice\r\nFrom: nobody\r\n",
    "looks-like-protocol": b"QUIT\r\n* BYE\r\n)\r\nA1 OK done\r\n+OK\r\n{5}\r\n250 ok\r\n",
    "big": b"".join(b"%06d %s\r\n" % (n, b"." * (n % 70)) for n in range(5000)),
}


def messages(**header_of):
    """All of them: name, octets."""
    for name, body in BODIES.items():
        yield name, header(name, **header_of) + body


TRACE = re.compile(
    rb"Return-Path: <[^>\r\n]*>\r\n"
    rb"Received: from [^\r\n]+\r\n(?:[\t ][^\r\n]+\r\n)*",
)


def original(stored):
    """What was sent, out of what was delivered: without the trace fields of the last hop."""
    trace = TRACE.match(stored)
    assert trace, f"no trace fields: {stored[:300]!r}"
    return stored[trace.end():]


def submit(server, port, certificate, user, password, sender, to, octets):
    """Hands a message to a server as a mail program does: STARTTLS, AUTH, 8BITMIME."""
    trust = ssl.create_default_context(cafile=certificate)
    with smtplib.SMTP(server.HOST, port, "client.example", timeout=20) as smtp:
        smtp.starttls(context=trust)
        smtp.login(user, password)
        smtp.sendmail(sender, [to], octets, ["BODY=8BITMIME"])


def by_subject(stored):
    """The messages, by their Subject."""
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
