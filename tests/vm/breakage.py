# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks that break: I/O errors, write protection, disks that are gone before the dump or in the middle of it.

The disk is healthy when lastword is armed.  Then it is unplugged, and what is plugged in its place, over the same image,
is what the capture kernel finds.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import deaths, guest, rows

from . import crashes, outcomes

PATIENCE_S = 10
CONF = "ext4 UUID={uuid}\npath /\n"
SPARE_UUID = "6d1f4e7a-2222-4b0e-9b39-0f9f6e6a2b22"
EIO, ENOSPC = 5, 28
SECTOR = 512
BAD_EVERY = 4 << 20
DISK_MB = 512


def faulty(kind: str, errno: int, sectors: list[int | None]) -> dict[str, Any]:
    """QEMU's blkdebug: from its start on I/O of that @kind fails, where it touches one of @sectors (None: anywhere)."""
    rule = {"event": "none", "iotype": kind, "errno": errno, "once": False}
    return {"driver": "blkdebug", "inject-error": [rule | ({} if at is None else {"sector": at}) for at in sectors]}


SPOTS: list[int | None] = [at // SECTOR for at in range(66 << 20, DISK_MB << 20, BAD_EVERY)]
"""Sectors that a dump meets, and a log hardly does: it is small."""


@dataclass(frozen=True)
class Breakage:
    """What is plugged in: options of the block node; None for nothing at all.  Then what is expected without a fallback."""

    wrong: str
    node: dict[str, Any] | None = None
    log: bool = False
    part: str | None = ""
    unplugged_at: str = ""
    """The console's words at which the disk goes."""
    parts_beside: str | None = ""
    """Where vmcore-incomplete is when there is a fallback."""
    within: float = 90


RAW: dict[str, Any] = {"driver": "raw"}
BREAKAGES = {
    "disk-missing": Breakage("the disk is not there"),
    "disk-write-protected": Breakage("the disk is write-protected", RAW | {"read-only": True}),
    "disk-unreadable": Breakage("reads of the superblock fail with EIO", faulty("read", EIO, [2])),
    "disk-writes-fail": Breakage("all writes fail with EIO", faulty("write", EIO, [None])),
    "disk-flushes-fail": Breakage("all flushes fail with EIO", faulty("flush", EIO, [None])),
    "disk-bad-spots": Breakage("writes fail with EIO in the middle of the dump", faulty("write", EIO, SPOTS), True, None,
                               parts_beside=None),
    "disk-thin": Breakage("the disk's own store is full in the middle of the dump", faulty("write", ENOSPC, SPOTS), True,
                          None, parts_beside=None),
    "disk-unplugged": Breakage("the disk is unplugged after the log", RAW, True, None, "report saved", None),
}


@dataclass(frozen=True)
class Replugged:
    """A death before which the disk is changed."""

    data: guest.Disk
    node: dict[str, Any] | None
    sign: str = deaths.SYSRQ.sign

    def bring(self, system: guest.System) -> float:
        """Change the disk, then crash; when that was."""
        system.check("umount /var/crash")
        system.monitor("device_del", id="data-disk")
        system.until('"DEVICE_DELETED".*"data-disk"', system.now() + 30, "monitor")
        if self.node is not None:
            file = {"driver": "file", "filename": str(self.data.path)}
            file |= {"read-only": True} if self.node.get("read-only") else {}
            below = "image" if self.node["driver"] == "blkdebug" else "file"
            system.monitor("blockdev-add", **{"node-name": "broken", below: file, **self.node})
            system.monitor("device_add", driver="virtio-blk-pci", id="data-disk", drive="broken", serial="data",
                           werror="report", rerror="report")
            system.check("sleep 2")
        return deaths.SYSRQ.bring(system)


def broken(logs: Path, breakage: Breakage, fallback: bool) -> str:
    """Crash a guest whose disk for dumps is broken, with a second one or without."""
    data = crashes.data_disk(logs, size_mb=DISK_MB)
    places: dict[str, outcomes.Place] = {"disk": (data, "")}
    disks, conf = [data], CONF.format(uuid=data.uuid)
    log, dump, part = "disk" if breakage.log else "", "", breakage.part
    if fallback:
        spare = guest.Disk(logs / "spare.img", "ext4", "/mnt", SPARE_UUID, "spare", DISK_MB).make()
        disks.append(spare)
        conf += f"fallback ext4 UUID={SPARE_UUID}\n"
        places["fallback"] = (spare, "")
        log, dump, part = f"{log} and fallback" if log else "fallback", "fallback", breakage.parts_beside
    machine = guest.Guest(logs, disks=disks, files={"etc/kdump.conf": conf})
    event = None
    if breakage.unplugged_at:
        event = crashes.Event(breakage.unplugged_at, lambda system: system.monitor("device_del", id="data-disk"))
    crash = crashes.crash(machine, append=f"lastword.patience={PATIENCE_S}", event=event,
                          death=Replugged(data, breakage.node))
    return outcomes.judge(logs, crash, outcomes.Expected(breakage.wrong, log, dump, part, breakage.within), places)


def row(name: str, breakage: Breakage, fallback: bool) -> rows.Row:
    """A breakage, alone or with a fallback."""
    return rows.Row(f"{name}-fallback" if fallback else name, "matrix", lambda logs: broken(logs, breakage, fallback))


ROWS = [row(name, breakage, fallback) for name, breakage in BREAKAGES.items() for fallback in (False, True)]
