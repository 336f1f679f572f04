# SPDX-License-Identifier: GPL-2.0-or-later
"""Where dumps go: each crash ends with a whole dump in the right place and a reboot."""

from pathlib import Path

from tests.lab import guest, rows, virtiofs
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


def shared(logs: Path, suite: str, conf: str) -> str:
    """Dump to a directory of the host."""
    with virtiofs.Share(logs, guest.Guest.memory_mb) as share:
        (share.path / "crash").mkdir()
        machine = guest.Guest(logs, suite, files={"etc/kdump.conf": conf}, options=share.options())
        crash = crashes.crash(machine, f"modprobe virtiofs; mount -t virtiofs {virtiofs.TAG} /var/crash")
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        dumps.check_whole(dumps.only(share.path / "crash"))
    return crash.phase("mounted").text


def extra_modules(logs: Path) -> str:
    """A module that no target needs is loaded in the capture kernel; one that does not exist is noted."""
    data = crashes.data_disk(logs)
    conf = "path /var/crash\nextra_modules brd no_such_module\n"
    crash = crashes.crash(guest.Guest(logs, disks=[data], files={"etc/kdump.conf": conf}))
    check("this kernel has no module no_such_module" in crash.armed, f"arm says {crash.armed.strip()!r}")
    dump = dumps.fetch(data, logs)
    dumps.check_whole(dump)
    log = (dump / dumps.CAPTURE_LOG).read_text(encoding="utf-8", errors="replace")
    check("brd: module loaded" in log, f"{dumps.CAPTURE_LOG} does not say that brd was loaded")
    return ""


SYSCONFIG = """KDUMP_IMG="vmlinuz" # as kdump-utils installs it, and what people change
KDUMP_BOOTDIR=/boot
KDUMP_COMMANDLINE_REMOVE="hugepages quiet loglevel"
KDUMP_COMMANDLINE_APPEND="novmcoredd irqpoll nr_cpus=1 reset_devices cgroup_disable=memory mce=off numa=off panic=10"
KDUMP_COMMANDLINE_APPEND+=" log_buf_len=1M panic=33 rd.memdebug=3"
KEXEC_ARGS="-s --reset-vga"
"""


def sysconfig(logs: Path) -> str:
    """/etc/sysconfig/kdump chooses the capture kernel's command line, and the dump arrives."""
    data = crashes.data_disk(logs)
    files = {"etc/kdump.conf": "path /var/crash\n", "etc/sysconfig/kdump": SYSCONFIG}
    crash = crashes.crash(guest.Guest(logs, disks=[data], files=files))
    dump = dumps.fetch(data, logs)
    dumps.check_whole(dump)
    log = (dump / dumps.CAPTURE_LOG).read_text(encoding="utf-8", errors="replace")
    line = next((text for text in log.splitlines() if "ommand line: " in text), "")
    words = line.partition("ommand line: ")[2].split()
    wanted = ("log_buf_len=1M", "panic=33", "rd.memdebug=3", "irqpoll", "disable_cpu_apicid=0", "rdinit=/init")
    check(all(word in words for word in wanted), f"the capture kernel's command line is {line!r}")
    check(words.count("nr_cpus=1") == 1 and words.count("novmcoredd") == 1, f"words come twice: {line!r}")
    kept = [word for word in words if word.startswith(("loglevel", "hest_disable", "crashkernel"))]
    check(not kept, f"the capture kernel's command line has {kept}")
    check("KEXEC_ARGS" not in crash.armed, f"arm says {crash.armed.strip()!r}")
    return f"{len(words)} words"


ROWS = [
    rows.Row("sysconfig", "matrix", sysconfig),
    rows.Row("extra-modules", "matrix", extra_modules),
    rows.Row("virtiofs", "matrix", lambda logs: shared(logs, "bookworm", f"virtiofs {virtiofs.TAG}\npath /crash\n")),
    rows.Row("virtiofs-path-sid", "matrix", lambda logs: shared(logs, "sid", "path /var/crash/crash\n")),
    file_system_row("ext4-uuid", "test", "bookworm", "ext4", "ext4 UUID={uuid}\npath /dumps\n" + COLLECTOR, "dumps"),
    file_system_row("xfs-label", "matrix", "bookworm", "xfs", "xfs LABEL={label}\npath /\n" + COLLECTOR),
    file_system_row("path-only", "matrix", "bookworm", "ext4", "path /var/crash\n"),
    rows.Row("raw-recovery", "matrix", lambda logs: raw(logs, "bookworm")),
    file_system_row("btrfs-device", "matrix", "bookworm", "btrfs", "btrfs /dev/vda\npath /\n" + COLLECTOR),
    file_system_row("ext4-bullseye", "matrix", "bullseye", "ext4", "ext4 UUID={uuid}\npath /\n" + COLLECTOR),
    file_system_row("ext4-trixie", "matrix", "trixie", "ext4", "ext4 UUID={uuid}\npath /\n" + COLLECTOR),
    file_system_row("ext4-sid", "matrix", "sid", "ext4", "ext4 UUID={uuid}\npath /\n" + COLLECTOR),
]
