# SPDX-License-Identifier: GPL-2.0-or-later
"""One crash of a guest: arm, panic, capture, and how the machine ended."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.lab import deaths, guest, older, qemu
from tests.lab.rows import check

CAPTURE_DEADLINE = 180.0
"""Seconds of wall time from the panic to the end of the machine.  The capture takes 15 to 30 under emulation."""

PHASE = re.compile(r"lastword: +(\d+\.\d+) s: (.*)")


@dataclass(frozen=True)
class Phase:
    """A line of lastword-init: @uptime is the capture kernel's clock in seconds, @wall the host's."""

    uptime: float
    wall: float
    text: str


@dataclass(frozen=True)
class Crash:
    """What one crash showed.  Wall times are seconds since the machine was started."""

    armed: str
    """What `lastword arm` printed."""
    panic_wall: float
    end_wall: float
    ended_by: str
    console: list[qemu.Line]
    bitten: bool = False
    """By a hardware watchdog."""

    @property
    def phases(self) -> list[Phase]:
        """The capture kernel's phases in order."""
        found = ((PHASE.search(line.text), line) for line in self.console)
        return [Phase(float(m[1]), line.seconds, m[2]) for m, line in found if m]

    def phase(self, pattern: str) -> Phase:
        """The first phase whose text @pattern is found in."""
        for phase in self.phases:
            if re.search(pattern, phase.text):
                return phase
        said = [phase.text for phase in self.phases]
        raise qemu.MachineError(f"lastword-init said nothing like {pattern!r}; it said: {said}")


def arm(system: guest.System, append: str = "") -> str:
    """Arm, and see that status agrees; what arm printed.  @append is for the capture kernel's command line."""
    printed = system.check(f"lastword arm --append '{append}' 2>&1" if append else "lastword arm 2>&1")
    status = system.run("lastword status 2>&1")
    check(status.status == 0, f"armed, but status exits {status.status}: {status.output.strip()}")
    return printed


@dataclass(frozen=True)
class Event:
    """Something the host does, once, when the capture kernel's console shows @pattern."""

    pattern: str
    act: Callable[[guest.System], None]


def crash(
    machine: guest.Guest, prepare: str = ":", append: str = "", event: Event | None = None,
    death: deaths.Death = deaths.SYSRQ, older_dump: bool = True,
) -> Crash:
    """Boot, prepare, arm, crash by @death and wait until the capture kernel has ended the machine.

    @prepare is a shell command, whose files are on the disk when the kernel dies; @append is for the capture kernel's
    command line.  An older dump lies wherever the new one may go and must come out of it as it was; a row that thins old
    dumps says @older_dump False.
    """
    with older.kept(machine) if older_dump else contextlib.nullcontext(), machine.boot("crash") as system:
        system.check(prepare)
        system.check("sync")
        armed = arm(system, append)
        panic = death.bring(system)
        if event:
            system.until(event.pattern, panic + CAPTURE_DEADLINE)
            event.act(system)
        end = system.finish(panic + CAPTURE_DEADLINE)
        return Crash(armed, panic, end, system.ended_by(), system.console, system.bitten())


def data_disk(work: Path, kind: str = "ext4", size_mb: int = 1024) -> guest.Disk:
    """A new disk for dumps, mounted on /var/crash."""
    return guest.Disk(work / "data.img", kind, "/var/crash", size_mb=size_mb).make()
