# SPDX-License-Identifier: GPL-2.0-or-later
"""What ps, vm and files tell of every task from a filtered dump alone, beside drgn with DWARF on the whole vmcore."""

import json
import re
from pathlib import Path
from typing import Any

from tests.lab import kernels, oracle, rows
from tests.lab.rows import check

from . import knowledge, readers, references

SCRIPT = Path(__file__).with_name("drgn_tasks.py")
COLUMNS = ("tgid", "task", "cpu", "ppid", "policy", "vsz_kib", "rss_kib")
UNLIMITED = 2**64 - 1


def row(suite: str) -> rows.Row:
    """All tasks of one kernel."""

    def run(logs: Path) -> str:
        done = oracle.run("python3", SCRIPT, references.dump(suite), kernels.vmlinux(suite))
        check(done.returncode == 0, f"drgn: {done.stderr.strip()}")
        known = json.loads(done.stdout)
        dump = readers.saved(suite, logs, "-z", "-d", "31")
        wanted, found = {task["pid"]: task for task in known}, {}
        for command in (("ps", "-r"), ("foreach", "vm"), ("foreach", "files")):
            for task in knowledge.crash(dump, *command)["tasks"]:
                check(not task.get("fault"), f"{' '.join(command)}: {task['pid']}: {task.get('fault')}")
                found.setdefault(task["pid"], {}).update(task)
        check(sorted(wanted) == sorted(pid for pid in found if pid), "not the same pids")
        for pid, task in wanted.items():
            _compare(pid, task, _as_drgn(found[pid]))
        areas, files = (sum(len(task[kind]) for task in known) for kind in ("areas", "files"))
        return f"{len(wanted)} tasks, {areas} memory areas, {files} open files, {len(wanted) * 16} limits equal"

    return rows.Row(f"commands-tasks-{suite}", "matrix", run)


def _as_drgn(task: dict[str, Any]) -> dict[str, Any]:
    limits = [[_limit(limit["current"]), _limit(limit["maximum"])] for limit in task["limits"]]
    areas = [{
        "vma": int(area["vma"], 16), "start": int(area["start"], 16), "end": int(area["end"], 16),
        "flags": int(area["flags"], 16), "path": area["path"],
    } for area in task["areas"]]
    files = [{
        "fd": file["fd"], "file": int(file["file"], 16), "inode": int(file["inode"], 16),
        # drgn names the file system alone
        "path": re.sub(r"^(pipe|sock)(et)?:\[\d+\]$", r"[\1fs]", file["path"]),
    } for file in task["files"]]
    return {**task, "task": int(task["task"], 16), "limits": limits, "areas": areas, "files": files}


def _limit(value: int | None) -> int:
    return UNLIMITED if value is None else value


def _compare(pid: int, wanted: dict[str, Any], found: dict[str, Any]) -> None:
    for name in COLUMNS:
        check(found[name] == wanted[name], f"task {pid}: {name} is {found[name]}, drgn has {wanted[name]}")
    for name in ("limits", "areas", "files"):
        check(len(found[name]) == len(wanted[name]), f"task {pid}: {len(found[name])} {name}, drgn has {len(wanted[name])}")
        for one, other in zip(found[name], wanted[name]):
            check(one == other, f"task {pid}: {name}: {one}, drgn has {other}")


ROWS = [row(suite) for suite in kernels.SUITES]
