# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword rehearse` and `lastword estimate`, on the host, over the tree of a guest that was armed (--root).

The guest is booted once for a tree: it arms, and copies what it knows of itself to a disk.  Emulation inside emulation
would take minutes a boot.
"""

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.lab import cpio, disk, guest, images, kernels, nfs, paths, rows, ssh
from tests.lab.rows import check

from . import crashes, dumps, network

STATE = "var/lib/lastword"
COPY = """set -e; mkdir -p /tree/dev /tree/proc/sys/kernel/random /tree/proc/self /tree/sys/kernel
cp -a /etc /tree/; mkdir -p /tree/var/lib; cp -a /var/lib/lastword /tree/var/lib/
for f in cmdline iomem cpuinfo self/mountinfo; do cat /proc/$f > /tree/proc/$f; done
cat /proc/sys/kernel/osrelease > /tree/proc/sys/kernel/osrelease
cat /proc/sys/kernel/random/boot_id > /tree/proc/sys/kernel/random/boot_id
cat /sys/kernel/kexec_crash_size > /tree/sys/kernel/kexec_crash_size
for l in /sys/class/block/vd* /sys/class/block/nvme* /sys/class/block/sd*; do [ -e $l ] || continue
    d=$(readlink -f $l); mkdir -p /tree$d /tree/sys/class/block; ln -sfn $d /tree$l
    for f in dev size ro serial device/serial; do [ ! -f $d/$f ] || { mkdir -p $(dirname /tree$d/$f); cat $d/$f > /tree$d/$f || :; }; done
    while [ $d != /sys/devices ]; do mkdir -p /tree$d
        for n in driver subsystem; do [ ! -L $d/$n ] || { t=$(readlink -f $d/$n); mkdir -p /tree$t; ln -sfn $t /tree$d/$n
            [ ! -L $t/module ] || { m=$(readlink -f $t/module); mkdir -p /tree$m; ln -sfn $m /tree$t/module; }; }; done
        [ ! -f $d/uevent ] || cat $d/uevent > /tree$d/uevent || :; d=${d%/*}; done
done; sync"""
"""What of a system's own view of itself `--root` reads; links are made absolute here and relative on the host."""

DEADLINE = 900.0
TREES_KEPT = 8


@dataclass(frozen=True)
class Tree:
    """A machine's root as a directory of the host."""

    path: Path
    data: guest.Disk

    def state(self, name: str) -> Path:
        """A file of lastword's own."""
        return self.path / STATE / name

    def reword(self, pattern: str, text: str) -> None:
        """Change the record of what was armed."""
        record = self.state("capture.state")
        old = record.read_text(encoding="utf-8")
        new = re.sub(pattern, text, old, flags=re.M)
        check(new != old, f"the record has no {pattern!r}: {old[:600]}")
        record.write_text(new, encoding="utf-8")


def tree(
    logs: Path, suite: str = "bookworm", memory_mb: int = 1024, driver: str = "virtio-blk-pci",
    conf: str = "", options: Sequence[str] = (), prepare: str = ":", files: Mapping[str, str | Path] = MappingProxyType({}),
) -> Tree:
    """The tree of an armed guest, with its disk for dumps and its kernel: a copy, to be changed.

    Booted once for a build of lastword, but for one with a configuration of its own.
    """
    if conf:
        return _armed(logs, suite, memory_mb, driver, conf, options, prepare, files)
    kept = paths.cache("trees", f"{images.programs().stem}-{suite}-{memory_mb}-{driver}")
    with paths.locked(kept):
        if not kept.exists():
            for old in sorted(kept.parent.glob("programs-*/"), key=lambda d: d.stat().st_mtime)[:-TREES_KEPT]:
                shutil.rmtree(old, ignore_errors=True)
            made = _armed(logs, suite, memory_mb, driver)
            with paths.made_whole(kept) as partial:
                partial.mkdir()
                shutil.move(made.path, partial / "tree")
                shutil.move(made.data.path, partial / "data.img")
    data = guest.Disk(logs / "data.img")
    subprocess.run(["cp", "-a", "--sparse=always", kept / "tree", kept / "data.img", logs], check=True)
    return Tree(logs / "tree", data)


def _armed(
    logs: Path, suite: str, memory_mb: int, driver: str, conf: str = "", options: Sequence[str] = (), prepare: str = ":",
    more: Mapping[str, str | Path] = MappingProxyType({}),
) -> Tree:
    data = guest.Disk(logs / "data.img", "ext4", "/var/crash", driver=driver).make()
    out = guest.Disk(logs / "tree.img", "ext4", "/tree", uuid="7d0c2f6c-54a1-4a3b-8f0e-2a3a3c1f9c55", label="tree").make()
    files = {**more, "etc/kdump.conf": conf or f"ext4 UUID={data.uuid}\npath /\n", "root/copy": COPY}
    machine = guest.Guest(logs, suite, memory_mb, disks=[data, out], files=files, options=list(options))
    with machine.boot() as system:
        system.check(prepare)
        if driver != "virtio-blk-pci":
            system.check("modprobe nvme; modprobe ahci; modprobe sd_mod; sleep 3; mount -a; mount | grep -q /var/crash")
        crashes.arm(system)
        system.check("sh /root/copy 2>&1")
        system.power_off()
    path = logs / "tree"
    with disk.mounted(out.path) as mounted:
        shutil.copytree(mounted, path, symlinks=True)
    out.path.unlink()
    _make_relative(path)
    kernel = kernels.kernel(suite)
    shutil.copytree(kernel.root / "boot", path / "boot")
    (path / "lib").mkdir()
    (path / "lib" / "modules").symlink_to(kernel.root / "lib" / "modules")
    return Tree(path, data)


def _make_relative(top: Path) -> None:
    for link in [p for p in top.rglob("*") if p.is_symlink()]:
        target = str(link.readlink())
        if target.startswith("/sys/"):
            link.unlink()
            ups = "../" * (len(link.relative_to(top).parts) - 1)
            link.symlink_to(ups + target.lstrip("/"))


def lastword(logs: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the build's lastword; what it writes is kept in @logs."""
    done = subprocess.run([paths.build() / "lastword", *words], capture_output=True, text=True, timeout=DEADLINE, check=False)
    (logs / f"{words[0]}.out").write_text(f"{done.stdout}\n--\n{done.stderr}", encoding="utf-8")
    return done


def rehearse(logs: Path, where: Tree, *words: str) -> dict[str, Any]:
    """The rehearsal's JSON, with its exit status as "status"."""
    done = lastword(logs, "rehearse", "--root", str(where.path), "--json", "--keep", str(logs / "kept"), *words)
    check(done.stdout, f"rehearse says nothing and exits {done.returncode}: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    found["status"] = done.returncode
    check(found["status"] == (0 if found["passed"] else 1), f"exit status {found['status']}, passed {found['passed']}")
    return dict(found)


def passes(logs: Path, driver: str = "virtio-blk-pci", suite: str = "bookworm") -> str:
    """What works is proved with the very image, and recorded."""
    where = tree(logs, suite, driver=driver)
    found = rehearse(logs, where)
    check(found["passed"], f"fails: {found['reason']}")
    same = "\n".join(found["as_in_reality"])
    check("capture image: the one that is armed" in same, f"the image was changed: {found['not_as_in_reality']}")
    check("read back" in same, f"nothing was read back: {same}, {found['warnings']}")
    for phase in ("modules", "target", "log", "report", "dump", "manifest", "closed"):
        check(found["phases_ms"].get(phase), f"no time of {phase}: {found['phases_ms']}")
    image = hashlib.sha256(where.state("capture.img").read_bytes()).hexdigest()
    past = json.loads(where.state("rehearsal.json").read_text(encoding="utf-8"))
    check(past["passed"] and past["image_sha256"] == image, f"recorded: {past}")
    return f"{found['milliseconds'] / 1000:.0f} s, lowest available {found['lowest_available_bytes'] >> 20} MiB"


def fails(damage: Callable[[Tree], None], reason: str, *words: str) -> Callable[[Path], str]:
    """What would not work does not pass, and the reason is @reason."""

    def run(logs: Path) -> str:
        where = tree(logs)
        damage(where)
        found = rehearse(logs, where, *words)
        check(not found["passed"], "passes, where no dump can be saved")
        check(re.search(reason, found["reason"]), f"the reason does not name it: {found['reason']}")
        return str(found["reason"])

    return run


def give_disk(where: Tree, change: Callable[[Path], None]) -> None:
    """The machine's own disk, changed, where --root finds it."""
    target = where.path / "dev" / "vda"
    shutil.copy(where.data.path, target)
    change(target)


def new_uuid(where: Tree) -> None:
    """The file system was made anew since."""
    give_disk(where, lambda image: disk.formatted(image, 1024, "ext4", "11111111-2222-3333-4444-555555555555", "dumps") and None)


def full_disk(where: Tree) -> None:
    """Nothing fits on it any more."""

    def fill(image: Path) -> None:
        with disk.mounted(image, read_only=False) as mounted:
            with open(mounted / "ballast", "wb") as ballast:
                try:
                    while True:
                        ballast.write(bytes(1 << 20))
                except OSError:
                    pass
            left = shutil.disk_usage(mounted).free
            check(left < 1 << 20, f"{left} bytes are left")

    give_disk(where, fill)


def without_driver(where: Tree) -> None:
    """The image lacks virtio_blk: the module and its line in the plan."""
    image = where.state("capture.img")
    plain = gzip.decompress(image.read_bytes())
    archive = cpio.Archive()
    for path, mode, data in cpio.entries(plain):
        if path.endswith("virtio_blk.ko"):
            continue
        if path == "lastword.plan":
            data = re.sub(rb"^module /lib/modules/virtio_blk\.ko\n", b"", data, flags=re.M)
        archive.entry(path, mode, data)
    image.write_bytes(gzip.compress(archive.whole(), 9))
    where.reword(r"^image \S+", f"image {hashlib.sha256(image.read_bytes()).hexdigest()}")


def stop_boot(where: Tree) -> None:
    """Somebody armed with words that the capture kernel does not survive."""
    words = "rdinit=/none root=/dev/none"
    where.reword(r"^(command-line .*)$", rf"\1 {words}")
    where.reword(r"^(target .*)$", rf"\1\nappend {words}")


def nothing(_: Tree) -> None:
    """The machine as it is."""


NFS_PORT = 2049
HOST = "10.0.2.2"
"""This machine, as QEMU's user network shows it to guests."""
CARD = ("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,mac=52:54:00:12:34:56")


@dataclass(frozen=True)
class Server:
    """A real server on this machine, and the tree of a guest that is armed for it."""

    tree: Tree
    store: Path
    core: str


@contextlib.contextmanager
def nfs_server(logs: Path) -> Iterator[Server]:
    """Dumps go over NFS."""
    with nfs.Server(logs / "server", port=NFS_PORT) as server:
        store = server.export / "dumps"
        store.mkdir()
        conf = f"nfs {HOST}:{nfs.SHARE}\npath /dumps\n"
        yield Server(tree(logs, conf=conf, options=CARD, prepare=network.NETWORK), store, dumps.CORE)


@contextlib.contextmanager
def ssh_server(logs: Path) -> Iterator[Server]:
    """Dumps go over SSH."""
    with ssh.Server(logs / "server") as server:
        host_key = (server.work / "host_key.pub").read_text(encoding="utf-8")
        files = server.files() | {
            "root/.ssh/known_hosts": f"[{HOST}]:{server.port} {host_key}",
            "root/.ssh/config": f"Host {HOST}\n\tPort {server.port}\n",
        }
        conf = f"ssh root@{HOST}\npath {server.store}\n"
        yield Server(tree(logs, conf=conf, options=CARD, prepare=network.NETWORK, files=files), server.store, "vmcore.flat")


HUNGRY_MB = 48
HUNGRY = f"""#!/bin/sh
dd if=/dev/zero of=/hungry bs=1M count={HUNGRY_MB}
"""
"""A hook that takes memory of the capture kernel, as a large driver does."""


def after_crash(logs: Path) -> str:
    """A crash that took more than the formula says teaches arm, estimate, reset-crashkernel and doctor."""
    data = crashes.data_disk(logs)
    files: dict[str, str | Path] = {
        "etc/kdump.conf": f"ext4 UUID={data.uuid}\npath /\nkdump_pre /root/hungry\n", "root/hungry": HUNGRY,
        "etc/default/grub": 'GRUB_CMDLINE_LINUX=""\n', "boot/grub/grub.cfg": "",
    }
    machine = guest.Guest(logs, disks=[data], files=files, crashkernel="192M")
    crash = crashes.crash(machine, "chmod 755 /root/hungry")
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    with machine.boot("again") as system:
        system.check("chmod 755 /root/hungry")
        before = json.loads(system.check("lastword estimate --formula --json"))
        check(before["needed_by"] == "crashed", f"needed by {before['needed_by']}: {before['needed_words']}")
        needed, formula = before["needed_bytes"] >> 20, before["formula_bytes"] >> 20
        check(formula + 8 < needed < 192, f"{needed}M by the crash, {formula}M by the formula: the hook took {HUNGRY_MB}M")
        check(before["recommended_bytes"] >> 20 >= needed, f"recommends {before['recommended_bytes'] >> 20}M")
        diff = system.check("lastword reset-crashkernel --dry-run")
        size = re.search(r"\+.*crashkernel=(\d+)M", diff)
        check(size and int(size[1]) >= needed, f"reset-crashkernel would write other than {needed}M and more: {diff}")
        defaults = system.check("lastword kdumpctl get-default-crashkernel").strip()
        check(size and defaults == f"{size[1]}M", f"get-default-crashkernel says {defaults!r}")
        system.check(f"echo $(({formula + 4} << 20)) > /sys/kernel/kexec_crash_size")
        refused = system.run("lastword arm 2>&1")
        check(refused.status == 1 and f"need {needed} MiB" in refused.output, f"arm with {formula + 4}M: {refused.output}")
        doctor = system.run("lastword doctor 2>&1").output
        check(re.search(r"reservation-small.*\n.*the crash of .* took", doctor), f"doctor does not tell of the crash: {doctor[:3000]}")
    return f"{before['needed_words']}; {needed}M asked for, {formula}M by formula, crashkernel={defaults}"


Serve = Callable[[Path], contextlib.AbstractContextManager[Server]]


def check_arrived(server: Server) -> None:
    """One whole dump is on the server."""
    dump = dumps.only(server.store, network.ADDRESS)
    dumps.check_log(dump)
    dumps.check_core(dump / server.core, dump / dumps.LOG)
    dumps.check_manifest(dump)


def over_network(logs: Path, serve: Serve) -> str:
    """A dump to the real server, the plan unchanged; then none is spoken to."""
    with serve(logs) as server:
        found = rehearse(logs, server.tree)
        check(found["passed"], f"fails: {found['reason']}")
        check("capture image: the one that is armed" in found["as_in_reality"], f"changed: {found['not_as_in_reality']}")
        check_arrived(server)
        left = found["lowest_available_bytes"] >> 20
        before = sorted(server.store.iterdir())
        found = rehearse(logs, server.tree, "--local")
        check(found["passed"], f"--local fails: {found['reason']}")
        check(sorted(server.store.iterdir()) == before, "--local has spoken to the server")
        check(any("not spoken to" in line for line in found["not_as_in_reality"]), f"not said: {found['not_as_in_reality']}")
    return f"lowest available {left} MiB, with a disk in its place {found['lowest_available_bytes'] >> 20} MiB"


def server_gone(logs: Path, serve: Serve, reason: str) -> str:
    """What armed with a server that is not there any more does not pass."""
    with serve(logs) as server:
        where = server.tree
    found = rehearse(logs, where)
    check(not found["passed"], "passes, where nobody takes a dump")
    check(re.search(reason, found["reason"]), f"the reason does not name it: {found['reason']}")
    return str(found["reason"])


def _processes(work: Path) -> list[str]:
    """Those that have @work on their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(work) in words and entry.parent.name != str(os.getpid()):
                found.append(words)
    return found


def interrupted(logs: Path) -> str:
    """Whenever a person ends it, QEMU is gone, and so is all that was made."""
    where = tree(logs)
    moments = {"kernel 6": signal.SIGINT, "first kernel up": signal.SIGTERM, "lastword-init started": signal.SIGHUP}
    state = sorted(p.name for p in (where.path / STATE).iterdir())
    for words, number in moments.items():
        work = logs / f"tmp-{number.name}"
        work.mkdir()
        command = [paths.build() / "lastword", "--root", str(where.path), "rehearse"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "TMPDIR": str(work)}) as process:
            assert process.stderr
            said = ""
            while words not in said:
                line = process.stderr.readline()
                check(line, f"ended before it said {words!r}: {said}")
                said += line
            if words == "kernel 6":
                time.sleep(2)
            running = _processes(work)
            check(any("qemu-system" in p for p in running), f"{words}: no QEMU runs: {running}")
            process.send_signal(number)
            began = time.monotonic()
            rest = process.stderr.read()
            status = process.wait(30)
            took = time.monotonic() - began
        check(status in (1, -number), f"{words}: exit status {status}: {rest}")
        check(took < 5, f"{words}: {took:.1f} s until its end")
        check(not _processes(work), f"{words}: left running: {_processes(work)}")
        left = [p.name for p in work.iterdir()]
        check(not left, f"{words}: left behind: {left}")
        check(sorted(p.name for p in (where.path / STATE).iterdir()) == state, f"{words}: something was recorded")
    return f"{len(moments)} moments"


STOPPED = """#!/bin/sh
case "$*" in *"-accel kvm"*) kill -STOP $$;; esac
exec {qemu} "$@"
"""
"""A QEMU that hangs with KVM, and hears no signal but the last."""
OTHER_CPU = """#!/bin/sh
exec {qemu} $(echo " $* " | sed 's/ -cpu host / -cpu host,-arch-capabilities /')
"""
"""With this CPU some machines' nested KVM starts a guest that never runs, where with others it ends at once."""
PROBE_LIMIT = 10.0


def kvm_hangs(logs: Path) -> str:
    """KVM is taken after a guest was seen to run with it, and a KVM that hangs costs seconds."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise rows.Skip("no /dev/kvm here")
    where = tree(logs)
    qemu = shutil.which("qemu-system-x86_64")
    notes = []
    for name, text in {"stopped": STOPPED, "other-cpu": OTHER_CPU}.items():
        places = logs / name
        places.mkdir()
        program = places / "qemu-system-x86_64"
        program.write_text(text.format(qemu=qemu), encoding="utf-8")
        program.chmod(0o755)
        command = [paths.build() / "lastword", "--root", str(where.path), "rehearse"]
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "PATH": f"{places}:{os.environ['PATH']}", "TMPDIR": str(places)}) as process:
            assert process.stderr
            line = next((line for line in process.stderr if "in QEMU (" in line), "")
            took = time.monotonic() - began
            process.send_signal(signal.SIGINT)
        check(took < PROBE_LIMIT, f"{name}: {took:.1f} s until a machine was chosen")
        check("(tcg" in line or (name != "stopped" and "(kvm" in line), f"{name}: chosen was: {line!r}")
        left = [p.name for p in places.iterdir() if p != program]
        check(not left and not _processes(places), f"{name}: left {left}, running {_processes(places)}")
        notes.append(f"{name}: {line.strip().rsplit('(', 1)[1].rstrip(')')} after {took:.1f} s")
    return "; ".join(notes)


def estimate(logs: Path, where: Tree, *words: str) -> dict[str, Any]:
    """The estimate's JSON."""
    done = lastword(logs, "estimate", "--root", str(where.path), "--json", *words)
    check(done.returncode == 0, f"exit status {done.returncode}: {done.stderr.strip()}")
    return dict(json.loads(done.stdout))


def estimates(suite: str, memory_mb: int) -> Callable[[Path], str]:
    """The smallest reservation that it finds works, 4 MiB less does not, and what it recommends is at most 8 MiB more."""

    def run(logs: Path) -> str:
        where = tree(logs, suite, memory_mb)
        found = estimate(logs, where)
        check(found["source"] == "measured", f"not measured: {found['why']}")
        enough, small, best = (found[f"{key}_bytes"] >> 20 for key in ("minimum", "too_small", "recommended"))
        extra = found["for_ram_bytes"] >> 20
        check(0 < enough - extra - small <= 5, f"{enough}M is enough and {small}M too small: not bisected")
        check(best <= enough + 8, f"recommends {best}M where {enough}M is enough")
        shown = lastword(logs, "estimate", "--root", str(where.path)).stdout
        for words in ("Reserved crashkernel:    128M", f"Recommended crashkernel: {best}M", "Kernel image size:", "earlier"):
            check(words in shown, f"no {words!r} in what is shown: {shown}")
        return f"{enough}M is enough, {small}M is not, {best}M recommended; {found['boots']} boots, {found['milliseconds'] / 1000:.0f} s"

    return run


def estimates_server(logs: Path, serve: Serve) -> str:
    """What it recommends, measured with a disk in the server's place, is enough for the server, and not 8 MiB too much."""
    with serve(logs) as server:
        found = estimate(logs, server.tree)
        enough, best = (found[f"{key}_bytes"] >> 20 for key in ("minimum", "recommended"))
        check(found["network_bytes"] > 0, "nothing is added for the network")
        left = {}
        for size in (best, enough):
            done = rehearse(logs, server.tree, "--crashkernel", f"{size}M")
            check(done["passed"] or size != best, f"{size}M is recommended, and fails: {done['reason']}")
            left[size] = f"{done['lowest_available_bytes'] >> 20} MiB left" if done["passed"] else done["reason"]
        newest = max((d for d in server.store.iterdir() if (d / dumps.MANIFEST).exists()), key=lambda d: d.name)
        dumps.check_core(newest / server.core, newest / dumps.LOG)
    return f"{best}M recommended: {left[best]}; the {enough}M of a disk: {left[enough]}"


ROWS = [
    rows.Row("rehearse-passes", "test", passes),
    rows.Row("rehearse-passes-nvme", "matrix", lambda logs: passes(logs, "nvme")),
    *(rows.Row(f"rehearse-passes-{suite}", "matrix", lambda logs, suite=suite: passes(logs, suite=suite))
      for suite in ("bullseye", "trixie", "sid")),
    rows.Row("rehearse-nfs", "matrix", lambda logs: over_network(logs, nfs_server)),
    rows.Row("rehearse-ssh", "matrix", lambda logs: over_network(logs, ssh_server)),
    rows.Row("rehearse-fails-ssh", "matrix", lambda logs: server_gone(logs, ssh_server, r"refused")),
    rows.Row("rehearse-interrupted", "matrix", interrupted),
    rows.Row("rehearse-kvm-hangs", "matrix", kvm_hangs),
    rows.Row("rehearse-fails-small", "matrix", fails(nothing, r"memory ran out|do not fit|too small", "--crashkernel", "64M")),
    rows.Row("rehearse-fails-uuid", "matrix", fails(new_uuid, r"UUID 11111111.*looks for 4b9f4c1e")),
    rows.Row("rehearse-fails-full", "matrix", fails(full_disk, r"No space left|no room|is full")),
    rows.Row("rehearse-fails-driver", "matrix", fails(without_driver, r"no driver virtio_blk")),
    rows.Row("rehearse-fails-word", "matrix", fails(stop_boot, r"words of its own: rdinit=/none")),
    *(rows.Row(f"estimate-{suite}", "matrix", estimates(suite, 1024)) for suite in ("bullseye", "bookworm", "trixie", "sid")),
    rows.Row("estimate-nfs", "matrix", lambda logs: estimates_server(logs, nfs_server)),
    rows.Row("estimate-ssh", "matrix", lambda logs: estimates_server(logs, ssh_server)),
    rows.Row("estimate-after-crash", "matrix", after_crash),
    rows.Row("estimate-2g", "matrix", estimates("bookworm", 2048)),
    rows.Row("estimate-8g", "matrix", estimates("bookworm", 8192)),
]
