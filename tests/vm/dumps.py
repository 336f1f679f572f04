# SPDX-License-Identifier: GPL-2.0-or-later
"""What a dump directory must hold after a crash."""

import hashlib
import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

from tests.lab import disk, guest, older, paths
from tests.lab.rows import check
from tests.oracle import references

LOG, CORE, CAPTURE_LOG = "vmcore-dmesg.txt", "vmcore", "kexec-dmesg.log"
REPORT, REPORT_JSON = "report.txt", "report.json"
MANIFEST = "manifest.json"
MARKS = "marks"
"""What the tests' hooks write."""
NAME = re.compile(r"[0-9.a-f:]+-\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d(-\d+)?")
CRASH_TEXT = "sysrq: Trigger a crash"
CRASH_TITLE = "kernel panic: sysrq triggered crash"


def fetch(data: guest.Disk, into: Path, path: str = "") -> Path:
    """Copy the only dump directory on a guest's disk to @into; where it is now."""
    with disk.mounted(data.path) as root:
        found = only(root / path)
        return Path(shutil.copytree(found, into / found.name))


def only(parent: Path, host: str = "") -> Path:
    """The only dump directory in @parent but the older one; @host is what its name begins with."""
    found = all_new(parent, host)
    check(len(found) == 1, f"wanted one dump directory, found {[d.name for d in parent.iterdir()]}")
    return found[0]


def all_new(parent: Path, host: str = "") -> list[Path]:
    """The dump directories in @parent but the older one."""
    new = [d for d in parent.iterdir() if NAME.fullmatch(d.name) and d.name != older.NAME]
    return sorted(d for d in new if d.name.startswith(host))


def recovered(data: guest.Disk, into: Path) -> Path:
    """Copy the only vmcore below a guest's disk, wherever recovery put it, to @into; where it is now."""
    with disk.mounted(data.path) as root:
        found = [core for core in root.rglob(CORE) if core.parent.name != older.NAME]
        check(len(found) == 1, f"wanted one recovered {CORE}, found {found}")
        return Path(shutil.copy(found[0], into))


def check_log(dump: Path) -> None:
    """The log was saved whole."""
    log = dump / LOG
    check(log.exists(), f"no {LOG}; there are {sorted(f.name for f in dump.iterdir())}")
    check(CRASH_TEXT in log.read_text(encoding="utf-8", errors="replace"), f"{LOG} does not hold the crash")


def check_whole(dump: Path, manifest: bool = True) -> None:
    """All files are there, whole, readable by their owner alone, and agree with each other.

    No @manifest: the files were made of those that were saved.
    """
    names = sorted(f.name for f in dump.iterdir())
    wanted = [LOG, REPORT, REPORT_JSON, CORE, CAPTURE_LOG] + [MANIFEST] * manifest
    check(names == sorted(wanted), f"the dump directory holds {names}")
    check(stat.S_IMODE(dump.stat().st_mode) == 0o700, f"the directory's mode is {dump.stat().st_mode:o}")
    for file in dump.iterdir():
        check(stat.S_IMODE(file.stat().st_mode) == 0o600, f"{file.name}: mode {file.stat().st_mode:o}")
    check_log(dump)
    check_report(dump)
    check_core(dump / CORE, dump / LOG)
    if manifest:
        check_manifest(dump)


def check_manifest(dump: Path, saved: bool = True) -> dict:
    """The manifest says of each file what is there, lastword agrees, and a byte that changed is seen; the manifest."""
    manifest = json.loads((dump / MANIFEST).read_text(encoding="ascii"))
    check(manifest["schema"] == "lastword.manifest/1", f"{MANIFEST}: schema {manifest['schema']}")
    check(manifest["result"] == ("saved" if saved else "incomplete"), f"{MANIFEST}: result {manifest['result']}")
    check(manifest["why"] is None or not saved, f"{MANIFEST}: why {manifest['why']}")
    check((manifest["crash_time"] and manifest["release"]) or not (dump / LOG).exists(), f"{MANIFEST}: no kernel, or no crash time")
    listed = {file["name"]: file for file in manifest["files"]}
    names = {file.name for file in dump.iterdir()} - {MANIFEST, MARKS, CAPTURE_LOG, CAPTURE_LOG + ".enc"}
    check(set(listed) == names, f"{MANIFEST} lists {sorted(listed)}, there are {sorted(names)}")
    for name, file in listed.items():
        content = (dump / name).read_bytes()
        check(len(content) == file["bytes"], f"{MANIFEST}: {name}: {file['bytes']} bytes, there are {len(content)}")
        parts = file.get("parts") or [{"offset": 0, "bytes": len(content), "sha256": file["sha256"]}]
        for part in parts if file["whole"] else ():
            digest = hashlib.sha256(content[part["offset"]:part["offset"] + part["bytes"]]).hexdigest()
            check(digest == part["sha256"], f"{MANIFEST}: {name}: SHA-256 differs")
        check(not file["whole"] or sum(part["bytes"] for part in parts) == len(content), f"{name}: a part has no sum")
    references.lastword("info", dump)
    return manifest


def check_report(dump: Path, title: str = CRASH_TITLE) -> None:
    """The report of the capture kernel says what the report of the dump says; damage is in neither.

    @title is a pattern.
    """
    check(re.search(title, (dump / REPORT).read_text(encoding="ascii")), f"{REPORT} does not name the crash")
    there = json.loads((dump / REPORT_JSON).read_text(encoding="ascii"))["sections"]
    here = json.loads(references.lastword("report", "--json", dump / CORE).stdout)["sections"]
    for name, section in there.items():
        check("damage" not in section, f"{REPORT_JSON}: {name}: {section.get('damage')}")
    for name in ("backtrace", "registers", "signature", "cpus"):
        check(there[name] == here[name], f"{REPORT_JSON}: section {name} is not that of the dump's report")


def check_core(core: Path, log: Path | None = None) -> None:
    """lastword can say what the dump is, and the log inside is the one that was saved beside it."""
    references.lastword("info", core)
    inside = subprocess.run([paths.build() / "lastword", "dmesg", core], capture_output=True, check=True).stdout
    check(CRASH_TEXT.encode() in inside, "the log in the dump does not hold the crash")
    if log:
        check(log.read_bytes() == inside, f"{LOG} is not the log in the dump")
