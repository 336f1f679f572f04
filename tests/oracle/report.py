# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword report` beside what the dying kernel wrote of itself, and on dumps that are damaged."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.lab import kernels, rows
from tests.lab.rows import check

from . import damage, damaged_memory, kernel_log, references

TITLE = "kernel panic: sysrq triggered crash"
SECTIONS = [
    "summary", "backtrace", "code", "registers", "cpus", "blocked", "memory", "log", "modules", "signature",
    "provenance",
]


def report(dump: Path) -> dict[str, Any]:
    """The sections of a dump's report."""
    document = json.loads(references.lastword("report", "--json", dump).stdout)
    check(document["schema"] == "lastword.report/1", f"the schema is {document['schema']}")
    sections: dict[str, Any] = document["sections"]
    check(list(sections) == SECTIONS, f"the sections are {list(sections)}")
    return sections


def check_report(dump: Path, log: str, title: str) -> dict[str, Any]:
    """Title, CPU, task and stack are those that the kernel wrote; the sections.  @title is a pattern.

    A report is about the task that hung, not about the one that found it.
    """
    sections, words = report(dump), kernel_log.hung_task(log) or kernel_log.last_words(log)
    summary, backtrace = sections["summary"], sections["backtrace"]
    check(re.fullmatch(title, summary["title"]), f"the title is {summary['title']!r}, not {title!r}")
    found = (backtrace["cpu"] if words.cpu is not None else None, backtrace["pid"], backtrace["comm"])
    check(found == (words.cpu, words.pid, words.comm), f"CPU, pid, command are {found}, the log says {words}")
    frames = [f"{frame['function']}+{frame['offset']}" for frame in backtrace["frames"] for _ in range(frame["times"])]
    frames = [frame for frame in frames if not kernel_log.REPORTING.match(frame)]
    check(frames == words.frames, f"report: {' '.join(frames)}\nthe kernel: {' '.join(words.frames)}")
    check(backtrace["end"] in ("clean", "user"), f"the stack ends {backtrace['end']}")
    for name, section in sections.items():
        check("damage" not in section, f"section {name}: {section.get('damage')}")
    return sections


def row(suite: str, group: str) -> rows.Row:
    """A dump of SysRq's crash, whole and filtered; text and HTML too."""

    def run(logs: Path) -> str:
        log = references.dmesg(suite).read_text(encoding="utf-8", errors="replace")
        dumps = [references.dump(suite), logs / "d31.kdump"]
        references.lastword("save", "-z", "-d", "31", *dumps)
        reports = [check_report(dump, log, TITLE) for dump in dumps]
        for name in ("backtrace", "registers", "cpus", "blocked", "modules", "log", "signature"):
            check(reports[0][name] == reports[1][name], f"section {name} of the filtered dump is another")
        # One that an older makedumpfile filtered may lack pages, but not these.
        other = report(references.filtered(suite, 31))
        check(other["backtrace"] == reports[0]["backtrace"], "another stack after makedumpfile")
        for options in ((), ("--html",)):
            text = references.lastword("report", *options, dumps[1]).stdout
            check(TITLE in text and text.isascii(), f"report {options}: no title, or not plain text")
        return f"{len(reports[0]['backtrace']['frames'])} frames equal"

    return rows.Row(f"report-{suite}", group, run)


def damaged(logs: Path) -> str:
    """A report of a dump that is cut short says what it lacks, and ends; holes cost what was in them."""
    told = 0
    for source in (references.dump(damage.SUITE), references.filtered(damage.SUITE, 31)):
        copy, size = logs / source.name, source.stat().st_size
        subprocess.run(["cp", "--sparse=always", source, copy], check=True)
        for tenth in range(10):
            with open(copy, "r+b") as file:
                # a hole in the midst, then nothing from there on
                file.seek(size * (9 - tenth) // 10)
                file.write(bytes(1 << 20))
            told += _survives(copy)
            with open(copy, "r+b") as file:
                file.truncate(size * (9 - tenth) // 10 + (1 << 20))
            told += _survives(copy)
        copy.unlink()
    check(told, "no report of a damaged dump had a title")
    return f"{told} of 40 had the title"


NAMED_IN = {"tasks": "provenance", "modules": "modules", "log": "log", "caches": "memory"}
"""The section of a report that names damage to a part of memory."""


def memory_row(suite: str) -> rows.Row:
    """The kernel wrote over its own lists: the stack is still told, in time, and what is gone is named."""

    def run(logs: Path) -> str:
        copy = logs / "damaged.elf"
        subprocess.run(["cp", "--sparse=always", references.dump(suite), copy], check=True)
        memory, before, slowest = damaged_memory.Memory(copy), report(copy), 0.0
        for name, part in damaged_memory.PARTS.items():
            for wound in part.damages(memory):
                with memory.edited(wound.edits):
                    started = time.monotonic()
                    after = report(copy)
                    slowest = max(slowest, time.monotonic() - started)
                for same in ("backtrace", "registers", "code"):
                    check(after[same] == before[same], f"{name} {wound.name}: section {same} is another")
                named = "damage" in after[NAMED_IN[name]]
                check(named, f"{name} {wound.name}: section {NAMED_IN[name]} names no damage")
                titled = after["summary"]["title"] == TITLE
                check(titled or name == "log", f"{name} {wound.name}: title {after['summary']['title']!r}")
        check(slowest <= damaged_memory.SECONDS, f"a report took {slowest:.1f} s")
        return f"{slowest:.2f} s at most"

    return rows.Row(f"report-memory-{suite}", "matrix", run)


def _survives(dump: Path) -> bool:
    if damage.survives("report", "--json", dump):
        return False
    sections = json.loads(references.lastword("report", "--json", dump).stdout)["sections"]
    whole = all("damage" not in section for section in sections.values())
    check(list(sections) == SECTIONS, f"{dump}: sections {list(sections)}")
    titled = bool(sections["summary"]["title"] == TITLE)
    check(titled or not whole, f"{dump}: another title, and nothing is said to be damaged")
    return titled


ROWS = [
    row("bookworm", "test"),
    *(row(suite, "matrix") for suite in ("bullseye", "trixie", "sid")),
    rows.Row("report-damaged", "matrix", damaged),
    *(memory_row(suite) for suite in kernels.SUITES),
]
