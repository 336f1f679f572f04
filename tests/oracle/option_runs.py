# SPDX-License-Identifier: GPL-2.0-or-later
"""One command line through lastword or makedumpfile 1.7.8, in a directory of its own, and what came of it.

makedumpfile's answers are kept in the cache: they change with the vmcore and its version alone.
"""

import hashlib
import json
import re
import shlex
import shutil
import signal
import struct
import subprocess
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.lab import kernels, oracle, paths

from . import memory_image, references

PEER = "1.7.8"
DEADLINE = 600.0
MANY = 50000
"""Of dumps with more pages than these the content of one page in SPARSE is compared, the set of pages always."""
SPARSE = 16

MOUNT = """
mount -t tmpfs -o size=8m,mode=700 small small && mount -t tmpfs -o ro,size=4k small read-only || exit 99
where=$PWD; "$@"; status=$?
cd "$where"; mkdir kept && cp small/* kept/ 2>/dev/null
exit $status
"""
"""Runs a command with a file system that is nearly full and one that is read-only."""

SAVED = re.compile(r"The (?:dumpfiles? (?:is|are)|dmesg log is|vmcoreinfo is) saved to .*|makedumpfile (?:Completed|Failed)\.")
PROGRESS = re.compile(r"^[A-Z][\w ]{49}: \[ *\d+\.\d %\] [-/|\\] {2}.{16}$")
REPORT = re.compile(r"^ *((?:Original|Excluded|Remaining|Total|Pages|Non-private|Private|User|Free|Hwpoison|Offline|Memory|in ELF)[^:]*?) *: "
                    r"(0x[0-9a-f]{16})$", re.M)
STEP = re.compile(r"STEP \[.{20,}\] : \d+\.\d{6} seconds$", re.M)

Pages = dict[int, int]
"""By page frame number what is in a page, as a checksum, or 0: there, and not looked at."""


@dataclass
class Answer:
    """What one of the two programs did with a line."""

    status: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """The lines that scripts read, each with the stream it came on."""
    progress: bool = False
    report: dict[str, str] = field(default_factory=dict)
    steps: bool = False
    more: bool = False
    """It said something else: of a failure, why."""
    complete: bool = True
    files: list[str] = field(default_factory=list)
    content: str = ""
    """The digest of what is no dump."""
    image: str = ""
    """The name of the set of pages in Bench.images."""
    text: str = ""
    """Its errors, for people."""


class Bench:
    """The files of one comparison, and the two programs."""

    def __init__(self, name: str, logs: Path) -> None:
        self.name, self.logs = name, logs
        self.program = logs / "makedumpfile"
        self.cache = paths.cache("oracle", f"{name}-{references.DUMPS[name].content}", f"options-{PEER}")
        self.cache.mkdir(exist_ok=True)
        self.images: dict[str, Pages] = {}
        self.named: dict[str, Path] = {}
        shutil.copy(paths.build() / "lastword", self.program)
        (logs / "text").write_text("nothing but text\n", encoding="ascii")

    def file(self, name: str) -> Path:
        """The input that a line names."""
        if name not in self.named:
            self.named[name] = self._input(name)
        return self.named[name]

    def _input(self, name: str) -> Path:
        if name == "in":
            return references.dump(self.name)
        if name == "text":
            return self.logs / "text"
        if name == "vmlinux":
            return kernels.vmlinux(self.name)
        if name == "kdump":
            return references.filtered(self.name, 31)
        if name == "erased":
            return self.logs / "erased"
        if name in MADE_BY_THEM or name == "vmcoreinfo":
            return self._theirs(name)
        path = self.logs / f"input-{name}"
        if name in MADE_BY_US:
            subprocess.run([self.program, *MADE_BY_US[name].split(), self.file("in"), path], check=True, capture_output=True)
        elif name in ("cut", "cut_elf"):
            whole = self.file("lzo" if name == "cut" else "in")
            with open(whole, "rb") as source:
                path.write_bytes(source.read(whole.stat().st_size // (2 if name == "cut" else 8)))
        elif name == "note":
            path.write_bytes(vmcoreinfo(self.file("in")))
        elif name == "other_vmcoreinfo":
            path.write_bytes(self.file("vmcoreinfo").read_bytes().replace(b"OSRELEASE=", b"OSRELEASE=1."))
        else:
            raise KeyError(name)
        return path

    def _theirs(self, name: str) -> Path:
        path = self.cache / f"{name}.input"
        with paths.locked(path):
            if not path.exists():
                with paths.made_whole(path) as partial:
                    words = MADE_BY_THEM.get(name, "").split()
                    if name == "vmcoreinfo":
                        oracle.run("makedumpfile", "-g", partial, "-x", self.file("vmlinux"))
                    elif "-F" in words:
                        with open(partial, "wb") as out:
                            subprocess.run(oracle.command("makedumpfile", *words, self.file("in")), stdout=out, check=True,
                                           stderr=subprocess.DEVNULL)
                    else:
                        files = [partial, self.cache / "part2.input"] if "--split" in words else [partial]
                        if name == "part2":
                            files = [self.cache / "unused.input", partial]
                        oracle.run("makedumpfile", "-f", *words, self.file("in"), *files)
        return path

    def ours(self, line: str) -> Answer:
        """Run @line through lastword."""
        return self._run(line, True)

    def theirs(self, line: str, given: str = "") -> Answer:
        """What makedumpfile makes of @line; @given: the text of an input that is no vmcore."""
        names = re.findall(r"{(\w+)}", line)
        source = self.file("in").stat()
        shape = " ".join(Answer.__dataclass_fields__)
        key = hashlib.sha256(f"{line} {source.st_size} {source.st_mtime_ns} {PEER} {shape}{given}".encode()).hexdigest()[:24]
        kept = self.cache / f"{key}.json"
        if kept.exists():
            answer = Answer(**json.loads(kept.read_text("utf-8")))
            if answer.image:
                self.images[answer.image] = _unpack((self.cache / answer.image).read_bytes())
            return answer
        answer = self._run(line, False)
        if not any(name in MADE_BY_US for name in names):
            if answer.image:
                (self.cache / answer.image).write_bytes(_pack(self.images[answer.image]))
            with paths.made_whole(kept) as partial:
                partial.write_text(json.dumps(asdict(answer)), encoding="utf-8")
        return answer

    def directory(self, ours: bool) -> Path:
        """A fresh directory with the files that lines find there."""
        where = self.logs / ("ours" if ours else "theirs")
        paths.remove(where)
        for name in ("directory", "small", "read-only"):
            (where / name).mkdir(parents=True)
        (where / "have").write_text("what is there already\n", encoding="ascii")
        (where / "empty").touch()
        return where

    def _run(self, line: str, ours: bool, again: int = 2) -> Answer:
        where = self.directory(ours)
        answer = Answer()
        for step in line.split(" ; "):
            answer.status.append(self.step(step, where, ours))
            # pthread_exit finds no libgcc in a chroot that is busy.
            if not ours and again and answer.status[-1] in (-signal.SIGABRT, 128 + signal.SIGABRT):
                return self._run(line, ours, again - 1)
            self._listen(where, answer)
        self._look(line.split(" ; ")[-1], where, answer)
        return answer

    def step(self, step: str, where: Path, ours: bool) -> int:
        """Run one command; its exit status."""
        # pylint: disable=consider-using-with
        words = shlex.split(re.sub(r"{(\w+)}", lambda m: str(self.file(m[1])), step))
        given, out, pipe = Path("/dev/null"), where / "stdout", False
        for sign in ("<", ">", "|"):
            if sign in words:
                at = words.index(sign)
                path = where / words[at + 1]
                words[at:at + 2] = []
                if sign == "<":
                    given = path
                else:
                    out, pipe = path, sign == "|"
        (where / "stdout").write_bytes(b"")
        program: list[str | Path] = [self.program, *words] if ours else [*oracle.command("makedumpfile", *words, see=where)]
        if "small/" in step or "read-only/" in step:
            program = ["unshare", "-m", "sh", "-c", MOUNT, "mount", *program]
            if out.parent.name == "small":
                inner = f'exec "$@" > {out}'
                program[6:] = ["sh", "-c", inner, "sh", *program[6:]]
                out = where / "stdout"
        with open(given, "rb") as stdin, open(out, "wb") as stdout, open(where / "stderr", "wb") as stderr:
            if not pipe:
                return subprocess.run(program, stdin=stdin, stdout=stdout, stderr=stderr, cwd=where, timeout=DEADLINE,
                                      check=False).returncode
            with subprocess.Popen(program, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, cwd=where) as run:
                assert run.stdout
                shutil.copyfileobj(run.stdout, stdout)
                return run.wait(DEADLINE)

    def _listen(self, where: Path, answer: Answer) -> None:
        for stream in ("stdout", "stderr"):
            text = (where / stream).read_bytes().decode("utf-8", "replace")
            answer.said += [f"{stream}: {line}" for line in SAVED.findall(text)]
            answer.report |= dict(REPORT.findall(text))
            answer.steps |= bool(STEP.search(text))
            lines = [line for line in re.split(r"[\r\n]+", text) if line.strip() and not SAVED.search(line)]
            others = [line for line in lines if not PROGRESS.match(line)]
            answer.progress |= len(others) < len(lines)
            answer.more |= bool(others)
            answer.text += "\n".join(others)[-600:]

    def _look(self, step: str, where: Path, answer: Answer) -> None:
        own = {"have", "empty", "directory", "small", "read-only", "stdout", "stderr", "kept"}
        answer.files = sorted(str(f.relative_to(where)) for f in where.iterdir() if f.name not in own)
        answer.files += sorted(str(f.relative_to(where)) for d in ("directory", "kept") for f in (where / d).glob("*"))
        words = [word.replace("small/", "kept/") for word in step.split(" < ", maxsplit=1)[0].split()]
        if "--split" not in words:
            words = words[-1:]
        written = [where / word for word in words if re.fullmatch(r"(kept/)?(out\d?|whole|have|flat|directory)", word) and (where / word).is_file()]
        dumps = [file for file in written if is_dump(file)]
        answer.content = " ".join(hashlib.sha256(f.read_bytes()).hexdigest()[:16] for f in written if f not in dumps)
        if " -F " in f" {step}":
            answer.content = ""
        answer.complete = all(is_complete(file) for file in dumps)
        if dumps:
            try:
                image = checksums(dumps, answer.complete)
            except (ValueError, OSError, zlib.error, struct.error) as fault:
                answer.content = f"unreadable: {type(fault).__name__}"
                return
            packed = _pack(image)
            answer.image = hashlib.sha256(packed).hexdigest()[:24] + ".pages"
            self.images[answer.image] = image


MADE_BY_THEM = {
    "lzo": "-l -d 1", "zstd": "-z -d 16", "plain": "-d 16", "elf": "-E -d 16", "flat": "-F -l -d 31", "part": "--split -l -d 31",
    "part2": "--split -l -d 31", "incomplete": "-l -d 31 -L 30M",
}
MADE_BY_US = {"ours": "-l -d 1", "our_elf": "-E -d 16"}


def vmcoreinfo(elf: Path) -> bytes:
    """The text of the note in an ELF vmcore."""
    data = elf.open("rb").read(1 << 16)
    at = data.index(b"VMCOREINFO\0")
    size, = struct.unpack_from("<I", data, at - 8)
    return data[at + 12:at + 12 + size].rstrip(b"\0")


def is_dump(path: Path) -> bool:
    """Is it kdump-compressed, or ELF?"""
    with open(path, "rb") as file:
        return file.read(8).startswith((b"KDUMP   ", b"\x7fELF"))


def is_complete(path: Path) -> bool:
    """Does the header say that all is there?  Of ELF: e_flags."""
    with open(path, "rb") as file:
        head = file.read(464)
    at, bit = (48, 1) if head.startswith(b"\x7fELF") else (424, 8)
    return len(head) == 464 and not struct.unpack_from("<I", head, at)[0] & bit


def checksums(dumps: list[Path], look: bool) -> Pages:
    """Which pages are there, and what is in them; @look: not in all cases."""
    numbers = memory_image.numbers(dumps)
    if not look:
        return dict.fromkeys(numbers, 0)
    return dict.fromkeys(numbers, 0) | memory_image.checksums(dumps, SPARSE if len(numbers) > MANY else 1)


def _pack(pages: Pages) -> bytes:
    return b"".join(struct.pack("<QI", pfn, check) for pfn, check in sorted(pages.items()))


def _unpack(packed: bytes) -> Pages:
    return dict(struct.iter_unpack("<QI", packed))
