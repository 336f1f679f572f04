# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps encrypted to a public key: nothing readable where they are kept, all of it with the secret key."""

import subprocess
from pathlib import Path

from tests.lab import guest, kernels, oracle, rows, ssh
from tests.lab.rows import check
from tests.oracle import references

from . import crashes, dumps, network

SUFFIX = ".enc"
FLAT = "vmcore.flat"
SECRET_WORDS = (dumps.CRASH_TEXT, "Linux version", dumps.CRASH_TITLE, "makedumpfile", "KDUMP   ")
"""What a log, a report, a flattened and a compressed dump hold."""
PUBLIC_KEY = "etc/lastword/dump.pub"


def keys(logs: Path) -> Path:
    """The file of a new secret key; the public one is beside it."""
    references.lastword("keygen", logs / "dump.key")
    return logs / "dump.key"


def decrypted(sealed: Path, key: Path, into: Path) -> Path:
    """Every file of the dump directory @sealed in clear, in a directory that is as if nothing had been encrypted."""
    into.mkdir(mode=0o700)
    for file in sealed.iterdir():
        name = file.name.removesuffix(SUFFIX)
        if name == file.name:
            check(name == "manifest.json", f"{name} is not encrypted")
            continue
        out = into / name.replace(FLAT, dumps.CORE)
        references.lastword("save", "--key", key, file, out)
        check_age(file, key, out)
    return into


def check_age(file: Path, key: Path, ours: Path) -> None:
    """age and makedumpfile make the same of a file as lastword."""
    theirs = ours.with_name(f"{ours.name}.age")
    subprocess.run(["age", "-d", "-i", key, "-o", theirs, file], check=True)
    if file.name.startswith(FLAT):
        flat = theirs.rename(theirs.with_suffix(".flat"))
        done = oracle.run("sh", "-c", f"makedumpfile -R {theirs} < {flat}")
        check(done.returncode == 0, f"makedumpfile -R: {done.stdout}{done.stderr}")
        flat.unlink()
    check(theirs.read_bytes() == ours.read_bytes(), f"{file.name}: age reads something else than lastword")
    theirs.unlink()


def check_hidden(where: bytes) -> None:
    """No word of what was saved can be read."""
    for word in SECRET_WORDS:
        check(word.encode() not in where, f"'{word}' can be read where the dump is")


def check_crash_reads(core: Path) -> None:
    """crash opens it and sees who died."""
    done = oracle.run("crash", "-s", kernels.vmlinux("bookworm"), core, given="bt\nquit\n")
    check("sysrq_handle_crash" in done.stdout, f"crash says {done.stdout[-500:]}{done.stderr[-500:]}")


def check_dump(sealed: Path, key: Path, logs: Path) -> None:
    """All that should be there is, and opens."""
    for file in sealed.iterdir():
        if file.name.endswith(SUFFIX):
            check_hidden(file.read_bytes())
    said = subprocess.run(
        [references.paths.build() / "lastword", "dmesg", sealed / (FLAT + SUFFIX)], capture_output=True, text=True, check=False
    )
    check(said.returncode == 1 and "save --key" in said.stderr, f"dmesg says {said.stderr!r}")
    core = decrypted(sealed, key, logs / "decrypted")
    dumps.check_whole(core, manifest=False)
    dumps.check_manifest(sealed)
    check_crash_reads(core / dumps.CORE)


def on_disk(logs: Path) -> str:
    """Everything on the disk is encrypted."""
    data, key = crashes.data_disk(logs), keys(logs)
    conf = f"path /var/crash\nlastword_encrypt /{PUBLIC_KEY}\n"
    files = {"etc/kdump.conf": conf, PUBLIC_KEY: Path(f"{key}.pub")}
    crash = crashes.crash(guest.Guest(logs, disks=[data], files=files))
    check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
    check("encrypted for age1" in crash.armed, f"arm says {crash.armed!r}")
    check_hidden(data.path.read_bytes())
    check_dump(dumps.fetch(data, logs), key, logs)
    return crash.phase("vmcore saved").text


def over_ssh(logs: Path) -> str:
    """What the server gets is encrypted, and its SHA-256 was compared."""
    key = keys(logs)
    with ssh.Server(logs / "server") as server:
        conf = f"ssh root@{ssh.ADDRESS}\npath {server.store}\nlastword_encrypt /{PUBLIC_KEY}\n"
        files = server.files() | {"etc/kdump.conf": conf, PUBLIC_KEY: Path(f"{key}.pub")}
        crash = crashes.crash(guest.Guest(logs, files=files, options=server.options("off")), network.NETWORK)
        check(crash.ended_by == "guest-reset", f"the machine ended by {crash.ended_by!r}, not by a reboot")
        check_dump(dumps.only(server.store, network.ADDRESS), key, logs)
    return crash.phase("vmcore saved").text


def refused(logs: Path) -> str:
    """A secret key on the machine, or a raw device, and arm does not arm."""
    device, key = guest.Disk(logs / "raw.img", "raw").make(), keys(logs)
    files = {"etc/kdump.conf": "lastword_encrypt /etc/dump.key\n", "etc/dump.key": key}
    with guest.Guest(logs, disks=[device], files=files).boot("refused") as system:
        armed = system.run("lastword arm 2>&1")
        check(armed.status == 1 and "SECRET" in armed.output, f"arm exits {armed.status}: {armed.output}")
        check("AGE-SECRET-KEY-1" not in armed.output, "arm prints a secret key")
        system.check("echo raw /dev/vda >> /etc/kdump.conf")
        raw = system.run("lastword arm 2>&1").output
        check("raw device cannot be encrypted" in raw, f"arm says {raw!r}")
    return ""


ROWS = [
    rows.Row("encrypt-ext4", "matrix", on_disk),
    rows.Row("encrypt-ssh", "matrix", over_ssh),
    rows.Row("encrypt-refused", "matrix", refused),
]
