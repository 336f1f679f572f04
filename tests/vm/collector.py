# SPDX-License-Identifier: GPL-2.0-or-later
"""core_collector makedumpfile's -E, -L, -e and --config in the capture kernel: the dump is what crash, drgn and makedumpfile take it for."""

import re
from pathlib import Path

from tests.lab import guest, kernels, oracle, rows
from tests.lab.rows import check
from tests.oracle import kdump, readers

from . import crashes, dumps

SUITE = "bookworm"
HOST = "lastword-secret-host"
CONF = "ext4 UUID={uuid}\npath /\ncore_collector makedumpfile {words}\n"
ERASE = """erase init_uts_ns.name.nodename
erase saved_command_line
[no_such_module]
erase secret
"""
MISSING = "erase no_such_symbol_anywhere\n"
COMMANDS = "sys\nbt\nps\np saved_command_line\nquit\n"


def capture(logs: Path, words: str, prepare: str = ":", more: str = "", arm_first: str = "") -> tuple[crashes.Crash, Path]:
    """Crash a guest with these words of makedumpfile; what the crash showed and its dump directory."""
    data = crashes.data_disk(logs)
    files = {"etc/kdump.conf": CONF.format(uuid=data.uuid, words=words) + more, "etc/erase.conf": ERASE, "etc/missing.conf": MISSING}
    shown = crashes.crash(guest.Guest(logs, SUITE, disks=[data], files=files), f"hostname {HOST}; {prepare}{arm_first}")
    return shown, dumps.fetch(data, logs)


def crash_says(core: Path) -> str:
    """What crash, with DWARF, says of the dump."""
    vmlinux = kernels.vmlinux(SUITE)
    done = oracle.run("crash", "-s", vmlinux, core, given=COMMANDS)
    check(done.returncode == 0, f"crash: exit status {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    check("sysrq_handle_crash" in done.stdout, f"crash does not show the panic: {done.stdout[-1000:]}")
    return done.stdout


def drgn_says(core: Path) -> str:
    """What drgn, without DWARF, reads at the addresses that vmcoreinfo names."""
    done = oracle.run("python3", readers.DRGN_SCRIPT, core)
    check(done.returncode == 0 and done.stdout, f"drgn: {done.stderr[-500:]}")
    return done.stdout


def refiltered(core: Path, logs: Path) -> Path:
    """What makedumpfile makes of the dump."""
    again = logs / "again.kdump"
    done = oracle.run("makedumpfile", "-f", "-c", "-d", "31", core, again)
    check(done.returncode == 0, f"makedumpfile: {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return again


def elf(logs: Path) -> str:
    """-E: filtered as -d says, and ELF."""
    shown, dump = capture(logs, "-E -d 31")
    check(shown.ended_by == "guest-reset", f"the machine ended by {shown.ended_by!r}, not by a reboot")
    dumps.check_whole(dump)
    core = dump / dumps.CORE
    with open(core, "rb") as file:
        check(file.read(5) == b"\x7fELF\x02", "the dump is no ELF file")
    manifest = dumps.check_manifest(dump)["dump"]
    check(manifest["level"] == 31, f"level {manifest['level']}")
    size = core.stat().st_size
    check(size < 400 << 20, f"{size >> 20} MiB: nothing was left out")
    check(HOST in crash_says(core), "crash does not know the host's name")
    drgn_says(core)
    kept = kdump.read(refiltered(core, logs)).saved.bit_count()
    check(kept >= manifest["kept_pages"] - 64, f"makedumpfile finds {kept} pages of {manifest['kept_pages']}")
    return shown.phase("^vmcore saved").text


def fill(megabytes: int) -> str:
    """Memory that belongs to a file, and does not compress."""
    return f"mkdir /tmp/fill; mount -t tmpfs none /tmp/fill; dd if=/dev/urandom of=/tmp/fill/x bs=1M count={megabytes}"


LIMIT_MB = 60


def limit(logs: Path) -> str:
    """-L and -e: more is left out until the dump is no larger than that, and it is whole."""
    shown, dump = capture(logs, f"-l -e -d 1 -L {LIMIT_MB}M", fill(2 * LIMIT_MB))
    dumps.check_whole(dump)
    core = dump / dumps.CORE
    check(core.stat().st_size <= LIMIT_MB << 20, f"the dump has {core.stat().st_size} bytes")
    manifest = dumps.check_manifest(dump)["dump"]
    kept = {kind["class"] for kind in manifest["classes"] if kind["kept"] and kind["pages"]}
    check(manifest["level_asked"] == 1 and "cache" not in kept, f"kept are {sorted(kept)}, level {manifest['level']}")
    crash_says(core)
    return f"{shown.phase('^vmcore: level 1 needs').text}; saved with {manifest['level']}, {core.stat().st_size >> 20} MiB"


CUT_MB = 4


def cut(logs: Path) -> str:
    """-L that no dump keeps: what there is of it is not called whole, has no byte more, and log and report are there."""
    shown, dump = capture(logs, f"-l -d 31 -L {CUT_MB}M", more="failure_action poweroff\n")
    names = sorted(f.name for f in dump.iterdir())
    check(dumps.CORE not in names and "vmcore-incomplete" in names, f"the dump directory holds {names}")
    size = (dump / "vmcore-incomplete").stat().st_size
    check(0 < size <= CUT_MB << 20, f"vmcore-incomplete has {size} bytes")
    dumps.check_log(dump)
    dumps.check_manifest(dump, saved=False)
    check(shown.ended_by == "guest-shutdown", f"the machine ended by {shown.ended_by!r}")
    return shown.phase("limit of").text


def erased(logs: Path) -> str:
    """--config: what it names is in no byte of the dump, the rest is; arm refuses names that the kernel has not."""
    conf = "sed s:/etc/erase.conf:/etc/missing.conf: /etc/kdump.conf > /tmp/k; cp /etc/kdump.conf /tmp/good; cp /tmp/k /etc/kdump.conf"
    refused = (f"; {conf}; lastword arm > /tmp/refused 2>&1 && exit 1; cat /tmp/refused; grep -q no_such_symbol_anywhere /tmp/refused || exit 1"
               "; cp /tmp/good /etc/kdump.conf")
    shown, dump = capture(logs, "-E -d 31 --config /etc/erase.conf", arm_first=refused)
    dumps.check_whole(dump)
    core = dump / dumps.CORE
    said = crash_says(core)
    check(re.search(r"NODENAME: X{8}", said), f"the host's name is not erased: {re.findall('.*NODENAME.*', said)}")
    check(re.search(r"saved_command_line = .*XXXXXXXX", said), f"the command line is not: {re.findall('.*saved_command.*', said)}")
    drgn_says(core)
    check(b"ERASEINFO" in core.read_bytes(), "the dump does not say that something was erased")
    return re.findall("NODENAME.*", said)[0]


ROWS = [
    rows.Row("collector-elf", "matrix", elf),
    rows.Row("collector-limit", "matrix", limit),
    rows.Row("collector-limit-cut", "matrix", cut),
    rows.Row("collector-erase", "matrix", erased),
]
