# SPDX-License-Identifier: GPL-2.0-or-later
"""A small Linux system with lastword installed, one of Debian's kernels and disks of its own.

Its root is an overlay of three layers: the kernel with all its modules (an image kept in the cache), the
programs (busybox, and lastword as `make install` installs it, with the shared libraries it needs), and memory.
The disks in `disks` belong to the test and keep their content from boot to boot.

A booted system is spoken to over its second serial port: `System.run` gives it a shell command and returns
what the command wrote and its exit status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import disk, images, initramfs, kernels, qemu

BOOT_DEADLINE = 300.0
"""Seconds from QEMU's start to the system's first word; about 8 on an idle two-core machine, minutes on one that others use."""
EMULATOR_FAULT = r"Oops: int3|int3: 0000 \[#1\]"
"""Now and then QEMU runs an instruction while another CPU of the guest patches it."""

COMMAND_DEADLINE = 120.0
MODULES = ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "overlay", "virtio_rng"]

EARLY_INIT = initramfs.PROLOGUE + """
for d in /sys/block/vd*; do case $(cat $d/serial) in
    kernel) kernel=/dev/${d##*/} ;; programs) programs=/dev/${d##*/} ;; esac; done
mkdir -p /lower/kernel /lower/programs /upper
mount -t ext4 -o ro $kernel /lower/kernel
mount -t ext4 -o ro $programs /lower/programs
mount -t tmpfs upper /upper; mkdir /upper/files /upper/work
mount -t overlay root -o lowerdir=/lower/programs:/lower/kernel,upperdir=/upper/files,workdir=/upper/work /root
cp -a /files/. /root/
for d in proc sys dev tmp; do mkdir -p /root/$d; mount --move /$d /root/$d; done
exec switch_root /root /sbin/init
"""

INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mkdir -p /run /var/crash /root /mnt; mount -t tmpfs run /run
echo /bin/modprobe > /proc/sys/kernel/modprobe
for m in {modules}; do modprobe $m; done
while read -r device where rest; do mkdir -p "$where"; done < /etc/fstab
mount -a
exec < /dev/ttyS1 > /dev/ttyS1 2>&1
stty -echo -opost
echo 'lab: ready'
while read -r command; do
    sh -c "$command" < /dev/null
    printf '\\nlab: status %d\\n' $?
done
poweroff -f
"""


@dataclass(frozen=True)
class Disk:
    """A disk of the guest.  @kind is "raw" or a file system; @mount the directory it is mounted on, "" for none."""

    path: Path
    kind: str = "ext4"
    mount: str = ""
    uuid: str = "4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11"
    label: str = "dumps"
    size_mb: int = 1024
    driver: str = "virtio-blk-pci"
    layer: str = ""
    """As of qemu.Drive."""
    read_only: bool = False

    def make(self) -> "Disk":
        """Create the image, empty."""
        if self.kind == "raw":
            disk.blank(self.path, self.size_mb)
        else:
            disk.formatted(self.path, self.size_mb, self.kind, self.uuid, self.label)
        return self


@dataclass(frozen=True)
class Guest:
    """A system to boot.  @files are placed in its root by path: text, or the host's file to copy.

    @work keeps its logs and scratch files.
    """

    work: Path
    suite: str = "bookworm"
    memory_mb: int = 1024
    crashkernel: str = "128M"
    cmdline: str = ""
    disks: list[Disk] = field(default_factory=list)
    files: Mapping[str, str | Path] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    """Further words for QEMU, such as a network card."""
    cpus: int = 2

    def boot(self, name: str = "boot") -> "System":
        """Start it; @name names the logs of this boot.  To be used in a `with` statement."""
        self.work.mkdir(parents=True, exist_ok=True)
        kernel = kernels.kernel(self.suite)
        drives = [qemu.Drive(d.path, d.path.stem, d.read_only, d.driver, d.layer) for d in self.disks]
        drives.append(qemu.Drive(images.kernel(self.suite), "kernel", read_only=True))
        drives.append(qemu.Drive(images.programs(), "programs", read_only=True))
        cmdline = f"quiet loglevel=4 crashkernel={self.crashkernel} {self.cmdline}"
        machine = qemu.Machine(kernel.image, self.initrd(), cmdline, self.memory_mb, self.cpus, drives,
                               options=self.options)
        return System(machine, self.work, name)

    def initrd(self) -> Path:
        """Make what it boots from."""
        kernel = kernels.kernel(self.suite)
        image = initramfs.Initramfs()
        image.init(EARLY_INIT)
        image.modules(kernel.modules, MODULES)
        mounts = [d for d in self.disks if d.mount]
        image.text("files/sbin/init", INIT.format(modules=" ".join({d.kind for d in mounts})), 0o755)
        image.text("files/etc/fstab", "".join(f"UUID={d.uuid} {d.mount} {d.kind} defaults 0 2\n" for d in mounts))
        for path, content in self.files.items():
            if isinstance(content, Path):
                image.copy(content, f"files/{path.lstrip('/')}")
            else:
                image.text(f"files/{path.lstrip('/')}", content)
        return image.write(self.work / "initrd.img")


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    command: str
    status: int
    output: str


class System(qemu.Run):
    """A booted guest."""

    def __enter__(self) -> "System":
        super().__enter__()
        if self.first({"report": "^lab: ready", "console": EMULATOR_FAULT}, BOOT_DEADLINE) == "console":
            self.restart()
        self.until("^lab: ready", BOOT_DEADLINE, "report")
        return self

    def run(self, command: str, deadline: float = COMMAND_DEADLINE) -> Done:
        """Run a shell command in the guest and wait for its end, at most @deadline seconds."""
        first = len(self.report)
        self.write(command)
        last = self.until(r"^lab: status \d+$", self.now() + deadline, "report")
        lines = self.report[first : self.report.index(last, first)]
        return Done(command, int(last.text.split()[-1]), "".join(f"{line.text}\n" for line in lines))

    def check(self, command: str, deadline: float = COMMAND_DEADLINE) -> str:
        """Run a command that must succeed; its output."""
        done = self.run(command, deadline)
        if done.status:
            raise qemu.MachineError(f"in the guest: {command}: exit status {done.status}: {done.output.strip()}")
        return done.output

    def write(self, command: str) -> None:
        """Give a command without waiting: for one that the system does not survive."""
        self.send("report", f"{command}\n".encode())

    def power_off(self) -> None:
        """End an orderly session, with the disks' content written."""
        self.write("umount -a -r; sync; poweroff -f")
        self.finish(self.now() + COMMAND_DEADLINE)
