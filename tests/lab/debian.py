# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Debian system with systemd and kdump-tools, as its users have it: the incumbent, on its own ground.

The image is made once: debootstrap, then a first boot in which kdump-tools makes its capture image.  A boot runs
the shell script /lab once everything else is up.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import apt, disk, initramfs, paths, qemu

SUITE = "bookworm"
SIZE_MB = 4096
MEMORY_MB = 2048
PACKAGES = ["systemd-sysv", "udev", "kdump-tools", "linux-image-amd64", "initramfs-tools", "zstd", "ifupdown", "iproute2", "procps",
            "makedumpfile", "nfs-common", "openssh-client"]
FIRST_BOOT_DEADLINE = 600.0
"""Seconds; kdump-tools' first start takes about 70 of them under emulation."""

KDUMP_TOOLS = """USE_KDUMP=1
KDUMP_KERNEL=/var/lib/kdump/vmlinuz
KDUMP_INITRD=/var/lib/kdump/initrd.img
KDUMP_COREDIR="/var/crash"
"""
"""Of /etc/default/kdump-tools, as it is installed."""

UNIT = """[Unit]
Description=what the lab wants done when the system is up
After=kdump-tools.service multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/sh /lab
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0

[Install]
WantedBy=multi-user.target
"""
FILES = {
    "etc/systemd/system/lab.service": UNIT,
    "etc/fstab": "/dev/vda / ext4 defaults 0 1\n",
    "etc/network/interfaces": "auto lo\niface lo inet loopback\n",
    "lab": "systemctl poweroff\n",
}


@dataclass(frozen=True)
class Debian:
    """The system's disk image, with the kernel and the initrd a boot loader would take from it."""

    image: Path
    kernel: Path
    initrd: Path

    def boot(self, log_dir: Path, name: str, crashkernel: str, options: Sequence[str] = ()) -> qemu.Run:
        """Start it from its disk, with QEMU's words @options; to be used in a `with` statement."""
        drives = [qemu.Drive(self.image, "root")]
        cmdline = f"root=/dev/vda net.ifnames=0 crashkernel={crashkernel}"
        machine = qemu.Machine(self.kernel, self.initrd, cmdline, MEMORY_MB, drives=drives, options=list(options))
        return qemu.Run(machine, log_dir, name)


def prepared() -> Debian:
    """The system after its first boot; not to be written to."""
    packages = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:8]
    whole = paths.cache("debian", f"{SUITE}-{packages}")
    with paths.locked(whole):
        if not whole.exists():
            with paths.made_whole(whole) as partial, paths.scratch("debian") as scratch:
                partial.mkdir()
                system = _install(scratch, partial)
                with system.boot(scratch, "first", "256M") as run:
                    run.finish(FIRST_BOOT_DEADLINE)
    return _in(whole)


def copy(into: Path, script: str, conf: Mapping[str, str | Path], lastword: bool) -> Debian:
    """A copy of the system below @into that will run @script, with the files in @conf, and with lastword if wanted."""
    system = prepared()
    image = into / "root.img"
    subprocess.run(["cp", "--sparse=always", system.image, image], check=True)
    with disk.mounted(image, read_only=False) as root:
        for path, content in {**conf, "lab": script}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copy(content, root / path)
            else:
                (root / path).write_text(content, encoding="utf-8")
        if lastword:
            _add_lastword(root)
    return Debian(image, system.kernel, system.initrd)


def _add_lastword(root: Path) -> None:
    environment = {**os.environ, "DESTDIR": str(root)}
    subprocess.run(["meson", "install", "-C", paths.build(), "--no-rebuild", "--quiet"], env=environment, check=True)
    for library in initramfs.libraries(paths.build() / "lastword"):
        if not (root / str(library).lstrip("/")).exists():
            shutil.copy(library, root / str(library).lstrip("/"))


def _in(directory: Path) -> Debian:
    return Debian(directory / "root.img", directory / "vmlinuz", directory / "initrd.img")


def _install(scratch: Path, into: Path) -> Debian:
    tree, system = scratch / "tree", _in(into)
    include = "--include=" + ",".join(PACKAGES)
    subprocess.run(["debootstrap", "--variant=minbase", include, SUITE, tree, apt.mirror()], check=True, stdout=subprocess.DEVNULL)
    for path, text in FILES.items():
        (tree / path).write_text(text, encoding="utf-8")
    (tree / "etc/systemd/system/multi-user.target.wants/lab.service").symlink_to("/etc/systemd/system/lab.service")
    system.kernel.write_bytes(next((tree / "boot").glob("vmlinuz-*")).read_bytes())
    system.initrd.write_bytes(next((tree / "boot").glob("initrd.img-*")).read_bytes())
    disk.blank(system.image, SIZE_MB)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", tree, system.image], check=True)
    return system
