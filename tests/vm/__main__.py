# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.vm [--group test|matrix] [--list] [ROW …]: run named rows; patterns such as 'pages-*' work."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.lab import paths, rows
from tests.lab.kernels import SUITES
from tests.oracle import damage, damaged_memory, devices, dmesg, golden, knowledge, lines, memory, pages, readers
from tests.oracle import references, report, shapes, stacks, tasks, variables

from . import arming, dying, faults, figures, network, peers, targets


def make_row(name: str, *words: str) -> rows.Row:
    """A make target that needs no kernel."""

    def run(logs: Path) -> str:
        done = subprocess.run(["make", "-s", *words], cwd=paths.PROJECT, capture_output=True, text=True, check=False)
        (logs / name).write_text(done.stdout + done.stderr, encoding="utf-8")
        rows.check(done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:])
        return ""

    return rows.Row(name, "test", run)


ROWS = [
    make_row("check", "check"),
    make_row("asan", "asan"),
    make_row("fuzz", "fuzz", "FUZZ_SECONDS=2"),
    *damage.ROWS,
    *damaged_memory.ROWS,
    *golden.ROWS,
    *tasks.ROWS,
    *targets.ROWS,
    *network.ROWS,
    *arming.ROWS,
    *faults.ROWS,
    *dying.ROWS,
    *figures.ROWS,
    *peers.ROWS,
    *(pages.row(name) for name in references.DUMPS),
    *(dmesg.row(name) for name in references.DUMPS),
    *(readers.refilter_row(suite) for suite in SUITES),
    *(readers.drgn_row(suite, codec) for suite, codec in zip(SUITES, ("-c", "-l", "-z", "-c"))),
    *(readers.crash_row(suite) for suite in ("bookworm", "trixie")),
    *(readers.tasks_row(suite) for suite in ("bookworm", "trixie", "sid")),
    *(knowledge.row(suite) for suite in SUITES),
    *devices.ROWS,
    *memory.ROWS,
    *report.ROWS,
    knowledge.old_filter_row("sid"),
    *(stacks.row(suite) for suite in SUITES),
    *(stacks.crash_row(suite) for suite in ("bookworm", "trixie")),
    *(lines.row(suite) for suite in SUITES),
    lines.other_kernel_row("trixie", "bookworm"),
    *(variables.row(suite) for suite in ("bookworm", "trixie", "sid")),
    *(shapes.row(suite) for suite in ("bookworm", "trixie")),
]


def main() -> int:
    """Run what is asked for; 0 if no row failed."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.vm", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="names or patterns; default: all of the group")
    parser.add_argument("--group", choices=("test", "matrix"), default="matrix")
    parser.add_argument("--list", action="store_true", help="print the rows' names")
    parser.add_argument("--seconds", type=float, default=0, help="stop after this time")
    parser.add_argument("--turn", default="", help="a commit hash that decides which row comes first")
    arguments = parser.parse_args()
    chosen = rows.choose(ROWS, arguments.group, arguments.rows, arguments.turn)
    if arguments.list:
        print("\n".join(row.name for row in chosen))
        return 0
    if not chosen:
        parser.error("no such row")
    if os.geteuid():
        parser.error("the lab mounts images and file systems: run it as root")
    return 1 if rows.run(chosen, arguments.seconds).failed else 0


sys.exit(main())
