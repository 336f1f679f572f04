# SPDX-License-Identifier: GPL-2.0-or-later
"""The last words of a kernel, told by its capture kernel, and what a receiver makes of them: one story of crash, dump and reboot."""

import json
import re
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import guest, nfs, paths, rows
from tests.lab.rows import check

from . import crashes, dumps, netconsole, network

CONF = "path /var/crash\ncore_collector makedumpfile -l -d 31\n"
PANIC = re.compile(r"sysrq: Trigger a crash|Kernel panic")
STAMP = re.compile(r"\[ *(\d+\.\d+)\] ?(?:\[ *[TC]\d+\])? ?(.*)")


@contextmanager
def receiver(logs: Path) -> Iterator[tuple[Path, int]]:
    """`netconsole listen` on a port that nobody has; the directory of its files, and the port."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as free:
        free.bind(("::", 0))
        port = free.getsockname()[1]
    files = logs / "received"
    files.mkdir()
    with open(logs / "receiver.log", "wb") as log:
        words = [paths.build() / "lastword", "netconsole", "listen", "--port", str(port), "--dir", files,
                 "--output", f"json:{logs}/all.json"]
        process = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            yield files, port
            check(process.poll() is None, "the receiver ended by itself")
        finally:
            process.terminate()
            process.wait(20)


def setup(port: int) -> str:
    """The guest sends to that port of this machine."""
    return f"{netconsole.PLAIN}; lastword netconsole setup {netconsole.HOST}:{port}"


def said(files: Path) -> list[str]:
    """The lines of the one host's file, behind the time of each."""
    logs = list(files.glob("*.log"))
    check(len(logs) == 1, f"the receiver has {[log.name for log in logs]}")
    return [line.split(" ", 1)[1] for line in logs[0].read_text("utf-8").splitlines()]


def words(lines: list[str]) -> list[tuple[str, str]]:
    """Time and text of each line that is the kernel's, re-sent or not."""
    found = (STAMP.fullmatch(line.removeprefix("(resent) ")) for line in lines)
    return [(m[1], m[2].strip()) for m in found if m]


def check_words(files: Path, log: Path) -> list[str]:
    """Every line of the saved log from the panic on is in the receiver's file, and none twice; its lines."""
    lines = said(files)
    got = Counter(words(lines))
    saved = words(log.read_text("utf-8", "replace").splitlines())
    first = next((i for i, (_, text) in enumerate(saved) if PANIC.search(text)), None)
    check(first is not None, f"{log} has no panic")
    wanted = Counter(saved[first:])
    missing = [f"[{time}] {text}" for (time, text), n in wanted.items() if got[time, text] < n]
    check(not missing, f"the receiver lacks {len(missing)} lines from the panic on, such as {missing[:3]}")
    twice = [f"[{time}] {text}" for (time, text), n in got.items() if n > max(Counter(saved)[time, text], 1)]
    check(not twice, f"lines stand twice in the receiver's file: {twice[:3]}")
    return lines


def events(lines: list[str]) -> list[str]:
    """What is no kernel's line."""
    return [line.removeprefix("-- lastword: ") for line in lines if line.startswith("-- lastword: ")]


def stages(lines: list[str]) -> list[str]:
    """What the capture kernel told, in order, without progress."""
    told = [event.split(":")[0].removeprefix("capture ") for event in events(lines) if event.startswith("capture ")]
    return [stage for stage in told if stage != "progress"]


def story(files: Path) -> list[dict]:
    """What `netconsole story` tells of the one host."""
    log, = files.glob("*.log")
    done = subprocess.run([paths.build() / "lastword", "--json", "netconsole", "story", "--dir", files, log.stem],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["entries"]


def check_story(files: Path, wanted: list[str]) -> list[dict]:
    """The story has those kinds of entries, and the crash its name; its entries."""
    entries = story(files)
    kinds = [entry["kind"] for entry in entries]
    check(kinds == wanted, f"the story is {entries}")
    crash = next(entry for entry in entries if entry["kind"] == "crash")
    check(crash["panic"] and crash["text"] == dumps.CRASH_TITLE and crash["signature"], f"the crash is {crash}")
    return entries


TOLD = ["start", "words", "target", "saved", "action"]
HAPPENED = ["crash", "capture", "target", "saved", "action"]


def crashed(logs: Path, suite: str) -> str:
    """A guest that was set up to send: what its kernel could not say is there, once, and what became of the dump."""
    disk = crashes.data_disk(logs)
    machine = guest.Guest(logs, suite, disks=[disk], files={"etc/kdump.conf": CONF}, options=netconsole.CARD)
    with receiver(logs) as (files, port):
        crash = crashes.crash(machine, setup(port))
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        check(f"last words to {netconsole.HOST}:{port}" in crash.armed, f"arm says {crash.armed!r}")
        dump = dumps.fetch(disk, logs)
        dumps.check_whole(dump)
    lines = check_words(files, dump / dumps.LOG)
    check(sorted(stages(lines)) == sorted(TOLD), f"the capture kernel told {events(lines)}")
    check_story(files, HAPPENED)
    resent = sum(line.startswith("(resent)") for line in lines)
    return (f"words told {crash.phase('^last words: ').uptime - crash.phases[0].uptime:.2f} s, vmcore saved "
            f"{crash.phase('vmcore saved').uptime - crash.phases[0].uptime:.2f} s after the capture kernel's start; "
            f"{resent} of {len(lines)} lines re-sent; {crash.armed.splitlines()[-3]}")


NOBODY = "10.0.2.77"
"""An address of QEMU's user network that does not answer: what is sent there is lost."""
PLUG = ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"]
PATIENCE = 15.0
"""Seconds of the capture kernel's time between the target's end and the action: nobody who is told may cost more."""


def unheard(logs: Path, why: str, receiver_word: str = NOBODY, append: str = "", event: crashes.Event | None = None) -> str:
    """Nobody can be told: the dump is there all the same, and the machine restarts in time."""
    disk = crashes.data_disk(logs)
    conf = f"{CONF}lastword_netconsole {receiver_word}\n"
    machine = guest.Guest(logs, disks=[disk], files={"etc/kdump.conf": conf}, options=PLUG)
    crash = crashes.crash(machine, netconsole.PLAIN, append=append, event=event)
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    check(f"last words to {receiver_word}" in crash.armed, f"arm says {crash.armed!r}")
    dumps.check_whole(dumps.fetch(disk, logs))
    said = [phase.text for phase in crash.phases if phase.text.startswith("last words: ")]
    check(any(why in text for text in said), f"of the last words it says {said}, not {why!r}")
    over = crash.phase("^reboot$").uptime - crash.phase("target closed").uptime
    check(over < PATIENCE, f"{over:.1f} s from the target's end to the reboot")
    return f"{over:.1f} s from the target's end to the reboot; {'; '.join(said)}"


def shared(logs: Path) -> str:
    """The dump goes over the same card as the words."""
    with nfs.Server(logs / "server") as server, receiver(logs) as (files, port):
        (server.export / "dumps").mkdir()
        options = [word.replace("restrict=on", "restrict=off") for word in server.options()]
        machine = guest.Guest(logs, files={"etc/kdump.conf": network.CONF}, options=options)
        crash = crashes.crash(machine, setup(port))
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dump = dumps.only(server.export / "dumps", netconsole.ADDRESS)
        dumps.check_whole(dump)
        lines = check_words(files, dump / dumps.LOG)
    check(sorted(stages(lines)) == sorted(TOLD), f"the capture kernel told {events(lines)}")
    check_story(files, HAPPENED)
    return crash.phase("^last words: ").text


def cost(logs: Path) -> str:
    """The same crash, with and without somebody to tell."""
    notes = []
    for who in ("no", "auto"):
        work = logs / who
        work.mkdir()
        disk = crashes.data_disk(work)
        files_of = {"etc/kdump.conf": f"{CONF}lastword_netconsole {who}\n"}
        with receiver(work) as (_, port):
            crash = crashes.crash(guest.Guest(work, disks=[disk], files=files_of, options=netconsole.CARD), setup(port))
        begun = crash.phases[0].uptime
        image = next(line for line in crash.armed.splitlines() if line.startswith("image "))
        notes.append(f"{who}: vmcore saved {crash.phase('vmcore saved').uptime - begun:.2f} s, action "
                     f"{crash.phase('^reboot$').uptime - begun:.2f} s after the start; {image}; {crash.phase('^memory: ').text}")
    return "\n".join(notes)


ROWS = [
    *[rows.Row(f"story-{suite}", "matrix", lambda logs, suite=suite: crashed(logs, suite))
      for suite in ("bullseye", "bookworm", "trixie", "sid")],
    rows.Row("story-nfs", "matrix", shared),
    rows.Row("story-unanswered", "matrix", lambda logs: unheard(logs, "no receiver answers")),
    rows.Row("story-unplugged", "matrix", lambda logs: unheard(logs, "not all told", event=crashes.Event(
        "in the capture kernel", lambda system: system.monitor("set_link", name="net", up=False)))),
    rows.Row("story-teller-hangs", "matrix", lambda logs: unheard(
        logs, "not all told", netconsole.HOST, "lastword.fault=words:hang")),
    rows.Row("story-cost", "matrix", cost),
]
