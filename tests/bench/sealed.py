# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.bench.sealed [DUMP]: what encryption costs beside filtering and compressing, in seconds of CPU."""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.lab import paths


def main() -> None:
    """One line for each codec."""
    dump = Path(sys.argv[1]) if len(sys.argv) > 1 else paths.cache("dumps", "bench.elf")
    subprocess.run(["ninja", "-C", paths.build(), "--quiet", "tests/bench/seal_limit"], check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as work:
        for codec in ("-l", "-z", "-c"):
            flat = Path(work) / "flat"
            before = spent()
            subprocess.run([paths.build() / "lastword", "save", "-f", "-F", codec, "-d", "31", "-j", "1", dump, flat],
                           check=True, capture_output=True)
            saving = spent() - before
            said = subprocess.run([paths.build() / "tests/bench/seal_limit", flat], check=True, capture_output=True, text=True)
            sealed = json.loads(said.stdout)
            size = sealed["bytes"] / 2**20
            print(f"save -F {codec} -d 31 -j 1: {size:.0f} MiB in {saving:.2f} s; encrypted in {sealed['seconds']:.3f} s, "
                  f"{size / sealed['seconds']:.0f} MiB/s, {100 * sealed['seconds'] / (saving + sealed['seconds']):.1f} % of both")


def spent() -> float:
    """Of all children so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


main()
