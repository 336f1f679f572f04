# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m tests.bench: `lastword save` beside makedumpfile 1.7.8 and beside the codecs themselves (see `save`),
`lastword crash` beside crash and drgn (see `explain`), `lastword netconsole listen` beside netconsd and rsyslog (see
`netconsole`).  All of it takes some 20 minutes; --quick, with a dump of 3 GiB and one run each, five.
"""

import argparse
import signal
import sys

from . import explain, netconsole, save

PARTS = ("explain", "netconsole", "save")
REPEATS = 3
QUICK_REPEATS = 1


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__)
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--level", type=int, choices=save.LEVELS, action="append")
    parser.add_argument("--codec", choices=save.CODECS, action="append")
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    # The directory in memory is large: it goes also when the run is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    repeats = arguments.repeats or (QUICK_REPEATS if arguments.quick else REPEATS)
    parts, misses = arguments.part or PARTS, []
    if "explain" in parts:
        misses += explain.run(repeats)
    if "netconsole" in parts:
        misses += netconsole.run()
    if "save" in parts:
        levels, codecs = arguments.level or save.LEVELS, arguments.codec or list(save.CODECS)
        misses += save.run(repeats, levels, codecs, arguments.quick)
    print("all goals are met" if not misses else "\n".join(["* missed:", *misses]))


main()
