# SPDX-License-Identifier: GPL-2.0-or-later
"""Power cuts: one capture is recorded write by write, then the disk is looked at as it would be after a cut.

A disk keeps what was written before a flush that it completed; of what came later it keeps all, nothing or any part.
"""

import filecmp
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab import disk, guest, older, rows, writelog
from tests.lab.rows import check

from . import crashes, dumps, outcomes

DISK_MB = 512
POINTS = 10
SPEED = 5 << 20
"""Bytes a second: slow enough that the file system commits in the middle of the dump."""
CONF = "path /var/crash\n"
MARKS = (f"{dumps.LOG} saved", "report saved", "vmcore saved", "target closed")
"""What the console says when a file is on the disk to stay."""
FILES = (dumps.LOG, dumps.REPORT, dumps.CORE, dumps.CAPTURE_LOG)
"""What each of them promises."""
TAILS = {"none": 0.0, "all": 1.0, "half": 0.5}
"""How much of what was not flushed the disk kept."""


@dataclass(frozen=True)
class Recording:
    """A capture: the disk before it, the log of writes, and the log's size when each mark was seen (the first: start)."""

    before: Path
    log: writelog.Log
    begun: int
    marks: dict[str, int]
    whole: Path
    """The dump directory it ended with."""


def record(logs: Path, kind: str) -> Recording:
    """Crash a guest on whose disk all writes are logged."""
    log, before = logs / "data.writes", logs / "before.img"
    data = guest.Disk(logs / "data.img", kind, "/var/crash", size_mb=DISK_MB, layer=writelog.layer(log)).make()
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CONF})
    sizes: list[int] = []

    def watch(system: guest.System) -> None:
        sizes.append(log.stat().st_size)
        system.slow_drive("data", SPEED)
        for mark in MARKS:
            system.until(mark, system.now() + crashes.CAPTURE_DEADLINE)
            sizes.append(log.stat().st_size)

    with older.kept(machine):
        subprocess.run(["cp", "--sparse=always", data.path, before], check=True)
        crashes.crash(machine, event=crashes.Event("in the capture kernel", watch), older_dump=False)
    whole = dumps.fetch(data, logs)
    dumps.check_whole(whole)
    return Recording(before, writelog.read(log), sizes[0], dict(zip(FILES, sizes[1:])), whole)


def points(recording: Recording) -> list[tuple[int, int]]:
    """Where the power goes: the index of the last flush before that, and how many entries there are until then.

    Half of the points are before flushes, from the first to the last, the other half are spread over the bytes written.
    """
    entries = recording.log.entries
    flushes = [i for i, entry in enumerate(entries) if entry.is_flush and entry.end > recording.begun]
    check(len(flushes) >= POINTS, f"only {len(flushes)} flushes from mount to end")
    half = POINTS // 2
    cuts = [flushes[1 + i * (len(flushes) - 2) // (half - 1)] for i in range(half)]
    last = entries[flushes[-1]].end
    positions = [recording.begun + (last - recording.begun) * (i + 1) // (half + 1) for i in range(half)]
    cuts += [next(i for i, entry in enumerate(entries) if entry.end >= position) for position in positions]
    return [(max((f for f in flushes if f < cut), default=flushes[0]), cut) for cut in sorted(cuts)]


def images(recording: Recording, work: Path) -> Iterator[tuple[int, str, Path]]:
    """For each point and each tail the disk's image: the log's size up to the flush, the tail's name, the image."""
    entries, done = recording.log.entries, 0
    chance = random.Random(1)
    with open(recording.before, "r+b") as kept:
        for point, after in points(recording):
            recording.log.replay(entries[done : point + 1], kept)
            kept.flush()
            done = point + 1
            for tail, share in TAILS.items():
                image = work / f"cut-{after}-{tail}.img"
                subprocess.run(["cp", "--sparse=always", recording.before, image], check=True)
                with open(image, "r+b") as cut:
                    recording.log.replay((entry for entry in entries[done:after] if chance.random() < share), cut)
                yield entries[point].end, tail, image
                image.unlink()


def check_cut(recording: Recording, position: int, image: Path) -> str:
    """What the next boot finds: nothing promised is missing, nothing that calls itself whole is not; what it is."""
    with disk.mounted(image) as root:
        older.verify(root)
        new = dumps.all_new(root)
        check(len(new) <= 1, f"one crash made {[d.name for d in new]}")
        names = {file.name for file in new[0].iterdir()} if new else set()
        for name, mark in recording.marks.items():
            check(position < mark or name in names, f"the console had promised {name}; there are {sorted(names)}")
        for name in names:
            if "incomplete" not in name:
                same = filecmp.cmp(new[0] / name, recording.whole / name, shallow=False)
                check(same, f"{name} calls itself whole and is not")
        if not new:
            return "nothing"
        if dumps.CORE in names:
            return "dump"
        part = new[0] / outcomes.INCOMPLETE
        had = "log" if dumps.LOG in names else "no log"
        return f"{had}, {outcomes.readable_part(part)} of the dump" if part.exists() else had


def cuts(logs: Path, kind: str) -> str:
    """All points, all tails."""
    recording = record(logs, kind)
    found: dict[str, list[str]] = {tail: [] for tail in TAILS}
    for position, tail, image in images(recording, logs):
        try:
            state = check_cut(recording, position, image)
        except (rows.Failure, subprocess.CalledProcessError) as fault:
            shutil.copy(image, logs / "failed.img")
            raise rows.Failure(f"cut at {image.stem}: {fault}") from fault
        found[tail].append(state)
    measured = "; ".join(f"unflushed {tail}: {', '.join(states)}" for tail, states in found.items())
    outcomes.keep(outcomes.Outcome(
        logs.name, f"power cut at {POINTS} points, {kind}", "disk, when the console says so", "disk, when the console says so",
        "none", 0, measured))
    return measured.replace("; ", "\n")


ROWS = [
    rows.Row("power-cuts", "matrix", lambda logs: cuts(logs, "ext4")),
    *(rows.Row(f"power-cuts-{kind}", "matrix", lambda logs, kind=kind: cuts(logs, kind)) for kind in ("xfs", "btrfs")),
]
