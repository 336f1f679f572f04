# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong in the capture kernel: each still ends in the final action, with the log saved."""

import re
from pathlib import Path

from tests.lab import guest, rows
from tests.lab.rows import check

from . import crashes, dumps, outcomes

CONF = "ext4 UUID={uuid}\npath /\nfinal_action reboot\nfailure_action reboot\n"
PATIENCE_S = 10
"""Replaces the plan's limits of minutes, for faults that hang."""
SMALL_DISK_MB = 16
"""Room for a file system and a log, not for a dump."""


def broken(
    logs: Path, expected: outcomes.Expected, append: str = "", size_mb: int = 1024, event: crashes.Event | None = None
) -> str:
    """A crash with one disk for dumps, in which something goes wrong."""
    data = crashes.data_disk(logs, size_mb=size_mb)
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CONF.format(uuid=data.uuid)})
    crash = crashes.crash(machine, append=f"{append} lastword.patience={PATIENCE_S}", event=event)
    return outcomes.judge(logs, crash, expected, {"disk": (data, "")})


KINDS = {"kill": "is killed", "hang": "hangs", "oom": "takes all memory"}


def worker_row(phase: str, kind: str, log: bool, dump: str = "", part: str = "", group: str = "matrix") -> rows.Row:
    """The worker commits a fault itself at the beginning of a phase: see src/capture/fault.c."""
    expected = outcomes.Expected(f"the worker {KINDS[kind]}, phase `{phase}`", "disk" if log else "", dump, part)
    name = f"worker-{kind}" if phase == "dump" else f"worker-{kind}-{phase}"
    return rows.Row(name, group, lambda logs: broken(logs, expected, f"lastword.fault={phase}:{kind}"))


def resumed(logs: Path) -> str:
    """A worker that is killed in the middle of the dump: another one makes whole what it left, and writes only the rest."""
    data = crashes.data_disk(logs)
    conf = CONF.format(uuid=data.uuid) + "core_collector makedumpfile -c -d 31\n"
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": conf})
    crash = crashes.crash(machine, append="lastword.fault=half:kill")
    crash.phase("phase dump: the worker was ended by signal 9")
    told = crash.phase("vmcore: .* pages were there already").text
    there, kept = map(int, re.findall(r"(\d+) of (\d+)", told)[0])
    check(there > kept * 2 // 5, f"nearly all is written again: {told}")
    expected = outcomes.Expected("the worker is killed when half of the dump is written", "disk", "disk", within=90)
    note = outcomes.judge(logs, crash, expected, {"disk": (data, "")})
    dumps.check_whole(dumps.fetch(data, logs / "again"))
    return f"{there} of {kept} pages were there; {note}"


def report_row(kind: str) -> rows.Row:
    """A fault of the process that makes the report: no report calls itself whole, all else is saved."""
    expected = outcomes.Expected(f"the report's process {KINDS[kind]}", "disk", "disk")

    def run(logs: Path) -> str:
        note = broken(logs, expected, f"lastword.fault=report:{kind}")
        whole = list((logs / "disk").rglob(dumps.REPORT))
        check(not whole, f"a report that is not whole is called {dumps.REPORT}")
        return note

    return rows.Row(f"report-{kind}", "matrix", run)


def disk_fills(logs: Path) -> str:
    """The disk has no room for the dump."""
    expected = outcomes.Expected("the only disk is full during the dump", "disk", "", "disk")
    return broken(logs, expected, size_mb=SMALL_DISK_MB)


def disk_stalls(logs: Path) -> str:
    """The disk stops answering when the log is saved, so that not even the last sync ends."""
    event = crashes.Event(f"{dumps.LOG} saved", lambda system: system.stall_drive("data"))
    expected = outcomes.Expected("the only disk stops to answer after the log", "disk", "", None, within=90)
    return broken(logs, expected, event=event)


def module_damaged(logs: Path) -> str:
    """The file of the target's file system module was cut short on the disk: arm packs what is there."""
    target = guest.Disk(logs / "target.img", "xfs", "/mnt", uuid="4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b12", label="target").make()
    data = crashes.data_disk(logs)
    conf = f"xfs UUID={target.uuid}\npath /\nfallback ext4 UUID={data.uuid} /\n"
    machine = guest.Guest(logs, disks=[target, data], files={"etc/kdump.conf": conf})
    crash = crashes.crash(machine, "f=$(find /lib/modules -name xfs.ko); head -c 99999 $f > /tmp/cut && cp /tmp/cut $f")
    crash.phase("module /lib/modules/xfs.ko: Exec format error; passed over")
    crash.phase("this kernel has no xfs; its module is missing; trying the next")
    expected = outcomes.Expected("the module of the target's file system is damaged", "fallback", "fallback")
    return outcomes.judge(logs, crash, expected, {"disk": (target, ""), "fallback": (data, "")})


ROWS = [
    rows.Row("module-damaged", "matrix", module_damaged),
    worker_row("dump", "kill", True, part="disk", group="test"),
    worker_row("dump", "hang", True, part="disk"),
    worker_row("dump", "oom", True, part="disk"),
    rows.Row("worker-kill-half", "matrix", resumed),
    report_row("oom"),
    report_row("kill"),
    report_row("hang"),
    rows.Row("disk-fills", "test", disk_fills),
    rows.Row("disk-stalls", "matrix", disk_stalls),
    worker_row("modules", "hang", True, "disk"),
    worker_row("target", "kill", True, "disk"),
    worker_row("log", "hang", True, "disk"),
    worker_row("log", "kill", True, "disk"),
    worker_row("ownlog", "hang", True, "disk"),
    worker_row("close", "kill", True, "disk"),
]
