# SPDX-License-Identifier: GPL-2.0-or-later
"""The vmcores that everything is compared on, and what makedumpfile makes of them.  Made once, kept in the cache."""

import re
import subprocess
from pathlib import Path

from tests.lab import kernels, oracle, paths, rows, vmcore, workload

LEVELS = (1, 2, 4, 8, 16, 31)
NETWORK = ("-netdev", "user,id=net,net=10.1.2.0/24", "-device", "virtio-net-pci,netdev=net")
DUMPS = {
    **{suite: vmcore.Recipe(suite) for suite in kernels.SUITES},
    # Page tables of five levels, and CPU features that move kernel data.
    "trixie-la57": vmcore.Recipe("trixie", options=("-cpu", "max")),
}
"""The vmcores by name, with pages of every kind in each."""
SPECIAL = {
    f"{suite}-rare": vmcore.Recipe(suite, 1168, content="special", options=workload.SPECIAL_MEMORY, cmdline=workload.SPECIAL_CMDLINE)
    for suite in kernels.SUITES
}
"""Those with memory of devices, memory that came later, huge pages that lack their struct pages, and bad memory."""


def _recipe(name: str) -> vmcore.Recipe:
    return DUMPS.get(name) or SPECIAL[name]


def made(name: str) -> dict[str, int]:
    """What the guest of a SPECIAL dump said it had made."""
    console = dump(name).with_name(dump(name).name + ".console").read_text(encoding="utf-8", errors="replace")
    return {what: int(count) for what, count in re.findall(r"lab: ([\w-]+) (\d+)\s*$", console, re.M)}


def dump(name: str) -> Path:
    """A real ELF vmcore."""
    return _vmcore(name, _recipe(name))


def devices(suite: str) -> Path:
    """A real ELF vmcore of a machine with networks, sockets and System V objects in use."""
    return _vmcore(suite, vmcore.Recipe(suite, content="devices", options=NETWORK))


def _vmcore(name: str, recipe: vmcore.Recipe) -> Path:
    path = paths.cache("dumps", f"{name}-{recipe.content}.elf")
    with paths.locked(path):
        if not path.exists():
            vmcore.make(recipe, path)
    return path


def filtered(name: str, level: int) -> Path:
    """makedumpfile's -d @level of it."""
    return _made(name, f"d{level}.kdump", ["-c", "-d", str(level)])


def dmesg(name: str) -> Path:
    """makedumpfile's text of its log."""
    return _made(name, "dmesg.txt", ["--dump-dmesg"])


def makedumpfile(options: list[str], source: Path, destination: Path) -> None:
    """Run makedumpfile; both files must be below the cache (the rows' logs are)."""
    done = oracle.run("makedumpfile", *options, source, destination)
    if done.returncode:
        raise rows.Failure(f"makedumpfile {' '.join(options)} {source}: {done.stdout}{done.stderr}")


def lastword(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the lastword that was built; it must succeed."""
    command = [paths.build() / "lastword", *words]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=600)
    shown = " ".join(map(str, words))
    rows.check(done.returncode == 0, f"lastword {shown}: exit status {done.returncode}: {done.stderr.strip()}")
    return done


def _made(name: str, file: str, options: list[str]) -> Path:
    path = paths.cache("oracle", f"{name}-{_recipe(name).content}", file)
    source = dump(name)
    with paths.locked(path):
        if not path.exists():
            with paths.made_whole(path) as partial:
                makedumpfile(options, source, partial)
    return path
