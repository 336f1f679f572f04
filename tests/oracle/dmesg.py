# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword dmesg` beside `makedumpfile --dump-dmesg`: equal, byte for byte."""

from pathlib import Path

from tests.lab import rows

from . import references


def row(name: str) -> rows.Row:
    """The row for one vmcore: the log from the ELF vmcore and from a filtered dump."""

    def run(logs: Path) -> str:
        wanted = references.dmesg(name).read_bytes()
        for source in (references.dump(name), references.filtered(name, 31)):
            out = logs / "dmesg.txt"
            out.unlink(missing_ok=True)
            references.lastword("dmesg", source, out)
            same = out.read_bytes() == wanted
            rows.check(same, f"{source}: the log differs from makedumpfile's ({out}, {references.dmesg(name)})")
        return f"{len(wanted.splitlines())} lines"

    return rows.Row(f"dmesg-{name}", "matrix", run)
