# SPDX-License-Identifier: GPL-2.0-or-later
"""lastword and kdump-tools in the same guest: one Debian system, one crash each, the capture kernel's own clock.

Both are configured as they come: kdump-tools filters with -d 31 and packs with zlib, lastword with -d 31 and LZO.  Over the
network lastword packs with zlib, too, so that the bytes can be compared.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import deaths, debian, nfs, older, rows, ssh
from tests.lab.rows import check
from tests.oracle import references

from . import crashes, dumps, network

CRASHKERNEL = "256M"
DEADLINE = 400.0
KERNEL_STAMP = re.compile(r"^\[ *(\d+\.\d+)\]")

THEIRS = f"sync; {deaths.SYSRQ.trigger}\n"
OURS = f"systemctl stop kdump-tools; if lastword arm && lastword status; then sync; {deaths.SYSRQ.trigger}; fi; systemctl poweroff\n"
INTERFACES = f"auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n\taddress {network.ADDRESS}/24\n"


@dataclass(frozen=True)
class Way:
    """Where both send their dump: their configuration, ours, files for either, QEMU's words."""

    theirs: str
    ours: str
    files: Mapping[str, str | Path] = field(default_factory=dict)
    options: Sequence[str] = ()


LOCAL = Way("", "path /var/crash\n")


def beside_kdump_tools(logs: Path) -> str:
    """Panic to dump saved, theirs and ours; ours must take a quarter of the time at most."""
    theirs, ours = _theirs(logs, LOCAL), _ours(logs, LOCAL)
    note = f"panic to dump saved: lastword {ours:.1f} s, kdump-tools {theirs:.1f} s ({theirs / ours:.1f} times as long)"
    check(ours <= theirs / 4, note)
    return note


def _beside(logs: Path, way: Way, store: Path) -> str:
    theirs = _theirs(logs, way)
    their_size = _size(store, "dump.*")
    ours = _ours(logs, way)
    note = f"panic to dump saved: lastword {ours:.1f} s, {_size(store, 'vmcore*')}; kdump-tools {theirs:.1f} s, {their_size}"
    check(ours < theirs, note)
    return note


def _size(store: Path, name: str) -> str:
    """The bytes and pages of the one dump below @store, which can be read."""
    found = [file for file in store.rglob(name) if file.is_file() and file.name != dumps.LOG and older.NAME not in file.parts]
    check(len(found) == 1, f"{name}: there are {[file.name for file in found]}")
    dumps.check_core(found[0])
    pages = json.loads(references.lastword("info", "--json", found[0]).stdout)["pages"]["present"]
    return f"{found[0].stat().st_size / 2 ** 20:.1f} MiB for {pages} pages"


def over_nfs(logs: Path) -> str:
    """The same over NFS 4.2."""
    with nfs.Server(logs / "server") as server:
        (server.export / "dumps").mkdir()
        share = f"{nfs.ADDRESS}:{nfs.SHARE}"
        way = Way(f'NFS="{share}/dumps"\n', f"nfs {share}\npath /dumps\ncore_collector makedumpfile -c -d 31\n",
                  {"etc/network/interfaces": INTERFACES}, server.options())
        return _beside(logs, way, server.export / "dumps")


def over_ssh(logs: Path) -> str:
    """The same over SSH."""
    with ssh.Server(logs / "server") as server:
        host = f"root@{ssh.ADDRESS}"
        keys = {name: file for name, file in server.files().items() if name.startswith("root/")}
        way = Way(f'SSH="{host}"\nSSH_KEY=/root/.ssh/kdump_id_rsa\nKDUMP_COREDIR="{server.store}"\n',
                  f"ssh {host}\npath {server.store}\ncore_collector makedumpfile -F -c -d 31\n",
                  {"etc/network/interfaces": INTERFACES, **keys}, server.options("off"))
        return _beside(logs, way, server.store)


def _theirs(logs: Path, way: Way) -> float:
    conf = {"etc/default/kdump-tools": f"{debian.KDUMP_TOOLS}{way.theirs}", **way.files}
    system = debian.copy(logs, THEIRS, conf, lastword=False)
    with system.boot(logs, "kdump-tools", CRASHKERNEL, way.options) as run:
        run.until(deaths.SYSRQ.sign, DEADLINE)
        saved = run.until(r"kdump-tools: saved vmcore in", DEADLINE)
        run.finish(DEADLINE)
    stamp = KERNEL_STAMP.match(saved.text)
    check(stamp, f"no kernel time in {saved.text!r}")
    return float(stamp[1]) if stamp else 0.0


def _ours(logs: Path, way: Way) -> float:
    system = debian.copy(logs, OURS, {"etc/kdump.conf": way.ours, **way.files}, lastword=True)
    with system.boot(logs, "lastword", CRASHKERNEL, way.options) as run:
        run.until(deaths.SYSRQ.sign, DEADLINE)
        saved = run.until(r"lastword: .*vmcore saved", DEADLINE)
        run.finish(DEADLINE)
    phase = crashes.PHASE.search(saved.text)
    check(phase, f"no time in {saved.text!r}")
    return float(phase[1]) if phase else 0.0


ROWS = [
    rows.Row("beside-kdump-tools", "matrix", beside_kdump_tools),
    rows.Row("beside-kdump-tools-nfs", "matrix", over_nfs),
    rows.Row("beside-kdump-tools-ssh", "matrix", over_ssh),
]
