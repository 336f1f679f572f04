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


def crash_with_fault(
    logs: Path, append: str = "", size_mb: int = 1024, event: crashes.Event | None = None
) -> tuple[crashes.Crash, guest.Disk]:
    """A crash that must end in a reboot whatever happens; what it showed, and the disk for dumps."""
    data = crashes.data_disk(logs, size_mb=size_mb)
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CONF.format(uuid=data.uuid)})
    crash = crashes.crash(machine, append=f"{append} lastword.patience={PATIENCE_S}", event=event)
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    return crash, data


def log_alone(logs: Path, crash: crashes.Crash, data: guest.Disk) -> str:
    """The log was saved, and no vmcore calls itself whole."""
    dump = dumps.fetch(data, logs)
    dumps.check_log(dump)
    check(not (dump / dumps.CORE).exists(), "a dump that is not whole is called vmcore")
    return _ended(crash)


def dump_row(kind: str, group: str) -> rows.Row:
    """The worker commits a fault itself before the dump: see src/capture/fault.c."""

    def run(logs: Path) -> str:
        return log_alone(logs, *crash_with_fault(logs, f"lastword.fault=dump:{kind}"))

    return rows.Row(f"worker-{kind}", group, run)


def early_row(phase: str, kind: str) -> rows.Row:
    """A fault before anything is saved: what is left is the ending."""
    return rows.Row(
        f"worker-{kind}-{phase}", "matrix",
        lambda logs: _ended(crash_with_fault(logs, f"lastword.fault={phase}:{kind}")[0]))


def late_row(phase: str, kind: str) -> rows.Row:
    """A fault when the dump is saved: it stays so."""

    def run(logs: Path) -> str:
        crash, data = crash_with_fault(logs, f"lastword.fault={phase}:{kind}")
        dump = dumps.fetch(data, logs)
        dumps.check_core(dump / dumps.CORE, dump / dumps.LOG)
        return _ended(crash)

    return rows.Row(f"worker-{kind}-{phase}", "matrix", run)


def report_row(kind: str, group: str) -> rows.Row:
    """A fault of the process that makes the report: no report calls itself whole, all else is saved."""

    def run(logs: Path) -> str:
        crash, data = crash_with_fault(logs, f"lastword.fault=report:{kind}")
        dump = dumps.fetch(data, logs)
        check(not (dump / dumps.REPORT).exists(), f"a report that is not whole is called {dumps.REPORT}")
        dumps.check_log(dump)
        dumps.check_core(dump / dumps.CORE, dump / dumps.LOG)
        return crash.phase("^report: .*going on with the dump").text

    return rows.Row(f"report-{kind}", group, run)


def disk_fills(logs: Path) -> str:
    """The disk has no room for the dump."""
    return log_alone(logs, *crash_with_fault(logs, size_mb=SMALL_DISK_MB))


def disk_stalls(logs: Path) -> str:
    """The disk stops answering when the log is saved, so that not even the last sync ends."""
    event = crashes.Event(f"{dumps.LOG} saved", lambda system: system.stall_drive("data"))
    return log_alone(logs, *crash_with_fault(logs, event=event))


def _ended(crash: crashes.Crash) -> str:
    return f"ended {crash.end_wall - crash.panic_wall:.0f} s after the panic"


ROWS = [
    dump_row("kill", "test"),
    dump_row("hang", "test"),
    dump_row("oom", "matrix"),
    report_row("oom", "test"),
    report_row("kill", "matrix"),
    report_row("hang", "matrix"),
    rows.Row("disk-fills", "test", disk_fills),
    rows.Row("disk-stalls", "matrix", disk_stalls),
    *(early_row(phase, kind) for phase, kind in (("modules", "hang"), ("target", "kill"), ("log", "hang"))),
    *(late_row(phase, kind) for phase, kind in (("ownlog", "hang"), ("close", "kill"))),
]
