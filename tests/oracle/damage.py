# SPDX-License-Identifier: GPL-2.0-or-later
"""Damaged and hostile input, and destinations that cannot take a dump.

Whatever the file, lastword ends by itself with exit status 0 or 1, and with 1 it says why.  Damage is judged
from what is left: a cut dump whose log is still whole gives that log.
"""

import contextlib
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.lab import kernels, paths
from tests.lab.rows import Row, check

from . import references

SUITE = "bookworm"
KDUMP_MACHINE = 8 + 4 + 4 * 65
"""Where struct disk_dump_header has utsname.machine."""
KDUMP_BLOCK = 4096
ELF_MACHINE = 18
AARCH64 = 183


def commands(dump: Path, out: Path) -> list[list[str | Path]]:
    """What is tried on each damaged dump."""
    return [["info", dump], ["dmesg", dump], ["save", "-f", "-d", "31", dump, out]]


def refused(reason: str, *words: str | Path) -> None:
    """The command must exit with 1, name what is wrong with @reason in it, and not crash."""
    done = _run(*words)
    shown = " ".join(map(str, words))
    check(done.returncode == 1, f"lastword {shown}: exit status {done.returncode}, wanted 1: {done.stderr.strip()}")
    check(reason in done.stderr, f"lastword {shown}: the error does not say {reason!r}: {done.stderr.strip()!r}")


def survives(*words: str | Path) -> int:
    """The command must end with 0, or with 1 and a reason; its exit status."""
    done = _run(*words)
    shown = " ".join(map(str, words))
    check(done.returncode in (0, 1), f"lastword {shown}: exit status {done.returncode}: {done.stderr.strip()}")
    if done.returncode:
        check(done.stderr.startswith("lastword: "), f"lastword {shown} fails without a reason: {done.stderr!r}")
    return done.returncode


def not_dumps(logs: Path) -> str:
    """Files that are no dump at all."""
    for name, content in {"empty": b"", "text": b"hello\n" * 1000, "zeros": bytes(1 << 16), "short": b"KDUMP"}.items():
        file = logs / name
        file.write_bytes(content)
        for words in commands(file, logs / "out"):
            refused(str(file), *words)
        check(not (logs / "out").exists(), f"{name}: a dump was begun from something that is none")
    refused("missing", "info", logs / "missing")
    return ""


def cut(logs: Path) -> str:
    """Dumps cut at every tenth of their length."""
    whole = 0
    for source in (references.dump(SUITE), references.filtered(SUITE, 31)):
        copy = logs / source.name
        subprocess.run(["cp", "--sparse=always", source, copy], check=True)
        size = source.stat().st_size
        for tenth in range(9, -1, -1):
            os.truncate(copy, size * tenth // 10)
            for words in commands(copy, logs / "out"):
                whole += survives(*words) == 0 and words[0] == "dmesg"
        copy.unlink()
    check(whole, "no cut dump gave its log")
    return f"{whole} of 20 cut dumps gave their log"


SHARES = {10: 2, 25: 8, 50: 10, 75: 10}
"""Sections of a report, of ten, that a dump cut at so many percent of its bytes explains in full, at least."""


def cut_report(suite: str) -> Row:
    """What explains the crash stands first in a dump: cut anywhere, it still gives most of its report."""

    def run(logs: Path) -> str:
        dump, copy = logs / "whole", logs / "cut"
        references.lastword("save", "-d", "31", references.dump(suite), dump)
        size = dump.stat().st_size
        notes = []
        for share, least in SHARES.items():
            subprocess.run(["cp", dump, copy], check=True)
            os.truncate(copy, size * share // 100)
            report = json.loads(references.lastword("report", "--json", copy).stdout)["sections"]
            whole, of = (int(number) for number in re.findall(r"\d+", report["provenance"]["explained"])[:2])
            check(whole >= least, f"cut at {share} %: {report['provenance']['explained']}")
            notes.append(f"{share} %: {whole} of {of}")
        return "explained by a dump cut at " + ", ".join(notes)

    return Row(f"cut-report-{suite}", "test" if suite == SUITE else "matrix", run)


def pointing_outside(logs: Path) -> str:
    """kdump-compressed headers, bitmaps and descriptors that point outside the file."""
    source = references.filtered(SUITE, 31)
    sub_blocks, bitmap_blocks = struct.unpack_from("<iI", source.read_bytes()[:KDUMP_BLOCK], 432)
    table = (1 + sub_blocks + bitmap_blocks) * KDUMP_BLOCK
    huge = struct.pack("<I", 0x7FFFFFFF)
    for name, offset, value in (
        ("block size", 428, huge), ("sub header", 432, huge), ("bitmap blocks", 436, huge),
        ("page count", KDUMP_BLOCK + 96, b"\xff" * 8), ("vmcoreinfo offset", KDUMP_BLOCK + 32, b"\xff" * 8),
        ("vmcoreinfo size", KDUMP_BLOCK + 40, b"\xff" * 8), ("notes", KDUMP_BLOCK + 48, b"\xff" * 16),
        ("page offsets", table, (b"\xff" * 8 + struct.pack("<IIQ", 100, 1, 0)) * 2000),
        ("page sizes", table + 8, b"\xff" * 4),
    ):
        copy = logs / name.replace(" ", "-")
        shutil.copy(source, copy)
        with open(copy, "r+b") as file:
            file.seek(offset)
            file.write(value)
        for words in commands(copy, logs / "out"):
            survives(*words)
        copy.unlink()
    return ""


def other_machine(logs: Path) -> str:
    """Dumps of another architecture are recognised as such."""
    elf, kdump = logs / "arm.elf", logs / "arm.kdump"
    subprocess.run(["cp", "--sparse=always", references.dump(SUITE), elf], check=True)
    shutil.copy(references.filtered(SUITE, 31), kdump)
    for file, offset, value in ((elf, ELF_MACHINE, struct.pack("<H", AARCH64)), (kdump, KDUMP_MACHINE, b"aarch64\0")):
        with open(file, "r+b") as opened:
            opened.seek(offset)
            opened.write(value)
        refused("aarch64", "dmesg", file)
    return ""


def destinations(logs: Path) -> str:
    """A destination that exists, is full, is read-only, is a directory, or is nowhere."""
    source = references.filtered(SUITE, 31)
    exists = logs / "exists"
    exists.write_text("precious", encoding="utf-8")
    refused("exists", "save", source, exists)
    check(exists.read_text(encoding="utf-8") == "precious", "an existing file was overwritten without -f")
    refused(str(logs), "save", source, logs)
    refused("no/such", "save", source, logs / "no" / "such")
    with _tmpfs("size=2m") as small:
        refused("No space left", "save", source, small / "out")
    with _tmpfs("ro") as closed:
        refused("Read-only", "save", source, closed / "out")
    return ""


def _run(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [paths.build() / "lastword", *words]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)


@contextlib.contextmanager
def _tmpfs(options: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lastword-tmpfs-") as where:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "lab", where], check=True)
        try:
            yield Path(where)
        finally:
            subprocess.run(["umount", where], check=True)


ROWS = [
    Row("not-dumps", "test", not_dumps),
    Row("cut-dumps", "test", cut),
    *(cut_report(suite) for suite in kernels.SUITES),
    Row("pointing-outside", "test", pointing_outside),
    Row("other-machine", "test", other_machine),
    Row("destinations", "test", destinations),
]
