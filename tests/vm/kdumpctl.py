# SPDX-License-Identifier: GPL-2.0-or-later
"""lastword called kdumpctl, mkdumprd and kexec, as service scripts call them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.lab import deaths, disk, guest, initramfs, rows, ssh
from tests.lab.rows import check

from . import crashes, dumps

CONF = "path /var/crash\n"
BIN = "/usr/local/bin"
LINKS = f"mkdir -p {BIN} /run/lock; for name in kdumpctl mkdumprd kexec; do ln -s /usr/sbin/lastword {BIN}/$name; done"
KERNEL = "/boot/vmlinuz-$(uname -r)"
IMAGE = "/var/lib/lastword/capture.img"
CMDLINE = "$(sed -n 's/^command-line //p' /var/lib/lastword/capture.state)"
INITRD = "initrd.img"
OK, STARTED, STOPPED = 0, "Starting kdump: [OK]", "Stopping kdump: [OK]"
LOADED, FREE = "/sys/kernel/kexec_crash_loaded", "/sys/kernel/kexec_crash_size"


@dataclass(frozen=True)
class Step:
    """A command in the guest, its exit status, and words of what it says."""

    command: str
    status: int
    words: str = ""


LIFE = (
    Step("kdumpctl status", 3, "kdump: Kdump is not operational"),
    Step("kdumpctl reload", 1, "Kdump was not running: [WARNING]"),
    Step("kdumpctl test --force", 1, "Kdump needs be operational before test."),
    Step("kdumpctl start", OK, STARTED),
    Step("kdumpctl status", OK, "kdump: Kdump is operational"),
    Step("kdumpctl start", OK, "Kdump already running: [WARNING]"),
    Step("kdumpctl reload", OK, STARTED),
    Step("kdumpctl rebuild", OK, "kdump: Rebuilding"),
    Step("kdumpctl restart", OK, f"{STOPPED}\nkdump: kexec: loaded kdump kernel\nkdump: {STARTED}"),
    Step("kdumpctl showmem", OK, "kdump: Reserved 128MB memory for crash kernel"),
    Step("kdumpctl test", OK, "Operation cancelled."),
    Step("kdumpctl get-default-crashkernel", OK, "2G-64G:256M,64G-:512M"),
    Step("kdumpctl setup-crypttab", 1, "lastword_encrypt"),
    Step("kdumpctl propagate", 1, "No ssh destination defined in /etc/kdump.conf."),
    Step("kdumpctl", 1, "kdump: Usage: kdumpctl {estimate|start|stop|status|restart|reload|rebuild|reset-crashkernel|"),
    Step("kdumpctl nonsense", 1, "kdump: Usage: "),
    Step("kdumpctl reset-crashkernel --fadump=on", 1, "Option --fadump only valid on PPC"),
    Step("kdumpctl reset-crashkernel --nonsense", 1, "--nonsense not recognized"),
    Step("lastword kdumpctl status", OK, "kdump: Kdump is operational"),
    Step("echo 'core_collector makedumpfile -z -d 1' >> /etc/kdump.conf; kdumpctl status", OK, "kdump: stale: "),
    Step("kdumpctl start", OK, STARTED),
    Step("kdumpctl status", OK, "kdump: armed: "),
    Step("mkdumprd -f --debug /boot/initramfs-kdump.img $(uname -r)", OK, f"the image is {IMAGE}"),
    Step("mkdumprd -f /boot/initramfs-kdump.img 1.2.3", 1, "not for 1.2.3"),
    Step("echo nonsense >> /etc/kdump.conf; kdumpctl restart", 1, "Starting kdump: [FAILED]"),
    Step("sed -i /nonsense/d /etc/kdump.conf; kdumpctl start", OK, STARTED),
    Step("(sleep 3; echo n) | kdumpctl test 2> /dev/null & sleep 1; kdumpctl status", OK, "holding the kdump lock; waiting"),
    Step("kdumpctl stop", OK, STOPPED),
    Step("kdumpctl stop", OK, STOPPED),
    Step("kdumpctl status", 3, "kdump: Kdump is not operational"),
    Step(f"kexec -p {KERNEL} --initrd={IMAGE} --append=\"{CMDLINE}\"", OK),
    Step("kexec -S", 1),
    Step("kdumpctl status", OK, "not by lastword"),
    Step("lastword status", 4, "not by lastword"),
    Step("kdumpctl start", OK, "it was not loaded by lastword"),
    Step("kexec -p -u", OK),
    Step("kexec -S", 0),
    Step(f"echo 0 > {FREE}; kdumpctl start", 1, "kdump: No memory reserved for crash kernel"),
    Step(f"kexec -p {KERNEL}", 1, "Memory for crashkernel is not reserved"),
)


def take(system: guest.System, step: Step) -> None:
    """Run it and look at what it said."""
    done = system.run(f"export PATH={BIN}:$PATH; {step.command} 2>&1")
    check(done.status == step.status, f"{step.command}: exits {done.status}, wanted {step.status}: {done.output.strip()}")
    check(step.words in done.output, f"{step.command}: does not say {step.words!r}: {done.output.strip()}")


def life(logs: Path) -> str:
    """A service's life, a restart without firmware, and a crash into an image that was loaded by hand."""
    data = crashes.data_disk(logs)
    machine = guest.Guest(logs, disks=[data], files={"etc/kdump.conf": CONF})
    with disk.mounted(data.path, read_only=False) as root:
        shutil.copy(machine.initrd(), root / INITRD)
    with machine.boot() as system:
        system.check(LINKS)
        for step in LIFE:
            take(system, step)
        take(system, Step("kexec -e", 1, "Nothing has been loaded!"))
        take(system, Step(f"kexec -l {KERNEL} --initrd=/var/crash/{INITRD} --reuse-cmdline --append=again -d", OK, "command line: "))
        take(system, Step("kexec -l -S", 1))
        before = system.now()
        system.write(f"{BIN}/kexec -e")
        system.until("^lab: ready", before + guest.BOOT_DEADLINE, "report")
        took = system.now() - before
        system.check("grep -w again /proc/cmdline")
        system.check(LINKS)
        take(system, Step("lastword rebuild", OK, "rebuilt"))
        take(system, Step(f"kexec -s -p {KERNEL} --initrd={IMAGE} --append=\"{CMDLINE}\"", OK))
        panic = deaths.SYSRQ.bring(system)
        system.finish(panic + crashes.CAPTURE_DEADLINE)
        check(system.ended_by() == "guest-reset", f"the machine ended by {system.ended_by()!r}, not by a reboot")
    dumps.check_whole(dumps.fetch(data, logs))
    return f"{len(LIFE)} steps; a restart without firmware took {took:.1f} s to its shell"


THEIRS = Path("/usr/sbin/kexec")
COMPARED = (
    "", "-l", "-p", "-f", "-S", "-l -S", "-p -S", "-u", "-p -u", "-s -u", "-s -p -u", "-h", "-e", "-e -x -y",
    "-s -l /nope", "-s -p /nope", "-a -l /nope", "-s -l /etc/fstab", "-s -l /etc/passwd", "-s -p /etc/passwd", "-a -l /etc/passwd", "-c -l /etc/passwd",
    "-s -l K --initrd=/nope", "-s -p K --initrd=/nope", "-s -l K --initrd", "-t nonsense -l K", "-t elf-x86_64 -l K", "-l -t",
    "--bogus", "-Z", "--load=1", "--entry=zz", "--mem-max=zz -l K", "--mem-min=0x1000 -s -l K", "-l -S", "-u", "-l -S",
    "-s -l K --append=one --command-line=two", "-s --load-jump-back-helper", "-s --load-preserve-context --mem-max=1",
    "--load-live-update", "--exec-live-update", "-s --reuseinitrd -l K", "-S --initrd=x", "-u --append=x", "-e --reuse-cmdline",
    "-s -l K --real-mode", "-s -l K --entry-32bit", "--print-ckr-size", "-s -p K --reuse-cmdline", "-S", "-s -p -u", "-S",
    "-s -l K --reset-vga --no-checks", "-s -u", "-s -l K", "-l -S",
    "D -s -l K", "D -s -p K", "D -s -u",
)
"""Command lines; K stands for the kernel, and D: kexec_load_disabled is 1 from then on."""


def compared(logs: Path) -> str:
    """kexec-tools and we in one guest: the same exit status, what is loaded, the size printed, and standard error's first words.

    Where kexec-tools has none, we may have some.
    """
    if not THEIRS.exists():
        raise rows.Skip("no kexec-tools on this machine")
    files: dict[str, str | Path] = {"etc/kdump.conf": CONF, "opt/kexec": THEIRS}
    files |= {str(library).lstrip("/"): library for library in initramfs.libraries(THEIRS)}
    told: dict[str, list[str]] = {}
    for name, program in (("theirs", "/opt/kexec"), ("ours", f"{BIN}/kexec")):
        with guest.Guest(logs, files=files).boot(name) as system:
            system.check(LINKS)
            told[name] = [_told(system, program, line) for line in COMPARED]
    triples = zip(COMPARED, told["theirs"], told["ours"])
    other = [f"{line!r}: theirs {a!r}, ours {b!r}" for line, a, b in triples if a != b and not (_silent(a) and b.startswith(a))]
    check(not other, f"{len(other)} of {len(COMPARED)} differ:\n" + "\n".join(other))
    return f"{len(COMPARED)} command lines"


def _silent(told: str) -> bool:
    return len(told.split()) == 4


def _told(system: guest.System, program: str, line: str) -> str:
    words = line.split()
    if words[:1] == ["D"]:
        system.check("echo 1 > /proc/sys/kernel/kexec_load_disabled")
        words = words[1:]
    arguments = " ".join(KERNEL if word == "K" else word for word in words)
    printed = "cat /tmp/out" if line == "--print-ckr-size" else ":"
    done = system.run(f"{program} {arguments} > /tmp/out 2> /tmp/err; echo \"exit $?\"; {printed}; cat /sys/kernel/kexec_loaded "
                      f"{LOADED}; head -n 1 /tmp/err | sed 's,^[^ ]*kexec: ,kexec: ,' | cut -d ' ' -f 1-4")
    return " ".join(done.output.split())


def tested(logs: Path) -> str:
    """`kdumpctl test` crashes the machine; after the restart `start` says that the dump came."""
    data = crashes.data_disk(logs)
    state = guest.Disk(logs / "state.img", "ext4", "/var/lib/lastword", "4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b12", "state", 64).make()
    files = {"etc/kdump.conf": CONF, "etc/sysconfig/kdump": "VMCORE_CREATION_NOTIFICATION=yes\n"}
    machine = guest.Guest(logs, disks=[data, state], files=files)
    for name, words in (("first", "No vmcore creation test performed!"), ("second", "Last successful vmcore creation test on")):
        with machine.boot(name) as system:
            system.check(LINKS)
            take(system, Step("kdumpctl start", OK, words))
            if name == "second":
                take(system, Step("kdumpctl status", OK, words))
                system.check("rm -r /var/crash/1*; sed -i s/success/pending/ /var/lib/lastword/crash-test")
                take(system, Step("kdumpctl status", OK, "Last NOT successful vmcore creation test on"))
                break
            system.write(f"{BIN}/kdumpctl test --force")
            panic = system.until(deaths.SYSRQ.sign, system.now() + guest.COMMAND_DEADLINE).seconds
            system.finish(panic + crashes.CAPTURE_DEADLINE)
    return ""


REFUSED = (
    Step("kexec -l /etc/passwd", 255, "/etc/passwd: no x86 kernel image"),
    Step(f"head -c 3000000 {KERNEL} > /tmp/cut; kexec -l /tmp/cut", 255, "cut short"),
    Step(f"kexec -l {KERNEL} --initrd=/nope", 255, "Could not open initrd file /nope"),
    Step(f"kexec -l {KERNEL} --append=\"$(seq 1 2000)\"", 255, "the command line has 8892 bytes, this kernel takes 2047"),
    Step(f"head -c 120000000 /dev/zero > /tmp/large; kexec -p {KERNEL} --initrd=/tmp/large", 255, "raise crashkernel="),
    Step(f"kexec -l {KERNEL}; kexec -l -S", 1),
    Step("kexec -u; kexec -l -S", 0),
    Step(f"echo 0 > /proc/sys/kernel/kexec_load_limit_panic; kexec -p {KERNEL}", 255, "sysctl kernel.kexec_load_limit_panic=0"),
    Step(f"echo 1 > /proc/sys/kernel/kexec_load_disabled; kexec -l {KERNEL}", 255, "sysctl kernel.kexec_load_disabled=1"),
)


def refused(logs: Path) -> str:
    """Each reason for which the kernel or we take no image has words of its own."""
    locked = (
        Step(f"kexec -l {KERNEL}", 255, "it may be locked down"),
        Step(f"mount -t securityfs none /sys/kernel/security; kexec -l {KERNEL}", 255, "the kernel is locked down"),
    )
    for cmdline, steps in (("", REFUSED), ("lockdown=integrity", locked)):
        with guest.Guest(logs, "trixie", cmdline=cmdline).boot(cmdline.split("=")[0] or "open") as system:
            system.check(LINKS)
            for step in steps:
                take(system, step)
    return f"{len(REFUSED) + len(locked)} refusals"


STALE, ARMED = 4, 0
MODULES = "/lib/modules/$(uname -r)/kernel/drivers/net"
ADDRESS = "10.0.2.15/24"
CHANGES = (
    (f"ip addr del {ADDRESS} dev eth0; ip link set eth0 down; ip link set eth1 up; ip addr add {ADDRESS} dev eth1", "the network changed"),
    ("sed -i s:/one:/two: /etc/kdump.conf", "the target changed"),
    (f"mv {MODULES}/virtio_net.ko /tmp", "virtio_net.ko"),
    (f"mv /tmp/virtio_net.ko {MODULES}; echo >> {KERNEL}", "the kernel image changed"),
    ("ssh-keygen -q -t rsa -N '' -f /tmp/key; cp /tmp/key /root/.ssh/kdump_id_rsa", "/etc/ssh/lastword_key changed"),
)
"""What happens to a machine that is armed, and what status says then."""


def stale(logs: Path) -> str:
    """Another card, another target, a module that is gone, another kernel image, another key: stale, and armed anew."""
    with ssh.Server(logs / "server") as server:
        options = server.options()
        second = ["-netdev", options[1].replace("id=net,", "id=second,"),
                  "-device", "virtio-net-pci,netdev=second,mac=52:54:00:12:34:99"]
        files = server.files() | {"etc/kdump.conf": f"ssh root@{ssh.ADDRESS}\npath {server.store}/one\n"}
        with guest.Guest(logs, files=files, options=options + second).boot() as system:
            system.check(f"modprobe virtio_net; ip link set eth0 up; ip addr add {ADDRESS} dev eth0")
            crashes.arm(system)
            times = [_time(system, f"lastword {verb}") for verb in ("arm", "reload", "status")]
            for change, words in CHANGES:
                system.check(change)
                take(system, Step("lastword status", STALE, words))
                if "virtio_net" in words:
                    take(system, Step("lastword arm", 1, words))
                elif "key" not in words:
                    crashes.arm(system)
    return "arm {:.1f} s, reload {:.1f} s, status {:.1f} s".format(*times)


def _time(system: guest.System, command: str) -> float:
    before = system.now()
    system.check(command)
    return system.now() - before


ROWS = [
    rows.Row("stale", "matrix", stale),
    rows.Row("kdumpctl-life", "test", life),
    rows.Row("kdumpctl-test", "matrix", tested),
    rows.Row("kexec-compared", "matrix", compared),
    rows.Row("kexec-refused", "matrix", refused),
]
