# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.vm [--group test|matrix] [--list] [ROW …]: run named rows; patterns such as 'pages-*' work."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.lab import paths, rows
from tests.lab.kernels import SUITES
from tests.oracle import damage, damaged_memory, device_dumps, devices, dmesg, golden, huge, imported, kdump_conf
from tests.oracle import knowledge, lines, memory, option_table, options, pages, reader_kinds, readers, references
from tests.oracle import report, resumed, shapes, shell_files, stacks, tasks, variables

from . import (
    arming,
    breakage,
    collector,
    doctor,
    dying,
    encrypted,
    endings,
    faults,
    figures,
    follow,
    hooks,
    kdumpctl,
    installed,
    listening,
    managers,
    netconsole,
    netconsole_service,
    netconsole_story,
    network,
    notify,
    outages,
    outside,
    outcomes,
    peers,
    policy,
    power,
    propagate,
    qemu_readers,
    rehearse,
    senders,
    served,
    setup_target,
    space,
    targets,
    unified,
    volumes,
)


def make_row(name: str, *words: str) -> rows.Row:
    """A make target that needs no kernel."""

    def run(logs: Path) -> str:
        done = subprocess.run(["make", "-s", *words], cwd=paths.PROJECT, capture_output=True, text=True, check=False)
        (logs / name).write_text(done.stdout + done.stderr, encoding="utf-8")
        bad = "\n".join(line for line in done.stdout.splitlines() if not line.startswith("ok "))
        rows.check(done.returncode == 0, bad[-2000:] + done.stderr[-2000:])
        return ""

    return rows.Row(name, "test", run)


ROWS = [
    make_row("check", "check"),
    make_row("asan", "asan"),
    make_row("fuzz", "fuzz", "FUZZ_SECONDS=2", "FUZZ_SEED=1"),
    *damage.ROWS,
    *damaged_memory.ROWS,
    *huge.ROWS,
    *resumed.ROWS,
    *golden.ROWS,
    *tasks.ROWS,
    *targets.ROWS,
    *unified.ROWS,
    *collector.ROWS,
    *volumes.ROWS,
    *listening.ROWS,
    *netconsole.ROWS,
    *netconsole_service.ROWS,
    *netconsole_story.ROWS,
    *network.ROWS,
    *senders.ROWS,
    *follow.ROWS,
    *managers.ROWS,
    *served.ROWS,
    *outages.ROWS,
    *encrypted.ROWS,
    *notify.ROWS,
    *arming.ROWS,
    *faults.ROWS,
    *space.ROWS,
    *breakage.ROWS,
    *doctor.ROWS,
    *endings.ROWS,
    *hooks.ROWS,
    *kdumpctl.ROWS,
    *power.ROWS,
    *propagate.ROWS,
    *rehearse.ROWS,
    *dying.ROWS,
    *policy.ROWS,
    *setup_target.ROWS,
    *installed.ROWS,
    *figures.ROWS,
    *peers.ROWS,
    *(pages.row(name) for name in [*references.DUMPS, *references.SPECIAL]),
    options.few_row("bookworm"),
    *(options.row(suite, group) for group in option_table.GROUPS for suite in SUITES),
    *(outside.row(suite) for suite in SUITES),
    *(options.erase_row(suite) for suite in SUITES),
    *(dmesg.row(name) for name in references.DUMPS),
    *(reader_kinds.row(suite) for suite in SUITES),
    *(qemu_readers.row(suite) for suite in SUITES),
    *(readers.refilter_row(suite) for suite in SUITES),
    *(readers.drgn_row(suite, codec) for suite, codec in zip(SUITES, ("-c", "-l", "-z", "-c"))),
    *(readers.crash_row(suite) for suite in ("bookworm", "trixie")),
    *(readers.tasks_row(suite) for suite in ("bookworm", "trixie", "sid")),
    *(knowledge.row(suite) for suite in SUITES),
    *devices.ROWS,
    *device_dumps.ROWS,
    *imported.ROWS,
    *kdump_conf.ROWS,
    *shell_files.ROWS,
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
    parser.add_argument("--faults", nargs="?", choices=("show", "write"), const="show",
                        help="print what the fault rows left, or write it into docs/faults.md")
    parser.add_argument("--seconds", type=float, default=0, help="stop after this time")
    parser.add_argument("--again", action="store_true", help="a row that fails is run a second time, and that counts")
    parser.add_argument("--turn", default="", help="a commit hash that decides which row comes first")
    arguments = parser.parse_args()
    if arguments.faults == "write":
        outcomes.write_page()
    if arguments.faults:
        print(outcomes.table())
        return 0
    chosen = rows.choose(ROWS, arguments.group, arguments.rows, arguments.turn)
    if arguments.list:
        print("\n".join(row.name for row in chosen))
        return 0
    if not chosen:
        parser.error("no such row")
    if os.geteuid():
        parser.error("the lab mounts images and file systems: run it as root")
    return 1 if rows.run(chosen, arguments.seconds, arguments.again).failed else 0


sys.exit(main())
