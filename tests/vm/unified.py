# SPDX-License-Identifier: GPL-2.0-or-later
"""Unified kernel images: an add-on with crashkernel= under Secure Boot, and one that captures."""

import gzip
import re
import shutil
import struct
import subprocess
from pathlib import Path

from tests.lab import apt, cpio, guest, initramfs, kernels, paths, qemu, rows
from tests.lab.rows import check

from . import crashes, dumps

SUITE = "bookworm"
STUBS = "usr/lib/systemd/boot/efi"
ADDON = "efi/loader/addons/lastword.addon.efi"
SIZE = "192M"
INIT = """#!/busybox sh
/busybox mkdir /proc; /busybox mount -t proc none /proc
echo "words: $(/busybox cat /proc/cmdline)"; echo "iomem: $(/busybox grep Crash /proc/iomem)"
/busybox poweroff -f
"""

FIRMWARE, VARIABLES = Path("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"), Path("/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd")
"""Firmware with Secure Boot on, and one key in its db."""
KEY, CERTIFICATE = Path("/usr/share/ovmf/PkKek-1-snakeoil.key"), Path("/usr/share/ovmf/PkKek-1-snakeoil.pem")
"""That key, which everybody has; its passphrase is its name."""
TOOLS = ("mcopy", "mkfs.vfat", "objcopy", "openssl", "sbsign", "sbverify")


def stubs() -> Path:
    """The directory of systemd's stubs, of a release that reads add-ons."""
    kept = paths.cache("systemd-boot-efi")
    with paths.locked(kept):
        if not kept.exists():
            with paths.made_whole(kept) as partial, paths.scratch("stubs") as scratch:
                apt.unpack(apt.Apt("trixie", scratch / "apt").download("systemd-boot-efi", scratch), scratch / "files")
                shutil.copytree(scratch / "files" / STUBS, partial)
    return kept


def unify(stub: Path, sections: dict[str, Path], out: Path) -> None:
    """A unified kernel image: each section behind the one before it."""
    data = stub.read_bytes()
    header = struct.unpack_from("<I", data, 60)[0] + 24
    at = struct.unpack_from("<Q", data, header + 24)[0] + struct.unpack_from("<I", data, header + 56)[0]
    words: list[str | Path] = []
    for name, file in sections.items():
        at = (at + 0xFFFF) & ~0xFFFF
        words += ["--add-section", f"{name}={file}", "--change-section-vma", f"{name}={at:#x}"]
        at += file.stat().st_size
    subprocess.run(["objcopy", *words, stub, out], check=True)


def parts(logs: Path, cmdline: bytes) -> dict[str, Path]:
    """The sections of an image that says what its kernel was told."""
    archive = cpio.Archive()
    archive.entry("init", 0o100755, INIT.encode())
    archive.entry("busybox", 0o100755, Path(initramfs.BUSYBOX).read_bytes())
    contents = {".osrel": b"ID=test\nNAME=test\n", ".cmdline": cmdline + b"\0", ".initrd": gzip.compress(archive.whole())}
    found = {}
    for name, content in contents.items():
        found[name] = logs / f"section{name}"
        found[name].write_bytes(content)
    return found | {".linux": kernels.kernel(SUITE).image}


def boot(logs: Path, name: str, image: Path, addon: Path | None) -> str:
    """What a machine with Secure Boot says that has the image and perhaps the add-on."""
    esp, variables = logs / f"{name}.img", logs / f"{name}.vars"
    shutil.copy(VARIABLES, variables)
    subprocess.run(["truncate", "-s", "96M", esp], check=True)
    subprocess.run(["mkfs.vfat", "-F", "32", esp], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mmd", "-i", esp, "::EFI", "::EFI/BOOT", "::loader", "::loader/addons"], check=True)
    subprocess.run(["mcopy", "-i", esp, image, "::EFI/BOOT/BOOTX64.EFI"], check=True)
    if addon:
        subprocess.run(["mcopy", "-i", esp, addon, "::loader/addons/lastword.addon.efi"], check=True)
    words = ["qemu-system-x86_64", "-machine", "q35,smm=on", "-accel", "tcg", "-m", "1024", "-nodefaults", "-display", "none", "-no-reboot",
             "-serial", "stdio", "-global", "driver=cfi.pflash01,property=secure,value=on",
             "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}", "-drive", f"if=pflash,format=raw,unit=1,file={variables}",
             "-drive", f"file={esp},format=raw,if=none,id=esp", "-device", "virtio-blk-pci,drive=esp"]
    done = subprocess.run([*qemu.DIES_WITH_US, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
    (logs / f"{name}.console").write_bytes(done.stdout)
    said = done.stdout.decode(errors="replace")
    check("secureboot: Secure boot enabled" in said, f"{name}: no kernel that says Secure Boot is on: {said[-300:]!r}")
    check("words: " in said, f"{name}: the image does not come up: {said[-300:]!r}")
    return said


def machine(logs: Path, image: Path) -> Path:
    """The root of a machine that was started by the image, with Secure Boot, and has its key."""
    root = logs / "root"
    for name in ("efi/EFI/Linux", "sys/firmware/efi/efivars", "etc/kernel", "proc/sys/kernel", "var/lib", STUBS):
        (root / name).mkdir(parents=True)
    shutil.copy(image, root / "efi/EFI/Linux/test-6.1.efi")
    for stub in stubs().iterdir():
        shutil.copy(stub, root / STUBS)
    (root / "proc/sys/kernel/arch").write_text("x86_64\n", encoding="ascii")
    variable = "sys/firmware/efi/efivars/{}-{}"
    (root / variable.format("SecureBoot", "8be4df61-93ca-11d2-aa0d-00e098032b8c")).write_bytes(b"\7\0\0\0\1")
    info = b"\7\0\0\0" + "systemd-stub 257\0".encode("utf-16-le")
    (root / variable.format("StubInfo", "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f")).write_bytes(info)
    return root


def reset(root: Path) -> subprocess.CompletedProcess[str]:
    """Write the parameter for the next boot of that machine."""
    words = [paths.build() / "lastword", "--root", root, "reset-crashkernel", "--size", SIZE]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


def addon_signed(logs: Path) -> str:
    """Without the key it is refused; with it, firmware and stub take the add-on, and take none that is not signed."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)] + [str(file) for file in (FIRMWARE, VARIABLES, KEY) if not file.exists()]
    if missing:
        raise rows.Skip(f"not installed: {', '.join(missing)}")
    key = logs / "key.pem"
    subprocess.run(["openssl", "rsa", "-in", KEY, "-passin", "pass:snakeoil", "-out", key], check=True, capture_output=True)
    plain, image = logs / "plain.efi", logs / "image.efi"
    unify(stubs() / "linuxx64.efi.stub", parts(logs, b"console=ttyS0"), plain)
    subprocess.run(["sbsign", "--key", key, "--cert", CERTIFICATE, "--output", image, plain], check=True, capture_output=True)
    root = machine(logs, image)
    done = reset(root)
    check(done.returncode == 1 and "Secure Boot takes signed add-ons alone" in done.stderr, f"without a key: {done.returncode}: {done.stderr}")
    check(not (root / ADDON).exists(), "without a key there is an add-on")
    shutil.copy(key, root / "etc/kernel/secure-boot-private-key.pem")
    shutil.copy(CERTIFICATE, root / "etc/kernel/secure-boot-certificate.pem")
    done = reset(root)
    check(done.returncode == 0, f"with a key: {done.returncode}: {done.stderr}")
    subprocess.run(["sbverify", "--cert", CERTIFICATE, root / ADDON], check=True, capture_output=True)
    unsigned = logs / "unsigned.efi"
    shutil.copy(root / ADDON, unsigned)
    subprocess.run(["sbattach", "--remove", unsigned], check=True, capture_output=True)
    said = boot(logs, "unsigned", image, unsigned)
    check(f"crashkernel={SIZE}" not in said, "an add-on without a signature was taken: Secure Boot proves nothing here")
    said = boot(logs, "signed", image, root / ADDON)
    check(f"crashkernel={SIZE}" in re.findall("words: (.*)", said)[0], f"the add-on was not taken: {re.findall('words: .*', said)}")
    check("Crash kernel" in said, "nothing was reserved")
    again = reset(root)
    check(again.returncode == 0 and "already" in again.stdout, f"it does not know its own add-on: {again.stdout}{again.stderr}")
    return re.findall("iomem: .*", said)[0].strip()


def captures(logs: Path) -> str:
    """KDUMP_IMG is a unified kernel image: the kernel in it is loaded, and saves the dump."""
    image = logs / "unified.efi"
    unify(stubs() / "linuxx64.efi.stub", parts(logs, b"console=ttyS0"), image)
    release = kernels.kernel(SUITE).release
    data = crashes.data_disk(logs)
    files = {
        "etc/kdump.conf": f"ext4 UUID={data.uuid}\npath /\n",
        "etc/sysconfig/kdump": 'KDUMP_BOOTDIR="/esp/EFI/Linux"\nKDUMP_IMG="0123"\nKDUMP_IMG_EXT=".efi"\n',
        f"esp/EFI/Linux/0123-{release}.efi": image,
    }
    shown = crashes.crash(guest.Guest(logs, SUITE, disks=[data], files=files), "lastword arm && lastword status -v | grep -q 0123")
    check(shown.ended_by == "guest-reset", f"the machine ended by {shown.ended_by!r}, not by a reboot")
    dumps.check_whole(dumps.fetch(data, logs))
    return shown.phase("^vmcore saved").text


ROWS = [
    rows.Row("uki-addon", "matrix", addon_signed),
    rows.Row("uki-captures", "matrix", captures),
]
