# SPDX-License-Identifier: GPL-2.0-or-later
"""lastword doctor on real machines: clean where nothing is wrong; what is broken is found by its id, and gone after the fix."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.lab import cables, guest, rows, server
from tests.lab.cables import IP
from tests.lab.rows import check

from . import crashes, served

CONF = "/etc/kdump.conf"
FINDING = re.compile(r"^(failure|warning|note|skipped|ok) +([a-z-]+): (.*)$")
FIX = re.compile(r"^ +fix: +(.*)$")
DATA = "4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11"
MODULE = "$(find /lib/modules -name 'virtio_blk.ko*')"
UNIT = "/etc/systemd/system/lastword.service"
WANTS = "/etc/systemd/system/multi-user.target.wants"


@dataclass(frozen=True)
class Finding:
    """One line of a doctor, and what to do about it."""

    level: str
    check: str
    text: str
    fix: str


def examine(system: guest.System, options: str = "") -> list[Finding]:
    """What lastword doctor finds; its exit status agrees with that."""
    done = system.run(f"lastword doctor {options} 2>&1")
    found: list[Finding] = []
    for line in done.output.splitlines():
        finding, fix = FINDING.match(line), FIX.match(line)
        if finding:
            found.append(Finding(finding[1], finding[2], finding[3], ""))
        elif fix and found:
            found[-1] = Finding(found[-1].level, found[-1].check, found[-1].text, fix[1])
    serious = [f for f in found if f.level in ("failure", "warning")]
    check(done.status == bool(serious), f"doctor exits {done.status} with {serious}: {done.output[-1000:]}")
    check(re.search(r"^\d+ failures?, ", done.output, re.MULTILINE), f"doctor says {done.output[-1000:]!r}")
    return found


def serious(found: list[Finding]) -> list[str]:
    """The ids of what makes it exit 1."""
    return [f.check for f in found if f.level in ("failure", "warning")]


@dataclass(frozen=True)
class Breakage:
    """How to break something (a shell command), the id that must be found, and how to mend it.

    With @mend "" the fix that doctor printed is what is run.
    """

    check: str
    command: str
    mend: str = ""


def conf(text: str) -> str:
    """A command that writes kdump.conf."""
    return f"printf '{text}' > {CONF}"


def try_breakages(system: guest.System, clean: str, breakages: tuple[Breakage, ...]) -> int:
    """Each breaks a clean machine, is found, and mended; how many were.  @clean is the healthy kdump.conf."""
    left: list[str] = []
    for b in breakages:
        system.check(b.command)
        broken = examine(system)
        found = [f for f in broken if f.check == b.check]
        check(found, f"{b.command!r}: doctor does not find {b.check}, but {serious(broken)}")
        system.check(b.mend or found[0].fix.replace("; then ", "; "))
        left = serious(examine(system))
        check(b.check not in left, f"{b.check} is still found after {b.mend or found[0].fix!r}: {left}")
        if left:
            system.check(f"{conf(clean)}; lastword arm 2>&1")
            left = serious(examine(system))
    check(not left, f"all is mended, and doctor finds {left}")
    return len(breakages)


PLAIN = f"ext4 UUID={DATA}\\npath /\\n"
ON_DISK = (
    Breakage("not-armed", "lastword disarm"),
    Breakage("armed-by-other", "rm /run/lastword/armed"),
    Breakage("armed-stale", conf(PLAIN + "core_collector makedumpfile -z -d 1\\n")),
    Breakage("image-damaged", "echo x >> /var/lib/lastword/capture.img"),
    Breakage("config-error", conf(PLAIN + "foo bar\\n"), conf(PLAIN)),
    Breakage("target-missing", conf("ext4 UUID=00000000-dead-beef-0000-000000000000\\n"), conf(PLAIN)),
    Breakage("target-type", conf(f"xfs UUID={DATA}\\npath /\\n"), conf(PLAIN)),
    Breakage("target-path", conf(f"ext4 UUID={DATA}\\npath /none\\n")),
    Breakage("target-unusable", conf("path /run\\n"), conf(PLAIN)),
    Breakage("target-read-only", "mount -o remount,ro /var/crash"),
    Breakage("target-full", "fallocate -l 960M /var/crash/fill || dd if=/dev/zero of=/var/crash/fill bs=1M; sync", "rm /var/crash/fill; sync"),
    Breakage("arm-refuses", f"f={MODULE}; mv $f $f.gone; echo $f > /tmp/module", "f=$(cat /tmp/module); mv $f.gone $f"),
    Breakage("driver-missing", f"f={MODULE}; mv $f $f.gone", "f=$(cat /tmp/module); mv $f.gone $f"),
    Breakage("state-directory", "mount -t tmpfs -o ro none /var/lib/lastword", "umount /var/lib/lastword"),
    Breakage("panic-on-oops", "echo 0 > /proc/sys/kernel/panic_on_oops"),
    Breakage("panic-notifiers", "echo Y > /sys/module/kernel/parameters/crash_kexec_post_notifiers",
             "echo N > /sys/module/kernel/parameters/crash_kexec_post_notifiers"),
    Breakage("hook-missing", conf(PLAIN + "kdump_pre /usr/bin/none\\n"), conf(PLAIN)),
    Breakage("container", "touch /run/.containerenv", "rm /run/.containerenv"),
    Breakage("service-disabled", "mkdir -p /run/systemd/system", f"mkdir -p {WANTS}; touch {WANTS}/lastword.service"),
    Breakage("service-masked", f"ln -s /dev/null {UNIT}", f"rm {UNIT}"),
    Breakage("other-kdump", f"touch {WANTS}/kdump-tools.service /usr/lib/systemd/system/kdump-tools.service",
             f"rm {WANTS}/kdump-tools.service"),
)

HEALTHY = "echo 1 > /proc/sys/kernel/panic_on_oops; date -s '2026-11-21 12:00' >/dev/null"


def on_disk(logs: Path) -> str:
    """A machine with a disk for dumps."""
    data = crashes.data_disk(logs)
    with guest.Guest(logs, disks=[data], files={CONF.lstrip("/"): PLAIN.replace("\\n", "\n")}).boot() as system:
        before = examine(system)
        check("not-armed" in serious(before), f"before it is armed doctor finds {serious(before)}")
        system.check(HEALTHY)
        crashes.arm(system)
        clean = examine(system, "-v")
        check(not serious(clean), f"armed, and doctor finds {[f for f in clean if f.check in serious(clean)]}")
        count = try_breakages(system, PLAIN, ON_DISK)
        skipped = sorted({f.check for f in clean if f.level == "skipped"})
        metrics(system)
        system.check("echo 1 > /proc/sys/kernel/kexec_load_disabled")
        check("kexec-disabled" in serious(examine(system)), "kexec is switched off, and doctor does not say so")
    return f"{count + 1} breakages of {len({f.check for f in clean})} checks; not looked for: {' '.join(skipped)}"


def metrics(system: guest.System) -> None:
    """The file for Prometheus is there, and nothing beside it."""
    system.check("mkdir /tmp/m; lastword doctor --prometheus /tmp/m/lastword.prom > /dev/null")
    check(system.check("ls /tmp/m").split() == ["lastword.prom"], "more than the file is left")
    text = system.check("cat /tmp/m/lastword.prom")
    check("\nlastword_armed 1\n" in text.replace("\r", ""), f"the metrics do not say that it is armed: {text[:600]}")


NFS = f"nfs {cables.ADDRESS}:{server.EXPORT}\\npath /dumps\\n"
SSH = f"ssh root@{cables.ADDRESS}\\npath {server.STORE}/ssh\\n"
KEY = "/root/.ssh/kdump_id_rsa"


def nfs(share: str) -> str:
    """kdump.conf for another directory of the server."""
    return conf(f"nfs {cables.ADDRESS}:{share}\\npath /dumps\\n")


OVER_NFS = (
    Breakage("nfs-read-only", nfs(server.READ_ONLY), conf(NFS)),
    Breakage("nfs-root-squash", nfs(server.SQUASHED), conf(NFS)),
    Breakage("nfs-export", nfs("/missing"), conf(NFS)),
    Breakage("nfs-path", conf(NFS.replace("/dumps", "/none")), conf(NFS)),
    Breakage("server-route", f"{IP} addr del 10.9.1.2/24 dev eth0", f"{IP} addr add 10.9.1.2/24 dev eth0"),
    Breakage("network-address", f"{IP} addr add 10.9.1.3/24 dev eth0; {IP} addr del 10.9.1.2/24 dev eth0; "
             f"{IP} addr add 10.9.1.3/24 dev eth0"),
    Breakage("server-name", conf("nfs no-such-host.invalid:/x\\n"), conf(NFS)),
)
OVER_SSH = (
    Breakage("ssh-key-permissions", f"chmod 644 {KEY}"),
    Breakage("ssh-key-missing", f"mv {KEY} /tmp/key", f"mv /tmp/key {KEY}"),
    Breakage("ssh-host-unknown", "mv /root/.ssh/known_hosts /tmp/known", "mv /tmp/known /root/.ssh/known_hosts"),
    Breakage("ssh-host-key", "cp /root/.ssh/known_hosts /tmp/known; ssh-keygen -q -t ed25519 -N '' -f /tmp/other; "
             f"echo {cables.ADDRESS} $(cut -d' ' -f1,2 /tmp/other.pub) > /root/.ssh/known_hosts",
             "cp /tmp/known /root/.ssh/known_hosts"),
)


def served_by(logs: Path) -> str:
    """A real NFS server and sshd in a second guest, and what they refuse."""
    with server.Server(logs / "server") as to:
        way = served.nfs(cables.ADDRESS, served.PLAIN, "")
        with served.machine(logs, to, way).boot("doctor") as system:
            system.check(served.prepare(way))
            system.check(HEALTHY)
            system.check(f"chmod 600 {KEY}")
            count = 0
            for text, here, there in ((NFS, OVER_NFS, NFS_SERVER), (SSH, OVER_SSH, SSH_SERVER)):
                system.check(f"{conf(text)}; lastword arm 2>&1")
                found = serious(examine(system))
                check(not found, f"armed with {text!r}, and doctor finds {found}")
                count += try_breakages(system, text, here) + server_breaks(system, to, there)
    return f"{count} breakages"


NFS_SERVER = (
    ("nfs-refused", "rpc.nfsd 0; sleep 1", "rpc.nfsd --lease-time 10 --grace-time 10 2; echo Y > /proc/fs/nfsd/v4_end_grace"),
)
SSH_SERVER = (
    ("ssh-login", "mv /etc/key.pub /etc/key.gone", "mv /etc/key.gone /etc/key.pub"),
    ("ssh-shell", "cp /etc/key.pub /etc/key.plain; sed -i 's/^/command=\"echo sftp only\" /' /etc/key.pub",
     "cp /etc/key.plain /etc/key.pub"),
    ("ssh-path", f"mount -t tmpfs -o ro none {server.STORE}/ssh", f"umount {server.STORE}/ssh"),
    ("ssh-room", f"mount -t tmpfs -o size=1m none {server.STORE}/ssh", f"umount {server.STORE}/ssh"),
    ("ssh-refused", "kill $(cat /run/sshd.pid); sleep 1", "/usr/sbin/sshd -f /etc/sshd_config; sleep 1"),
)


def server_breaks(system: guest.System, to: server.Server, breakages: tuple[tuple[str, str, str], ...]) -> int:
    """What is broken on the server is found from here, and gone when it is mended there."""
    for wanted, command, mend in breakages:
        to.run(command)
        found = serious(examine(system))
        check(wanted in found, f"{command!r} on the server: doctor finds {found}, not {wanted}")
        to.run(mend)
        left = serious(examine(system))
        check(not left, f"doctor finds {left} after {mend!r} on the server")
    return len(breakages)


SERVER_SIDE = (
    ("server-nfs-down", "rpc.nfsd 0; sleep 1", "rpc.nfsd --lease-time 10 --grace-time 10 2"),
    ("server-not-exported", "echo '/more *(rw)' >> /etc/exports", "sed -i /more/d /etc/exports"),
    ("server-async", "sed -i s/fsid=1,sync/fsid=1,async/ /etc/exports; exportfs -ra",
     "sed -i s/fsid=1,async/fsid=1,sync/ /etc/exports; exportfs -ra"),
    ("server-export-missing", f"mv {server.STORE}/readonly {server.STORE}/gone", f"mv {server.STORE}/gone {server.STORE}/readonly"),
)


def server_side(logs: Path) -> str:
    """The server looks at itself: only that it exports to everybody is wrong."""
    with server.Server(logs / "server") as to:
        system = to.system
        assert system
        clean = serious(examine(system, "--server"))
        check(clean == ["server-everybody"], f"doctor --server finds {clean}")
        crowded = serious(examine(system, "--server --clients 100 --ram 64G"))
        check("server-room" in crowded, f"for a hundred machines doctor --server finds {crowded}")
        for wanted, command, mend in SERVER_SIDE:
            to.run(command)
            found = serious(examine(system, "--server"))
            check(wanted in found, f"{command!r}: doctor --server finds {found}, not {wanted}")
            to.run(mend)
        left = serious(examine(system, "--server"))
        check(left == clean, f"all is mended, and doctor --server finds {left}")
    return f"{len(SERVER_SIDE) + 1} breakages"


ROWS = [
    rows.Row("doctor", "matrix", on_disk),
    rows.Row("doctor-servers", "matrix", served_by),
    rows.Row("doctor-server-side", "matrix", server_side),
]
