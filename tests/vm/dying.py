# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.vm.dying SUITE KIND …: other deaths than SysRq, and the dumps they leave.

Each dump is made by lastword itself in the capture kernel, with -d 31, and kept in the cache as
dumps/deaths/SUITE-KIND.kdump with the kernel's log (.log) and the guest's console (.console) beside it.
"""

import argparse
import re
import shutil
from pathlib import Path
from typing import Any

from tests.lab import deaths, guest, kernels, paths, rows
from tests.lab.rows import check
from tests.oracle import kernel_log, knowledge, locks, report

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


def check_dump(dump: Path, log: Path, kind: str) -> str:
    """What lastword tells of a death is what the kernel wrote of it."""
    text = log.read_text(encoding="utf-8", errors="replace")
    death, words = deaths.DEATHS[kind], kernel_log.last_words(text)
    check(re.fullmatch(death.task, words.comm), f"the kernel died in {words.comm}, not in {death.task}")
    stack = knowledge.crash(dump, "bt")["stacks"][0]
    found = (stack["cpu"], stack["pid"], stack["command"])
    check(found == (words.cpu, words.pid, words.comm), f"bt: CPU, pid, command are {found}, the log says {words}")
    check(stack["end"] in ("clean", "user"), f"bt: the stack ends {stack['end']}: {_names(stack)}")
    check(all(frame["certain"] for frame in stack["frames"]), f"bt: frames are guessed: {_names(stack)}")
    frames = [name for name in _names(stack) if not kernel_log.REPORTING.match(name)]
    check(frames == words.frames, f"bt: {' '.join(frames)}\nthe kernel: {' '.join(words.frames)}")
    functions = [frame.partition("+")[0].partition(".")[0] for frame in frames]
    check(death.function in functions, f"bt: {death.function} is not among {functions}")
    task = knowledge.crash(dump, "ps", str(words.pid))["tasks"][0] if words.pid else {"command": words.comm, "active": True}
    check(task["command"] == words.comm and task["active"], f"ps: {task}")
    panicked = knowledge.crash(dump, "sys")["panic_task"]
    found = (panicked["cpu"], panicked["pid"], panicked["comm"])
    check(found == (words.cpu, words.pid, words.comm), f"sys: the task that panicked is {found}")
    summary = report.check_report(dump, text, death.title)["summary"]
    place = summary.get("place", "").partition("+")[0]
    wanted = death.function if death.place is None else death.place
    check(re.fullmatch(wanted, place), f"report: the place is {place!r}, not {wanted!r}")
    told = f"; {locks.check_locks(dump)}" if kind == "locks" else ""
    return f"{len(frames)} frames; {summary['title']}{told}"


def _names(stack: dict[str, Any]) -> list[str]:
    """FUNCTION+0xOFFSET of each frame."""
    found = [(frame["symbol"] or frame["pc"]).partition("+") for frame in stack["frames"]]
    return [f"{name}+{int(offset or 0):#x}" for name, _, offset in found]


def row(kind: str, suite: str, group: str) -> rows.Row:
    """A kernel dies, and lastword tells how."""

    def run(logs: Path) -> str:
        dump = die(logs, suite, kind)
        told = check_dump(dump / dumps.CORE, dump / dumps.LOG, kind)
        dumps.check_report(dump, deaths.DEATHS[kind].title)
        return told

    return rows.Row(f"death-{kind}-{suite}", group, run)


IN_TEST = ("null", "bookworm")
"""What `make test` has the time for."""
ROWS = [
    row(kind, suite, "test" if (kind, suite) == IN_TEST else "matrix")
    for suite in kernels.SUITES for kind in deaths.DEATHS
]


def main() -> None:
    """Make what is asked for."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.vm.dying", description=__doc__)
    parser.add_argument("suite", choices=kernels.SUITES)
    parser.add_argument("kind", nargs="*", metavar="KIND", help="default: all; " + " ".join(deaths.DEATHS))
    parser.add_argument("--check", action="store_true", help="tell whether lastword explains it as the rows want it")
    arguments = parser.parse_args()
    for kind in arguments.kind or deaths.DEATHS:
        path = kept(arguments.suite, kind)
        print(path, flush=True)
        if arguments.check:
            try:
                print("  ", check_dump(path, path.with_suffix(".log"), kind))
            except rows.Failure as failure:
                print("  ", failure)


if __name__ == "__main__":
    main()
