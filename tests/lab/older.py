# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump of an earlier crash, put where the next one will be saved: it must stay as it is, bit for bit.

`tests.vm.crashes.crash` does this for every crash: in the directories that kdump.conf names on each disk, and in the
stores of the servers of tests/lab while they run.  Disks that the host cannot mount take `shell_put` and `shell_check`.
"""

import contextlib
import hashlib
import itertools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import disk, guest
from .rows import check

NAME = "127.0.0.1-2026-11-01-03:14:07"
LINES = {"vmcore": 8000, "vmcore-dmesg.txt": 1000, "report.txt": 100, "report.json": 200, "kexec-dmesg.log": 500}
"""The files, each with the numbers from 1 up to this one, a line each: what `seq` prints."""
MODE = 0o700


def _content(last: int) -> bytes:
    return b"".join(b"%d\n" % number for number in range(1, last + 1))


SUMS = {name: hashlib.sha256(_content(last)).hexdigest() for name, last in LINES.items()}


def put(directory: Path) -> None:
    """Make the older dump in @directory, which is made where it is not there."""
    dump = directory / NAME
    dump.mkdir(parents=True)
    dump.chmod(MODE)
    for name, last in LINES.items():
        (dump / name).write_bytes(_content(last))
        (dump / name).chmod(0o600)


def verify(directory: Path) -> None:
    """Each file of the older dump is there, is as it was, and has got no company."""
    dump = directory / NAME
    check(dump.is_dir(), f"the older dump is gone from {directory}; there are {sorted(os.listdir(directory))}")
    names = sorted(file.name for file in dump.iterdir())
    check(names == sorted(SUMS), f"the older dump's directory holds {names}")
    for name, digest in SUMS.items():
        found = (dump / name).read_bytes()
        check(hashlib.sha256(found).hexdigest() == digest, f"the older dump's {name} is damaged: {len(found)} bytes")


def shell_put(directory: str) -> str:
    """A shell command for a guest that does the same."""
    files = "; ".join(f"seq 1 {last} > {name}" for name, last in LINES.items())
    return f"(umask 077; mkdir -p {directory}/{NAME} && cd {directory}/{NAME} && {{ {files}; sync; }})"


def shell_check(directory: str) -> str:
    """A shell command for a guest that fails when the older dump is not as it was."""
    sums = "; ".join(f"echo '{digest}  {name}'" for name, digest in SUMS.items())
    return f"(cd {directory}/{NAME} && {{ {sums}; }} | sha256sum -c)"


_shared: list[Path] = []
"""What servers on this machine give to guests now."""


@contextlib.contextmanager
def shared(directory: Path) -> Iterator[None]:
    """A server gives @directory to guests: `crash` puts older dumps into it."""
    _shared.append(directory)
    try:
        yield
    finally:
        _shared.remove(directory)


def _in_shared() -> Iterator[Path]:
    """Where dumps may go in them: the directory itself, or the directories in it that are no dumps."""
    for directory in _shared:
        inside = [entry for entry in directory.iterdir() if entry.is_dir() and ":" not in entry.name]
        yield from inside or [directory]


def _on_disks(disks: Sequence[guest.Disk], conf: str, read_only: bool) -> Iterator[Path]:
    """The directories on each disk, one mounted after the other, that kdump.conf sends dumps to."""
    named = re.findall(r"^path\s+(\S+)|^fallback\s.*\s(/\S*)$", conf, re.MULTILINE)
    for data in disks:
        if data.kind not in disk.MAKERS:
            continue
        inside = {(path or spare).removeprefix(data.mount or "/").strip("/") for path, spare in named}
        with disk.mounted(data.path, read_only) as root:
            yield from (root / path for path in sorted(inside or {""}))


@contextlib.contextmanager
def kept(machine: guest.Guest) -> Iterator[None]:
    """Older dumps are put wherever the guest's dumps may go, and must still be there afterwards."""
    conf = machine.files.get("etc/kdump.conf", "")
    text = conf.read_text(encoding="utf-8") if isinstance(conf, Path) else conf
    for directory in itertools.chain(_on_disks(machine.disks, text, False), _in_shared()):
        if not (directory / NAME).exists():
            put(directory)
    yield
    for directory in itertools.chain(_on_disks(machine.disks, text, True), _in_shared()):
        verify(directory)
