# SPDX-License-Identifier: GPL-2.0-or-later
"""The command lines that lastword, called makedumpfile, and makedumpfile 1.7.8 are both given, and where they may differ.

A line is what stands behind the program's name.  Steps are parted by " ; "; "> FILE", "< FILE" and "| FILE" (through a real
pipe) stand for the shell's.  Names in braces are files that options.Bench knows; out, out2, … are written by the line.
"""

import re
from dataclasses import dataclass

CODECS = ("", "-c", "-l", "-z")
PACKED = ("-c", "-l", "-z")


def at_level(level: int) -> str:
    """The line that makes a dump of that level; the codecs in turn, the slow ones where little is kept."""
    return f"-d {level} {CODECS[level % 4] if level > 23 else ('', '-l')[level % 2]} {{in}} out"


def _levels() -> list[str]:
    lines = [at_level(level) for level in range(32)]
    lines += [f"-d {level} {codec} --show-stats {{in}} out" for level, codec in
              ((0, ""), (1, "-l"), (2, "-l"), (4, "-l"), (8, "-l"), (16, "-l"), (27, "-z"), (31, "-l"))]
    lines += [f"-E -d {level} {{in}} out" for level in (0, 1, 2, 4, 8, 16, 17, 23, 27, 30, 31)]
    lines += [f"-E -d {level} --show-stats {{in}} out" for level in (0, 8, 16, 31)]
    # Lists, and what is no level.
    lines += [f"-d {words} -l {{in}} out" for words in (
        "31,17", "31,16,1", "31,", "31,31", "1,31", "31,17,1,0", "17", "017", "32", "-1", "31,32", "31,-1", "031", "999999999999")]
    lines += ["-d 1 -d 31 -l {in} out", "-d 31 -d 16 -l {in} out", "-l {in} out", "{in} out"]
    return lines


def _outputs() -> list[str]:
    lines = [f"-d 31 {codec} {{in}} out" for codec in ("-p", "-c -l", "-l -z", "-z -l", "-l -l", "-c")]
    # The flattened form, into a file and through a pipe, and back.
    lines += [f"-F -d 31 {codec} {{in}} > flat ; -R out < flat" for codec in CODECS]
    lines += [f"-F -d {level} -l {{in}} | flat ; -R out < flat" for level in (8, 31)]
    lines += ["-F -E -d 31 {in} > flat ; -R out < flat", "-F -E -d 31 {in} | flat ; -R out < flat",
              "-F -d 31,1 -l {in} > flat ; -R out < flat", "-F --message-level 0 -d 31 -l {in} > flat ; -R out < flat",
              "-F -d 31 -l {in} > flat ; -R have < flat", "-F -d 31 -l {in} > flat ; -f -R have < flat",
              "-F -d 31 -l --show-stats {in} > flat ; -R out < flat", "-F -l {kdump} | flat ; -R out < flat"]
    # Parts, and one of them.
    names = ["out", "out2", "out3", "out4"]
    for parts in (2, 3, 4):
        files = " ".join(names[:parts])
        lines += [f"-d 31 {codec} --split {{in}} {files}" for codec in CODECS]
        lines.append(f"-d 31 -l --split {{in}} {files} ; --reassemble {files} whole")
    lines += ["-d 31 -l --split {in} out out2 out3 ; --reassemble out3 out out2 whole",
              "-d 31 -l --split {in} out out2 ; --reassemble out whole", "-d 31 -l --split {in} out out2 ; --reassemble out out whole",
              "-d 31 -l --split {in} out out2 ; --reassemble out out2 have",
              "-d 31 -l --split {in} out out2 ; -f --reassemble out out2 have",
              "-d 31 -l --split {in} out out2 ; --reassemble out out2 nothing whole",
              "-d 31 -l --split {kdump} out out2", "-d 1 -l --split {in} out out2", "-d 31 --split --show-stats -l {in} out out2"]
    lines += [f"-d 31 -l --split --splitblock-size {kib} {{in}} out out2" for kib in (0, 4, 64, 1024, 65536, 3, "x")]
    lines += [f"-d 31 {codec} --num-threads {threads} {{in}} out" for codec, threads in (
        ("", 0), ("", 1), ("-l", 2), ("", 4), ("-z", 2), ("-l", 0))]
    # Too little room.
    lines += [f"-d 31 -l -L {size} {{in}} out" for size in ("1G", "90M", "100000k", "2000000000", "5M", "5000", "1", "5000k", "0", "5X", "M")]
    lines += ["-d 1,31 -l -L 90M {in} out", "-d 0,31 -L 200M {in} out", "-d 0,1,31 -l -L 100M --show-stats {in} out",
              "-d 1,31 -l -L 5M {in} out", "-E -d 31 -L 5M {in} out", "-E -d 31 -L 1G {in} out", "-F -d 31 -l -L 5M {in} > flat",
              "-d 31 -l -L 5M --split {in} out out2", "-d 31 -l {in} small/out", "-d 1,31 -l {in} small/out",
              "-d 31 {in} small/out", "-E -d 31 {in} small/out", "-d 31 -l -F {in} > small/flat",
              "-d 31 -l --split {in} small/out small/out2", "-d 31 -l {in} small/out small/out2", "--dump-dmesg {in} small/out",
              "-d 31 -l {in} /dev/full", "-F -d 31 -l {in} > /dev/full", "-d 31 -l {in} /dev/null"]
    # How, not what.
    lines += [f"-d 31 -l {words} {{in}} out" for words in (
        "--cyclic-buffer 64", "--cyclic-buffer 1", "--cyclic-buffer 0", "--cyclic-buffer 1000000", "--work-dir .", "--work-dir ./",
        "--non-mmap", "-b 0", "-b 1", "-b 8", "-b 8 --non-mmap --cyclic-buffer 16", "-f", "--work-dir . --cyclic-buffer 64",
        "-e --work-dir .")]
    lines += ["-d 31 -l -f {in} have", "-d 31 -E -f {in} have", "-d 31 -l --split -f {in} have out2", "-d 31 -l --split {in} have out2",
              "-d 31 -l --split {in} out have"]
    return lines


def _messages() -> list[str]:
    lines = [f"--message-level {level} -d 31 -l {{in}} out" for level in range(32)]
    lines += [f"--message-level {level} -d 31 -l {{in}} have" for level in (0, 1, 2, 4, 7)]
    lines += [f"--message-level {level} {words}" for level in (0, 2, 16) for words in (
        "-E -d 31 {in} out", "--dump-dmesg {in} out", "--split -d 31 -l {in} out out2")]
    lines += ["--message-level 32 {in} out", "--message-level -1 {in} out", "--message-level 0 -v", "--message-level 0 -h",
              "-D -d 31 -l {in} out", "-D --message-level 0 -d 31 -l {in} out", "-v", "-h", "--help", "-h -d 77", "-v {in}", "-D -v"]
    lines += [f"--dry-run {words}" for words in (
        "-d 31 {in}", "-d 31 {in} out", "-d 31 -l {in} have", "-E -d 31 {in} out", "-F -d 31 {in}", "--split -d 31 {in} out out2",
        "--show-stats -d 31 {in} out", "--show-stats -d 8 -l {in} out", "--show-stats -E -d 31 {in} out", "--dump-dmesg {in} out",
        "--reassemble {in} out", "-g out -x {text}", "-l -d 31,1 {in} out", "-d 31 nothing out", "-L 5M -d 31 {in} out",
        "--num-threads 2 -d 31 {in} out", "--show-stats --split -d 31 -l {in} out out2")]
    lines += [f"--dump-dmesg {words}" for words in (
        "{in} out", "-L 5000 {in} out", "-L 5M {in} out", "-L 5000 -F {in} > out", "{in} have", "-f {in} have", "{in}", "-F {in} > out", "-F {in} | out", "-d 31 {in} out", "{kdump} out",
        "nothing out", "--partial-dmesg {in} out", "{in} no/where", "{text} out", "-c {in} out", "-E {in} out", "{in} out out2",
        "--num-threads 2 {in} out", "--show-stats {in} out", "-D {in} out", "-x {vmlinux} {in} out")]
    lines += ["--partial-dmesg -d 31 {in} out", "--partial-dmesg --dump-dmesg {kdump} out", "--mem-usage", "--mem-usage {in} out",
              "--mem-usage nothing", "--mem-usage {text}"]
    lines += [f"--check-params {words}" for words in (
        "-d 31 {in} out", "-d 31", "", "-d 33 {in} out", "--nosuch", "--split -d 31 {in} out out2", "--split {in} out", "-F -d 31 {in}",
        "--dump-dmesg {in} out", "-E -c {in} out", "-E -d 31 {in} out", "nothing out", "-R out", "--reassemble out out2 out3",
        "-L 5M {in} out", "-L 0 {in} out", "-g out -x {text}", "-g out", "--mem-usage /proc/kcore", "-x {text} -i {text} {in} out",
        "--num-threads 2 --split {in} out out2", "--message-level 99 {in} out", "-d 31 {in} have", "-l -c -z {in} out")]
    return lines


def _refusals() -> list[str]:
    return [
        "", "{in}", "{in} out out2", "-d 31", "-d 31 {in} have", "-d 31 nothing out", "-d 31 {text} out", "-d 31 {in} no/where",
        "-d 31 {in} directory", "-d 31 directory out", "-d 31 /dev/null out", "-d 31 {in} read-only/out", "-d 31 {in} {in}",
        "--nosuch", "-q {in} out", "-d", "-L", "--message-level", "--config", "-x", "--split", "--nosuch {in} out", "-d 31 empty out",
        "-E -c {in} out", "-E -z {in} out", "-E -l -d 31 {in} out", "-E -p {in} out", "-E -l -z -d 31 {in} out",
        "-F -d 31", "-F -d 31 {in} out", "-F --split {in} out out2", "-F -f -d 31 -l {in} > flat ; -R out < flat",
        "--split -d 31 {in} out", "--split {in}", "--split", "--split -E -d 31 {in} out out2", "--split --num-threads 2 {in} out out2",
        "--split -d 31 -l {in} out out", "--splitblock-size 64 -d 31 -l {in} out", "--num-threads 2 -E -d 31 {in} out",
        "-x {text} -i {text} {in} out", "-i {text} -d 31 {in} out", "-i nothing -d 31 {in} out", "-x nothing -d 31 {in} out",
        "-x {vmlinux} -d 31 -l {in} out", "-i {vmcoreinfo} -d 31 -l {in} out", "-i {other_vmcoreinfo} -d 31 -l {in} out",
        "-i {vmcoreinfo} -E -d 31 {in} out", "-i {vmcoreinfo} --dump-dmesg {in} out", "-i {other_vmcoreinfo} --dump-dmesg {in} out",
        "-i {note} -d 31 -l {in} out", "-i {note} --dump-dmesg {in} out",
        "-R out out2", "-R have", "-R", "-R out < {kdump}", "-R -d 31 out < {kdump}",
        *(f"-F -d 31 -l {{in}} > flat ; -R {words} out < flat" for words in ("-l", "-d 31", "-E", "-F", "-x {text}", "-i {text}", "-f", "-D")),
        *(f"--check-params --reassemble {words} out out2 out3" for words in ("-l", "-d 31", "-E", "-F", "-x {text}", "-i {text}", "-f", "--split")),
        "--check-params -g out -x {text} --dump-dmesg {in} out", "--check-params --split --dump-dmesg {in} out",
        "--reassemble", "--reassemble have", "--reassemble {in} out", "--reassemble {kdump} have", "--reassemble {kdump} out",
        "--reassemble {in} {in} out", "--reassemble {kdump} {kdump} out", "--reassemble nothing nothing out",
        "-E -d 31 {kdump} out", "-E {kdump} out", "-X -d 31 {in} out", "-X {in} out", "-E -X {in} out",
        "-g out", "-g out -x nothing", "-g out -x {text}", "-g have -x {vmlinux}",
        "--xen-syms {text} {in} out", "--xen-syms nothing -d 31 {in} out", "--xen-vmcoreinfo {text} {in} out",
        "--xen-vmcoreinfo nothing {in} out", "--exclude-xen-dom0 -d 31 {in} out", "--exclude-xen-user-domain {in} out",
        "--diskset=nothing -d 31 out", "--config {text} -d 31 -l {in} out", "--config nothing -x {vmlinux} -d 31 -l {in} out",
        "--eppic nothing -d 31 -l {in} out", "--extension nothing.so -d 31 -l {in} out", "--vtop", "-b -d 31 {in} out",
        "--cyclic-buffer", "--work-dir", "--work-dir nothing -d 31 -l {in} out", "-d 31 -l --work-dir {text} {in} out",
        "--dry-run --check-params {in} out", "-c -E --check-params {in} out", "-f -d 31 -l {in} directory",
        "-e -d 31 --split --work-dir . {in} out out2", "-e -E -d 31 --work-dir . {in} out", "-vv", "-hv", "-Dl -d31 {in} out",
        "-ld31 {in} out", "-d31 -lf {in} have", "--message-lev 7 -d 31 -l {in} out", "--dry -d 31 {in} out", "--show -d 31 -l {in} out",
        "{in} -d 31 -l out", "-d 31 -l -- {in} out", "--vtop 0 -d 31 -l {in} out", "--vtop ffffffff81000000 -d 31 -l {in} out",
        "--vtop 0xffffffff81000000 -d 31 -l {in} out", "--vtop 7fffdeadbeef -d 31 -l {in} out",
        # Ours alone decides:
        "-d abc {in} out", "-d 0x1f {in} out", "-d , {in} out", "-d ,31 -l {in} out", "-d 31,,1 -l {in} out", "--version",
        "-e -d 31 {in} out", "--exclude-unused-vm -d 31 {in} out", "--non-cyclic -d 31 {in} out", "--xen_phys_start 0 -d 31 {in} out",
        "--diskset={in} -d 31 out", "--message-level abc -d 31 {in} out", "--num-threads x -d 31 {in} out",
        "-x {text} -d 31 {in} out", "--vtop zz -d 31 -l {in} out", "--cyclic-buffer x -d 31 -l {in} out", "-b 99 -d 31 -l {in} out",
        "-b x -d 31 -l {in} out",
    ]


def _inputs() -> list[str]:
    lines = []
    # What the other, or the same, made before; and filtering it once more.
    for name in ("kdump", "lzo", "zstd", "plain", "ours"):
        lines += [f"-d {level} {codec} {{{name}}} out" for level, codec in ((0, ""), (1, "-l"), (8, "-l"), (16, "-z"), (31, "-c"))]
        lines += [f"-F -d 31 -l {{{name}}} > flat ; -R out < flat", f"--dump-dmesg {{{name}}} out",
                  f"-d 31 -l --split {{{name}}} out out2", f"--dry-run -d 31 {{{name}}} out"]
    for name in ("elf", "our_elf"):
        lines += [f"-d {level} {codec} {{{name}}} out" for level, codec in ((0, ""), (1, "-l"), (16, "-z"), (31, "-c"))]
        lines += [f"-E -d {level} {{{name}}} out" for level in (0, 31)]
        lines += [f"--dump-dmesg {{{name}}} out", f"-F -d 31 -l {{{name}}} > flat ; -R out < flat"]
    lines += ["-d 31 -l {flat} out", "--dump-dmesg {flat} out", "-R out < {flat} ; -d 31 -l out out2",
              "-d 31 -l {part} out", "--dump-dmesg {part} out", "--reassemble {part} {part2} out ; -d 31 -c out out2",
              "--show-stats -d 31 -l {kdump} out", "--show-stats -d 31 -l {plain} out",
              "-d 31 -l {incomplete} out", "--dump-dmesg {incomplete} out", "-d 31 -l {cut} out", "-d 31 -l {cut_elf} out"]
    return lines


GROUPS = {"levels": _levels(), "outputs": _outputs(), "messages": _messages(), "refusals": _refusals(), "inputs": _inputs()}
"""Each group of lines is a row of its own."""

FEW = (
    "-d 31 -l {in} out", "-E -d 31 {in} out", "-F -d 31 -l {in} | flat ; -R out < flat", "-d 31 -l --split {in} out out2 out3",
    "-d 0,31 -l -L 100M {in} out", "-d 31 -l -f {in} have", "-d 31 {in} have", "--dump-dmesg {in} out", "--dry-run --show-stats -d 31 {in} out",
    "--check-params -E -c {in} out", "-d 31 nothing out", "-E -d 31 {lzo} out", "-d 31 -l {in} small/out",
)
"""What `make test` runs."""


@dataclass(frozen=True)
class Difference:
    """Where we differ, in what, and why."""

    lines: str
    """A regular expression, matched with whole command lines."""
    what: str
    """Fields of Answer, pages, counts, totals, or "all"."""
    why: str


DIFFERENCES = (
    Difference(r".*-d (abc|0x1f|,|,31|31,,1) .*|.*--(message-level abc|num-threads x|vtop zz|splitblock-size x) .*", "all",
               "what is no number is refused; theirs takes it for 0"),
    Difference(r".*-i \{.*", "all", "a dump whose kernel was moved (KASLR) needs no `-i` to be read; theirs cannot read it with one"),
    Difference(r".*-x \{text\} -d .*", "all", "a vmlinux is not read: the dump itself tells"),
    Difference(r"-g .*|.*--message-level \d+ -g .*", "all",
               "`-g` writes the running kernel's own vmcoreinfo, and overwrites nothing without `-f`"),
    Difference(r".*--xen[-_].*", "all", "Xen is refused, also where it would not matter"),
    Difference(r".*--diskset=.*", "all", "sadump is refused, also where the file is none of its"),
    Difference(r".*--work-dir (nothing|\{text\}) .*", "all", "there is no bitmap file, and `--work-dir` need not be a directory"),
    Difference(r".*-b (99|x) .*", "all", "`-b` has no effect, whatever it says"),
    Difference(r".*--non-cyclic .*", "all", "`--non-cyclic`, of older versions, is accepted"),
    Difference(r"--version", "all", "`--version` is accepted"),
    Difference(r"(-e|--exclude-unused-vm) -d .*", "all", "`-e` needs no `--work-dir`, and has the long name of older manuals"),
    Difference(r"-e -E .*", "pages", "theirs ignores `-e` with `-E`"),
    Difference(r"--split -d 31 -l \{in\} out out", "all", "one file for two parts is refused; theirs writes both into it"),
    Difference(r".*--reassemble out whole", "all", "parts that lack pages, overlap or are of different dumps are refused"),
    Difference(r".*--split .*(-L 5M |small/).*|.*-L 5M --split .*", "pages",
               "the headers of parts that did not fit have the last two pages, which theirs lose"),
    Difference(r"(-d 31 -l|--dump-dmesg) \{flat\} .*", "all", "a dump is also read in its flattened form"),
    Difference(r".*\{(incomplete|cut|cut_elf)\} .*", "all", "a dump that was cut is filtered, and its log told, as far as it goes"),
    Difference(r".*(no/where|read-only/out|directory|/dev/full).*", "progress", "what cannot be written is told at once; theirs looks at all pages before"),
    Difference(r".*(-R out|-b 99|-L 5000|-L 1) .*", "complete content files pages", "no file is left that holds nothing"),
    Difference(r".*\{(in|elf|our_elf)\}.*", "totals", "memory that two ELF segments have is counted once"),
    Difference(r"--show-stats .*\{(kdump|plain)\} .*", "counts totals", "what a dump lacks already is not counted once more"),
    Difference(r".*-E .*", "counts", "pages of ELF dumps are counted once, as in the other format"),
    Difference(r".*--split .*", "counts", "the report of parts has what their writers found"),
)
