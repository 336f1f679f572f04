# SPDX-License-Identifier: GPL-2.0-or-later
"""What `lastword crash` knows from a filtered dump alone, beside what drgn knows with DWARF from the whole vmcore."""

import json
import re
from pathlib import Path
from typing import Any

from tests.lab import kernels, oracle, rows
from tests.lab.rows import check

from . import readers, references

SCRIPT = Path(__file__).with_name("drgn_knows.py")
TYPES = (
    "task_struct", "mm_struct", "rq", "page", "inode", "super_block", "module", "file", "sk_buff", "net_device",
    "request_queue", "signal_struct", "vm_area_struct", "dentry", "sock", "pci_dev", "zone",
)
STATES = {"RU": "R", "IN": "S", "UN": "D", "ST": "T", "TR": "t", "DE": "X", "ZO": "Z", "PA": "P", "ID": "I"}
"""crash's names for the states of tasks, which are ours, and those of ps, which are drgn's."""
UNKNOWN = "??"
OFFSET = re.compile(r"^ +\[(\d+)\] (.*);$")
NAME = re.compile(r"\(\*+(\w+)(?:\[\d*\])*\)|(\w+)(?:\[\d*\])*(?: : \d+)?$")


def row(suite: str) -> rows.Row:
    """Tasks, modules and types of one kernel."""

    def run(logs: Path) -> str:
        wanted = _drgn(suite)
        dump = readers.saved(suite, logs, "-z", "-d", "31")
        tasks = crash(dump, "ps")
        check(tasks["damage"] is None, f"ps: {tasks['damage']}")
        _same("tasks", wanted["tasks"], [_task(t) for t in tasks["tasks"] if t["pid"]])
        found = [{key: m[key] for key in ("name", "address", "text")} for m in crash(dump, "mod")["modules"]]
        _same("modules", _sorted(wanted["modules"]), _sorted(found))
        members = 0
        for name, known in wanted["types"].items():
            size, offsets = layout(references.lastword("crash", dump, "struct", "-o", name).stdout)
            _same(f"struct {name}", [tuple(m) for m in known["members"]], offsets)
            check(size == known["size"], f"struct {name} has {size} bytes, not {known['size']}")
            members += len(offsets)
        return f"{len(wanted['tasks'])} tasks, {len(found)} modules, {members} members of {len(TYPES)} types equal"

    return rows.Row(f"alone-{suite}", "matrix", run)


def old_filter_row(suite: str) -> rows.Row:
    """A dump from which a makedumpfile older than its kernel left out pages that are needed."""

    def run(_: Path) -> str:
        dump = references.filtered(suite, 31)
        wanted = {task["pid"]: task for task in _drgn(suite)["tasks"]}
        found = {task["pid"]: _task(task) for task in crash(dump, "ps")["tasks"] if task["pid"]}
        _same("pids", sorted(wanted), sorted(found))
        known = [pid for pid, task in found.items() if task["state"] != UNKNOWN]
        _same("tasks", [wanted[pid] for pid in known], [found[pid] for pid in known])
        stacks = [crash(dump, "bt", str(pid))["stacks"][0] for pid in found]
        unsaid = [s["pid"] for s in stacks if s["fault"] is None and s["end"] not in ("clean", "user")]
        check(not unsaid, f"stacks of {unsaid} neither end well nor say what they lack")
        lost = [s["fault"] for s in stacks if s["fault"]]
        guessed = [s["pid"] for s in stacks if s["lost"]]
        check(lost or guessed, f"nothing is missing in {dump}: this shows nothing")
        odd = [fault for fault in lost if "not in the dump" not in fault and "excluded" not in fault]
        check(not odd, f"stacks that are missing are said to be {odd}")
        return f"{len(found)} of {len(wanted)} tasks, {len(lost)} stacks named as gone, {len(guessed)} as guessed"

    return rows.Row(f"old-makedumpfile-{suite}", "matrix", run)


def crash(dump: Path, *words: str) -> dict[str, Any]:
    """The JSON document of one of crash's commands."""
    answer: dict[str, Any] = json.loads(references.lastword("crash", "--json", dump, *words).stdout)
    return answer


def _drgn(suite: str) -> dict[str, Any]:
    done = oracle.run("python3", SCRIPT, references.dump(suite), kernels.vmlinux(suite), *TYPES)
    check(done.returncode == 0, f"drgn: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _task(task: dict[str, Any]) -> dict[str, Any]:
    return {"pid": task["pid"], "comm": task["command"], "state": STATES.get(task["state"], task["state"])}


def layout(text: str) -> tuple[int, list[tuple[int, str]]]:
    """The size, and the members that have names, of the answer to `struct -o`."""
    size = re.search(r"^SIZE: (\d+)$", text, re.MULTILINE)
    check(size, f"no size in {text[-200:]!r}")
    members = []
    for line in text.splitlines():
        found = OFFSET.match(line)
        name = NAME.search(found[2]) if found else None
        if found and name:
            members.append((int(found[1]), name[1] or name[2]))
    return int(size[1]) if size else 0, members


def _sorted(modules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(modules, key=lambda module: str(module["address"]))


def _same(what: str, wanted: list[Any], found: list[Any]) -> None:
    check(wanted, f"drgn knows no {what}")
    for one, other in zip(wanted, found):
        check(one == other, f"{what}: {other}, where drgn has {one}")
    check(len(wanted) == len(found), f"{what}: {len(found)}, where drgn has {len(wanted)}")
