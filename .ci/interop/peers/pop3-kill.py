"""pop3-fetch and post-office killed at random: no message is lost, and none comes twice.

A run fetches what three new messages have made of the maildrop and deletes it; in the middle one of
the two is killed. Which one and when is drawn from a seed that is printed: KILL_SEED repeats it.
"""

import contextlib
import email
import os
import random
import signal
import smtplib
import ssl
import subprocess
import threading
import time

from common import BIN, DOMAIN, PATIENCE, check, directory, failures, finish, free_port, run, same

RUNS = int(os.environ.get("KILL_RUNS", "200"))
# For all of them together, in seconds.
MOST = 150
USER, PASSWORD = f"alice@{DOMAIN}", "open sesame"
NEW = 3


class Office:
    """A post-office that always comes back at the same ports."""

    def __init__(self, path):
        self.path = path
        self.ports = {"pop3s": free_port(), "submission": free_port()}
        self.file = path / "post-office.toml"
        self.file.write_text(
            f"domains = ['{DOMAIN}']\n[[account]]\nlogin = '{USER}'\npassword = '{PASSWORD}'\n"
        )

    def start(self):
        names = ("smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps", "dns")
        ports = [f"{name}={self.ports.get(name, 0)}" for name in names]
        options = [arg for port in ports for arg in ("--port", port)]
        self.child = subprocess.Popen(
            [BIN / "post-office", "serve", "--config", self.file, "--data", self.path / "data", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        for line in self.child.stdout:
            word, *rest = line.decode().split() or [""]
            if word == "certificate":
                self.certificate = rest[0]
            if word == "ready":
                break
        else:
            raise AssertionError("post-office did not start")
        # What it says later is read, so that it never waits for us.
        threading.Thread(target=self.child.stdout.read, daemon=True).start()

    def kill(self):
        self.child.kill()
        self.child.wait(30)

    def submit(self, numbers):
        trust = ssl.create_default_context(cafile=self.certificate)
        with smtplib.SMTP("127.0.0.1", self.ports["submission"], "client.example", timeout=20) as smtp:
            smtp.starttls(context=trust)
            smtp.login(USER, PASSWORD)
            for number in numbers:
                text = f"Subject: {number}\r\n\r\n" + f"From {number}\r\n.\r\n" * (number % 7 * 50)
                smtp.sendmail(USER, [USER], text.encode())


def fetch(office, into):
    return subprocess.Popen(
        [BIN / "pop3-fetch", f"127.0.0.1:{office.ports['pop3s']}", "--tls", "--ca", office.certificate,
         "--user", USER, "--delete", "--timeout", "20", *into],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, "MAIL_PASSWORD": PASSWORD},
    )


def whole(office, into):
    """Fetches until that comes through: a session that was torn may still hold the maildrop."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        child = fetch(office, into)
        said = child.communicate(timeout=30)[1].decode()
        if child.returncode == 0:
            return
        if child.returncode != 75:
            raise AssertionError(f"pop3-fetch ended with {child.returncode}: {said}")
        time.sleep(0.05)
    raise AssertionError(f"it does not come through: {said}")


def subjects(path, is_mbox):
    """The numbers of the messages that came."""
    if is_mbox:
        text = path.read_text() if path.exists() else ""
        found = [part.split("\n", 1)[0] for part in text.split("\nSubject: ")[1:]]
        return sorted(int(number) for number in found)
    files = [file for part in ("new", "cur") for file in (path / part).iterdir()]
    return sorted(int(email.message_from_bytes(file.read_bytes())["Subject"]) for file in files)


seed = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(1 << 32)))
draw = random.Random(seed)
print(f"KILL_SEED={seed}", flush=True)
with directory() as scratch:
    office = Office(scratch)
    office.start()
    try:
        begin, done, killed, sent = time.monotonic(), 0, [0, 0], 0
        for is_mbox in (False, True):
            path = scratch / ("mbox" if is_mbox else "maildir")
            into = ["--mbox" if is_mbox else "--to", path]
            first, runs = sent, 0
            with check(f"{RUNS // 2} runs into {'an mbox' if is_mbox else 'a Maildir'}"):
                # How long a run takes that nobody disturbs.
                office.submit(range(sent, sent + NEW))
                sent += NEW
                from_here = time.monotonic()
                whole(office, into)
                usual = time.monotonic() - from_here
                while runs < RUNS // 2 and time.monotonic() - begin < MOST * (2 if is_mbox else 1) / 2:
                    office.submit(range(sent, sent + NEW))
                    sent += NEW
                    child = fetch(office, into)
                    time.sleep(draw.random() * usual * 1.1)
                    # It takes longer to start an office anew than to fetch again.
                    which = draw.random() < 0.25
                    if which:
                        office.kill()
                        child.communicate(timeout=30)
                        office.start()
                    else:
                        child.kill()
                        child.communicate(timeout=30)
                    killed[which] += child.returncode != 0
                    runs += 1
                whole(office, into)
                same(subjects(path, is_mbox), list(range(first, sent)), "messages")
                left = scratch / f"left {is_mbox}"
                whole(office, ["--to", left])
                same(subjects(left, False), [], "what is left on the server")
                assert runs == RUNS // 2, f"time for {runs} runs only"
            done += runs
        print(f"{done} runs, {sent} messages; killed in the middle: pop3-fetch {killed[0]} times, "
              f"post-office {killed[1]} times", flush=True)
        with check("enough of them were killed in the middle"):
            assert killed[0] > done / 8 and killed[1] > done / 40, killed
    finally:
        with contextlib.suppress(Exception):
            office.child.send_signal(signal.SIGTERM)
            office.child.wait(30)
finish()
