# SPDX-License-Identifier: GPL-2.0-or-later
"""How small a reservation does, beside Debian 12's kdump-tools 1.8.1 in the same kind of guest (docs/crashkernel.md)."""

from collections.abc import Callable
from pathlib import Path

from tests.lab import guest, nfs, qemu, rows, ssh
from tests.lab.rows import check

from . import crashes, dumps, network

KDUMP_TOOLS_SMALLEST_MB = 116
SMALLEST_RANGE_MB = (56, 128)
STEP_MB = 4
MEMORY_MB = 1024


def capture(logs: Path, crashkernel: str, memory_mb: int = MEMORY_MB) -> crashes.Crash:
    """Crash a guest that dumps to a disk, and check its dump."""
    data = crashes.data_disk(logs)
    conf = {"etc/kdump.conf": f"ext4 UUID={data.uuid}\npath /\n"}
    machine = guest.Guest(logs, memory_mb=memory_mb, crashkernel=crashkernel, disks=[data], files=conf)
    crash = crashes.crash(machine)
    dumps.check_whole(dumps.fetch(data, logs / crashkernel))
    return crash


def capture_nfs(logs: Path, crashkernel: str) -> crashes.Crash:
    """One that dumps to an NFS server."""
    with nfs.Server(logs / f"server-{crashkernel}") as server:
        (server.export / "dumps").mkdir()
        files = {"etc/kdump.conf": network.CONF}
        machine = guest.Guest(logs, memory_mb=MEMORY_MB, crashkernel=crashkernel, files=files, options=server.options())
        crash = crashes.crash(machine, network.NETWORK)
        dumps.check_whole(dumps.only(server.export / "dumps"))
        return crash


def capture_ssh(logs: Path, crashkernel: str) -> crashes.Crash:
    """One that dumps to an SSH server."""
    with ssh.Server(logs / f"server-{crashkernel}") as server:
        files = server.files() | {"etc/kdump.conf": f"ssh root@{ssh.ADDRESS}\npath {server.store}\n"}
        machine = guest.Guest(logs, memory_mb=MEMORY_MB, crashkernel=crashkernel, files=files, options=server.options("off"))
        crash = crashes.crash(machine, network.NETWORK)
        dump = dumps.only(server.store)
        dumps.check_core(dump / "vmcore.flat", dump / dumps.LOG)
        return crash


def saves(logs: Path, crashkernel_mb: int, how: Callable[[Path, str], crashes.Crash]) -> bool:
    """False if lastword refuses the reservation or the capture fails; the reason is kept in @logs."""
    try:
        how(logs, f"{crashkernel_mb}M")
    except (qemu.MachineError, rows.Failure) as fault:
        (logs / f"{crashkernel_mb}M.reason").write_text(f"{fault}\n", encoding="utf-8")
        return False
    return True


def smallest(logs: Path, goal_mb: int, how: Callable[[Path, str], crashes.Crash]) -> str:
    """Bisect the smallest crashkernel= with which a dump is saved."""
    too_small, enough = SMALLEST_RANGE_MB
    check(saves(logs, enough, how), f"no dump even with {enough}M")
    while enough - too_small > STEP_MB:
        middle = (too_small + enough) // 2 // STEP_MB * STEP_MB
        if saves(logs, middle, how):
            enough = middle
        else:
            too_small = middle
    check(enough <= goal_mb, f"the smallest crashkernel= is {enough}M, the goal {goal_mb}M")
    reason = (logs / f"{too_small}M.reason").read_text(encoding="utf-8").strip()
    return f"crashkernel={enough}M is enough (kdump-tools: {KDUMP_TOOLS_SMALLEST_MB}M on a disk); with {too_small}M: {reason}"


ROWS = [
    rows.Row("smallest-crashkernel", "matrix", lambda logs: smallest(logs, 88, capture)),
    rows.Row("smallest-crashkernel-nfs", "matrix", lambda logs: smallest(logs, 96, capture_nfs)),
    rows.Row("smallest-crashkernel-ssh", "matrix", lambda logs: smallest(logs, 104, capture_ssh)),
]
