# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages of any Debian suite, without touching the host's apt state.

The mirror is the one the host's own apt sources name, so the project names no host.
"""

import re
import subprocess
from pathlib import Path

SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class AptError(Exception):
    """apt could not be asked, or did not have what was asked for."""


def mirror() -> str:
    """The URL of the Debian mirror this host uses."""
    for source in SOURCES:
        text = source.read_text(encoding="utf-8") if source.exists() else ""
        found = re.search(r"^(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(https?://\S+)", text, re.MULTILINE)
        if found:
            return found[1]
    raise AptError(f"no Debian mirror in {' or '.join(map(str, SOURCES))}")


class Apt:
    """An apt of its own below @state, pointed at one suite.  @state may be deleted afterwards."""

    def __init__(self, suite: str, state: Path) -> None:
        for name in ("lists/partial", "cache/archives/partial"):
            (state / name).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        (state / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n", encoding="utf-8")
        self._options = [
            "-q",
            f"-oDir::Etc::SourceList={state}/sources.list",
            "-oDir::Etc::SourceParts=/nonexistent",
            f"-oDir::State::Lists={state}/lists",
            f"-oDir::Cache={state}/cache",
            f"-oDir::State::status={state}/status",
            "-oAPT::Sandbox::User=root",
        ]
        self._run("apt-get", "update")

    def _run(self, program: str, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run([program, *self._options, *words], cwd=cwd, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AptError(f"{program} {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def depends(self, package: str) -> list[str]:
        """The packages @package depends on directly."""
        return re.findall(r"Depends: (\S+)", self._run("apt-cache", "depends", package))

    def has(self, package: str) -> bool:
        """Whether the suite has @package."""
        try:
            return bool(self._run("apt-cache", "show", package))
        except AptError:
            return False

    def download(self, package: str, into: Path) -> Path:
        """Fetch @package's archive into the directory @into; its path."""
        self._run("apt-get", "download", package, cwd=into)
        return next(into.glob(f"{package}_*.deb"))


def unpack(archive: Path, into: Path) -> None:
    """Extract all files of a package without running its scripts."""
    subprocess.run(["dpkg-deb", "-x", archive, into], check=True)


def unpack_matching(archive: Path, pattern: str, into: Path) -> None:
    """Extract the files of a package whose paths match @pattern (tar's wildcards) into the directory @into."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as packed:
        extract: list[str | Path] = ["tar", "-x", "-C", into, "--keep-directory-symlink", "--wildcards", pattern]
        subprocess.run(extract, stdin=packed.stdout, check=True)
