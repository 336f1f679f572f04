# SPDX-License-Identifier: GPL-2.0-or-later
"""Where dumps go: each crash ends with a whole dump in the right place and a reboot."""

from pathlib import Path

from tests.lab import guest, rows
from tests.lab.rows import check

from . import crashes, dumps

COLLECTOR = "core_collector makedumpfile -l -d 31\n"


def saved(logs: Path, suite: str, kind: str, conf: str, path: str = "") -> str:
    """Crash a guest whose kdump.conf is @conf and check the dump on its disk."""
    data = crashes.data_disk(logs, kind)
    files = {"etc/kdump.conf": conf.format(uuid=data.uuid, label=data.label)}
    machine = guest.Guest(logs, suite, disks=[data], files=files)
    crash = crashes.crash(machine, f"mkdir -p /var/crash/{path}")
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    dumps.check_whole(dumps.fetch(data, logs, path))
    return f"saved {crash.phase('vmcore saved').uptime:.1f} s after the capture kernel's start"


def file_system_row(name: str, group: str, suite: str, kind: str, conf: str, path: str = "") -> rows.Row:
    """A crash dumped to a file system."""
    return rows.Row(name, group, lambda logs: saved(logs, suite, kind, conf, path))


def raw(logs: Path, suite: str) -> str:
    """Dump to a raw device; the next `arm` recovers the dump into `path`."""
    device = guest.Disk(logs / "raw.img", "raw").make()
    data = crashes.data_disk(logs)
    conf = "raw /dev/vda\npath /var/crash\ncore_collector makedumpfile -F -l -d 31\n"
    machine = guest.Guest(logs, suite, disks=[device, data], files={"etc/kdump.conf": conf})
    crash = crashes.crash(machine)
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    with open(device.path, "rb") as stream:
        check(stream.read(12) == b"makedumpfile", "there is no flattened dump on the device")
    with machine.boot("recovery") as system:
        crashes.arm(system)
        system.power_off()
    with open(device.path, "rb") as stream:
        check(stream.read(12) != b"makedumpfile", "the dump on the device would be recovered again")
    recovered = dumps.recovered(data, logs)
    dumps.check_core(recovered)
    return f"recovered {recovered.stat().st_size >> 10} KiB"


ROWS = [
    file_system_row("ext4-uuid", "test", "bookworm", "ext4", "ext4 UUID={uuid}\npath /dumps\n" + COLLECTOR, "dumps"),
    file_system_row("xfs-label", "matrix", "bookworm", "xfs", "xfs LABEL={label}\npath /\n" + COLLECTOR),
    file_system_row("path-only", "matrix", "bookworm", "ext4", "path /var/crash\n"),
    rows.Row("raw-recovery", "test", lambda logs: raw(logs, "bookworm")),
    file_system_row("btrfs-device", "matrix", "bookworm", "btrfs", "btrfs /dev/vda\npath /\n" + COLLECTOR),
    file_system_row("ext4-bullseye", "matrix", "bullseye", "ext4", "ext4 UUID={uuid}\npath /\n" + COLLECTOR),
    file_system_row("ext4-trixie", "matrix", "trixie", "ext4", "ext4 UUID={uuid}\npath /\n" + COLLECTOR),
    file_system_row("ext4-sid", "matrix", "sid", "ext4", "ext4 UUID={uuid}\npath /\n" + COLLECTOR),
]
