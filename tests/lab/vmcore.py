# SPDX-License-Identifier: GPL-2.0-or-later
"""Making real vmcores: boot a kernel, crash it, save /proc/vmcore from its capture kernel as it is.

This uses kexec-tools and busybox, nothing of ours, so that the input of our tests does not come from us.
"""

import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import disk, images, initramfs, kernels, paths, qemu, workload

CAPTURE = initramfs.PROLOGUE + """
echo "lab: capture kernel up at $(cat /proc/uptime)"; free -k
dd if=/proc/vmcore of=/dev/vda bs=1M; sync
echo "lab: saved at $(cat /proc/uptime)"; poweroff -f
"""
CRASH = initramfs.PROLOGUE + """
{workload}
/bin/kexec -p -s /boot/vmlinuz --initrd=/boot/capture.img \\
    --command-line='console=ttyS0 no_timer_check reset_devices nr_cpus=1 irqpoll quiet panic=1'
[ "$(cat /sys/kernel/kexec_crash_loaded)" = 1 ] || {{ echo 'lab: NOT LOADED'; poweroff -f; }}
echo 1 > /proc/sys/kernel/panic_on_oops; echo 1 > /proc/sys/kernel/sysrq
echo "lab: ready at $(cat /proc/uptime)"; sleep 1; {trigger}; sleep 600
"""
SYSRQ = "echo c > /proc/sysrq-trigger"
DISK = ["virtio_pci", "virtio_blk"]
BUSY = ["virtio_net", "ext4", "crc32c_generic", *workload.MIXED_MODULES]
DEADLINE = 900.0


@dataclass(frozen=True)
class Recipe:
    """How to make a vmcore.  @content is "mixed", "special", "devices", "large" or "threads" (see `workload`), @trigger the shell
    command that crashes the guest, @options further words for QEMU, @cmdline for the kernel."""

    suite: str
    memory_mb: int = 768
    crashkernel: str = "256M"
    content: str = "mixed"
    trigger: str = SYSRQ
    options: tuple[str, ...] = ()
    cmdline: str = ""


def make(recipe: Recipe, out: Path) -> None:
    """Write an ELF vmcore to @out, and the console's log to @out.console."""
    kernel = kernels.kernel(recipe.suite)
    mixed = recipe.content == "mixed"
    with paths.scratch("vmcore") as scratch:
        capture = initramfs.Initramfs()
        capture.init(CAPTURE)
        capture.modules(kernel.modules, DISK)
        capture.write(scratch / "capture.img")
        main = initramfs.Initramfs()
        busy, program = workload.script(recipe.content, recipe.memory_mb)
        main.init(CRASH.format(trigger=recipe.trigger, workload=busy))
        main.text("content.py", program)
        main.modules(kernel.modules, DISK + BUSY + (workload.SPECIAL_MODULES if recipe.content == "special" else []))
        main.program(Path(shutil.which("kexec", path="/usr/sbin:/sbin") or "kexec"), "bin/kexec")
        main.copy(kernel.image, "boot/vmlinuz")
        main.copy(scratch / "capture.img", "boot/capture.img")
        files = images.kernel(recipe.suite) if recipe.content in ("mixed", "special") else images.system()
        drives = [
            qemu.Drive(disk.blank(scratch / "disk.img", recipe.memory_mb + 64), "dump"),
            qemu.Drive(files, "files", read_only=True),
        ]
        initrd = main.write(scratch / "main.img")
        options = ["-device", "virtio-balloon-pci", *recipe.options]
        machine = qemu.Machine(
            kernel.image, initrd, f"crashkernel={recipe.crashkernel} {recipe.cmdline}", recipe.memory_mb, drives=drives, options=options)
        with qemu.Run(machine, scratch, "vmcore") as run:
            try:
                if mixed:
                    run.until("^lab: balloon", DEADLINE)
                    run.monitor("balloon", value=(recipe.memory_mb - workload.BALLOON_MB) << 20)
                run.until("^lab: saved", DEADLINE)
                run.finish(DEADLINE)
            finally:
                shutil.copy(scratch / "vmcore.console", out.with_name(out.name + ".console"))
        with paths.made_whole(out) as partial:
            subprocess.run(["cp", "--sparse=always", scratch / "disk.img", partial], check=True)
            os.truncate(partial, elf_end(partial))


def elf_end(path: Path) -> int:
    """Where the last segment of an ELF file ends, in bytes."""
    with open(path, "rb") as file:
        header = file.read(64)
        if header[:4] != b"\x7fELF":
            raise qemu.MachineError("the capture kernel wrote no vmcore")
        (table,), (size, count) = struct.unpack_from("<Q", header, 32), struct.unpack_from("<HH", header, 54)
        file.seek(table)
        segments = [struct.unpack_from("<QQQQ", file.read(size), 8) for _ in range(count)]
    return max(int(offset + filled) for offset, _, _, filled in segments)
