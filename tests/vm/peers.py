# SPDX-License-Identifier: GPL-2.0-or-later
"""lastword and kdump-tools in the same guest: one Debian system, one crash each, the capture kernel's own clock.

Both are configured as they come: kdump-tools filters with -d 31 and packs with zlib, lastword with -d 31 and LZO.
"""

import re
from pathlib import Path

from tests.lab import deaths, debian, rows
from tests.lab.rows import check

from . import crashes

CRASHKERNEL = "256M"
DEADLINE = 400.0
KERNEL_STAMP = re.compile(r"^\[ *(\d+\.\d+)\]")

THEIRS = f"sync; {deaths.SYSRQ.trigger}\n"
OURS = f"systemctl stop kdump-tools; if lastword arm && lastword status; then sync; {deaths.SYSRQ.trigger}; fi; systemctl poweroff\n"
CONF = {"etc/kdump.conf": "path /var/crash\n"}


def beside_kdump_tools(logs: Path) -> str:
    """Panic to dump saved, theirs and ours; ours must take a quarter of the time at most."""
    theirs = _theirs(logs)
    ours = _ours(logs)
    note = f"panic to dump saved: lastword {ours:.1f} s, kdump-tools {theirs:.1f} s ({theirs / ours:.1f} times as long)"
    check(ours <= theirs / 4, note)
    return note


def _theirs(logs: Path) -> float:
    system = debian.copy(logs, THEIRS, {}, lastword=False)
    with system.boot(logs, "kdump-tools", CRASHKERNEL) as run:
        run.until(deaths.SYSRQ.sign, DEADLINE)
        saved = run.until(r"kdump-tools: saved vmcore in", DEADLINE)
        run.finish(DEADLINE)
    stamp = KERNEL_STAMP.match(saved.text)
    check(stamp, f"no kernel time in {saved.text!r}")
    return float(stamp[1]) if stamp else 0.0


def _ours(logs: Path) -> float:
    system = debian.copy(logs, OURS, CONF, lastword=True)
    with system.boot(logs, "lastword", CRASHKERNEL) as run:
        run.until(deaths.SYSRQ.sign, DEADLINE)
        saved = run.until(r"lastword: .*vmcore saved", DEADLINE)
        run.finish(DEADLINE)
    phase = crashes.PHASE.search(saved.text)
    check(phase, f"no time in {saved.text!r}")
    return float(phase[1]) if phase else 0.0


ROWS = [rows.Row("beside-kdump-tools", "matrix", beside_kdump_tools)]
