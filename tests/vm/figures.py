# SPDX-License-Identifier: GPL-2.0-or-later
"""How small a reservation does, beside Debian 12's kdump-tools 1.8.1 in the same kind of guest (docs/crashkernel.md)."""

from pathlib import Path

from tests.lab import guest, qemu, rows
from tests.lab.rows import check

from . import crashes, dumps

KDUMP_TOOLS_SMALLEST_MB = 116
SMALLEST_GOAL_MB = 88
SMALLEST_RANGE_MB = (56, 128)
STEP_MB = 4


def capture(logs: Path, crashkernel: str, memory_mb: int) -> crashes.Crash | None:
    """Crash a guest and check its dump; None if lastword refuses the reservation or the capture fails."""
    data = crashes.data_disk(logs)
    conf = {"etc/kdump.conf": f"ext4 UUID={data.uuid}\npath /\n"}
    machine = guest.Guest(logs, memory_mb=memory_mb, crashkernel=crashkernel, disks=[data], files=conf)
    try:
        crash = crashes.crash(machine)
        dumps.check_whole(dumps.fetch(data, logs / crashkernel))
    except (qemu.MachineError, rows.Failure) as fault:
        (logs / f"{crashkernel}.reason").write_text(f"{fault}\n", encoding="utf-8")
        return None
    return crash


def smallest(logs: Path) -> str:
    """Bisect the smallest crashkernel= with which a dump is saved."""
    too_small, enough = SMALLEST_RANGE_MB
    check(capture(logs, f"{enough}M", 1024), f"no dump even with {enough}M")
    while enough - too_small > STEP_MB:
        middle = (too_small + enough) // 2 // STEP_MB * STEP_MB
        if capture(logs, f"{middle}M", 1024):
            enough = middle
        else:
            too_small = middle
    check(enough <= SMALLEST_GOAL_MB, f"the smallest crashkernel= is {enough}M, the goal {SMALLEST_GOAL_MB}M")
    reason = (logs / f"{too_small}M.reason").read_text(encoding="utf-8").strip()
    return f"crashkernel={enough}M is enough (kdump-tools: {KDUMP_TOOLS_SMALLEST_MB}M); with {too_small}M: {reason}"


ROWS = [rows.Row("smallest-crashkernel", "matrix", smallest)]
