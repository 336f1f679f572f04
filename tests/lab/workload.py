# SPDX-License-Identifier: GPL-2.0-or-later
"""Filling a guest's memory before it crashes, so that a dump holds what a machine in use holds.

The small workload costs a second.  The large one is for benchmarks: how well memory compresses, and how a
dump's pages spread over the classes, decides every figure, so it uses real files and real processes.
"""

from pathlib import Path

SMALL = """
dd if=/dev/urandom of=/tmp/cache bs=1M count=40 2>/dev/null
i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i+1)); done
"""

LARGE = """
mkdir -p /sysroot; mount -o ro /dev/vdb /sysroot
mount -t proc proc /sysroot/proc; mount -t devtmpfs dev /sysroot/dev; mount -t tmpfs tmp /sysroot/tmp
cp /content.py /sysroot/tmp/
i=0; while [ $i -lt {processes} ]; do
    chroot /sysroot /usr/bin/python3 /tmp/content.py {megabytes} $i /tmp/ready.$i & i=$((i+1)); done
find /sysroot/usr -xdev -type f -size -64k -exec cat {{}} + > /dev/null
find /sysroot/usr/lib /sysroot/usr/bin -xdev -type f -size +64k -exec cat {{}} + | head -c {cache_mb}m > /dev/null
while [ "$(ls /sysroot/tmp/ready.* 2>/dev/null | wc -l)" -lt {processes} ]; do sleep 1; done
head -c 60m /dev/urandom > /sysroot/tmp/shared
"""

CONTENT = '''
"""Fill MEGABYTES of anonymous memory with what programs keep there, then say so and sleep."""
import json, os, pathlib, random, sys, time, zlib

megabytes, seed, ready = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = random.Random(seed)
files = [p for p in pathlib.Path("/usr/lib/python3").rglob("*.py")] or list(pathlib.Path("/usr/lib").rglob("*.py"))
keep, used = [], 0
while used < megabytes << 20:
    text = rng.choice(files).read_bytes()[:1 << 18]
    part = rng.random()
    if part < 0.35:      # objects: parsed data, pointers and small integers
        made = [{"id": rng.getrandbits(40), "name": w, "flags": [0] * 8} for w in text.decode(errors="replace").split()[:2000]]
        size = 420 * len(made)
    elif part < 0.60:    # text
        made = bytearray(text); size = len(made)
    elif part < 0.75:    # compressed data: will not shrink again
        made = bytearray(zlib.compress(text)); size = len(made)
    elif part < 0.85:    # tables of numbers
        made = bytearray(b"".join((i * 37 + seed).to_bytes(8, "little") for i in range(20000))); size = len(made)
    else:                # buffers that were allocated and never used, written once
        made = bytearray(1 << 17); made[::4096] = bytes(len(made) // 4096); size = len(made)
    keep.append(made); used += size
pathlib.Path(ready).touch()
time.sleep(100000)
'''


def large(memory_mb: int) -> str:
    """The shell lines of the large workload for a guest of @memory_mb, whose /dev/vdb holds `system_tree`'s image."""
    return LARGE.format(processes=4, megabytes=memory_mb // 12, cache_mb=memory_mb // 4)


def system_tree(chroot: Path) -> list[Path]:
    """The directories of a Debian system that the large workload reads."""
    return [chroot / name for name in ("usr", "bin", "lib", "lib64", "etc", "sbin")]
