# SPDX-License-Identifier: GPL-2.0-or-later
"""timed.py time|memory COMMAND …: runs it and prints what it cost as JSON.

A script of its own, so that it can run in the chroot and count nothing but the command.  Sampling the anonymous
memory costs a little time, so that one run does not tell both.
"""

import json
import os
import subprocess
import sys
import time

SAMPLED = 5.0
"""Seconds."""


def timed(words: list[str]) -> dict[str, object]:
    """Seconds of wall clock and CPU, and the peak of resident memory."""
    started = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        assert child.stderr
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
    return {
        "status": child.returncode,
        "errors": errors.decode(errors="replace"),
        "wall": wall,
        "user": usage.ru_utime,
        "system": usage.ru_stime,
        "resident_kib": usage.ru_maxrss,
    }


def anonymous_kib(pid: int) -> int:
    """What a process has of anonymous memory now; 0 once it has ended."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        lines = [line for line in status if line.startswith("RssAnon")]
    return int(lines[0].split()[1]) if lines else 0


def measured(words: list[str]) -> dict[str, object]:
    """The peak of its anonymous memory, sampled; of its first seconds, after which it takes no more."""
    peak = status = 0
    end = time.monotonic() + SAMPLED
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while child.poll() is None and time.monotonic() < end:
            peak = max(peak, anonymous_kib(child.pid))
            time.sleep(0.005)
        if child.returncode is None:
            child.terminate()
        else:
            status = child.returncode
    return {"status": status, "errors": "", "peak_kib": peak}


def main() -> None:
    """Run, measure, print."""
    what = {"time": timed, "memory": measured}[sys.argv[1]]
    print(json.dumps(what(sys.argv[2:])))


main()
