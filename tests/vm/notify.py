# SPDX-License-Identifier: GPL-2.0-or-later
"""After the reboot: `lastword notify` tells about each dump once, to a real journal socket, mail program and HTTP server."""

import email
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tests.lab import paths, rows
from tests.lab.rows import check

NAME = "127.0.0.1-2026-11-21-03:14:00"
TITLE = "BUG: unable to handle page fault in death_null"
EVIL = "127.0.0.1-2026-11-21-03:15:00\nBcc: everybody@example.org\x1b[2J"
"""A directory's name as somebody with write access to the target could make it."""
SENDMAIL = "#!/bin/sh\n[ ! -e {there} ] || exit 75\necho \"$@\" > {out}.args\ncat > {out}.$(date +%s%N)\n"


class Hook(BaseHTTPRequestHandler):
    """Keeps what it is told; refuses while its server says so."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.path, dict(self.headers), json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(500 if self.server.refuses else 200)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def web_server() -> Iterator[HTTPServer]:
    """On a port of its own."""
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.told, server.refuses = [], False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def journal(root: Path) -> Iterator[socket.socket]:
    """The socket of a journal."""
    path = root / "run/systemd/journal/socket"
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(os.fspath(path))
        listening.settimeout(1)
        yield listening


def dump(parent: Path, name: str, files: dict[str, str], report: dict[str, object] | None = None) -> Path:
    """A dump directory."""
    (parent / name).mkdir(parents=True)
    for file, content in files.items():
        (parent / name / file).write_text(content, encoding="utf-8")
    if report is not None:
        text = json.dumps({"schema": "lastword.report/1", "sections": {"summary": report}})
        (parent / name / "report.json").write_text(text, encoding="utf-8")
    return parent / name


class Machine:
    """A made-up root with a mail program that keeps what it gets."""

    def __init__(self, work: Path, url: str) -> None:
        self.root, self.mails, self.refuses = work / "root", work / "mail", work / "mail-refuses"
        self.dumps = self.root / "var/crash"
        conf = f"path /var/crash\nlastword_notify journal\nlastword_notify mail ops@example.org\nlastword_notify webhook {url}\n"
        for path, text in {"etc/kdump.conf": conf, "proc/sys/kernel/hostname": "web1\n",
                           "usr/sbin/sendmail": SENDMAIL.format(there=self.refuses, out=self.mails)}.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")
        (self.root / "usr/sbin/sendmail").chmod(0o755)
        self.dumps.mkdir(parents=True)

    def notify(self, *words: str, status: int = 0) -> dict[str, object]:
        """What it did."""
        done = subprocess.run([paths.build() / "lastword", "--root", self.root, "--json", "notify", *words],
                              capture_output=True, text=True, check=False)
        check(done.returncode == status, f"notify exits {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def mail(self) -> list[email.message.Message]:
        """Those that came, and forgets them."""
        files = sorted(self.mails.parent.glob("mail.[0-9]*"))
        found = [email.message_from_bytes(file.read_bytes()) for file in files]
        for file in files:
            file.unlink()
        return found


def outcomes(said: dict[str, object]) -> list[tuple[str, str]]:
    """By whom, and what became of it."""
    return [(message["by"], message["outcome"]) for message in said["messages"]]  # type: ignore[attr-defined]


def check_told(machine: Machine, listening: socket.socket, server: HTTPServer, where: Path) -> None:
    """Everybody was told the same, once."""
    fields = dict(line.split("=", 1) for line in listening.recv(65536).decode().splitlines())
    check(fields["LASTWORD_TITLE"] == TITLE and fields["PRIORITY"] == "2", f"the journal got {fields}")
    check(fields["LASTWORD_DUMP"] == f"/var/crash/{where.name}", f"the journal got {fields}")
    mails = machine.mail()
    check(len(mails) == 1 and mails[0]["To"] == "ops@example.org", f"mails: {mails}")
    check(mails[0]["Subject"] == f"web1: kernel crash: {TITLE}", f"subject: {mails[0]['Subject']}")
    check(len(server.told) == 1, f"the web server was told {server.told}")  # type: ignore[attr-defined]
    path, headers, body = server.told.pop()  # type: ignore[attr-defined]
    check(path == "/hook?key=secret" and headers["Content-Type"] == "application/json", f"{path} {headers}")
    check(body["title"] == TITLE and body["host"] == "web1" and body["state"] == "saved", f"the hook got {body}")
    check(body["kernel"] == "6.1.0-32-amd64" and abs(body["crash_time"] - time.time()) < 60, f"the hook got {body}")


def once(logs: Path) -> str:
    """Each dump once to each; who refused is told at the next start; nothing in a dump makes a header, a field or a secret."""
    now = int(time.time())
    facts = {"title": TITLE, "release": "6.1.0-32-amd64", "nodename": "web1", "crash_time": now}
    with web_server() as server:
        machine = Machine(logs, f"http://127.0.0.1:{server.server_port}/hook?key=secret")
        with journal(machine.root) as listening:
            where = dump(machine.dumps, NAME, {"vmcore": "x", "vmcore-dmesg.txt": "x"}, facts)
            dump(machine.dumps, "lost+found", {})
            dump(machine.dumps, "127.0.0.1-2016-01-01-00:00:00", {"vmcore": "x"}, facts | {"crash_time": 1451606400})
            said = machine.notify("--dry-run")
            check([o for _, o in outcomes(said)] == ["too old"] * 3 + ["would tell"] * 3, f"dry run: {said}")
            check(not (machine.root / "var/lib/lastword/notified").exists(), "a dry run notes something down")
            said = machine.notify()
            check([o for _, o in outcomes(said)] == ["too old"] * 3 + ["told"] * 3, f"first run: {said}")
            check_told(machine, listening, server, where)
            check(outcomes(machine.notify()) == [], "told twice")
            check_refused(machine, listening, server)
            check_hostile(machine, listening, server)
    state = (machine.root / "var/lib/lastword/notified").read_text(encoding="ascii")
    check("secret" not in state and "example" not in state, f"the state holds an address: {state}")
    return f"{len(state.splitlines()) - 1} messages noted down"


def check_refused(machine: Machine, listening: socket.socket, server: HTTPServer) -> None:
    """A mail system and a server that are down now are told later; the journal once."""
    dump(machine.dumps, "127.0.0.1-2026-11-21-04:00:00", {"vmcore-incomplete.flat.enc": "x", "vmcore-dmesg.txt.enc": "x"})
    machine.refuses.touch()
    server.refuses = True  # type: ignore[attr-defined]
    said = machine.notify(status=1)
    check(outcomes(said) == [("journal", "told"), ("mail", "failed"), ("webhook", "failed")], f"refused: {said}")
    check("secret" not in json.dumps(said), f"a secret address is shown: {said}")
    machine.refuses.unlink()
    server.refuses = False  # type: ignore[attr-defined]
    said = machine.notify()
    check(outcomes(said) == [("mail", "told"), ("webhook", "told")], f"second try: {said}")
    listening.recv(65536)
    body = server.told.pop()[2]  # type: ignore[attr-defined]
    check(body["encrypted"] and body["state"] == "incomplete" and body["title"] is None, f"the hook got {body}")
    check("encrypted" in machine.mail()[0].get_payload(), "the mail does not say that the dump is encrypted")
    server.told.clear()  # type: ignore[attr-defined]


def check_hostile(machine: Machine, listening: socket.socket, server: HTTPServer) -> None:
    """Names and texts of a dump that want to be more than that."""
    facts = {"title": "x\r\nBcc: all@example.org\n\nbody\nPRIORITY=7\"\\", "release": "\x1b[2J", "nodename": [1], "crash_time": "soon"}
    evil = dump(machine.dumps, EVIL, {"vmcore": "x"}, facts)
    os.mkfifo(evil / "manifest.json")
    for number, text in enumerate(("{", "[" * 5000, "\0", '{"sections": {"summary": 1}}')):
        dump(machine.dumps, f"broken{number}", {"vmcore-dmesg.txt": "x", "report.json": text})
    (machine.dumps / "link").symlink_to("/")
    said = machine.notify()
    check(len(outcomes(said)) == 15 and {o for _, o in outcomes(said)} == {"told"}, f"hostile: {said}")
    fields = [listening.recv(65536).decode("ascii") for _ in range(5)]
    check(all(text.count("\nPRIORITY=") == 1 and "\x1b" not in text for text in fields), f"the journal got {fields}")
    for mail in machine.mail():
        check(set(mail.keys()) == {"To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"}, f"headers: {mail.keys()}")
    titles = [body["title"] for _, _, body in server.told]  # type: ignore[attr-defined]
    check("x??Bcc: all@example.org??body?PRIORITY=7\"\\" in titles, f"the hook got {titles}")


ROWS = [rows.Row("notify", "matrix", once)]
