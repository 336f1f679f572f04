# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Debian with a boot loader, lastword from its package alone: made ready, crashed, updated, and left without a trace."""

import hashlib
import os
import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

from tests.lab import deaths, grub, initramfs, packages, paths, rows
from tests.lab.rows import check

from . import crashes, dumps

APT = "apt-get install -y --no-install-recommends"
LINKS = "/usr/lib/lastword/bin"
KDUMP_CONF = """# kdump.conf as kdump-utils installs it, with a target
#raw /dev/vg/lv_kdump
#ssh user@my.server.com
auto_reset_crashkernel yes
path /var/crash
core_collector makedumpfile -l --message-level 7 -d 31
#failure_action shell
"""
KERNEL_HOOKS = ("/etc/kernel/postinst.d", "/etc/kernel/postrm.d")
NOTIFIED = "journalctl -b -o cat MESSAGE_ID=5f2c7a0be9c54ab2a0c3e1d7704c6a1e"
HOTPLUG = "echo 0 > /sys/devices/system/cpu/cpu1/online; echo 1 > /sys/devices/system/cpu/cpu1/online"
CHANGING = ("var/log", "var/cache", "var/lib/dpkg", "var/lib/apt", "var/lib/systemd", "var/tmp", "tmp", "run", "root", "lost+found",
            "var/lib/private", "var/backups", "etc/ld.so.cache", "etc/apt", "var/lib/logrotate")
"""What any boot or any package writes."""
CONTENT = ("etc", "boot/grub")
"""Where what is in a file counts, too."""


def trace(root: Path) -> dict[str, str]:
    """What is on a disk: each path with its kind, mode, owner and, where it is configuration, content."""
    found = {}
    for directory, folders, files in os.walk(root):
        where = os.path.relpath(directory, root)
        folders[:] = [name for name in folders if os.path.normpath(f"{where}/{name}") not in CHANGING]
        for name in folders + files:
            path = os.path.normpath(f"{where}/{name}")
            if path not in CHANGING:
                found[path] = _describe(root / path, path.startswith(CONTENT))
    return found


def _describe(path: Path, content: bool) -> str:
    about = path.lstat()
    words = f"{stat.filemode(about.st_mode)} {about.st_uid}:{about.st_gid}"
    if stat.S_ISLNK(about.st_mode):
        words += f" {os.readlink(path)}"
    elif content and stat.S_ISREG(about.st_mode):
        words += f" {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return words


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """In words, a line each."""
    new = [f"new: {path} ({after[path]})" for path in after.keys() - before.keys()]
    gone = [f"gone: {path}" for path in before.keys() - after.keys()]
    changed = [f"changed: {path}: {before[path]}, now {after[path]}" for path in before.keys() & after.keys()
               if before[path] != after[path]]
    return sorted(new + gone + changed)


def status_is(system: grub.System, wanted: int, why: str) -> str:
    """What `lastword status` says, with the exit status it must have."""
    done = system.run("lastword status 2>&1")
    check(done.status == wanted, f"{why}: status exits {done.status}, wanted {wanted}: {done.output.strip()}")
    return done.output.strip()


def install(system: grub.System) -> None:
    """The package alone: nothing is armed, enabled or changed by it."""
    system.check(f"{APT} /packages/lastword_*.deb 2>&1", 400)
    status_is(system, 3, "just installed")
    enabled = system.run("systemctl is-enabled lastword lastword-early lastword-notify").output.split()
    check(set(enabled) == {"disabled"}, f"the installation enables services: {enabled}")
    check(system.run("cat /sys/kernel/kexec_crash_loaded").output.strip() == "0", "the installation loads a kernel")


def set_up(system: grub.System) -> None:
    """With a configuration of kdump-utils: one command, and a reboot through GRUB."""
    system.check(f"printf %s {shlex.quote(KDUMP_CONF)} > /etc/kdump.conf".replace("\n", "\\n").replace("%s", "%b"))
    said = system.check("lastword setup 2>&1", 300)
    check("reboot" in said, f"setup does not say that a reboot is needed: {said}")
    system.check("systemctl enable lastword-notify 2>&1")


def check_armed(system: grub.System) -> None:
    """By the service, and everybody agrees."""
    status_is(system, 0, "after the reboot")
    check(system.run("systemctl is-active lastword.service").status == 0, "the service is not active")
    done = system.run("lastword doctor 2>&1")
    check(done.status == 0, f"doctor exits {done.status}:\n{done.output}")
    done = system.run(f"{LINKS}/kdumpctl status 2>&1")
    check(done.status == 0 and "Kdump is operational" in done.output, f"kdumpctl status: {done.status}: {done.output}")


def check_hotplug(system: grub.System) -> str:
    """A CPU that goes and comes back: loaded again, once; not at all where the kernel updates what it has."""
    wanted = "0" if system.run("cat /sys/devices/system/cpu/crash_hotplug").output.strip() == "1" else "1"
    system.check(HOTPLUG)
    journal = "journalctl -b -o cat -u lastword-reload.service"
    system.run(f"for i in $(seq 30); do {journal} | grep -q ^armed && break; sleep 1; done; sleep 4", 200)
    count = system.run(f"{journal} | grep -c ^armed").output.strip()
    check(count == wanted, f"two events within a moment: loaded {count} times, wanted {wanted}: {system.run(journal).output}")
    return status_is(system, 0, "after the CPU came back")


def check_update(system: grub.System) -> None:
    """The running kernel's image becomes another one: stale until a hook was there, that of an installation or of a removal."""
    for directory in KERNEL_HOOKS:
        system.check("printf x >> /boot/vmlinuz-$(uname -r)")
        said = status_is(system, 4, "another kernel image")
        check("kernel image changed" in said, f"status does not say why: {said}")
        hook = f"run-parts --regex '^lastword$' --exit-on-error --arg=$(uname -r) --arg=/boot/vmlinuz-$(uname -r) {directory}"
        system.check(f"{hook} 2>&1", 120)
        status_is(system, 0, f"after the hook in {directory}")


def early(system: grub.System) -> tuple[float, float]:
    """When the image of last time was loaded, and when the service had armed in full: seconds after the kernel's start."""
    times = []
    for unit, word in (("lastword-early", "armed early"), ("lastword", "armed")):
        said = system.run(f"journalctl -b -o short-monotonic -u {unit}.service | grep ' {word}: '").output
        stamp = re.match(r"\[ *(\d+\.\d+)\]", said)
        check(stamp, f"{unit} did not arm: {system.run(f'journalctl -b -u {unit}.service').output}")
        times.append(float(stamp[1]) if stamp else 0)
    return times[0], times[1]


def crash(system: grub.System) -> float:
    """SysRq, the dump, and the machine is up again by itself; seconds in the capture kernel."""
    panic = deaths.SYSRQ.bring(system)
    saved = system.until(r"lastword: .*vmcore saved", panic + crashes.CAPTURE_DEADLINE)
    system.booted()
    status_is(system, 0, "after the crash")
    told = system.run(NOTIFIED).output
    check("sysrq" in told, f"nobody was told of the dump: {told}")
    phase = crashes.PHASE.search(saved.text)
    return float(phase[1]) if phase else 0.0


def purge(system: grub.System) -> None:
    """As an administrator does it."""
    # Libraries that came along stay where a package that was there before would like to have them.
    wishes = "-o APT::AutoRemove::SuggestsImportant=false -o APT::AutoRemove::RecommendsImportant=false"
    system.check(f"apt-get purge -y --autoremove {wishes} lastword 2>&1", 400)
    check(system.run("cat /sys/kernel/kexec_crash_loaded").output.strip() == "0", "a crash kernel stays loaded")
    system.check(f"rm /etc/kdump.conf && truncate -s -{len(KERNEL_HOOKS)} /boot/vmlinuz-$(uname -r)")


def installed(suite: str, logs: Path) -> str:
    """From the package to the dump, and away again."""
    made = packages.deb(suite)
    disk = grub.copy(suite, packages.needed(next(made.glob("lastword_*.deb"))), logs)
    with disk.mounted(read_only=False) as root:
        shutil.copytree(made, root / "packages")
        before = trace(root)
    with disk.boot(logs, "installed") as system:
        install(system)
        set_up(system)
        system.reboot()
        check_armed(system)
        check_hotplug(system)
        check_update(system)
        system.reboot()
        loaded, armed = early(system)
        seconds = crash(system)
        purge(system)
        system.power_off()
    with disk.mounted() as root:
        dump = dumps.only(root / "var/crash")
        dumps.check_whole(Path(shutil.copytree(dump, logs / dump.name)))
        left = [line for line in differences(before, trace(root)) if not line.startswith("new: var/crash")]
    check(not left, "what purge leaves:\n" + "\n".join(left))
    return f"armed early {loaded:.1f} s after the kernel's start, in full {armed:.1f} s; dump saved {seconds:.1f} s after the panic"


def beside(logs: Path) -> str:
    """In a chroot: beside the packages whose names lastword also answers to, then instead of them, then none of it."""
    made = packages.deb("bookworm")
    disk = grub.copy("bookworm", packages.needed(next(made.glob("lastword_*.deb"))), logs)
    with disk.mounted(read_only=False) as root:
        shutil.copytree(made, root / "packages")
        chroot: list[str | Path] = ["env", "DEBIAN_FRONTEND=noninteractive", "chroot", root]
        apt_get = [*chroot, "apt-get", "-y", "--no-install-recommends"]
        _run(*apt_get, "install", "kexec-tools", "makedumpfile", "crash")
        theirs = _run(*chroot, "dpkg", "-V")
        _run(*apt_get, "install", *_inside(root, "lastword_*.deb"))
        check(_run(*chroot, "dpkg", "-V") == theirs, "lastword changes files of others")
        _run(*apt_get, "install", *_inside(root, "lastword-compat_*.deb"))
        for name in ("usr/sbin/kexec", "usr/bin/crash", "usr/bin/makedumpfile", "usr/bin/kdumpctl"):
            check((root / name).resolve() == root / "usr/sbin/lastword", f"/{name} is not lastword")
        _run(*chroot, "systemctl", "enable", "kdump")
        wants = root / "etc/systemd/system/multi-user.target.wants/lastword.service"
        check(wants.is_symlink(), "enabling kdump does not enable lastword")
        _run(*apt_get, "purge", "--autoremove", "lastword", "lastword-compat")
        left = [path for path in trace(root) if "lastword" in path and not path.startswith("packages")]
    check(not left, f"purge leaves: {left}")
    return ""


def _inside(root: Path, pattern: str) -> list[str]:
    """Files of /packages as they are called inside."""
    return [f"/{file.relative_to(root)}" for file in (root / "packages").glob(pattern)]


def rpm(logs: Path) -> str:
    """Built by rpmbuild, installed into an empty root (a shell for the scripts apart), verified, and erased."""
    root = logs / "root"
    (root / "bin").mkdir(parents=True)
    shutil.copy(initramfs.BUSYBOX, root / "bin/sh")
    database: list[str | Path] = ["rpm", "--root", root, "--nodeps"]
    _run("rpm", "--root", root, "--initdb")
    _run(paths.PROJECT / "scripts/package", "rpm", logs / "packages")
    before = trace(root)
    archives = [a for a in (logs / "packages").glob("lastword-*.rpm") if not a.name.endswith(".src.rpm")]
    _run(*database, "-i", *archives)
    _run(*database, "-V", "lastword", "lastword-compat")
    names = [root / "usr" / name for name in ("bin/kdumpctl", "bin/crash", "sbin/kexec", "sbin/makedumpfile")]
    check(all(name.resolve() == root / "usr/sbin/lastword" for name in names), "the other programs' names do not lead to lastword")
    (root / "var/crash/dump").mkdir(parents=True)
    (root / "var/lib/lastword").mkdir(parents=True)
    _run(*database, "-e", "lastword-compat", "lastword")
    left = [line for line in differences(before, trace(root)) if "var/lib/rpm" not in line and "(d" not in line]
    check(not left, f"erasing leaves: {left}")
    check((root / "var/crash/dump").is_dir(), "erasing removes a dump")
    check(not (root / "var/lib/lastword").exists(), "erasing leaves /var/lib/lastword")
    return f"{len(archives)} packages"


def _run(*words: str | Path) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def row(suite: str) -> rows.Row:
    """The whole life on one suite."""
    return rows.Row(f"installed-{suite}", "matrix", lambda logs: installed(suite, logs))


ROWS = [*(row(suite) for suite in ("bookworm", "trixie")), rows.Row("package-beside", "matrix", beside), rows.Row("rpm", "matrix", rpm)]
