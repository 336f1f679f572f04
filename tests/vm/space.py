# SPDX-License-Identifier: GPL-2.0-or-later
"""Little room: the level is raised, older dumps go where kdump.conf says so, and a full disk still gets the log."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.lab import disk, guest, older, rows
from tests.lab.rows import check

from . import crashes, dumps, outcomes

CONF = "ext4 UUID={uuid}\npath /\ncore_collector makedumpfile -l -d {level}\n"
DISK_MB = 80
"""A dump of level 31 is some 30 MiB; journal and tables of the file system take 8."""
STORED_MB = 20
STORED = {f"127.0.0.1-2026-11-{day}-03:14:07": STORED_MB for day in ("02", "03")}
REMOVED = "vmcore-removed.txt"


def crash(logs: Path, prepare: str, level: int, conf: str = "") -> tuple[crashes.Crash, guest.Disk]:
    """Crash a guest with a small disk for dumps, mounted on /var/crash."""
    data = crashes.data_disk(logs, size_mb=DISK_MB)
    files = {"etc/kdump.conf": CONF.format(uuid=data.uuid, level=level) + conf}
    shown = crashes.crash(guest.Guest(logs, disks=[data], files=files), prepare)
    return shown, data


def new_dump(root: Path, into: Path) -> Path:
    """A copy of the one dump directory that this crash made."""
    found = [d for d in dumps.all_new(root) if d.name not in STORED]
    check(len(found) == 1, f"one crash made {[d.name for d in found]}")
    return Path(shutil.copytree(found[0], into / found[0].name))


def level_raised(logs: Path) -> str:
    """Memory that level 0 keeps and that does not compress has no room: page cache is left out, user data is not."""
    fill = f"mkdir /tmp/fill; mount -t tmpfs none /tmp/fill; dd if=/dev/urandom of=/tmp/fill/x bs=1M count={2 * DISK_MB}"
    shown, data = crash(logs, fill, 0)
    check(shown.ended_by == "guest-reset", f"the machine ended by {shown.ended_by!r}, not by a reboot")
    dump = dumps.fetch(data, logs)
    dumps.check_whole(dump)
    manifest = dumps.check_manifest(dump)["dump"]
    check(manifest["level_asked"] == 0, f"level_asked {manifest['level_asked']}")
    kept = {kind["class"] for kind in manifest["classes"] if kind["kept"] and kind["pages"]}
    check("user" in kept and "cache" not in kept, f"kept are {sorted(kept)}, level {manifest['level']}")
    check(manifest["level"] & 19 == 19, f"level {manifest['level']}")
    return shown.phase("^vmcore: level 0 needs").text + f"; saved with {manifest['level']}"


def store() -> str:
    """Two older dumps, besides the one that is on every disk."""
    lines = ["cd /var/crash"]
    for name, size in STORED.items():
        lines += [f"mkdir -m 700 {name}", f"dd if=/dev/urandom of={name}/vmcore bs=1M count={size}", f"echo text > {name}/vmcore-dmesg.txt"]
    return "; ".join([*lines, "sync"])


def thinned(logs: Path, conf: str, gone: set[str]) -> str:
    """Of three older dumps those in @gone are removed, log and directory stay, and the new one is whole."""
    shown, data = crash(logs, store(), 31, conf)
    check(shown.ended_by == "guest-reset", f"the machine ended by {shown.ended_by!r}, not by a reboot")
    with disk.mounted(data.path) as root:
        older.verify(root)
        for name in STORED:
            here = sorted(file.name for file in (root / name).iterdir())
            wanted = ["vmcore-dmesg.txt", REMOVED if name in gone else "vmcore"]
            check(here == sorted(wanted), f"{name} holds {here}")
        dump = new_dump(root, logs)
    dumps.check_whole(dump)
    removed = {entry["dump"] for entry in dumps.check_manifest(dump)["removed"]}
    check(removed == gone, f"the manifest says that {removed} were removed")
    return "; ".join(phase.text for phase in shown.phases if "as lastword_keep says" in phase.text)


def kept(logs: Path) -> str:
    """Without lastword_keep no older dump is touched, whatever becomes of the new one."""
    shown, data = crash(logs, store(), 31)
    with disk.mounted(data.path) as root:
        older.verify(root)
        for name, size in STORED.items():
            check((root / name / "vmcore").stat().st_size == size << 20, f"{name}/vmcore is not as it was")
        dump = new_dump(root, logs)
    dumps.check_log(dump)
    return dumps.check_manifest(dump, saved=(dump / dumps.CORE).exists())["result"] + f"; {shown.ended_by}"


def full_before(logs: Path) -> str:
    """What the disk keeps for root is all there is."""
    fill = "set -- $(df -k /var/crash | tail -n 1); dd if=/dev/zero of=/var/crash/fill bs=1k count=$4; sync"
    shown, data = crash(logs, fill, 31)
    expected = outcomes.Expected("the only disk is full already, but for what it keeps for root", "disk", "", "disk")
    return outcomes.judge(logs, shown, expected, {"disk": (data, "")})


def row(name: str, run: Callable[[Path], str]) -> rows.Row:
    """A row of the matrix."""
    return rows.Row(name, "matrix", run)


FIRST, SECOND = STORED
ROWS = [
    row("space-level-raised", level_raised),
    row("space-thinned", lambda logs: thinned(logs, "lastword_keep room first\n", {FIRST})),
    row("space-limit", lambda logs: thinned(logs, "lastword_keep dumps=2 first\n", {FIRST, SECOND})),
    row("space-kept", kept),
    row("disk-full-before", full_before),
]
