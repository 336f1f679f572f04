# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of kernels that wrote over their own lists: each is still told but for what is gone, and that is named.

The vmcore is edited at addresses that lastword finds in it.  Lists are cut, led back into themselves, to nowhere, or
past members to the end; the log's ring is given impossible numbers.
"""

import contextlib
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import kernels, rows
from tests.lab.rows import check

from . import knowledge, references

SECONDS = 2.0
"""What a command may take on a damaged dump."""
NOWHERE = 0xDEAD000000000100
"""What the kernel itself puts into the links of what it took off a list: include/linux/poison.h."""


class Memory:
    """A vmcore in the ELF format that can be edited.  Words are 64 bits, addresses virtual."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with open(path, "rb") as file:
            header = file.read(64)
            (table,), (size, count) = struct.unpack_from("<Q", header, 32), struct.unpack_from("<HH", header, 54)
            file.seek(table)
            entries = [struct.unpack_from("<IIQQQQ", file.read(size)) for _ in range(count)]
        self._segments = [(offset, physical, filled) for kind, _, offset, _, physical, filled in entries if kind == 1]

    def places(self, address: int) -> list[int]:
        """Where in the file the byte at @address is: the kernel's image is there twice, by itself and as memory."""
        found = knowledge.crash(self.path, "vtop", hex(address))["translations"][0]
        physical = int(found["physical"], 16)
        return [o + physical - start for o, start, size in self._segments if start <= physical < start + size]

    def word(self, address: int) -> int:
        """Read a word."""
        with open(self.path, "rb") as file:
            file.seek(self.places(address)[0])
            return int.from_bytes(file.read(8), "little")

    @contextlib.contextmanager
    def edited(self, edits: dict[int, int]) -> Iterator[None]:
        """Write the words @edits, and what was there before afterwards."""
        places = {place: value for address, value in edits.items() for place in self.places(address)}
        with open(self.path, "r+b", buffering=0) as file:
            before = {}
            for place, value in places.items():
                file.seek(place)
                before[place] = file.read(8)
                file.seek(place)
                file.write(value.to_bytes(8, "little"))
            try:
                yield
            finally:
                for place, old in before.items():
                    file.seek(place)
                    file.write(old)

    def member(self, path: str) -> int:
        """The offset of TYPE.MEMBER."""
        kind, _, name = path.partition(".")
        _, members = knowledge.layout(references.lastword("crash", self.path, "struct", "-o", kind).stdout)
        return next(offset for offset, found in members if found == name)

    def symbol(self, name: str) -> int:
        """A symbol's address."""
        return int(references.lastword("crash", self.path, "sym", name).stdout.split()[0], 16)


@dataclass(frozen=True)
class Damage:
    """Words that are written over.  @lost is how many entries may be missing from what is listed, None: all of them."""

    name: str
    edits: dict[int, int]
    lost: int | None = 0


def tasks(memory: Memory) -> list[Damage]:
    """Damage to the list of tasks."""
    links = memory.member("task_struct.tasks")
    leaders = [t for t in knowledge.crash(memory.path, "ps")["tasks"] if t["pid"] and t["pid"] == t["tgid"]]
    # A task that was running is on the list too, and CPUs know it.
    return _list([int(t["task"], 16) + links for t in leaders], memory.symbol("init_task") + links, 0)


def modules(memory: Memory) -> list[Damage]:
    """Damage to the list of modules."""
    head = memory.symbol("modules")
    found, node = [], memory.word(head)
    while node != head:
        found.append(node)
        node = memory.word(node)
    return _list(found, head, None)


def caches(memory: Memory) -> list[Damage]:
    """Damage to the list of slab caches."""
    links = memory.member("kmem_cache.list")
    found = [int(c["cache"], 16) + links for c in knowledge.crash(memory.path, "kmem", "-s")["caches"]]
    return _list(found, memory.symbol("slab_caches"), None)


def _list(links: list[int], head: int, lost_without_head: int | None) -> list[Damage]:
    middle = len(links) // 2
    return [
        Damage("cut", {links[middle]: 0}),
        Damage("looped", {links[middle]: links[middle - 1]}),
        Damage("to nowhere", {links[middle]: NOWHERE}),
        Damage("past its second half", {links[middle]: head}),
        Damage("cut both ways", {links[middle]: 0, links[middle + 2] + 8: 0}, 1),
        Damage("without a head", {head: NOWHERE, head + 8: NOWHERE}, lost_without_head),
    ]


def log(memory: Memory) -> list[Damage]:
    """Damage to the log's ring."""
    ring = memory.word(memory.symbol("prb"))
    fields = {name: ring + memory.member(f"prb_desc_ring.{name}") for name in ("descs", "infos", "head_id", "tail_id")}
    text = ring + memory.member("printk_ringbuffer.text_data_ring") + memory.member("prb_data_ring.data")
    size, _ = knowledge.layout(references.lastword("crash", memory.path, "struct", "-o", "prb_desc").stdout)
    block = memory.word(fields["descs"]) + 100 * size + memory.member("prb_desc.text_blk_lpos")
    return [
        Damage("descriptors nowhere", {fields["descs"]: NOWHERE}, None),
        Damage("infos nowhere", {fields["infos"]: NOWHERE}, None),
        Damage("text nowhere", {text: NOWHERE}, None),
        Damage("an impossible first record", {fields["tail_id"]: 0xFEDCBA0987654321}),
        Damage("an impossible last record", {fields["head_id"]: 0x1234567890ABCDEF}),
        Damage("a text without room", {block + 8: memory.word(block) + 1}, 1),
    ]


@dataclass(frozen=True)
class Part:
    """What can be damaged.  @untouched are the commands that must answer as before."""

    command: str
    entries: str
    damages: Callable[[Memory], list[Damage]]
    untouched: tuple[str, ...]


PARTS = {
    # sys counts the tasks, and says where their list is damaged.
    "tasks": Part("ps", "tasks", tasks, ("bt", "mod", "log")),
    "modules": Part("mod", "modules", modules, ("sys", "bt", "ps", "log")),
    "caches": Part("kmem -s", "caches", caches, ("sys", "bt", "ps", "mod", "log")),
    # The reason of the panic, which sys tells, is in the log.
    "log": Part("log", "records", log, ("bt", "ps", "mod")),
}


def row(name: str, suite: str, group: str) -> rows.Row:
    """All damages of one part, on one kernel."""

    def run(logs: Path) -> str:
        part = PARTS[name]
        copy = logs / "damaged.elf"
        subprocess.run(["cp", "--sparse=always", references.dump(suite), copy], check=True)
        memory = Memory(copy)
        before = {command: _answer(copy, command)[0] for command in part.untouched}
        entries = len(knowledge.crash(copy, *part.command.split())[part.entries])
        slowest = 0.0
        for damage in part.damages(memory):
            with memory.edited(damage.edits):
                for command in part.untouched:
                    told, seconds = _answer(copy, command)
                    slowest = max(slowest, seconds)
                    check(told == before[command], f"{name} {damage.name}: {command} says something else")
                _, seconds = _answer(copy, part.command)
                slowest = max(slowest, seconds)
                _named(f"{name} {damage.name}", knowledge.crash(copy, *part.command.split()), part, entries, damage.lost)
        check(slowest <= SECONDS, f"a command took {slowest:.1f} s")
        return f"{slowest:.2f} s at most"

    return rows.Row(f"damaged-{name}-{suite}", group, run)


def _named(case: str, told: dict[str, Any], part: Part, entries: int, lost: int | None) -> None:
    found = len(told[part.entries])
    check(lost is None or found >= entries - lost, f"{case}: {found} of {entries} are listed")
    check(found <= entries, f"{case}: {found} are listed, there were {entries}")
    check(told.get("damage") or told.get("damaged_records"), f"{case}: {part.command} names no damage")


def _answer(dump: Path, command: str) -> tuple[str, float]:
    started = time.monotonic()
    done = references.lastword("crash", dump, *command.split())
    return done.stdout, time.monotonic() - started


ROWS = [row(name, suite, "test" if suite == "bookworm" else "matrix") for name in PARTS for suite in kernels.SUITES]
