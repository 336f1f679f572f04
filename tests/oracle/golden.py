# SPDX-License-Identifier: GPL-2.0-or-later
"""Crash's commands in lastword and in crash itself, on the same dump: the same lines but for stated rules."""

import difflib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab import kernels, oracle, paths, rows
from tests.lab.rows import check

from . import readers, references

COMMANDS = paths.PROJECT / "tests" / "golden" / "crash-commands"
SUITE = "trixie"
OTHERWISE = "otherwise: "
MISSING = "no such command"
SHOWN = 6
"""Lines of a difference that are shown."""

RULES = {
    # Columns' widths.
    "blanks": [(r"^ +", ""), (r"  +", " ")],
    # crash names files and lines of DWARF's line table.
    "lines": [(r" debian/\S+: \d+$", "")],
    # crash's numbers of values count on over a session.
    "values": [(r"\$\d+ =", "$ =")],
    # crash unwinds from inside machine_kexec, we from the registers that were saved.
    "frames": [(r"^ *#\d+ \[\w+\] (machine_kexec|__crash_kexec)(\+\d+)? at \w+\n", ""), (r"^ *#\d+ ", "# ")],
    # The instruction that an exception stopped is shown.
    "instruction": [(r"^    \[instruction: .*\n", "")],
    # Several symbols have one address: crash takes the last, the kernel the first.  It also drops compilers' suffixes.
    "names": [(r" <[^>]*>$", "")],
    # Symbols need no object files here.
    "objects": [(r"  +\(not loaded\).*$|  +OBJECT FILE$", "")],
    # Who the files are: the kernel by its build id, the task that panicked not in crash's silent form.
    "banner": [(r"^ *(KERNEL|DUMPFILE|TASKS|PID|COMMAND|TASK|CPU|STATE): .*\n", "")],
    # What CPUs have not added yet is counted.
    "committed": [(r"^( *COMMITTED) .*$", r"\1")],
    # Pipes have their number.
    "pipes": [(r"FIFO pipe:\[\d+\]$", "FIFO")],
    # The section that a linker made, and the symbol that is there.
    "sections": [(r" (\.data|init_stack) +", " ")],
    "stack": [(r" <init_stack>,$", ",")],
    # BTF has the length of an array that its declaration leaves open.
    "sizes": [(r"\[\d*\];$", "[];")],
}


@dataclass(frozen=True)
class Command:
    """A line of the list."""

    words: str
    rules: list[str]
    otherwise: str


def commands() -> list[Command]:
    """The list."""
    found = []
    for line in COMMANDS.read_text(encoding="utf-8").splitlines():
        words, _, how = line.partition("\t")
        if line.startswith("#"):
            continue
        reason = how[len(OTHERWISE):] if how.startswith(OTHERWISE) else ""
        found.append(Command(words, [] if reason else how.split(), reason))
    return found


def compare(logs: Path) -> str:
    """All of the list."""
    dump, listed = readers.saved(SUITE, logs, "-z", "-d", "31"), commands()
    asked = [re.sub(r"{(\w+)}", lambda name: _address(dump, str(name[1])), command.words) for command in listed]
    theirs = _crash(dump, logs, asked)
    different, missing = [], []
    for command, words, wanted in zip(listed, asked, theirs):
        done = _lastword(dump, words)
        check(done.returncode in (0, 1), f"{words}: exit status {done.returncode}")
        if MISSING in done.stderr:
            missing.append(words)
        elif not command.otherwise:
            one, other = (_normal(text, command.rules) for text in (wanted, done.stdout))
            if one != other:
                different.append(f"{words}: " + " / ".join(_difference(one, other)))
    check(not missing, f"not there: {', '.join(missing)}")
    check(not different, "\n".join([f"{len(different)} of {len(listed)} differ", *different]))
    told = sum(1 for command in listed if command.otherwise)
    return f"{len(listed) - told} commands equal, {told} otherwise on purpose"


def _crash(dump: Path, logs: Path, asked: list[str]) -> list[str]:
    outputs = [logs / f"crash.{number}" for number in range(len(asked))]
    given = "".join(f"{words} > {output}\n" for words, output in zip(asked, outputs)) + "quit\n"
    done = oracle.run("crash", "-s", kernels.vmlinux(SUITE), dump, given=given)
    check(done.returncode == 0, f"crash: exit status {done.returncode}: {done.stderr[-400:]}")
    return [o.read_text(encoding="utf-8", errors="replace") if o.exists() else "" for o in outputs]


def _lastword(dump: Path, words: str) -> subprocess.CompletedProcess[str]:
    command = [str(paths.build() / "lastword"), "crash", "-e", words, str(dump)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)


def _address(dump: Path, symbol: str) -> str:
    return references.lastword("crash", dump, "sym", symbol).stdout.split()[0]


def _normal(text: str, rules: list[str]) -> list[str]:
    for rule in rules:
        for pattern, replacement in RULES[rule]:
            text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _difference(one: list[str], other: list[str]) -> list[str]:
    changed = list(difflib.unified_diff(one, other, "crash", "lastword", lineterm="", n=0))
    return [line for line in changed[2:] if not line.startswith("@@")][:SHOWN]


ROWS = [rows.Row(f"golden-{SUITE}", "matrix", compare)]
