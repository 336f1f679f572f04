# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.vm.dying SUITE KIND …: other deaths than SysRq, and the dumps they leave.

Each dump is made by lastword itself in the capture kernel, with -d 31, and kept in the cache as
dumps/deaths/SUITE-KIND.kdump with the kernel's log (.log) and the guest's console (.console) beside it.
"""

import argparse
import shutil
from pathlib import Path

from tests.lab import deaths, guest, kernels, paths
from tests.lab.rows import check

from . import crashes, dumps

CONF = "ext4 UUID={uuid}\npath /\ncore_collector makedumpfile -l -d 31\n"


def die(logs: Path, suite: str, kind: str) -> Path:
    """A guest dies; the dump directory that it leaves, copied to @logs."""
    data = crashes.data_disk(logs)
    files: dict[str, str | Path] = {"etc/kdump.conf": CONF.format(uuid=data.uuid), **deaths.files(suite)}
    machine = guest.Guest(logs, suite, disks=[data], files=files)
    crash = crashes.crash(machine, "echo 1 > /proc/sys/kernel/panic_on_oops", death=deaths.DEATHS[kind])
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    return dumps.fetch(data, logs)


def kept(suite: str, kind: str) -> Path:
    """The dump of a death, made on first use."""
    path = paths.cache("dumps", "deaths", f"{suite}-{kind}.kdump")
    with paths.locked(path):
        if not path.exists():
            with paths.scratch("death") as logs:
                dump = die(logs, suite, kind)
                shutil.copy(logs / "crash.console", path.with_suffix(".console"))
                shutil.copy(dump / dumps.LOG, path.with_suffix(".log"))
                with paths.made_whole(path) as partial:
                    shutil.copy(dump / dumps.CORE, partial)
    return path


def main() -> None:
    """Make what is asked for."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.vm.dying", description=__doc__)
    parser.add_argument("suite", choices=kernels.SUITES)
    parser.add_argument("kind", nargs="*", metavar="KIND", help="default: all; " + " ".join(deaths.DEATHS))
    arguments = parser.parse_args()
    for kind in arguments.kind or deaths.DEATHS:
        print(kept(arguments.suite, kind), flush=True)


if __name__ == "__main__":
    main()
