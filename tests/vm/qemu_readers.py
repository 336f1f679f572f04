# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's dump-guest-memory in its formats, saved by lastword, opened by every reader.

The guest stands still meanwhile, so that each must read what it reads from QEMU's ELF.  drgn opens none of QEMU's kdump files, which name no
machine; what lastword makes of them it does.
"""

from pathlib import Path

from tests.lab import guest, rows
from tests.oracle import reader_kinds

from . import outside

FORMS = {"elf": ("lzo", "elf"), "kdump-zlib": ("lzo",), "kdump-snappy": ("lzo",)}
"""What is made of each."""


def row(suite: str) -> rows.Row:
    """One release."""

    def run(logs: Path) -> str:
        machine = guest.Guest(logs, suite, memory_mb=outside.MEMORY_MB, options=["-device", "vmcoreinfo"])
        with machine.boot() as system:
            system.run("modprobe qemu_fw_cfg")
            offered = system.monitor("query-dump-guest-memory-capability")["formats"]
            forms = [form for form in FORMS if form in offered]
            system.monitor("stop")
            for form in forms:
                outside.dump_memory(system, logs / form, form)
        rows.check({"elf", "kdump-zlib"} <= set(forms), f"QEMU writes {offered}")
        outputs = {form: reader_kinds.Outputs(logs / form, logs / f"of-{form}") for form in forms}
        wanted = reader_kinds.wanted_of(suite, outputs["elf"])
        notes = [f"{form}, {reader_kinds.read(suite, kind, outputs[form].files(kind), wanted, True)}"
                 for form in forms for kind in FORMS[form]]
        return "through drgn, libkdumpfile" + ", crash" * wanted.by_crash + "\n" + "; ".join(notes)

    return rows.Row(f"readers-qemu-{suite}", "matrix", run)
