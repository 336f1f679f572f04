# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps to devices made of other devices (LVM, md, device-mapper), and to file systems of all types.

The first kernel makes the stack with lvm2, mdadm and dmsetup; the capture kernel has none of them.  A second boot opens it again
and copies the dump to a plain disk, where it is looked at.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from tests.lab import guest, rows, volumes
from tests.lab.rows import check

from . import crashes, dumps, outcomes

DISK_MB = 400
CONF = "path /var/crash\n"
SECTORS = (DISK_MB - 8) * 2048


@dataclass(frozen=True)
class Stack:
    """How a stack of devices is made and opened; shell commands."""

    modules: str = ""
    make: str = ":"
    open: str = ":"
    close: str = ":"
    """Behind `umount`: a kernel that goes down in the middle of a resync may hang."""
    device: str = "/dev/vda"
    disks: int = 1
    kind: str = "ext4"
    conf: str = CONF
    note: str = ""
    """What the capture kernel must say of it."""
    options: tuple[str, ...] = ()
    """Further words for QEMU, with DIR for the row's directory."""

    @property
    def load(self) -> str:
        """Commands that load the modules, in a system without udev."""
        return "; ".join(["export DM_DISABLE_UDEV=1", *(f"modprobe {name}" for name in self.modules.split())])

    @property
    def mount(self) -> str:
        """The command that mounts it."""
        return f"mount -t {self.kind} {self.device} /var/crash"

    @property
    def prepare(self) -> str:
        """All that makes it, with an empty file system on it, mounted."""
        format_it = f"{volumes.FORMATS[self.kind]} {self.device} > /dev/null"
        return " ".join(f"{self.load}; {self.make} && {format_it} && {self.mount}".split("\n"))


def lvm_on(device: str, below: Stack) -> Stack:
    """A volume in three pieces, and one beside it, on a device."""
    make = f"""{below.make} && lvm vgcreate -q vg {device} && lvm lvcreate -qq -y -L 60m -n hole vg &&
        lvm lvcreate -qq -y -L 120m -n dumps vg && lvm lvcreate -qq -y -L 20m -n end vg && lvm lvremove -qq -y vg/hole &&
        lvm lvextend -qq -L 240m vg/dumps"""
    return replace(below, modules=f"dm-mod {below.modules}", make=make, open=f"{below.open} && lvm vgchange -qq -a y vg",
                   close=f"lvm vgchange -qq -a n vg && {below.close}",
                   device="/dev/mapper/vg-dumps", note=r"dm-\d+ is vg-dumps")


def table(name: str, rest: str, start: int = 0, length: int = SECTORS) -> str:
    """The command that makes a device of one row."""
    return f"dmsetup create {name} --table '{start} {length} {rest}'"


def array(level: int, disks: int, more: str = "") -> Stack:
    """An array of whole disks."""
    members = " ".join(f"/dev/vd{letter}" for letter in "abcd"[:disks])
    return Stack(
        {1: "raid1", 5: "raid456", 10: "raid10"}[level],
        f"mdadm --create /dev/md127 --run {more} --level={level} --raid-devices={disks} --metadata=1.2 {members}",
        f"mdadm --assemble --run /dev/md127 {members}", "mdadm --stop /dev/md127", "/dev/md127", disks, note="md127 started")


PARTITION = Stack(make="printf 'o\\nn\\np\\n1\\n2048\\n\\nw\\n' | fdisk /dev/vda > /dev/null; sleep 1", device="/dev/vda1")

THIN_OPEN = "; ".join([
    table("meta", "linear /dev/vda 0", length=32768), table("data", "linear /dev/vda 32768", length=SECTORS - 65536),
    table("pool", "thin-pool /dev/mapper/meta /dev/mapper/data 128 0", length=SECTORS - 65536)])
THIN = Stack("dm-thin-pool", f"{THIN_OPEN}; dmsetup message pool 0 'create_thin 0'; "
             + table("thin", "thin /dev/mapper/pool 0", length=2 * SECTORS),
             f"{THIN_OPEN}; " + table("thin", "thin /dev/mapper/pool 0", length=2 * SECTORS), device="/dev/mapper/thin",
             note=r"dm-3 is thin")

LVM_RAID = Stack(
    "dm-raid raid1", "lvm vgcreate -q vg /dev/vda /dev/vdb && lvm lvcreate -qq -y --type raid1 -m 1 -L 240m -n dumps vg",
    "lvm vgchange -qq -a y vg", "lvm vgchange -qq -a n vg", "/dev/mapper/vg-dumps", 2, note=r"dm-4 is vg-dumps")

MIRROR = table("mirror", "mirror core 1 1024 2 /dev/vda 0 /dev/vdb 0")
STRIPES = table("stripes", "striped 2 128 /dev/vda 0 /dev/vdb 0")

LUN = Stack(
    "virtio_scsi sd_mod dm-round-robin",
    table("mpath", "multipath 0 0 1 1 round-robin 0 2 1 /dev/sda 100 /dev/sdb 100"), device="/dev/mapper/mpath",
    open=table("mpath", "multipath 0 0 1 1 round-robin 0 2 1 /dev/sda 100 /dev/sdb 100"), disks=0, note="dm-0 is mpath",
    options=("-device", "virtio-scsi-pci", *(word for path in "ab" for word in (
        "-drive", f"file=DIR/lun.img,format=raw,if=none,id=path{path},file.locking=off",
        "-device", f"scsi-hd,drive=path{path},serial=LUN1,share-rw=on"))))


def machine_of(logs: Path, stack: Stack, suite: str) -> tuple[guest.Guest, guest.Disk]:
    """A guest with the disks for a stack, and the plain disk for what is copied later."""
    disks = [guest.Disk(logs / f"part{i}.img", "raw", size_mb=DISK_MB).make() for i in range(stack.disks)]
    if stack.options:
        guest.Disk(logs / "lun.img", "raw", size_mb=DISK_MB).make()
    out = guest.Disk(logs / "out.img", "ext4", "/out").make()
    files = {"etc/kdump.conf": stack.conf, **volumes.files()}
    options = [word.replace("DIR", str(logs)) for word in stack.options]
    return guest.Guest(logs, suite, disks=[*disks, out], files=files, options=options), out


def crash_on(logs: Path, stack: Stack, suite: str = "bookworm", event: crashes.Event | None = None) -> tuple[crashes.Crash, guest.Disk]:
    """Crash a guest whose dumps go to a stack, open that again and copy what is on it: the crash, and the disk with the copy."""
    machine, out = machine_of(logs, stack, suite)
    crash = crashes.crash(machine, stack.prepare, event=event)
    with machine.boot("after") as system:
        system.check(f"{stack.load}; {stack.open} && {stack.mount} && cp -a /var/crash/. /out/ && umount /var/crash && {stack.close}")
        system.power_off()
    return crash, out


def saved(logs: Path, stack: Stack, suite: str) -> str:
    """The dump is whole, and the capture kernel said what it made."""
    crash, out = crash_on(logs, stack, suite)
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    said = crash.phase(stack.note).text if stack.note else ""
    dumps.check_whole(dumps.fetch(out, logs))
    return f"saved {crash.phase('vmcore saved').uptime:.1f} s after the capture kernel's start; {said}"


def row(name: str, stack: Stack, suite: str = "bookworm", group: str = "matrix") -> rows.Row:
    """A crash dumped to a file system on a stack."""
    return rows.Row(name, group, lambda logs: saved(logs, stack, suite))


def member_row(name: str, wrong: str, pattern: str, said: str) -> rows.Row:
    """A member of a mirror gives errors from the moment when @pattern is on the console; the capture kernel says @said."""

    def run(logs: Path) -> str:
        event = crashes.Event(
            pattern, lambda system: system.monitor("human-monitor-command", **{"command-line": "drive_del part1"}))
        crash, out = crash_on(logs, array(1, 2), event=event)
        check(any(said in line.text for line in crash.console), f"the console does not say {said!r}")
        return outcomes.judge(logs, crash, outcomes.Expected(wrong, "array", "array"), {"array": (out, "")})

    return rows.Row(name, "matrix", run)


def rebuilding(logs: Path) -> str:
    """A RAID 5 that was written while its last disk was being rebuilt: said by doctor before, and in the capture kernel."""
    slowly = "echo 1 | tee /proc/sys/dev/raid/speed_limit_min > /proc/sys/dev/raid/speed_limit_max"
    whole = array(5, 3)
    stack = replace(whole, modules="raid456 md-mod", conf=CONF + "fallback path /out/dumps\n",
                    make=f"{slowly} && {whole.make} && echo 3600 > /sys/block/md127/md/safe_mode_delay")
    machine, out = machine_of(logs, stack, "bookworm")
    warned = "lastword doctor | grep -q 'the array of .* has not all its disks'"
    crash = crashes.crash(machine, f"{stack.prepare} && mkdir -p /out/dumps && touch /var/crash/written && sync && {warned}")
    crash.phase("md127: Linux does not start it with 3 of 3 disks")
    expected = outcomes.Expected("a disk of the RAID 5 was being rebuilt", "fallback", "fallback")
    return outcomes.judge(logs, crash, expected, {"fallback": (out, "dumps")})


def raw(logs: Path) -> str:
    """A dump on a raw device of device-mapper; the next `arm` recovers it."""
    make = table("dumps", "linear /dev/vda 4096")
    stack = Stack("dm-mod", conf="raw /dev/mapper/dumps\npath /out\ncore_collector makedumpfile -F -l -d 31\n")
    machine, out = machine_of(logs, stack, "bookworm")
    crash = crashes.crash(machine, f"{stack.load}; {make}")
    crash.phase(r"opened /dev/dm-0 \(raw\)")
    with open(logs / "part0.img", "rb") as stream:
        stream.seek(4096 * 512)
        check(stream.read(12) == b"makedumpfile", "there is no flattened dump where the device begins")
    with machine.boot("recovery") as system:
        system.check(f"{stack.load}; {make}")
        crashes.arm(system)
        system.power_off()
    recovered = dumps.recovered(out, logs)
    dumps.check_core(recovered)
    return f"recovered {recovered.stat().st_size >> 10} KiB"


REFUSED = {
    "secret": (table("secret", f"crypt aes-xts-plain64 {'0123456789abcdef' * 4} 0 /dev/vda 0"), "is encrypted (LUKS or dm-crypt)"),
    "origin": (table("origin", "snapshot-origin /dev/vda"), "has snapshots"),
    "late": (table("late", "delay /dev/vda 0 0"), "has a row of type delay"),
}
"""What arm must refuse: how the device is made, and words its message must have."""


def refused(logs: Path) -> str:
    """What the capture kernel could not write to is refused, with its name and the reason; a fallback arms all the same."""
    machine, _ = machine_of(logs, Stack(disks=1), "bookworm")
    with machine.boot() as system:
        system.check("for m in dm-crypt dm-snapshot dm-delay xts; do modprobe $m; done; mkdir -p /out/dumps")
        for name, (make, words) in REFUSED.items():
            system.check(f"export DM_DISABLE_UDEV=1; {make}; mkfs.ext4 -q -F /dev/mapper/{name}")
            system.check(f"echo ext4 /dev/mapper/{name} > /etc/kdump.conf")
            armed = system.run("lastword arm 2>&1")
            check(armed.status == 1, f"{name}: arm exits {armed.status}: {armed.output}")
            check(f"/dev/mapper/{name}: {words}" in armed.output, f"{name}: arm says {armed.output.strip()!r}")
            system.check("echo fallback path /out/dumps >> /etc/kdump.conf")
            check(words in crashes.arm(system), f"{name}: armed with a fallback, without a word about the target")
            system.check(f"dmsetup remove {name}; dd if=/dev/zero of=/dev/vda bs=1M count=1 2> /dev/null")
        system.check("modprobe jfs; jfs_mkfs -q /dev/vda && mkdir /jfs && mount -t jfs /dev/vda /jfs && echo path /jfs > /etc/kdump.conf")
        armed = system.run("lastword arm 2>&1")
        check(armed.status == 1 and "jfs_fsck" in armed.output, f"jfs: arm exits {armed.status}: {armed.output}")
        system.power_off()
    return ""


ROWS = [
    row("lvm-on-md", lvm_on("/dev/md127", array(1, 2)), group="test"),
    *(row(f"lvm-on-md-{suite}", lvm_on("/dev/md127", array(1, 2)), suite) for suite in ("bullseye", "trixie", "sid")),
    row("lvm-partition", lvm_on("/dev/vda1", PARTITION)),
    row("md-raid5", array(5, 3, "--assume-clean")),
    rows.Row("md-raid5-rebuilding", "matrix", rebuilding),
    row("md-raid10", array(10, 4)),
    row("lvm-raid1", LVM_RAID),
    row("dm-thin", THIN),
    row("dm-mirror", Stack("dm-mirror", MIRROR, MIRROR, device="/dev/mapper/mirror", disks=2, note="dm-0 is mirror")),
    row("dm-striped", Stack("dm-mod", STRIPES, STRIPES, device="/dev/mapper/stripes", disks=2, note="dm-0 is stripes")),
    row("dm-multipath", LUN),
    rows.Row("dm-raw", "matrix", raw),
    rows.Row("dm-refused", "matrix", refused),
    member_row("md-member-gone", "a member of the mirror is gone in the capture kernel", "lastword .* in the capture kernel",
               "started degraded: 1 of 2 disks"),
    member_row("md-member-dies", "a member of the mirror gives errors after the log", f"{dumps.LOG} saved",
               "md127: Disk failure on vdb"),
    row("ext2", Stack("ext2", kind="ext2")),
    row("minix", Stack("minix", kind="minix")),
    row("mount-f2fs", Stack("f2fs", kind="f2fs", conf="dracut_args --mount \"/dev/vda /mnt f2fs noatime\"\npath /\n")),
]
