"""pop3-fetch killed at each system call that changes something: no message is lost, none comes twice.

strace kills it there; the next run is left alone, and has to bring everything to a good end.
"""

import collections
import os
import re
import socket
import socketserver
import subprocess
import threading

from common import BIN, PATIENCE, check, directory, finish, same

# Those that change something on disk, and what is said to the server.
CALLS = (
    "openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
    "mkdir,mkdirat,copy_file_range,sendfile,sendto,sendmsg,writev"
)
# Two of them are the same, and one is longer than a buffer.
MESSAGES = {
    "a": "Subject: one\r\n\r\nFrom here\r\n.dot\r\n",
    "b": "Subject: two\r\n\r\n" + "From line to line\r\n" * 600,
    "c": "Subject: one\r\n\r\nFrom here\r\n.dot\r\n",
}
OTHERS = "From somebody\n\nwithout an end"


class Server(socketserver.ThreadingTCPServer):
    """A maildrop, with unique ids or without."""

    daemon_threads = True

    def __init__(self, has_ids):
        super().__init__(("127.0.0.1", 0), Session)
        self.has_ids, self.messages, self.open, self.changed = has_ids, {}, 0, threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_close(self):
        self.shutdown()
        super().server_close()

    def process_request(self, *request):
        with self.changed:
            self.open += 1
        super().process_request(*request)

    def shutdown_request(self, request):
        super().shutdown_request(request)
        with self.changed:
            self.open -= 1
            self.changed.notify()

    def settle(self):
        """Waits until everything is done that was asked for in connections that are closed by now."""
        # They are taken one behind the other: when this one has been, all before it have.
        with socket.create_connection(self.server_address, PATIENCE) as last:
            last.sendall(b"QUIT\r\n")
            while last.recv(100):
                pass
        with self.changed:
            assert self.changed.wait_for(lambda: self.open == 0, PATIENCE), "a session does not end"


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        names, marked = list(self.server.messages), set()
        self.wfile.write(b"+OK\r\n")
        try:
            for line in self.rfile:
                verb, _, argument = line.decode().strip().partition(" ")
                name = names[int(argument) - 1] if argument.isdigit() else None
                answer = "+OK\r\n"
                if verb == "STAT":
                    answer = f"+OK {len(names)} 0\r\n"
                elif verb == "LIST" or verb == "UIDL" and self.server.has_ids:
                    told = (len(self.server.messages[it]) if verb == "LIST" else it for it in names)
                    answer += "".join(f"{n} {it}\r\n" for n, it in enumerate(told, 1)) + ".\r\n"
                elif verb in ("UIDL", "CAPA"):
                    answer = "-ERR\r\n"
                elif verb == "RETR":
                    answer += self.server.messages[name].replace("\r\n.", "\r\n..") + ".\r\n"
                elif verb == "DELE":
                    marked.add(name)
                elif verb == "QUIT":
                    for name in marked:
                        del self.server.messages[name]
                self.wfile.write(answer.encode())
                if verb == "QUIT":
                    return
        except OSError:
            # It was killed.
            pass


def fetch(server, into, *before):
    """Runs pop3-fetch to its end, and the server's session with it."""
    command = [*before, BIN / "pop3-fetch", f"127.0.0.1:{server.server_address[1]}", "--plain",
               "--user", "mrose", "--delete", "--timeout", "20", *into]
    done = subprocess.run(command, env={**os.environ, "MAIL_PASSWORD": "x"}, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, capture_output=True)
    server.settle()
    return done


def strace(log, *more):
    return ["strace", "-f", "-o", log, "-e", f"trace={CALLS}", *more]


def places(log):
    """Each call in the log that changes something: its name, and how many of that name came until there."""
    counts = collections.Counter()
    for line in log.read_text(errors="replace").splitlines():
        if match := re.match(r"\d+ +(\w+)\(", line):
            counts[match[1]] += 1
            if match[1] != "openat" or "O_CREAT" in line:
                yield match[1], counts[match[1]]


def come(path, is_mbox):
    """The messages that came, and what stood in front of them."""
    if not is_mbox:
        files = [file for part in ("new", "cur", "tmp") for file in (path / part).iterdir()]
        return sorted(file.read_text() for file in files), ""
    before, *found = re.split(r"(?m)^From MAILER-DAEMON .*\n", path.read_text())
    assert all(it.endswith("\n\n") for it in found), "no empty line behind a message"
    return sorted(re.sub(r"(?m)^>(>*From )", r"\1", it[:-1]) for it in found), before


def left(path):
    """The files that are there beside the messages."""
    beside = (it for it in path.parent.rglob("*") if it.is_file() and it != path)
    return sorted(it.name for it in beside if it.parent.name not in ("new", "cur"))


def begin(server, path, is_mbox):
    path.parent.mkdir()
    if is_mbox:
        path.write_text(OTHERS)
    server.messages = dict(MESSAGES)


wanted = sorted(text.replace("\r\n", "\n") for text in MESSAGES.values())
for is_mbox, has_ids in [(False, True), (True, True), (True, False)]:
    name = f"{'an mbox' if is_mbox else 'a Maildir'}, {'with' if has_ids else 'without'} unique ids"
    with directory() as scratch, Server(has_ids) as server, check(f"killed at each call: {name}"):
        def into(path):
            return ["--mbox" if is_mbox else "--to", path]

        log, usual = scratch / "log", scratch / "usual" / "mail"
        begin(server, usual, is_mbox)
        same(fetch(server, into(usual), *strace(log)).returncode, 0, "exit code under strace")
        killed, calls = 0, list(places(log))
        for number, (call, count) in enumerate(calls):
            path, where = scratch / str(number) / "mail", f"killed at {call} {count}: "
            begin(server, path, is_mbox)
            at = f"inject={call}:signal=SIGKILL:when={count}"
            killed += fetch(server, into(path), *strace("/dev/null", "-e", at)).returncode != 0
            again = fetch(server, into(path))
            same((again.returncode, again.stderr), (0, b""), where + "the next run")
            messages, before = come(path, is_mbox)
            same(messages, wanted, where + "messages")
            same(before, OTHERS + "\n\n" if is_mbox else "", where + "what stood there before")
            same(server.messages, {}, where + "what is left on the server")
            same(left(path), left(usual), where + "files beside the messages")
        print(f"{name}: killed {killed} times at {len(calls)} calls", flush=True)
        assert killed > 30 and killed > len(calls) * 0.9, "too few calls were met"
finish()
