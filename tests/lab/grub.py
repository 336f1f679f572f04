# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Debian that starts as a machine does: firmware, GRUB in the disk's first sector, its own kernel, systemd.

The disk is made once: debootstrap, then a first boot from QEMU's -kernel in which GRUB installs itself.  A system booted
from it answers on its second serial port as those of guest.py do, across any number of reboots.
"""

import contextlib
import hashlib
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import apt, disk, guest, paths, qemu

SIZE_MB = 4096
MEMORY_MB = 1536
SECTOR = 512
PARTITION_AT = 2048
"""In sectors."""
PACKAGES = ["systemd-sysv", "udev", "dbus", "linux-image-amd64", "initramfs-tools", "zstd", "grub-pc", "kmod", "procps", "iproute2", "ca-certificates"]
BOOT_DEADLINE = 400.0
"""Seconds; about 40 under emulation on an idle machine."""

LOOP = """#!/bin/sh
exec < /dev/ttyS1 > /dev/ttyS1 2>&1
stty -F /dev/ttyS1 -echo -opost
echo 'lab: ready'
while read -r command; do
    sh -c "$command" < /dev/null
    printf '\\nlab: status %d\\n' $?
done
"""
UNIT = """[Unit]
Description=the lab's commands
After=multi-user.target
[Service]
Type=idle
Environment=PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C
ExecStart=/bin/sh /lab
SendSIGHUP=yes
[Install]
WantedBy=multi-user.target
"""
GRUB = """GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="console=ttyS0 no_timer_check"
GRUB_TERMINAL=console
GRUB_DISABLE_OS_PROBER=true
"""
FILES = {
    "etc/systemd/system/lab.service": UNIT,
    "etc/default/grub": GRUB,
    "etc/fstab": "/dev/vda1 / ext4 defaults 0 1\n",
    "etc/hostname": "grub\n",
    "etc/kernel-img.conf": "do_symlinks = yes\nrelative_links = yes\n",
    "etc/machine-id": "",
    "lab": LOOP,
}
NO_SERIAL_LOGIN = "etc/systemd/system/serial-getty@ttyS1.service"


@dataclass(frozen=True)
class Disk:
    """A disk with such a system."""

    image: Path

    def boot(self, log_dir: Path, name: str, memory_mb: int = MEMORY_MB, kernel: Path | None = None,
             options: Sequence[str] = ()) -> "System":
        """Start it, from its boot loader unless @kernel is there; it may restart.  To be used in a `with` statement.

        @options are further words for QEMU.
        """
        initrd = kernel and kernel.with_name(kernel.name.replace("vmlinuz", "initrd.img"))
        machine = qemu.Machine(kernel, initrd, "root=/dev/vda1", memory_mb, drives=[qemu.Drive(self.image, "root")],
                               restarts=True, options=list(options))
        return System(machine, log_dir, name)

    @contextlib.contextmanager
    def mounted(self, read_only: bool = True) -> Iterator[Path]:
        """A directory with its root."""
        with disk.mounted(self.image, read_only, offset=PARTITION_AT * SECTOR) as root:
            yield root


class System(guest.System):
    """A booted one."""

    def __enter__(self) -> "System":
        qemu.Run.__enter__(self)
        self.booted()
        return self

    def booted(self) -> qemu.Line:
        """Wait until it is up, the first or another time."""
        return self.until("^lab: ready", self.now() + BOOT_DEADLINE, "report")

    def reboot(self) -> qemu.Line:
        """Restart it in an orderly way, through its boot loader."""
        self.write("systemctl reboot")
        return self.booted()

    def power_off(self) -> None:
        self.write("systemctl poweroff")
        self.finish(self.now() + BOOT_DEADLINE)


def prepared(suite: str, packages: Sequence[str]) -> Disk:
    """A disk with @suite, and with the archives of @packages and what they need in apt's cache; not to be written to."""
    wanted = " ".join([*PACKAGES, *packages, *FILES.values()])
    image = paths.cache("grub", f"{suite}-{hashlib.sha256(wanted.encode()).hexdigest()[:8]}.img")
    with paths.locked(image):
        if not image.exists():
            with paths.made_whole(image) as partial, paths.scratch("grub") as scratch:
                kernel = _install(suite, packages, scratch, partial)
                with Disk(partial).boot(scratch, "first", kernel=kernel) as system:
                    system.check("grub-install /dev/vda 2>&1 && update-grub 2>&1", 300)
                    system.power_off()
    return Disk(image)


def copy(suite: str, packages: Sequence[str], into: Path) -> Disk:
    """A disk of one's own below @into."""
    subprocess.run(["cp", "--sparse=always", prepared(suite, packages).image, into / "root.img"], check=True)
    return Disk(into / "root.img")


def _install(suite: str, packages: Sequence[str], scratch: Path, image: Path) -> Path:
    """Fill a new disk; its kernel, beside its initrd, outside of it."""
    tree = scratch / "tree"
    include = "--include=" + ",".join(PACKAGES)
    words: list[str | Path] = ["debootstrap", "--variant=minbase", include, suite, tree, apt.mirror()]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    for path, text in FILES.items():
        (tree / path).write_text(text, encoding="utf-8")
    (tree / NO_SERIAL_LOGIN).symlink_to("/dev/null")
    (tree / "etc/systemd/system/multi-user.target.wants/lab.service").symlink_to("/etc/systemd/system/lab.service")
    apt_get: list[str | Path] = ["chroot", tree, "apt-get", "-qq", "-y"]
    subprocess.run([*apt_get, "update"], check=True, capture_output=True)
    subprocess.run([*apt_get, "--download-only", "install", *packages], check=True, capture_output=True)
    for name in ("vmlinuz", "initrd.img"):
        (scratch / name).write_bytes(next((tree / "boot").glob(f"{name}-*")).read_bytes())
    disk.blank(image, SIZE_MB)
    with open(image, "r+b") as file:
        file.seek(446)
        size = SIZE_MB * disk.MIB // SECTOR - PARTITION_AT
        file.write(struct.pack("<B3sB3sII", 0x80, b"\xff" * 3, 0x83, b"\xff" * 3, PARTITION_AT, size))
        file.seek(510)
        file.write(b"\x55\xaa")
    blocks = (SIZE_MB * disk.MIB - PARTITION_AT * SECTOR) // 4096
    make: list[str | Path] = ["mkfs.ext4", "-q", "-F", "-b", "4096", "-E", f"offset={PARTITION_AT * SECTOR}", "-d", tree, image, str(blocks)]
    subprocess.run(make, check=True)
    return scratch / "vmlinuz"
