# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages in a dump and what is in them: kdump-compressed files, one or several parts, and ELF cores.

Written for the comparison with makedumpfile alone: it reads nothing with lastword.
"""

import ctypes
import functools
import mmap
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import kdump

PAGE = 4096
_PLAIN = ctypes.create_string_buffer(PAGE)
ZERO_CHECK = zlib.crc32(bytes(PAGE))
ZLIB, LZO, SNAPPY, ZSTD = 0x1, 0x2, 0x4, 0x20


def pages(paths: Sequence[Path], every: int = 1) -> dict[int, bytes]:
    """The content of each @every-th page that the dump has, by page frame number."""
    return dict(_each(paths, every))


def checksums(paths: Sequence[Path], every: int = 1) -> dict[int, int]:
    """The same as checksums, never 0."""
    return {pfn: zlib.crc32(page) or 1 for pfn, page in _each(paths, every)}


def numbers(paths: Sequence[Path]) -> list[int]:
    """The pages that the dump has."""
    found: list[int] = []
    for path in paths:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found += (pfn for pfn, _ in _segments(data)) if data[:4] == b"\x7fELF" else _kept(data)[0]
    return found


def _each(paths: Sequence[Path], every: int) -> Iterator[tuple[int, bytes]]:
    for path in paths:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield from (_elf if data[:4] == b"\x7fELF" else _kdump)(data, every)


def _segments(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Page frame numbers and offsets."""
    start, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    for index in range(count):
        kind, _, offset, _, paddr, stored = struct.unpack_from("<IIQQQQ", data, start + 56 * index)
        if kind == 1:
            for pfn in range(-(-paddr // PAGE), (paddr + stored) // PAGE):
                yield pfn, offset + pfn * PAGE - paddr


def _elf(data: mmap.mmap, every: int) -> Iterator[tuple[int, bytes]]:
    for pfn, at in _segments(data):
        if pfn % every == 0:
            yield pfn, data[at:at + PAGE]


def _kept(data: mmap.mmap) -> tuple[list[int], int]:
    """The pages of the second bitmap that are this file's, and where their descriptors are."""
    block, sub_blocks, bitmap_blocks = struct.unpack_from("<iiI", data, 428)
    split, = struct.unpack_from("<i", data, block + 12)
    first, end = struct.unpack_from("<QQ", data, block + 80)
    half = bitmap_blocks * block // 2
    at = (1 + sub_blocks) * block + half
    kept = kdump.pages(int.from_bytes(data[at:at + half], "little"))
    return [pfn for pfn in kept if not split or first <= pfn < end], at + half


def _kdump(data: mmap.mmap, every: int) -> Iterator[tuple[int, bytes]]:
    kept, at = _kept(data)
    descriptors = struct.iter_unpack("<QIIQ", data[at:at + 24 * len(kept)])
    for pfn, (offset, size, flags, _) in zip(kept, descriptors):
        if pfn % every == 0:
            yield pfn, _unpack(data[offset:offset + size], flags)


def _unpack(packed: bytes, flags: int) -> bytes:
    if flags == 0:
        return packed
    if flags == ZLIB:
        return zlib.decompress(packed)
    length = ctypes.c_size_t(PAGE)
    if flags == LZO:
        failed = _library("liblzo2.so.2").lzo1x_decompress_safe(packed, len(packed), _PLAIN, ctypes.byref(length), None)
    elif flags == SNAPPY:
        failed = _library("libsnappy.so.1").snappy_uncompress(
            packed, ctypes.c_size_t(len(packed)), _PLAIN, ctypes.byref(length))
    elif flags == ZSTD:
        library = _library("libzstd.so.1")
        library.ZSTD_decompress.restype = ctypes.c_size_t
        failed = library.ZSTD_decompress(_PLAIN, length, packed, ctypes.c_size_t(len(packed))) != PAGE
    else:
        raise ValueError(f"page flags {flags:#x}")
    if failed or length.value != PAGE:
        raise ValueError("a page does not unpack")
    return _PLAIN.raw


@functools.cache
def _library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(name)
