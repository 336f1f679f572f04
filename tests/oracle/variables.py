# SPDX-License-Identifier: GPL-2.0-or-later
"""`bt -L`: the variables of every frame of every task, beside what drgn has for them."""

import json
import re
from pathlib import Path

from tests.lab import kernels, oracle, rows
from tests.lab.rows import check

from . import references

SCRIPT = Path(__file__).with_name("drgn_locals.py")
VARIABLE = re.compile(r"^    ([\w.]+): (\w+) = (?:\(.*?\) (?=0x))?(true|false|-?\d+|0x[0-9a-f]+)(?: .*)?$")
WORDS = {"true": 1, "false": 0}
SHARE = 0.7
"""Of what drgn knows. Registers that a function kept where ORC has no frame are lost to us."""

Key = tuple[int, str, str]


def row(suite: str) -> rows.Row:
    """The variables of one kernel."""

    def run(_: Path) -> str:
        vmlinux, dump = kernels.vmlinux(suite), references.dump(suite)
        done = oracle.run("python3", SCRIPT, dump, vmlinux)
        check(done.returncode == 0, f"drgn: {done.stderr.strip()}")
        wanted: dict[Key, set[int]] = {}
        for pid, function, name, value in json.loads(done.stdout):
            wanted.setdefault((pid, function, name), set()).add(value & 0xFFFFFFFF)
        found = _found(references.lastword("crash", "--vmlinux", vmlinux, dump, "foreach", "bt", "-L").stdout)
        both = wanted.keys() & found.keys()
        wrong = [key for key in both if not wanted[key] & found[key]]
        check(not wrong, "; ".join(f"{key}: {found[key]}, where drgn has {wanted[key]}" for key in wrong[:3]))
        check(len(both) > SHARE * len(wanted), f"{len(both)} of {len(wanted)} variables alone")
        return f"{len(both)} of drgn's {len(wanted)} variables, all equal"

    return rows.Row(f"locals-{suite}", "matrix", run)


def _found(text: str) -> dict[Key, set[int]]:
    found: dict[Key, set[int]] = {}
    pid = 0
    for line in text.splitlines():
        task = re.match(r"PID: (\d+)", line)
        variable = VARIABLE.match(line)
        if task:
            pid = int(task[1])
        elif variable:
            word = variable[3]
            value = WORDS[word] if word in WORDS else int(word, 0)
            found.setdefault((pid, variable[1], variable[2]), set()).add(value & 0xFFFFFFFF)
    return found
