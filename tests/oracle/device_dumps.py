# SPDX-License-Identifier: GPL-2.0-or-later
"""Device dumps of drivers (vmcoredd): through our filter as through makedumpfile's, byte for byte, and into crash.

None of Debian's kernels is built with CONFIG_PROC_VMCORE_DEVICE_DUMP, so the notes are put into a real vmcore.
"""

import struct
import subprocess
from pathlib import Path

from tests.lab import kernels, oracle, rows
from tests.lab.rows import check

from . import references

PROGRAM_HEADER = "<IIQQQQQQ"
PT_NOTE, NT_VMCOREDD = 4, 0x700
NAMES = ("cxgb4_0000:02:00.4", "eth1")


def contents() -> tuple[bytes, bytes]:
    """What the two devices dump: more than a note may have that is kept in memory, and a size that is no multiple of 4."""
    return bytes(range(256)) * (24 << 12), bytes(reversed(range(256))) * 17 + b"end"


def note(name: str, data: bytes) -> bytes:
    """A note as fs/proc/vmcore.c writes it."""
    header = struct.pack("<III8s44s", 8, 44 + len(data), NT_VMCOREDD, b"LINUX", name.encode())
    return header + data + bytes(-len(data) % 4)


def with_dumps(vmcore: Path, out: Path) -> Path:
    """A copy of a vmcore with both notes in front of its own, as the kernel has them."""
    subprocess.run(["cp", "--sparse=always", vmcore, out], check=True)
    with open(out, "r+b") as file:
        header = file.read(64)
        (table,), (count,) = struct.unpack_from("<Q", header, 32), struct.unpack_from("<H", header, 56)
        for at in range(table, table + 56 * count, 56):
            file.seek(at)
            kind, flags, offset, vaddr, paddr, size, *rest = struct.unpack(PROGRAM_HEADER, file.read(56))
            if kind == PT_NOTE:
                break
        file.seek(offset)
        notes = b"".join(map(note, NAMES, contents())) + file.read(size)
        end = (file.seek(0, 2) + 4095) & ~4095
        file.seek(end)
        file.write(notes)
        file.seek(at)
        file.write(struct.pack(PROGRAM_HEADER, kind, flags, end, vaddr, paddr, len(notes), len(notes), *rest[1:]))
    return out


def row(suite: str) -> rows.Row:
    """Our dump and makedumpfile's hold the same, for us and for crash."""

    def run(logs: Path) -> str:
        vmcore = with_dumps(references.dump(suite), logs / "with-dumps.elf")
        ours, theirs = logs / "ours.kdump", logs / "theirs.kdump"
        references.lastword("save", "-f", "-l", "-d", "31", vmcore, ours)
        done = oracle.run("makedumpfile", "-f", "-l", "-d", "31", vmcore, theirs)
        check(done.returncode == 0, f"makedumpfile: {done.stdout}{done.stderr}")
        for dump in (ours, theirs):
            listed = references.lastword("info", dump).stdout
            check(all(f"{name}, " in listed for name in NAMES), f"info does not list the device dumps: {listed}")
            for index, wanted in enumerate(contents()):
                found = [logs / f"{dump.stem}.{index}.{who}" for who in ("lastword", "crash")]
                references.lastword("crash", dump, "dev", "-v", str(index), found[0])
                oracle.run("crash", "-s", kernels.vmlinux(suite), dump, given=f"dev -v {index} {found[1]}\nquit\n")
                for file in found:
                    check(file.read_bytes() == wanted, f"{file.name} is not what the device dumped")
        vmcore.unlink()
        return f"{len(NAMES)} device dumps"

    return rows.Row(f"device-dumps-{suite}", "matrix", run)


ROWS = [row("bookworm")]
