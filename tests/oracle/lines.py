# SPDX-License-Identifier: GPL-2.0-or-later
"""Source lines and inlined functions of every frame of every stack, beside what addr2line says of the same addresses."""

import json
import re
import subprocess
from pathlib import Path

from tests.lab import kernels, rows
from tests.lab.rows import check

from . import references

LINE = re.compile(r"(?:(\S+) inlined into (\S+): )?(.*): (\d+)$")


def row(suite: str) -> rows.Row:
    """Lines of one kernel, from a filtered dump."""

    def run(_: Path) -> str:
        vmlinux, dump = kernels.vmlinux(suite), references.filtered(suite, 31)
        stacks = json.loads(references.lastword("crash", "--json", "--vmlinux", vmlinux, dump, "foreach", "bt", "-l").stdout)["stacks"]
        offset = _offset(vmlinux, dump)
        found: dict[int, list[str]] = {}
        for frame in (f for stack in stacks for f in stack["frames"] if f["line"]):
            # a return address is behind the call; `line` is that of the call
            pc = int(frame["pc"], 16) - (0 if frame["exception"] else 1)
            found[pc - offset] = [frame["line"], *frame["inlined"]]
        check(len(found) > 50, f"lines of {len(found)} addresses alone")
        wanted = _addr2line(vmlinux, sorted(found))
        wrong = [f"{pc:x}: {found[pc]}, where addr2line has {wanted[pc]}" for pc in found if not _same(found[pc], wanted[pc])]
        # where a CPU stood the address is no return address
        check(len(wrong) <= 2, "; ".join(wrong[:3]))
        inlined = sum(len(lines) - 1 for lines in found.values())
        return f"lines of {len(found)} addresses, {inlined} inlined functions, equal to addr2line's but {len(wrong)}"

    return rows.Row(f"lines-{suite}", "matrix", run)


def other_kernel_row(suite: str, other: str) -> rows.Row:
    """A vmlinux of another kernel is named and not used."""

    def run(_: Path) -> str:
        vmlinux = kernels.vmlinux(other)
        done = references.lastword("crash", "--vmlinux", vmlinux, references.filtered(suite, 31), "sym", "panic")
        said = [line for line in done.stderr.splitlines() if "of another kernel" in line]
        check(len(said) == 1, f"it says {done.stderr!r}")
        check("panic.c" not in done.stdout and " panic" in done.stdout, f"sym panic: {done.stdout!r}")
        return said[0]

    return rows.Row(f"lines-other-{suite}", "matrix", run)


def _offset(vmlinux: Path, dump: Path) -> int:
    """What KASLR added."""
    symbols = json.loads(references.lastword("crash", "--json", dump, "sym", "_stext").stdout)["symbols"]
    names = subprocess.run(["nm", vmlinux], capture_output=True, text=True, check=True, timeout=600).stdout
    linked = re.search(r"^([0-9a-f]+) \w _stext$", names, re.MULTILINE)
    check(linked, f"{vmlinux} has no _stext")
    return int(symbols[0]["address"], 16) - (int(linked[1], 16) if linked else 0)


def _addr2line(vmlinux: Path, addresses: list[int]) -> dict[int, list[tuple[str, str]]]:
    """Function and file:line of each address, innermost first."""
    given = "\n".join(f"{address:x}" for address in addresses)
    command = ["addr2line", "-a", "-i", "-f", "-e", vmlinux]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=600)
    answer: dict[int, list[tuple[str, str]]] = {}
    lines: list[str] = []
    for line in done.stdout.splitlines():
        if line.startswith("0x"):
            lines = []
            answer[int(line, 16)] = []
            address = int(line, 16)
        else:
            lines.append(line)
            if len(lines) % 2 == 0:
                answer[address].append((lines[-2], re.sub(r" \(.*\)$", "", lines[-1])))
    return answer


def _same(found: list[str], wanted: list[tuple[str, str]]) -> bool:
    if len(found) != len(wanted):
        return False
    for ours, (function, place) in zip(found, wanted):
        parts = LINE.match(ours)
        file, _, line = place.rpartition(":")
        if not parts or parts[4] != line or Path(parts[3]).name != Path(file).name:
            return False
        if parts[2] and parts[2] != function:
            return False
    return True
