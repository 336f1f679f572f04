# SPDX-License-Identifier: GPL-2.0-or-later
"""rsyslog and syslog-ng, unpacked from the distribution's packages and not installed."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import paths, qemu

PACKAGES = {
    "rsyslog": ("rsyslog", "libestr0", "libfastjson4"),
    "syslog-ng": ("syslog-ng-core", "libivykis0", "libnet1"),
}


def unpacked(name: str) -> Path:
    """The usr/ of one of them; fetched on first use."""
    top = paths.cache(name)
    with paths.locked(top):
        if not (top / "root" / "usr").exists():
            top.mkdir(parents=True, exist_ok=True)
            subprocess.run(["apt-get", "download", "-q", *PACKAGES[name]], cwd=top, check=True, capture_output=True)
            for package in top.glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", package, top / "root"], check=True)
                package.unlink()
    return top / "root" / "usr"


def libraries(name: str) -> Path:
    """Where its own libraries are."""
    return next((unpacked(name) / "lib").glob("*-linux-gnu"))


def words(name: str, conf: Path) -> list[str | Path]:
    """How it is started in the foreground; what it keeps is beside its configuration."""
    top, work = unpacked(name), conf.parent
    if name == "rsyslog":
        return [top / "sbin" / "rsyslogd", "-n", "-f", conf, "-i", work / "pid", "-M", libraries(name) / "rsyslog"]
    modules = next((top / "lib" / "syslog-ng").glob("[0-9]*"))
    return [top / "sbin" / "syslog-ng", "-F", "-f", conf, "-p", work / "pid", "-c", work / "control",
            "-R", work / "persist", "--no-caps", f"--module-path={modules}"]


@contextmanager
def running(name: str, conf: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One that runs; what it says is beside its configuration."""
    own = [libraries(name), unpacked(name) / "lib" / "syslog-ng"]
    environment = dict(os.environ, LD_LIBRARY_PATH=":".join(map(os.fspath, own)))
    with open(conf.parent / "said", "wb") as said:
        process = subprocess.Popen([*qemu.DIES_WITH_US, *words(name, conf)], env=environment, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)
