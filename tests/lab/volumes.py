# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest needs to make and to open LVM volumes, md arrays and file systems, before the crash and after it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from . import initramfs

LVM_CONF = """devices { dir="/dev" scan="/dev" use_devicesfile=0 obtain_device_list_from_udev=0 external_device_info_source="none" }
activation { udev_sync=0 udev_rules=0 verify_udev_operations=1 monitoring=0 }
global { use_lvmlockd=0 use_lvmpolld=0 event_activation=0 }
"""
"""No udev, no daemons."""

FORMATS = {
    "ext4": "mkfs.ext4 -q -F", "ext2": "mkfs.ext4 -q -F -t ext2", "f2fs": "mkfs.f2fs -q -f", "minix": "mkfs.minix -3",
}
"""The command that makes a file system of a type."""

PROGRAMS = ["lvm", "dmsetup", "mdadm", "mkfs.ext4", "mkfs.f2fs", "jfs_mkfs", "mkfs.minix"]


def files() -> Mapping[str, str | Path]:
    """The host's programs with their libraries, for `Guest.files`."""
    found: dict[str, str | Path] = {"etc/lvm/lvm.conf": LVM_CONF, "etc/mke2fs.conf": Path("/etc/mke2fs.conf")}
    for name in PROGRAMS:
        program = Path(str(shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")))
        found[f"usr/sbin/{name}"] = program
        found.update({str(library).lstrip("/"): library for library in initramfs.libraries(program)})
    return found
