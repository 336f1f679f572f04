# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword netconsole listen` as a process on this machine, and hosts of 127.0.0.0/8 that send to it."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from . import paths, qemu
from .rows import check

PORT = 16671
PATIENCE = 60.0
"""Seconds for what takes a moment on a machine with nothing else to do."""


class Host:
    """A sender with an address of its own: extended records with their numbers."""

    def __init__(self, address: str, port: int = PORT) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.address, self.sent = address, 0
        self._to = ("::1" if ":" in address else "127.0.0.1", port)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))

    def say(self, words: str = "word") -> None:
        """Send the next record, with its number."""
        self.send(f"{words} {self.sent}")

    def send(self, words: str) -> None:
        """Send the next record."""
        record = f"6,{self.sent},{1000 * self.sent + 1},-;{words}\n"
        self._socket.sendto(record.encode(), self._to)
        self.sent += 1

    def say_many(self, count: int, pause: float = 0.0) -> None:
        """Send records, some at a time."""
        for number in range(count):
            self.say()
            if number % 64 == 63:
                time.sleep(max(pause, 0.002))

    def check_all(self, text: str) -> None:
        """Is each record there, once, in order, and nothing said of loss?"""
        lines = [line.partition("] ")[2] for line in text.splitlines() if " -- lastword: " not in line]
        wanted = [f"word {number}" for number in range(self.sent)]
        missing = set(wanted) - set(lines)
        check(not missing, f"{self.address}: {len(missing)} of {self.sent} lines are missing: {sorted(missing)[:3]}")
        check(lines == wanted, f"{self.address}: lines are there twice or in another order")
        check("-- lastword" not in text, f"{self.address}: {[x for x in text.splitlines() if '-- lastword' in x][:2]}")

    def close(self) -> None:
        """No more from it."""
        self._socket.close()


class Listener:
    """The receiver, while the `with` statement lasts."""

    def __init__(self, work: Path, *words: str | Path, before: Iterable[str | Path] = (), port: int = PORT,
                 says: str = "listening on") -> None:
        self.work, self.files, self.control = work, work / "files", work / "control"
        self.words = [*before, paths.build() / "lastword", "netconsole", "listen", *words, "--control", self.control]
        if not before:
            self.words += ["--port", str(port)]
        self._says = says

    def __enter__(self) -> "Listener":
        self.work.mkdir(parents=True, exist_ok=True)
        with open(self.work / "said", "wb") as said:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with,attribute-defined-outside-init
                [*qemu.DIES_WITH_US, *self.words], stdout=said, stderr=said)
        self.wait(lambda: self._says in self.said(), f"it says {self._says!r}")
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        if not exception[0]:
            check(self.process.returncode == 0, f"the receiver ends with {self.process.returncode}: {self.said()[-500:]}")

    def said(self) -> str:
        """Its standard output and error."""
        return (self.work / "said").read_text(encoding="utf-8", errors="replace")

    def wait(self, holds: Callable[[], object], what: str) -> None:
        """Until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            check(self.process.poll() is None, f"the receiver ended: {self.said()[-500:]}")
            check(time.monotonic() < end, f"it did not come to be that {what}: {self.said()[-500:]}")
            time.sleep(0.05)

    def reload(self) -> None:
        """SIGHUP, until it has read its configuration."""
        before = self.counter("reloads")
        self.process.send_signal(signal.SIGHUP)
        self.wait(lambda: self.counter("reloads") > before, "it reads its configuration")

    def state(self) -> dict[str, Any]:
        """What it tells of itself."""
        words: list[str | Path] = [paths.build() / "lastword", "netconsole", "status", "--control", self.control, "--json"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        state: dict[str, Any] = json.loads(done.stdout)["receiver"]
        return state

    def counter(self, name: str) -> int:
        """One of its counters."""
        return int(self.state()["counters"][name])

    def output(self, number: int) -> dict[str, Any]:
        """What it tells of an output."""
        output: dict[str, Any] = self.state()["outputs"][number]
        return output

    def wait_records(self, count: int) -> None:
        """Until so many were handed to the outputs."""
        self.wait(lambda: self.counter("records") >= count, f"{count} records are counted")

    def text(self, name: str) -> str:
        """A host's file."""
        return (self.files / f"{name}.log").read_text(encoding="utf-8")

    def memory_mib(self) -> float:
        """The most it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def load(port: int, sources: int, rate: int, seconds: float, run: int = 8) -> int:
    """Messages from that many made-up sources; how many were sent."""
    program = paths.build() / "tests" / "bench" / "netconsole_load"
    subprocess.run(["ninja", "-C", paths.build(), "--quiet", "tests/bench/netconsole_load"], check=True, capture_output=True)
    words = [os.fspath(program), *(str(n) for n in (port, sources, rate, seconds, run))]
    done = subprocess.run(words, check=True, capture_output=True)
    return int(json.loads(done.stdout)["sent"])
