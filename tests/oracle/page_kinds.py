# SPDX-License-Identifier: GPL-2.0-or-later
"""Say what pages were: python3 page_kinds.py VMCORE < PFNS > JSON, run where drgn is.

Reads struct page through drgn's own address translation and vmcoreinfo alone (no debugging symbols), by the
rules of include/linux/page-flags.h; nothing here comes from lastword or from makedumpfile.
"""

import json
import sys

import drgn  # pylint: disable=import-error

PAGE_TYPES = ("BUDDY", "OFFLINE", "HUGETLB", "SLAB", "UNACCEPTED")
NO_TYPE = 0xFFFFFFFF


class Pages:
    """The struct pages of a dump."""

    def __init__(self, path: str) -> None:
        self._prog = drgn.Program()
        self._prog.set_core_dump(path)
        text = self._prog["VMCOREINFO"].string_().decode()
        self._info = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        self._section_bits = int(self._info["NUMBER(SECTION_SIZE_BITS)"])
        self._size = int(self._info["SIZE(page)"])
        self._roots = int(self._info["SYMBOL(mem_section)"], 16)
        self._section_size = int(self._info["SIZE(mem_section)"])

    def _offset(self, member: str) -> int:
        return int(self._info[f"OFFSET(page.{member})"])

    def _number(self, name: str) -> int | None:
        value = self._info.get(f"NUMBER({name})")
        return None if value is None else int(value, 0)

    def _has_flag(self, flags: int, name: str) -> bool:
        bit = self._number(name)
        return bit is not None and bool(flags >> bit & 1)

    def address(self, pfn: int) -> int:
        """Where page @pfn's struct page is."""
        section = pfn >> (self._section_bits - 12)
        per_root = 4096 // self._section_size
        root = self._prog.read_u64(self._roots + section // per_root * 8)
        member = int(self._info["OFFSET(mem_section.section_mem_map)"])
        encoded = int(self._prog.read_u64(root + section % per_root * self._section_size + member))
        return (encoded & ~0x1F) + pfn * self._size

    def kind(self, pfn: int) -> str:
        """A few words for what page @pfn was."""
        kind = self._kind_at(self.address(pfn))
        return "in a free block" if kind == "unused" and self._in_free_block(pfn) else kind

    def _in_free_block(self, pfn: int) -> bool:
        # Only a free block's first page is marked; its `private` is the block's order.
        for order in range(1, int(self._info["LENGTH(zone.free_area)"])):
            first = self.address(pfn >> order << order)
            if self._kind_at(first) == "buddy" and self._prog.read_u64(first + self._offset("private")) >= order:
                return True
        return False

    def _kind_at(self, page: int) -> str:
        name = "compound_head" if "OFFSET(page.compound_head)" in self._info else "compound_info"
        compound = self._prog.read_u64(page + self._offset(name))
        if compound & 1:
            # 7.1: the member may hold a mask that leads from the tail's address to the head's.
            is_mask = compound >> 36 == (1 << 28) - 1
            head = page & (compound - 1) if is_mask else compound - 1
            return "tail of " + self._kind_at(head)
        flags = self._prog.read_u64(page + self._offset("flags"))
        mapping = self._prog.read_u64(page + self._offset("mapping"))
        mapcount = self._prog.read_u32(page + self._offset("_mapcount"))
        if self._has_flag(flags, "PG_hwpoison"):
            return "hwpoison"
        for word in PAGE_TYPES:
            value = self._number(f"PAGE_{word}_MAPCOUNT_VALUE")
            if value is not None and _is_type(mapcount, value & 0xFFFFFFFF):
                return word.lower()
        if self._has_flag(flags, "PG_slab"):
            return "slab"
        if mapping & 1:
            return "anonymous"
        if self._has_flag(flags, "PG_lru"):
            return "cache, private" if self._has_flag(flags, "PG_private") else "cache"
        if self._has_flag(flags, "PG_swapcache") and self._has_flag(flags, "PG_swapbacked"):
            return "swap cache"
        if self._is_old_hugetlb(page, flags):
            return "hugetlb"
        if mapcount != NO_TYPE:
            return f"kernel, type {mapcount:#x}"
        return "kernel" if self._prog.read_u32(page + self._offset("_refcount")) else "unused"

    def _is_old_hugetlb(self, head: int, flags: int) -> bool:
        # Until 6.5 the second page of a compound page names its destructor.
        destructor, head_mask = self._number("HUGETLB_PAGE_DTOR"), self._number("PG_head_mask")
        member = self._info.get("OFFSET(page.compound_dtor)")
        if destructor is None or member is None or not flags & (head_mask or 0):
            return False
        return bool(self._prog.read_u8(head + self._size + int(member)) == destructor)


def _is_type(mapcount: int, value: int) -> bool:
    # Since 6.12 the type is the top byte and the rest may hold anything; before, the whole word is compared.
    return mapcount >> 24 == value >> 24 if not value & 0xFFFFFF else mapcount == value


def main() -> None:
    """Answer for the page frame numbers on standard input."""
    pages = Pages(sys.argv[1])
    json.dump({pfn: pages.kind(int(pfn)) for pfn in sys.stdin.read().split()}, sys.stdout)


main()
