# SPDX-License-Identifier: GPL-2.0-or-later
"""Vmcores of machines that nobody has here: 1 TiB of memory and more, with every struct page in its place.

    python3 -m tests.lab huge TIB OUT

The machine's kernel is made up, its tables are a real 6.1's: page tables of 2 MiB leaves, a two-level mem_section,
64-byte struct pages of the sizes and kinds that a busy server has.  Struct pages of 64 GiB, 1 GiB of bytes, stand in the
file; the page tables show them once for each 64 GiB, as they show all else once.  A vmcore of one TiB is a file of one
TiB that takes 1 GiB of disk; of more, each TiB is the same bytes once more.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TIB, GIB, MIB, PAGE = 1 << 40, 1 << 30, 1 << 20, 4096
IMAGE = 0xFFFFFFFF81000000
DIRECT = 0xFFFF888000000000
VMEMMAP = 0xFFFFEA0000000000
IMAGE_PADDR = 16 * MIB
UTS = IMAGE + 0x1000
STRUCT = 64
SECTION_PAGES = 128 * MIB // PAGE
SECTION = 16
TABLES_PADDR = 64 * MIB
ROOTS_PADDR = 256 * MIB
STRUCTS_PADDR = GIB
SHOWN_PAGES = 64 * GIB // PAGE
"""Whose struct pages stand in the file."""
PIECE = 1024
"""Pages of one kind in a row."""

PRESENT, LARGE = 0x63, 0x80
SECTION_FLAGS = 0xF
LRU, HEAD, SLAB, SWAPBACKED = 1 << 4, 1 << 16, 1 << 9, 1 << 19
BUDDY, NOBODY = 0xFFFFFF7F, 0xFFFFFFFF

INFO = f"""OSRELEASE=6.1.0-huge
PAGESIZE={PAGE}
SYMBOL(init_uts_ns)={UTS:x}
OFFSET(uts_namespace.name)=0
SYMBOL(_stext)={IMAGE:x}
SYMBOL(swapper_pg_dir)={IMAGE + 0x2000:x}
SYMBOL(mem_section)={DIRECT + ROOTS_PADDR:x}
LENGTH(mem_section)=2048
SIZE(mem_section)={SECTION}
OFFSET(mem_section.section_mem_map)=0
NUMBER(SECTION_SIZE_BITS)=27
NUMBER(MAX_PHYSMEM_BITS)=46
SIZE(page)={STRUCT}
OFFSET(page.flags)=0
OFFSET(page.mapping)=24
OFFSET(page.private)=40
OFFSET(page._mapcount)=48
OFFSET(page.compound_head)=8
OFFSET(page.compound_dtor)=16
OFFSET(page.compound_order)=17
LENGTH(zone.free_area)=11
NUMBER(PG_lru)=4
NUMBER(PG_private)=13
NUMBER(PG_swapcache)=10
NUMBER(PG_swapbacked)=19
NUMBER(PG_slab)=9
NUMBER(PG_hwpoison)=23
NUMBER(PG_head_mask)={HEAD}
NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129
NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257
NUMBER(HUGETLB_PAGE_DTOR)=2
NUMBER(phys_base)={IMAGE_PADDR - (IMAGE - 0xFFFFFFFF80000000)}
NUMBER(pgtable_l5_enabled)=0
NUMBER(sme_mask)=0
"""


def struct_page(flags: int = 0, head: int = 0, mapping: int = 0, private: int = 0, mapcount: int = NOBODY) -> bytes:
    """6.1's struct page, as far as a filter looks at it."""
    return struct.pack("<QQQQQQIIQ", flags, head, 0, mapping, 0, private, mapcount, 1, 0)


def compound(pages: int, order: int, flags: int, mapping: int) -> bytes:
    """Blocks of 2^order pages; the order stands in the first tail."""
    first_tail = struct_page(head=VMEMMAP | 1)[:16] + bytes([1, order]) + struct_page()[18:]
    block = struct_page(flags | HEAD, mapping=mapping) + first_tail + struct_page(head=VMEMMAP | 1) * ((1 << order) - 2)
    return block * (pages >> order)


@dataclass(frozen=True)
class Kind:
    """What a piece of 1024 pages can be: how many of a hundred pieces are, which class its pages have, and how many."""

    share: int
    name: str
    pages: int
    structs: bytes


ANONYMOUS = 0xFFFF888012345001
KINDS = [
    Kind(45, "free", PIECE, struct_page(private=10, mapcount=BUDDY) + struct_page() * (PIECE - 1)),
    Kind(5, "free", PIECE // 2, (struct_page(private=2, mapcount=BUDDY) + struct_page() * 7) * (PIECE // 8)),
    Kind(15, "cache", PIECE, struct_page(LRU, mapping=0xFFFF888012345678) * PIECE),
    Kind(10, "user", PIECE, struct_page(LRU | SWAPBACKED, mapping=ANONYMOUS, mapcount=0) * PIECE),
    Kind(10, "user", PIECE, compound(PIECE, 9, LRU | SWAPBACKED, ANONYMOUS)),
    Kind(5, "kernel", PIECE, compound(PIECE, 3, SLAB, 0)),
    Kind(10, "kernel", PIECE, struct_page() * PIECE),
]


def pieces() -> Iterator[Kind]:
    """The pieces of 64 GiB, the kernel's own memory first."""
    pool = [kind for kind in KINDS for _ in range(kind.share)]
    state = 1
    for piece in range(SHOWN_PAGES // PIECE):
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        yield KINDS[-1] if piece < 2 * GIB // PAGE // PIECE else pool[(state >> 33) % len(pool)]


def class_pages(tib: int) -> dict[str, int]:
    """How many pages of each class a machine of @tib TiB has."""
    found = {kind.name: 0 for kind in KINDS}
    for kind in pieces():
        found[kind.name] += kind.pages
        found["kernel"] += PIECE - kind.pages
    return {name: pages * tib * TIB // (64 * GIB) for name, pages in found.items()}


def write_structs(file: Path, at: int) -> None:
    """The struct pages of 64 GiB."""
    with open(file, "r+b") as out:
        out.seek(at)
        for kind in pieces():
            out.write(kind.structs)


class Tables:
    """Page tables, built in memory that begins at TABLES_PADDR; the top one stands in the image."""

    def __init__(self) -> None:
        self.top = bytearray(PAGE)
        self.pages: list[bytearray] = []

    def _below(self, table: bytearray, index: int) -> bytearray:
        (entry,) = struct.unpack_from("<Q", table, index * 8)
        if not entry:
            self.pages.append(bytearray(PAGE))
            entry = TABLES_PADDR + (len(self.pages) - 1) * PAGE | PRESENT
            struct.pack_into("<Q", table, index * 8, entry)
        return self.pages[((entry & ~0xFFF) - TABLES_PADDR) // PAGE]

    def map(self, vaddr: int, paddr: int) -> None:
        """One leaf of 2 MiB."""
        upper = self._below(self.top, vaddr >> 39 & 511)
        middle = self._below(upper, vaddr >> 30 & 511)
        struct.pack_into("<Q", middle, (vaddr >> 21 & 511) * 8, paddr | PRESENT | LARGE)


def tables(tib: int) -> Tables:
    """The image, the first 2 GiB where all memory is mapped, and the struct pages of all of it."""
    made = Tables()
    for at in range(0, 4 * MIB, 2 * MIB):
        made.map(IMAGE + at, IMAGE_PADDR + at)
    for at in range(0, 2 * GIB, 2 * MIB):
        made.map(DIRECT + at, at)
    for at in range(0, tib * TIB // PAGE * STRUCT, 2 * MIB):
        made.map(VMEMMAP + at, STRUCTS_PADDR + at % (SHOWN_PAGES * STRUCT))
    return made


def sections(tib: int) -> tuple[bytes, bytes]:
    """mem_section: pointers to roots, and the roots."""
    count = tib * TIB // PAGE // SECTION_PAGES
    per_root = PAGE // SECTION
    roots = b"".join(struct.pack("<QQ", VMEMMAP | SECTION_FLAGS, 0) for _ in range(count))
    first = DIRECT + ROOTS_PADDR + 4 * PAGE
    pointers = b"".join(struct.pack("<Q", first + root * PAGE) for root in range(-(-count // per_root)))
    return pointers.ljust(4 * PAGE, b"\0"), roots


def headers(tib: int) -> tuple[bytes, int]:
    """The ELF header with its notes, and where memory begins in the file."""
    note = struct.pack("<III", 11, len(INFO), 0) + b"VMCOREINFO\0\0" + INFO.encode().ljust(-(-len(INFO) // 4) * 4, b"\0")
    data = 64 * 1024
    notes_at = 64 + 56 * (tib + 1)
    assert notes_at + len(note) <= data
    head = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, tib + 1, 0, 0, 0)
    programs = struct.pack("<IIQQQQQQ", 4, 0, notes_at, 0, 0, len(note), len(note), 4)
    for i in range(tib):
        programs += struct.pack("<IIQQQQQQ", 1, 7, data, DIRECT + i * TIB, i * TIB, TIB, TIB, PAGE)
    return head + programs + note, data


def make(tib: int, out: Path) -> None:
    """Write the vmcore of a machine with @tib TiB, 64 at most."""
    head, data = headers(tib)
    made = tables(tib)
    pointers, roots = sections(tib)
    pieces = {
        0: head,
        data + IMAGE_PADDR + 0x1000: b"Linux\0".ljust(130, b"\0") + b"6.1.0-huge\0",
        data + IMAGE_PADDR + 0x2000: bytes(made.top),
        data + TABLES_PADDR: b"".join(made.pages),
        data + ROOTS_PADDR: pointers + roots,
    }
    with open(out, "wb") as file:
        for at, content in pieces.items():
            file.seek(at)
            file.write(content)
        file.truncate(data + TIB)
    write_structs(out, data + STRUCTS_PADDR)
