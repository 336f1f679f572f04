# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines of 1, 12 and 64 TiB: what selecting their pages finds, and what it costs.

Seconds are CPU time of one thread; the dumps are those of `tests.lab.huge`, whose pages are known.
"""

import json
import re
import resource
import subprocess
import time
from pathlib import Path

from tests.lab import huge, paths, rows
from tests.lab.rows import check

READ_GOAL = 1.5
"""CPU time beside a plain read of the same struct pages."""
SECONDS_PER_TIB = 8.0
"""Of a whole dry run; this machine takes a quarter when it is idle."""
BITS_A_PAGE = 1
PEAKS_MIB = {"RssAnon": 8, "RssFile": 32, "VmPTE": 8}
"""Beyond the bitmap: its own memory; program, libraries and what of the dump is mapped, which the system may take back; page tables."""


def dump(tib: int) -> Path:
    """The vmcore, made on first use."""
    path = paths.cache("dumps", f"huge-{tib}.elf")
    with paths.locked(path):
        if not path.exists():
            huge.make(tib, path)
    return path


def dry_run(path: Path) -> tuple[dict, float, dict[str, int]]:
    """Its JSON, the seconds of CPU, and the peak of each kind of memory in MiB."""
    words = [paths.build() / "lastword", "--json", "save", "--dry-run", "-j", "1", path]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    peaks = dict.fromkeys(PEAKS_MIB, 0)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            for kind, kib in re.findall(rf"({'|'.join(peaks)}):\s+(\d+)", status):
                peaks[kind] = max(peaks[kind], int(kib) >> 10)
            time.sleep(0.02)
        out, problems = process.communicate()
    check(process.returncode == 0, f"exit status {process.returncode}: {problems!r}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(out), cpu, peaks


def beside_reading(path: Path) -> dict:
    """`tests/bench/select_limit`."""
    subprocess.run(["ninja", "-C", paths.build(), "--quiet", "tests/bench/select_limit"], check=True)
    words = [paths.build() / "tests" / "bench" / "select_limit", path, "31", "2"]
    return json.loads(subprocess.run(words, capture_output=True, check=True).stdout)


def row(tib: int) -> rows.Row:
    """One machine."""

    def run(logs: Path) -> str:
        path = dump(tib)
        found, cpu, peaks = dry_run(path)
        wanted = huge.class_pages(tib)
        check(found["class_pages"] == {**found["class_pages"], **wanted}, f"found {found['class_pages']}, there are {wanted}")
        check(not found["warning"], f"warning: {found['warning']}")
        bitmaps = tib * huge.TIB // huge.PAGE * BITS_A_PAGE // 8 >> 20
        for kind, limit in PEAKS_MIB.items():
            limit += bitmaps if kind == "RssAnon" else 0
            check(0 < peaks[kind] <= limit, f"{peaks}, {bitmaps} MiB of RssAnon for the bitmap; at most {limit} of {kind}")
        check(cpu <= SECONDS_PER_TIB * tib, f"{cpu:.1f} s of CPU")
        note = f"{cpu:.1f} s of CPU; MiB: bitmap {bitmaps}, {', '.join(f'{kind} {peak}' for kind, peak in peaks.items())}"
        if tib > 1:
            return note
        beside = beside_reading(path)
        ratio = beside["select"] / beside["read"]
        note = (f"{note}; selection {beside['select']:.2f} s, a plain read of the {beside['bytes'] >> 30} GiB of struct pages "
                f"{beside['read']:.2f} s: {ratio:.2f} times")
        check(ratio <= READ_GOAL, note)
        return note

    return rows.Row(f"huge-{tib}", "matrix", run)


ROWS = [row(tib) for tib in (1, 12, 64)]
