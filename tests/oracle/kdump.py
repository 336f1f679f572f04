# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading the kdump-compressed format: just enough to say which pages a dump has, and how they are stored.

Offsets: makedumpfile's diskdump_mod.h, struct disk_dump_header and kdump_sub_header, LP64.
"""

import array
import collections
import struct
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Dump:
    """What a dump holds; both sets are bit maps by page frame number, in one large integer."""

    saved: int
    zero: int
    """Of the saved pages, those that share one descriptor target: pages that were found to be all zeros."""


def read(path: Path) -> Dump:
    """Read the second bitmap and the page descriptors of @path."""
    with open(path, "rb") as file:
        header = file.read(464)
        if header[:8] != b"KDUMP   ":
            raise ValueError(f"{path}: not a kdump-compressed file")
        block, sub_blocks, bitmap_blocks = struct.unpack_from("<iiI", header, 428)
        half = bitmap_blocks * block // 2
        file.seek((1 + sub_blocks) * block + half)
        saved = int.from_bytes(file.read(half), "little")
        count = saved.bit_count()
        descriptors = array.array("Q")
        descriptors.frombytes(file.read(count * 24))
    offsets = descriptors[0::3]
    shared = {offset for offset, uses in collections.Counter(offsets).items() if uses > 1}
    zero = 0
    if shared:
        bits = bytearray(half)
        for pfn, offset in zip(pages(saved), offsets):
            if offset in shared:
                bits[pfn >> 3] |= 1 << (pfn & 7)
        zero = int.from_bytes(bits, "little")
    return Dump(saved, zero)


def pages(bitmap: int) -> list[int]:
    """The page frame numbers in @bitmap, ascending."""
    found = []
    for index, byte in enumerate(bitmap.to_bytes((bitmap.bit_length() + 7) // 8, "little")):
        while byte:
            low = byte & -byte
            found.append(index * 8 + low.bit_length() - 1)
            byte ^= low
    return found
