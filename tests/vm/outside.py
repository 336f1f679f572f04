# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that no capture kernel saved: QEMU's dump-guest-memory in its formats, and /proc/kcore of the running kernel."""

import re
import struct
import subprocess
from pathlib import Path

from tests.lab import guest, paths, rows
from tests.lab.rows import check
from tests.oracle import memory_image, references

KINDS = ("ZERO", "NON_PRI_CACHE", "PRI_CACHE", "USER", "FREE", "KERN_DATA")
MEMORY_MB = 512
DUMP_SECONDS = 240.0
OURS_MORE = {"sid": 4096}
"""Kernel pages that makedumpfile drops of 7.1 and later, and of no kernel before (docs/page-classes.md)."""

FIRMWARE = set(range(0xfffc0, 0x100000))
"""Pages of the BIOS, which have no struct pages: makedumpfile drops them."""


def dump_memory(system: guest.System, path: Path, form: str) -> None:
    """Have QEMU write the guest's memory, and wait for it."""
    system.monitor("dump-guest-memory", paging=False, protocol=f"file:{path}", detach=True, format=form)
    end = system.now() + DUMP_SECONDS
    while (status := system.monitor("query-dump")["status"]) == "active" and system.now() < end:
        system.wait(system.now() + 0.5)
    check(status == "completed", f"{form}: QEMU's dump is {status}")


def makedumpfile(logs: Path, *words: str | Path) -> str:
    """Run lastword under that name."""
    program = logs / "makedumpfile"
    program.unlink(missing_ok=True)
    program.symlink_to(paths.build() / "lastword")
    done = subprocess.run([program, *words], capture_output=True, text=True, errors="replace", timeout=300, check=False)
    check(done.returncode == 0, f"makedumpfile {words}: {done.returncode}: {done.stderr[-400:]}")
    return done.stdout + done.stderr


def theirs_of_elf(dump: Path) -> set[int]:
    """The pages that makedumpfile keeps of QEMU's ELF dump.

    It looks for program headers right behind the ELF header, where QEMU has others since 7.1: they are moved there.  Of QEMU's
    kdump formats it takes the kernel's physical address from their header, which is wrong where the kernel was moved.
    """
    with open(dump, "r+b") as file:
        head = file.read(4096)
        start, (size, count) = struct.unpack_from("<Q", head, 32)[0], struct.unpack_from("<HH", head, 54)
        headers = head[start:start + size * count]
        first_note, = struct.unpack_from("<Q", headers, 8)
        check(64 + len(headers) <= first_note, f"{dump.name}: no room for {count} program headers")
        file.seek(0)
        file.write(head[:32] + struct.pack("<QQ", 64, 0) + head[48:60] + bytes(4) + headers)
    kept = dump.with_name("theirs")
    references.makedumpfile(["-l", "-d", "31"], dump, kept)
    numbers = set(memory_image.numbers([kept])) - FIRMWARE
    kept.unlink()
    return numbers


def filtered(logs: Path, dump: Path) -> tuple[set[int], float]:
    """Filter one of QEMU's dumps; what is left explains itself. Its pages, and the share that was left out."""
    out = logs / f"{dump.name}.filtered"
    said = makedumpfile(logs, "-f", "-l", "-d", "31", "--show-stats", dump, out)
    check("more is kept" not in said and "all pages are kept" not in said, f"{dump.name}: {said[-400:]}")
    counts = dict(re.findall(r"(Original|Remaining) pages +: (0x[0-9a-f]+)", said))
    before, after = references.lastword("dmesg", dump).stdout, references.lastword("dmesg", out).stdout
    check("Linux version" in before and before == after, f"{dump.name}: the log in it is not that of the filtered dump")
    tasks = references.lastword("crash", out, "ps").stdout
    check("swapper/0" in tasks and "[kthreadd]" in tasks, f"{dump.name}: the tasks are not there: {tasks[:200]}")
    kept = set(memory_image.numbers([out])) - FIRMWARE
    out.unlink()
    return kept, 1 - int(counts["Remaining"], 16) / int(counts["Original"], 16)


def memory_table(system: guest.System) -> dict[str, int]:
    """What --mem-usage says inside the guest."""
    done = system.run("ln -sf $(command -v lastword) /run/makedumpfile; /run/makedumpfile --mem-usage /proc/kcore")
    check(done.status == 0, f"--mem-usage: {done.status}: {done.output}")
    return {kind: int(pages) for kind, pages in re.findall(r"^(\w+)\s+(\d+)\s+(?:yes|no)", done.output, re.M)}


def live_dump(system: guest.System) -> int:
    """Dump the running kernel inside the guest, through a pipe and back; how many pages are in it."""
    done = system.run("cd /run && ./makedumpfile -F -l -d 31 /proc/kcore | ./makedumpfile -R live && lastword dmesg live | grep -c 'Linux version'"
                      " && lastword info --json live && rm live")
    check(done.status == 0, f"/proc/kcore: {done.status}: {done.output}")
    found = re.search(r'"present": *(\d+)', done.output)
    check(found and int(found[1]) > 1000, f"/proc/kcore: pages: {done.output[-400:]}")
    return int(found[1]) if found else 0


def row(suite: str) -> rows.Row:
    """QEMU's dumps and the running kernel's memory of one release."""

    def run(logs: Path) -> str:
        machine = guest.Guest(logs, suite, memory_mb=MEMORY_MB, options=["-device", "vmcoreinfo"])
        notes = []
        with machine.boot() as system:
            table = memory_table(system)
            free = int(system.run("grep MemFree: /proc/meminfo | tr -cd 0-9").output) // 4
            notes.append(f"/proc/kcore {live_dump(system)} pages")
            system.run("modprobe qemu_fw_cfg")
            offered = system.monitor("query-dump-guest-memory-capability")["formats"]
            forms = [form for form in offered if form == "elf" or form.startswith("kdump-")]
            system.monitor("stop")
            for form in forms:
                dump_memory(system, logs / form, form)
            system.monitor("cont")
        check(tuple(table) == KINDS, f"--mem-usage has the rows {tuple(table)}")
        check(abs(table["FREE"] - free) < 4096, f"--mem-usage found {table['FREE']} free pages, the kernel {free}")
        check({"elf", "kdump-zlib"} <= set(forms), f"QEMU writes {offered}")
        kept = {}
        for form in forms:
            kept[form], left_out = filtered(logs, logs / form)
            notes.append(f"{form} {left_out:.0%} left out")
        wanted = theirs_of_elf(logs / "elf")
        for form, ours in kept.items():
            check(not wanted - ours, f"{form}: {len(wanted - ours)} pages are makedumpfile's alone")
            check(len(ours - wanted) <= OURS_MORE.get(suite, 0), f"{form}: {len(ours - wanted)} pages are ours alone")
        return ", ".join(notes)

    return rows.Row(f"qemu-dump-{suite}", "matrix", run)
