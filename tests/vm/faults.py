# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong in the capture kernel: each still ends in the final action, with the log saved."""

from pathlib import Path

from tests.lab import guest, rows
from tests.lab.rows import check

from . import crashes, dumps

CONF = "ext4 UUID={uuid}\npath /\nfinal_action reboot\nfailure_action reboot\n"
PATIENCE_S = 10
"""Replaces the plan's limits of minutes, for faults that hang."""
SMALL_DISK_MB = 16
"""Room for a file system and a log, not for a dump."""


def crash_with_fault(logs: Path, append: str = "", size_mb: int = 1024) -> crashes.Crash:
    """A crash that must end in a reboot, with the log saved and no vmcore that calls itself whole."""
    data = crashes.data_disk(logs, size_mb=size_mb)
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CONF.format(uuid=data.uuid)})
    crash = crashes.crash(machine, append=append)
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    dump = dumps.fetch(data, logs)
    dumps.check_log(dump)
    check(not (dump / dumps.CORE).exists(), "a dump that is not whole is called vmcore")
    return crash


def row(phase: str, kind: str, group: str) -> rows.Row:
    """A fault that the worker commits itself when it comes to @phase: see src/capture/fault.c."""

    def run(logs: Path) -> str:
        crash = crash_with_fault(logs, f"lastword.fault={phase}:{kind} lastword.patience={PATIENCE_S}")
        return f"ended {crash.end_wall - crash.panic_wall:.0f} s after the panic"

    return rows.Row(f"worker-{kind}-{phase}", group, run)


def disk_fills(logs: Path) -> str:
    """The disk has no room for the dump."""
    crash = crash_with_fault(logs, size_mb=SMALL_DISK_MB)
    return f"ended {crash.end_wall - crash.panic_wall:.0f} s after the panic"


ROWS = [
    row("dump", "kill", "test"),
    row("dump", "hang", "test"),
    row("dump", "oom", "matrix"),
    rows.Row("disk-fills", "test", disk_fills),
]
