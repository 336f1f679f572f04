# SPDX-License-Identifier: GPL-2.0-or-later
"""Measured figures: how small a reservation does, and how long panic to dump takes.

Both are compared with Debian 12's kdump-tools 1.8.1, measured in the same kind of guest (docs/measured.md).
"""

from pathlib import Path

from tests.lab import guest, qemu, rows
from tests.lab.rows import check

from . import crashes, dumps

KDUMP_TOOLS_SMALLEST_MB = 116
SMALLEST_GOAL_MB = 88
SMALLEST_RANGE_MB = (56, 128)
STEP_MB = 4

KDUMP_TOOLS_SAVED_S = {"256M": 80.9, "128M": 87.0}
"""By reservation: the capture kernel's clock when kdump-tools had saved the dump, 2 GB guest."""
TIMING_GUEST_MB = 2048


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
    return f"crashkernel={enough}M is enough, {too_small}M is not (kdump-tools: {KDUMP_TOOLS_SMALLEST_MB}M)"


def timing(logs: Path) -> str:
    """Panic to dump in guest clock, at the reservations kdump-tools was measured with."""
    notes = []
    for crashkernel, theirs in KDUMP_TOOLS_SAVED_S.items():
        crash = capture(logs, crashkernel, TIMING_GUEST_MB)
        if crash is None:
            reason = (logs / f"{crashkernel}.reason").read_text(encoding="utf-8")
            raise rows.Failure(f"no dump with {crashkernel}: {reason}")
        ours = crash.phase("vmcore saved").uptime
        ratio = f"{ours / theirs:.0%} of kdump-tools' {theirs:.1f} s"
        notes.append(f"{crashkernel}: saved at {ours:.1f} s of guest clock, {ratio}")
        check(ours <= theirs / 4, notes[-1] + ", wanted a quarter or less")
    return "\n".join(notes)


ROWS = [rows.Row("smallest-crashkernel", "matrix", smallest), rows.Row("timing", "matrix", timing)]
