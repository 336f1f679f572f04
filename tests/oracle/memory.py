# SPDX-License-Identifier: GPL-2.0-or-later
"""kmem, search, vtop and their like on a filtered dump, beside crash with DWARF on the same dump; on a kernel that crash does
not know, beside drgn on the whole vmcore."""

import json
import re
from pathlib import Path
from typing import Any

from tests.lab import kernels, oracle, rows
from tests.lab.rows import check

from . import readers, references

SCRIPT = Path(__file__).with_name("drgn_memory.py")
SUITES = ("bullseye", "bookworm", "trixie")
"""Those that crash 9.0.2 can open."""
OBJECTS = ("mm_struct", "task_struct", "kmalloc-64")
COMMANDS = (
    "kmem -s", "kmem -s list", "kmem -s task_struct", "kmem -S task_struct", "kmem -S mm_struct", "kmem -i", "kmem -i=shared",
    "kmem -f", "kmem -F", "kmem -v", "kmem -V", "kmem -n", "kmem -z", "kmem -o", "kmem -h", "kmem -g", "kmem -g 868",
    "kmem -p 1000000", "kmem -m lru 1000000", "kmem 12345000", "swap", "mach", "mach -m", "ptov 1000000", "ptov 10:a",
    "btop 512a123", "ptob 512a", "pte 8000000002e72025 0 163", "eval -b 41dc065", "ascii 62696c2f7273752f",
    "vtop {init_task}", "rd -S {init_task} 40", "rd -SS {init_task} 400", "rd -f 0 4", "search -t {init_task}",
    "search -T {init_task}", "search -K {init_task}", "search -V {init_task}", "search -p {init_task}",
    "search -x 2 -s {init_task} -l 16384 {init_task}", "search -w -s {init_task} -l 16384 1", "search -K -c sysrq_handle_crash",
)
RULES = (
    # What CPUs have not added yet is counted.
    (r"^( *COMMITTED) .*$", r"\1"),
    # Full slabs are found.
    (r"^(NODE \d+ FULL:)\n( .*\n)*", r"\1\n"),
    # crash sees memory below the image a second time, where nothing is mapped.
    (r"^ffffffff.*\n", ""),
    # crash reads the CPUs' entry areas, and does not search them.
    (r"^fffffe[0-7].*\n", ""),
    (r"^\(not searched: .*\n", ""),
    # The section that a linker made, and the symbol that is there.
    (r" (\.data|init_stack) +", " "),
)
MARK = "@@ next"


def row(suite: str) -> rows.Row:
    """The same lines, blanks at their ends aside."""

    def run(logs: Path) -> str:
        dump = readers.saved(suite, logs, "-z", "-d", "31")
        asked = [re.sub(r"{(\w+)}", lambda name: _address(dump, str(name[1])), words) for words in COMMANDS]
        different, equal = [], 0
        for words, theirs in zip(asked, _crash(suite, dump, asked), strict=True):
            wanted, found = _lines(theirs), _lines(references.lastword("crash", dump, *words.split()).stdout)
            equal += len(wanted)
            if wanted != found:
                different.append(f"{words}: {_difference(wanted, found)}")
        check(not different, "\n".join([f"{len(different)} of {len(asked)} differ", *different]))
        check(equal > 1000, f"only {equal} lines: this shows nothing")
        return f"{len(asked)} commands, {equal} lines equal"

    return rows.Row(f"commands-memory-{suite}", "matrix", run)


def drgn_row(suite: str) -> rows.Row:
    """The same caches, objects, areas and sums by drgn's own walks."""

    def run(logs: Path) -> str:
        dump = readers.saved(suite, logs, "-z", "-d", "31")
        done = oracle.run("python3", SCRIPT, references.dump(suite), kernels.vmlinux(suite), *OBJECTS)
        check(done.returncode == 0, f"drgn: {done.stderr.strip()}")
        wanted: dict[str, Any] = json.loads(done.stdout)
        found = _known(dump)
        for what, known in wanted.items():
            check(known == found[what], f"{what}: drgn has other things: {str(known)[:200]} / {str(found[what])[:200]}")
        return ", ".join(f"{len(known)} {what}" for what, known in wanted.items()) + " equal"

    return rows.Row(f"commands-memory-{suite}", "matrix", run)


def _known(dump: Path) -> dict[str, Any]:
    pages = _json(dump, "kmem", "-i")["pages"]
    return {
        "caches": {c["cache"]: [c["allocated"], c["total"], c["slabs"]] for c in _json(dump, "kmem", "-s")["caches"]},
        "areas": sorted([area["start"], area["end"]] for area in _json(dump, "kmem", "-v")["areas"]),
        "sums": {name: pages[name] for name in ("total", "commit_limit", "committed", "free")},
        "objects": {name: _in_use(dump, name) for name in OBJECTS},
    }


def _in_use(dump: Path, cache: str) -> list[str]:
    slabs = _json(dump, "kmem", "-S", cache)["slabs"]
    return sorted(o["address"] for slab in slabs for o in slab["objects"] if o["state"] == "allocated")


def _json(dump: Path, *words: str) -> Any:
    return json.loads(references.lastword("--json", "crash", dump, *words).stdout)


def _address(dump: Path, symbol: str) -> str:
    return references.lastword("crash", dump, "sym", symbol).stdout.split()[0]


def _crash(suite: str, dump: Path, asked: list[str]) -> list[str]:
    given = "".join(f"!echo {MARK}\n{words}\n" for words in asked) + "quit\n"
    done = oracle.run("crash", "-s", kernels.vmlinux(suite), dump, given=given)
    check(done.returncode == 0, f"crash: exit status {done.returncode}: {done.stderr[-400:]}")
    return done.stdout.split(f"{MARK}\n")[1:]


def _lines(text: str) -> list[str]:
    text += "\n"
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def _difference(wanted: list[str], found: list[str]) -> str:
    for one, other in zip([*wanted, "(nothing)"], [*found, "(nothing)"]):
        if one != other:
            return f"crash: {one} / lastword: {other}"
    return "one ends before the other"


ROWS = [*(row(suite) for suite in SUITES), drgn_row("sid")]
