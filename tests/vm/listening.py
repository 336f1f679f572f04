# SPDX-License-Identifier: GPL-2.0-or-later
"""The receiver as a process, under load and with outputs that fail.  No guests: senders are addresses of this machine."""

import os
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.lab import paths, rows, syslogs
from tests.lab.listener import Host, Listener, load
from tests.lab.rows import check

FLOOD_SOURCES, FLOOD_RATE = 100000, 20000
MEMORY_MIB = 96
"""With 20,000 sources remembered, each of which had a file."""
SYSLOG_PORT, OTHER_PORT = 16672, 16674
SECURITY_MOST = 2.5
"""The exposure that systemd-analyze gives to a service: 0 is none, 10 all."""


@contextmanager
def chatter(hosts: list[Host], pause: float = 0.05) -> Iterator[None]:
    """Hosts that go on talking, each by itself."""
    over = threading.Event()

    def talk(host: Host) -> None:
        while not over.wait(pause):
            host.say()

    threads = [threading.Thread(target=talk, args=(host,), daemon=True) for host in hosts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def flood(logs: Path) -> str:
    """A hundred thousand made-up addresses: those who spoke before lose nothing, and memory is bounded."""
    hosts = [Host(f"127.0.0.{10 + n}") for n in range(20)]
    with Listener(logs, "--dir", logs / "files") as listener:
        with chatter(hosts):
            time.sleep(4)
            sent = load(16671, FLOOD_SOURCES, FLOOD_RATE, FLOOD_SOURCES / FLOOD_RATE, run=1)
            time.sleep(1)
        listener.wait_records(sent + sum(host.sent for host in hosts))
        state, memory = listener.state(), listener.memory_mib()
    for host in hosts:
        host.check_all(listener.text(host.address))
    counters = state["counters"]
    check(sent >= 0.9 * FLOOD_SOURCES, f"the generator sent only {sent}")
    check(counters["dropped_kernel"] == 0, f"{counters['dropped_kernel']} were dropped by the kernel")
    check(counters["sources_evicted_regular"] == 0, "who spoke before was driven out")
    check(state["source_count"] <= 20000, f"{state['source_count']} sources are remembered")
    check(len(list(listener.files.iterdir())) <= 20001, "there are more files than asked for")
    check(memory <= MEMORY_MIB, f"it takes {memory:.1f} MiB")
    return f"{counters['sources_new']} sources, {memory:.1f} MiB"


def reloads(logs: Path) -> str:
    """SIGHUP in a flood, with files moved away and a program that does not read: nothing is lost."""
    deaf = logs / "deaf"
    deaf.write_text("#!/bin/sh\nexec sleep 1000\n")
    deaf.chmod(0o755)
    sent, count = 0, 0
    with Listener(logs, "--dir", logs / "files", "--output", f"program:{deaf},queue=64K") as listener:
        result: list[int] = []
        thread = threading.Thread(target=lambda: result.append(load(16671, 50, FLOOD_RATE, 6)))
        thread.start()
        while thread.is_alive():
            time.sleep(0.3)
            for path in listener.files.glob("*.log"):
                path.rename(path.with_suffix(f".{count}"))
            listener.reload()
            count += 1
        thread.join()
        sent = result[0]
        listener.wait_records(sent)
        counters, dropped = listener.state()["counters"], listener.output(1)["dropped"]
    written = sum(path.read_bytes().count(b"\n") for path in listener.files.iterdir())
    check(counters["dropped_kernel"] == 0, f"{counters['dropped_kernel']} were dropped by the kernel")
    check(written == sent, f"{sent} messages were sent, {written} lines written")
    check(dropped > 0, "the program that does not read is said to have got everything")
    return f"{sent} messages, {count} reloads"


def disk_full(logs: Path) -> str:
    """A disk that is full: counted, no line by halves, and it goes on when there is room."""
    files, host = logs / "files", Host("127.0.0.10")
    files.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", files], check=True)
    try:
        with Listener(logs, "--dir", files, "--output", f"json:{logs}/all.json") as listener:
            host.say_many(4000)
            listener.wait_records(4000)
            listener.wait(lambda: listener.output(0)["waiting_bytes"] == 0, "all is written")
            output = listener.output(0)
            check(output["dropped"] > 0 and "No space left" in output["last_error"], f"it tells {output}")
            full = listener.text(host.address)
            (files / f"{host.address}.log").write_text("")
            host.say("after")
            listener.wait(lambda: "after 4000" in listener.text(host.address), "it goes on")
            after = listener.text(host.address)
    finally:
        subprocess.run(["umount", files], check=True)
    kept = full.splitlines()
    check(full.endswith("\n") and all(re.search(r"\] word \d+$", line) for line in kept), f"a line is cut: {kept[-1]!r}")
    check(len(kept) + output["dropped"] == 4000, f"{len(kept)} are there, {output['dropped']} are said to be dropped")
    check(f"-- lastword: {output['dropped']} lines could not be written" in after, f"the file goes on with {after!r}")
    check((logs / "all.json").read_bytes().count(b"\n") == 4001, "the other output has not all")
    return f"{output['dropped']} of 4000 dropped"


def hangs(logs: Path) -> str:
    """A program that reads nothing, and one that dies: the others get all, and the receiver ends in time."""
    deaf, dies = logs / "deaf", logs / "dies"
    logs.mkdir(exist_ok=True)
    deaf.write_text("#!/bin/sh\nexec sleep 1000\n")
    dies.write_text(f"#!/bin/sh\nread line; echo \"$line\" >> {logs}/got; exit 3\n")
    for program in (deaf, dies):
        program.chmod(0o755)
    host = Host("127.0.0.10")
    words: list[str | Path] = ["--dir", logs / "files", "--output", f"program:{deaf},queue=64K", "--output", f"program:{dies}"]
    with Listener(logs, *words) as listener:
        host.say_many(20000)
        listener.wait_records(20000)
        listener.wait(lambda: (logs / "got").exists() and (logs / "got").read_text().count("\n") >= 2,
                      "the program that dies is started again")
        outputs = listener.state()["outputs"]
        began = time.monotonic()
        listener.process.terminate()
        listener.process.wait(20)
        took = time.monotonic() - began
    host.check_all(listener.text(host.address))
    check(outputs[1]["dropped"] > 0 and outputs[1]["waiting_bytes"] <= 65536, f"of the deaf one: {outputs[1]}")
    check("status 3" in outputs[2]["last_error"], f"of the one that dies: {outputs[2]}")
    check(took < 8, f"it took {took:.1f} s to end")
    return f"ends in {took:.1f} s"


class Server:
    """A syslog server over TCP or TLS, with octet counting; it comes and goes."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.received = b""
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Be there."""
        self._over.clear()
        listening = socket.create_server(("127.0.0.1", SYSLOG_PORT))
        listening.settimeout(0.1)
        self._thread = threading.Thread(target=self._serve, args=(listening,), daemon=True)
        self._thread.start()

    def _serve(self, listening: socket.socket) -> None:
        with listening:
            while not self._over.is_set():
                try:
                    connection, _ = listening.accept()
                    if self._context:
                        connection = self._context.wrap_socket(connection, server_side=True)
                    self._read(connection)
                except OSError:
                    pass

    def _read(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(0.1)
            while not self._over.is_set():
                try:
                    data = connection.recv(65536)
                except TimeoutError:
                    continue
                if not data:
                    return
                self.received += data

    def end(self) -> None:
        """Be gone, with all connections."""
        self._over.set()
        if self._thread:
            self._thread.join()

    def messages(self) -> list[str]:
        """What came whole."""
        rest, messages = self.received, []
        while rest:
            length, _, rest = rest.partition(b" ")
            check(length.isdigit(), f"no length stands before a message: {length[:60]!r}")
            if len(rest) < int(length):
                break
            messages.append(rest[: int(length)].decode())
            rest = rest[int(length) :]
        return messages


def certificate_in(directory: Path) -> Path:
    """A certificate of its own for 127.0.0.1, with its key."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "server.pem"
    words: list[str | Path] = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", directory / "key", "-out", directory / "cert"]
    subprocess.run(words, check=True, capture_output=True)
    path.write_bytes((directory / "key").read_bytes() + (directory / "cert").read_bytes())
    return path


def syslog_away(logs: Path, tls: bool) -> str:
    """A syslog server that is not there at first, goes away, and comes back: it gets all."""
    certificate = certificate_in(logs) if tls else None
    spec = f"syslog:tcp://127.0.0.1:{SYSLOG_PORT}"
    if tls:
        spec = f"syslog:tls://127.0.0.1:{SYSLOG_PORT},ca={logs}/cert,name=localhost"
    server, host = Server(certificate), Host("127.0.0.10")
    with Listener(logs, "--output", spec) as listener:

        def arrived() -> bool:
            return len(server.messages()) == host.sent

        host.say_many(500)
        listener.wait_records(500)
        server.begin()
        listener.wait(arrived, "what waited arrives")
        host.say_many(500)
        listener.wait(arrived, "what comes arrives")
        server.end()
        listener.wait(lambda: listener.output(0)["errors"] > 1, "it sees that the server is gone")
        host.say_many(500)
        server.begin()
        listener.wait(arrived, "what came meanwhile arrives")
        output = listener.output(0)
    server.end()
    words = [message.rpartition("] ")[2] for message in server.messages()]
    check(words == [f"word {n}" for n in range(1500)], "they arrive in another order")
    check(output["dropped"] == 0, f"{output['dropped']} are said to be dropped")
    if tls:
        wrong = spec.replace("name=localhost", "name=other.example")
        with Listener(logs / "wrong", "--output", wrong) as listener:
            server.begin()
            host.say()
            listener.wait(lambda: listener.output(0)["errors"] > 0, "a name that is not the certificate's is an error")
            server.end()
        check(len(server.messages()) == 1500, "another's certificate was trusted")
    return ""


def nameless(logs: Path) -> str:
    """A syslog server whose name nobody knows at first: the receiver listens all the same, and sends once it is known."""
    for name, text in {"nsswitch": "hosts: files\n", "hosts": "127.0.0.1 localhost\n"}.items():
        (logs / name).write_text(text)
    mounts = 'mount --bind "$0/nsswitch" /etc/nsswitch.conf; mount --bind "$0/hosts" /etc/hosts; exec "$@"'
    before: list[str | Path] = ["unshare", "--mount", "sh", "-c", mounts, logs]
    server, host = Server(), Host("127.0.0.10")
    words = ["--port", "16671", "--output", f"syslog:tcp://logs.example:{SYSLOG_PORT}"]
    with Listener(logs, *words, before=before) as listener:
        host.say_many(100)
        listener.wait(lambda: "the server's name" in (listener.output(0)["last_error"] or ""), "it says what is missing")
        with open(logs / "hosts", "a", encoding="ascii") as hosts:
            hosts.write("127.0.0.1 logs.example\n")
        server.begin()
        listener.wait(lambda: len(server.messages()) == 100, "what waited arrives")
    server.end()
    return ""


def journal_gone(logs: Path) -> str:
    """The journal's socket goes away and comes back."""
    path, host = logs / "journal", Host("127.0.0.10")
    logs.mkdir(exist_ok=True)

    def open_journal() -> socket.socket:
        journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        journal.bind(os.fspath(path))
        journal.settimeout(20)
        return journal

    def words(journal: socket.socket, count: int) -> list[bytes]:
        found = [re.search(rb"^MESSAGE=(.*)$", journal.recv(65536), re.MULTILINE) for _ in range(count)]
        return [match[1] if match else b"" for match in found]

    journal = open_journal()
    with Listener(logs, "--output", f"journal:{path}") as listener:
        host.say_many(5)
        first = words(journal, 5)
        journal.close()
        path.unlink()
        host.say_many(5)
        listener.wait(lambda: listener.output(0)["errors"] > 0, "it sees that the journal is gone")
        journal = open_journal()
        second = words(journal, 5)
        dropped = listener.output(0)["dropped"]
    journal.close()
    check(first + second == [b"127.0.0.10: word %d" % n for n in range(10)], f"the journal got {first + second}")
    check(dropped == 0, f"{dropped} are said to be dropped")
    return ""


def allowed(logs: Path) -> str:
    """Who is not in the list is counted, and not heard: IPv4 and IPv6."""
    heard = [Host("127.0.1.1"), Host("127.0.1.200"), Host("::1")]
    others = [Host("127.0.2.1"), Host("127.1.1.1")]
    (logs / "conf").write_text("allow 127.0.1.0/24\nallow ::1\n")
    with Listener(logs, "--dir", logs / "files", "--config", logs / "conf") as listener:
        for host in heard + others:
            host.say_many(10)
        listener.wait(lambda: listener.counter("datagrams") == 50, "all came")
        check(listener.counter("dropped_not_allowed") == 20, f"{listener.counter('dropped_not_allowed')} were not allowed")
        (logs / "conf").write_text("allow 127.0.2.0/24\n")
        listener.reload()
        for host in heard + others:
            host.say()
        listener.wait(lambda: listener.counter("datagrams") == 55, "all came")
        check(listener.counter("dropped_not_allowed") == 24, "the list is not read again")
    names = sorted(path.name for path in listener.files.iterdir())
    check(names == ["127.0.1.1.log", "127.0.1.200.log", "127.0.2.1.log", "::1.log"], f"there are {names}")
    return ""


def activated(logs: Path) -> str:
    """The first datagram starts the receiver, which hears it; programs do not get the socket."""
    port, host = 16673, Host("127.0.0.10", 16673)
    activate = ["systemd-socket-activate", "--datagram", "-l", f"127.0.0.1:{port}"]
    program = logs / "program"
    program.write_text(f"#!/bin/sh\nls -l /proc/self/fd > {logs}/descriptors\nexec cat > /dev/null\n")
    program.chmod(0o755)
    words: list[str | Path] = ["--dir", logs / "files", "--output", f"program:{program}"]
    with Listener(logs, *words, before=activate, says="Listening on") as listener:
        host.say_many(10)
        listener.wait(lambda: "listening on 127.0.0.1" in listener.said(), "it is started")
        listener.wait_records(10)
    host.check_all(listener.text(host.address))
    given = (logs / "descriptors").read_text()
    check("socket:" not in given, f"a program is given {given}")
    return ""


PANIC = [
    "sysrq: Trigger a crash",
    "Kernel panic - not syncing: sysrq triggered crash",
    "CPU: 0 PID: 213 Comm: bash Not tainted 6.1.0-50-amd64 #1  Debian 6.1.176-1",
    "Call Trace:",
    " <TASK>",
    " panic+0x118/0x2ed",
    " sysrq_handle_crash+0x16/0x20",
    " </TASK>",
    "---[ end Kernel panic - not syncing: sysrq triggered crash ]---",
]


def run_on_crash(logs: Path) -> str:
    """A hundred machines panic at once: the program runs for each, with the block and the facts, four at a time."""
    program, addresses = logs / "program", [f"127.0.3.{n}" for n in range(1, 101)]
    program.write_text(f"""#!/bin/sh
echo begins >> {logs}/running
lines=$(wc -l); sleep 0.1
echo "$LASTWORD_ADDRESS|$LASTWORD_TITLE|$LASTWORD_PANIC|$LASTWORD_RELEASE|$lines" >> {logs}/ran
echo ends >> {logs}/running
""")
    program.chmod(0o755)
    with Listener(logs, "--dir", logs / "files", "--run-on-crash", program) as listener, ExitStack() as hosts:
        senders = [Host(address) for address in addresses]
        for host in senders:
            hosts.callback(host.close)
        for line in PANIC:
            for host in senders:
                host.send(line)
        ran = logs / "ran"
        listener.wait(lambda: ran.exists() and ran.read_text().count("\n") == 100, "it ran a hundred times")
        counters = listener.state()["counters"]
    runs = [line.split("|") for line in ran.read_text().splitlines()]
    check(sorted(run[0] for run in runs) == sorted(addresses), "not each machine once")
    wanted = ["kernel panic: sysrq triggered crash", "1", "6.1.0-50-amd64 #1  Debian 6.1.176-1", str(len(PANIC) - 2)]
    check(all(run[1:] == wanted for run in runs), f"a program was told {runs[0]}, not {wanted}")
    check(counters["crash_programs_run"] == 100 and counters["programs_dropped"] == 0, f"it counts {counters}")
    at_once = most = 0
    for word in (logs / "running").read_text().splitlines():
        at_once += 1 if word == "begins" else -1
        most = max(most, at_once)
    check(most <= 4, f"{most} ran at once")
    return ""


def piped(logs: Path) -> str:
    """`listen | head -n 2` ends when head has; with a file beside standard output it goes on."""
    words = [paths.build() / "lastword", "netconsole", "listen", "--port", "16671"]
    host = Host("127.0.0.10")

    def reader_goes(*more: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [*words, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout and process.stderr
        check("listening on" in process.stderr.readline(), "it does not listen")
        host.say()
        check(f"word {host.sent - 1}" in process.stdout.readline(), "a line is not on standard output")
        process.stdout.close()
        return process

    alone = reader_goes()
    said = alone.communicate(timeout=20)[1]
    check(alone.returncode == 0 and "nobody reads" in said, f"it ends with {alone.returncode}: {said!r}")
    beside = reader_goes("--output", "text:", "--dir", logs / "files")
    host.say()
    time.sleep(2)
    check(beside.poll() is None, "it ends although a file is beside standard output")
    host.say("later")
    time.sleep(2)
    beside.terminate()
    check(beside.wait(timeout=20) == 0, f"it ends with {beside.returncode}")
    text = (logs / "files" / f"{host.address}.log").read_text()
    check(f"later {host.sent - 1}" in text, f"the file has {text!r}")
    return ""


def taken(logs: Path) -> str:
    """Who has the port is named; what a plain user may not do is said, and what he may do works."""
    lastword = os.fspath(paths.build() / "lastword")

    def fails(*words: str) -> str:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)
        check(done.returncode == 1, f"{words} ends with {done.returncode}: {done.stderr}")
        return done.stderr

    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    with Listener(logs, "--dir", logs / "files") as listener:
        said = fails(lastword, "netconsole", "listen", "--port", "16671")
        check(f"lastword (process {listener.process.pid})" in said, f"of a port that is taken it says {said!r}")
        said = fails(*user, lastword, "netconsole", "listen", "--port", "16671")
        check("a process of user 0" in said, f"a plain user is told {said!r}")
    floor = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if int(floor.read_text()) > 514:
        said = fails(*user, lastword, "netconsole", "listen", "--port", "514")
        check("ports below" in said, f"of a low port it says {said!r}")
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        host = Host("127.0.0.10", 6666)
        with Listener(Path(directory), "--output", "text:", before=user) as listener:
            host.say("heard")
            listener.wait(lambda: "heard 0" in listener.said(), "a plain user's receiver hears")
    return ""


def unit(logs: Path) -> str:
    """The service is as closed as it says."""
    found = paths.build() / "packaging" / "lastword-netconsole.service"
    copy = logs / found.name
    copy.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={paths.build()}/lastword", found.read_text()))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    # neither the socket nor the manual is installed here
    beside = re.compile(r"lastword-netconsole\.socket|Command 'man ")
    complaints = [line for line in done.stderr.splitlines() if copy.name in line and not beside.search(line)]
    check(not complaints, f"systemd says {complaints}")
    words: list[str | Path] = ["systemd-analyze", "security", "--offline=yes", copy]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    match = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    check(match, f"systemd-analyze says {done.stdout[-300:]}{done.stderr[-300:]}")
    level = float(match[1]) if match else 10.0
    check(level <= SECURITY_MOST, f"the exposure is {level}")
    return f"exposure {level}"


def documented(name: str, files: Path) -> str:
    """The configuration that docs/netconsole.md has for another receiver, with our port and directory."""
    text = (paths.PROJECT / "docs" / "netconsole.md").read_text(encoding="utf-8").partition(f"\n{name}:\n\n")[2]
    lines = [line.strip() for line in text.split("\n\n")[0].splitlines()]
    check(lines, f"docs/netconsole.md has nothing of {name}")
    return "\n".join(lines).replace("6666", str(OTHER_PORT)).replace("/var/log/netconsole", os.fspath(files)) + "\n"


def other_receiver(logs: Path, name: str) -> str:
    """What docs/netconsole.md says of another receiver works: a file a host, each line in it, nothing lost."""
    files = logs / "files"
    files.mkdir(parents=True)
    head = "@version: 3.38\n" if name == "syslog-ng" else ""
    (logs / "conf").write_text(head + documented(name, files))
    lines = [f"[   12.{n:06d}] word {n}" for n in range(500)]
    with syslogs.running(name, logs / "conf") as process, ExitStack() as sockets:
        senders = [sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2)]
        for number, sender in enumerate(senders):
            sender.bind((f"127.0.0.{10 + number}", 0))
        end, last = time.monotonic() + 30, files / "127.0.0.11.log"
        while not last.exists():
            check(process.poll() is None and time.monotonic() < end, f"{name} says {(logs / 'said').read_text()[-500:]}")
            senders[1].sendto(b"are you there?\n", ("127.0.0.1", OTHER_PORT))
            time.sleep(0.3)
        for line in lines:
            for sender in senders:
                sender.sendto(f"{line}\n".encode(), ("127.0.0.1", OTHER_PORT))
            time.sleep(0.0005)
        while not all(lines[-1] in path.read_text() for path in files.iterdir()) and time.monotonic() < end:
            time.sleep(0.2)
    for path in files.iterdir():
        got = [line.partition(" ")[2] for line in path.read_text().splitlines() if "are you there" not in line]
        check(got == lines, f"{name}: {path.name} has {len(got)} of {len(lines)} lines, the first is {got[:1]}")
    check(sorted(path.name for path in files.iterdir()) == ["127.0.0.10.log", "127.0.0.11.log"], "there are other files")
    return ""


ROWS = [
    rows.Row("listen-rsyslog", "matrix", lambda logs: other_receiver(logs, "rsyslog")),
    rows.Row("listen-syslog-ng", "matrix", lambda logs: other_receiver(logs, "syslog-ng")),
    rows.Row("listen-flood", "matrix", flood),
    rows.Row("listen-reload", "matrix", reloads),
    rows.Row("listen-disk-full", "matrix", disk_full),
    rows.Row("listen-hangs", "matrix", hangs),
    rows.Row("listen-syslog-tcp", "matrix", lambda logs: syslog_away(logs, False)),
    rows.Row("listen-syslog-tls", "matrix", lambda logs: syslog_away(logs, True)),
    rows.Row("listen-syslog-name", "matrix", nameless),
    rows.Row("listen-journal", "matrix", journal_gone),
    rows.Row("listen-allow", "matrix", allowed),
    rows.Row("listen-activated", "matrix", activated),
    rows.Row("listen-run-on-crash", "matrix", run_on_crash),
    rows.Row("listen-piped", "matrix", piped),
    rows.Row("listen-taken", "matrix", taken),
    rows.Row("listen-unit", "matrix", unit),
]
