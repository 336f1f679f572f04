# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword setup --target`: an empty disk becomes the target of a dump; one that is not empty stays as it is."""

import hashlib
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

from tests.lab import disk, guest, initramfs, nfs, rows
from tests.lab.rows import check

from . import crashes, dumps, network

SETUP = "lastword setup --no-bootloader --no-service --no-sysctl"


def tools() -> dict[str, str | Path]:
    """What makes file systems, from the host."""
    files: dict[str, str | Path] = {}
    for name in ("mkfs.xfs", "mkfs.ext4"):
        program = Path(shutil.which(name) or f"/usr/sbin/{name}").resolve()
        files[f"usr/sbin/{name}"] = program
        files |= {str(library): library for library in initramfs.libraries(program)}
    return files


def row_format(fstype: str) -> rows.Row:
    """An empty disk is formatted, written into both files, mounted, armed; the dump is there."""

    def run(logs: Path) -> str:
        data = guest.Disk(logs / "data.img", "raw", size_mb=512).make()
        machine = guest.Guest(logs, disks=[data], files=tools())
        device = "/dev/$(grep -l data /sys/block/vd*/serial | cut -d/ -f4)"
        # The size is not known before there is a target, which a dry run says with its exit status.
        prepare = (
            f"{SETUP} --dry-run --target {device} --format {fstype}; ! grep -q UUID /etc/kdump.conf && "
            f"{SETUP} --target {device} --format {fstype} && "
            f"grep -q '^{fstype} UUID=' /etc/kdump.conf && grep -q '/var/crash {fstype}' /etc/fstab && "
            f"grep -q ' /var/crash {fstype}' /proc/mounts && "
            f"{SETUP} --target {device} --format {fstype} && lastword disarm"
        )
        crash = crashes.crash(machine, prepare, older_dump=False)
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dumps.check_log(dumps.fetch(data, logs))
        return crash.armed.splitlines()[0]

    return rows.Row(f"setup-target-{fstype}", "matrix", run)


def partition_table(path: Path) -> None:
    """One partition of Linux."""
    disk.blank(path, 128)
    with open(path, "r+b") as image:
        image.seek(446)
        image.write(struct.pack("<8B2I2x", 0, 0, 2, 0, 0x83, 0, 0, 0, 2048, 65536)[:16] + bytes(48) + b"\x55\xaa")


def lvm(path: Path) -> None:
    """The label of a physical volume."""
    disk.blank(path, 128)
    with open(path, "r+b") as image:
        image.seek(512)
        image.write(b"LABELONE" + struct.pack("<QII", 1, 0, 32) + b"LVM2 001")


def raw_dump(path: Path) -> None:
    """Something that no tool knows."""
    disk.blank(path, 128)
    with open(path, "r+b") as image:
        image.write(b"makedumpfile\0\0\0\0")


def ext4(path: Path) -> None:
    """A file system."""
    disk.formatted(path, 128, "ext4", "11111111-2222-3333-4444-555555555555", "mine")


FULL: dict[str, tuple[Callable[[Path], None], str]] = {
    "ext": (ext4, "holds ext4"), "table": (partition_table, "is used by"), "volume": (lvm, "LVM2_member"),
    "dump": (raw_dump, "data of an unknown kind"),
}


def digest(path: Path) -> str:
    """The content of an image."""
    with open(path, "rb") as image:
        return hashlib.file_digest(image, "sha256").hexdigest()


def refuses(logs: Path) -> str:
    """What is not empty is not formatted, with or without --force where its content is known."""
    disks = []
    for name, (make, _) in FULL.items():
        make(logs / f"{name}.img")
        disks.append(guest.Disk(logs / f"{name}.img", "raw"))
    before = {d.path: digest(d.path) for d in disks}
    with guest.Guest(logs, disks=disks, files=tools()).boot() as system:
        for name, (_, words) in FULL.items():
            device = f"/dev/$(grep -l {name} /sys/block/vd*/serial | cut -d/ -f4)"
            for force in ("", "--force") if name != "dump" else ("",):
                for fstype in ("xfs", "ext4"):
                    done = system.run(f"{SETUP} {force} --target {device} --format {fstype} 2>&1")
                    check(done.status == 1 and words in done.output, f"{name}: {done}")
        check(system.run("grep UUID /etc/kdump.conf").status != 0, "a refused target is in kdump.conf")
        system.power_off()
    changed = [path.name for path, content in before.items() if digest(path) != content]
    check(not changed, f"refused, but written to: {changed}")
    return ""


def over_nfs(logs: Path) -> str:
    """A directory that root cannot write to is refused before any file is; one that takes a file gets the dump."""
    target = f"{SETUP} --target nfs:{nfs.ADDRESS}:{nfs.SHARE}"
    with nfs.Server(logs / "squashed", squash="Root_Squash") as server:
        server.export.chmod(0o755)
        with guest.Guest(logs, options=server.options()).boot("squashed") as system:
            system.check(network.NETWORK)
            done = system.run(f"{target} 2>&1")
            check(done.status == 1 and "root cannot write there" in done.output, f"squashed root, but {done}")
            check(system.run("grep nfs /etc/kdump.conf").status != 0, "a refused target is in kdump.conf")
    with nfs.Server(logs / "server") as server:
        machine = guest.Guest(logs, options=server.options())
        crash = crashes.crash(machine, f"{network.NETWORK} && {target} && lastword disarm")
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dumps.check_whole(dumps.only(server.export, network.ADDRESS))
    return crash.armed.splitlines()[0]


ROWS = [
    rows.Row("setup-target-nfs", "matrix", over_nfs), row_format("xfs"), row_format("ext4"),
    rows.Row("setup-target-refuses", "matrix", refuses),
]
