# SPDX-License-Identifier: GPL-2.0-or-later
"""kdump.conf as kdump-utils takes it, as a model of its rules, beside `lastword doctor --config` on generated files.

Compared are whether a file is accepted, the directives' values, and what is wrong in which line.  Where lastword
differs on purpose, DIFFERENCES says so; docs/kdump-conf.md has the same names for people.  Where kdump-utils' own
scripts are at hand (LASTWORD_KDUMP_UTILS=DIRECTORY), the model is compared with their parse_config(); nothing is fetched.
"""

import json
import os
import random
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import paths, rows
from tests.lab.rows import check

SEED = 20261121
CONFIGURATIONS = 600

FSTYPES = ("ext2", "ext3", "ext4", "minix", "btrfs", "xfs", "nfs", "ssh", "virtiofs")
PLAIN = (
    "path", "core_collector", "kdump_post", "kdump_pre", "kdump_emergency", "extra_bins", "extra_modules",
    "failure_action", "final_action", "force_rebuild", "force_no_rebuild", "fence_kdump_args", "fence_kdump_nodes",
    "auto_reset_crashkernel",
)
GIVEN_UP = ("net", "options", "link_delay", "disk_timeout", "debug_mem_level", "blacklist")
FAILURE = ("reboot", "halt", "poweroff", "shell", "dump_to_rootfs")


@dataclass(frozen=True)
class Fault:
    """What is wrong: a kind of KINDS, in a line (0: found behind the last line)."""

    kind: str
    line: int


@dataclass
class Rules:
    """The rules, each of which can be broken: a comparison that does not notice is none."""

    cut_comments: bool = True
    unquote: bool = True
    read_twice: bool = True
    duplicates: bool = True
    one_target: bool = True
    actions: bool = True
    rebuild: bool = True


@dataclass
class Verdict:
    """The first fault, or the values by directive; a target's directive has its own name."""

    fault: Fault | None = None
    values: dict[str, str] = field(default_factory=dict)


def lines_of(text: str, rules: Rules) -> Iterator[tuple[int, str, str]]:
    """Number, name and value of the lines that say something."""
    for number, line in enumerate(text.split("\n"), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        name, *rest = re.split(r"[ \t]+", line.strip(" \t"), maxsplit=1)
        value = rest[0] if rest else ""
        if rules.cut_comments and "#" in value:
            value = value.partition("#")[0].rstrip()
        if rules.unquote and len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        yield number, name, value.strip(" \t") if rules.read_twice else value


class Model:
    """parse_config() of kdumpctl and what its start checks before anything is built."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.set: dict[str, str] = {}

    def _set(self, name: str, value: str) -> str | None:
        """The kind of the fault."""
        if not value:
            return "empty"
        if name in self.set:
            target = name in ("_target", "_fstype")
            if self.rules.one_target if target else self.rules.duplicates:
                return "targets" if target else "duplicate"
        self.set[name] = value
        return None

    def _mount(self, value: str) -> str | None:
        """--mount of dracut_args; behind it one character, then device, mount point and type."""
        if value.count("--mount") != 1:
            return "targets"
        behind = re.search(r".*--mount .(.*)", value)
        words = behind[1].split(" ") if behind else []
        return self._set("_fstype", words[2] if len(words) > 2 else words[0] if len(words) == 1 else "") or self._set(
            "_target", words[0] if words else "")

    def _line(self, name: str, value: str) -> str | None:
        if name in FSTYPES or name == "raw":
            return self._set("_fstype", name) or self._set("_target", value)
        if name == "dracut_args":
            return (self._mount(value) if "--mount" in value else None) or self._set(name, value)
        if name == "sshkey":
            return self._set(name, value)
        if name == "default":
            return self._set("failure_action", value) or self._set(name, value)
        if name in GIVEN_UP:
            return "given up"
        return self._set(name, value) if name in PLAIN else "unknown"

    def _whole(self) -> str | None:
        """What is looked at behind the last line."""
        if self.rules.actions and self.set.get("failure_action", "reboot") not in FAILURE:
            return "action"
        if self.rules.actions and self.set.get("final_action", "reboot") not in FAILURE[:3]:
            return "action"
        if self.set.get("_fstype") == "ssh" and "@" not in self.set["_target"]:
            return "login"
        switches = [self.set.get(name, "0") for name in ("force_rebuild", "force_no_rebuild")]
        if self.rules.rebuild and (any(s not in "01" or len(s) != 1 for s in switches) or switches == ["1", "1"]):
            return "rebuild"
        return None

    def read(self, text: str) -> Verdict:
        """The verdict on a file."""
        for number, name, value in lines_of(text, self.rules):
            kind = self._line(name, value)
            if kind:
                return Verdict(Fault(kind, number))
        kind = self._whole()
        return Verdict(Fault(kind, 0)) if kind else Verdict(values=self.set)


KINDS = {
    "unknown": r"unknown directive",
    "given up": r"gave this directive up",
    "empty": r"needs a value",
    "duplicate": r"given twice",
    "targets": r"a second dump target|given twice|needs a value",
    "action": r"unknown action",
    "login": r"write USER@HOST",
    "rebuild": r"neither 0 nor 1|cannot both be 1",
}
"""What lastword says of a fault of this kind."""

EARLY = (
    "early-path", r"path: .*(does not begin with /|\.\. is not allowed)",
    "early-device", r"(is no device; write|write HOST:/DIRECTORY|is no tag|write USER@HOST)",
    "early-program", r"(sshkey|kdump_pre|kdump_post|kdump_emergency|extra_bins): '.*' does not begin with /",
    "early-collector", r"core_collector: ",
    "early-fence", r"fence_kdump_args: ",
    "mount-words", r"dracut_args: --mount: ",
    "control-characters", r"a control character",
)
"""What lastword refuses where the file is read, and kdump-utils later or never."""

OURS = (("own-directives", r"lastword_\w+|fallback"), ("nfs4", r"nfs4"))
"""What kdump-utils does not know."""

DIFFERENCES = [*EARLY[::2], *(name for name, _ in OURS), "mount-equals", "missing-file"]


@dataclass
class Ours:
    """What lastword says of a file."""

    accepted: bool
    fault: str
    line: int
    values: dict[str, str]


def ours(root: Path, text: str) -> Ours:
    """lastword's verdict, from the JSON of doctor --config."""
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/kdump.conf").write_text(text, encoding="utf-8", newline="")
    command = [str(paths.build() / "lastword"), "--root", str(root), "--json", "doctor", "--config"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode in (0, 1), f"doctor --config ends with {done.returncode}: {done.stderr}")
    file = json.loads(done.stdout)["files"][0]
    check(file["accepted"] == (done.returncode == 0), f"exit {done.returncode}, accepted {file['accepted']}")
    values: dict[str, str] = {}
    for line in file["lines"]:
        if line["state"] != "refused":
            if line["name"] in (*FSTYPES, "raw"):
                values["_fstype"], values["_target"] = line["name"], line["value"]
            if line["name"] == "default":
                values["failure_action"] = line["value"]
            values[line["name"]] = line["value"]
    at = re.match(r"kdump\.conf:(\d+): (.*)", file["error"] or "", re.DOTALL)
    return Ours(file["accepted"], at[2] if at else file["error"] or "", int(at[1]) if at else 0, values)


def explained(text: str, theirs: Verdict, mine: Ours) -> str:
    """The name of the deliberate difference that accounts for two verdicts, or ""."""
    said = {number: (name, value) for number, name, value in lines_of(text, Rules())}
    fault = theirs.fault
    if mine.line and (fault is None or fault.line == 0 or mine.line <= fault.line):
        for name, pattern in zip(EARLY[::2], EARLY[1::2]):
            if re.search(pattern, mine.fault):
                return name
    if fault and fault.line and (mine.accepted or mine.line >= fault.line):
        name, value = said[fault.line]
        for difference, pattern in OURS:
            if fault.kind == "unknown" and re.fullmatch(pattern, name):
                return difference
        if name == "dracut_args" and fault.kind == "empty" and "--mount=" in value:
            return "mount-equals"
    return ""


def agree(text: str, theirs: Verdict, mine: Ours) -> str:
    """"" where both say the same, else what differs."""
    if theirs.fault is None and mine.accepted:
        for name, value in theirs.values.items():
            if name in mine.values and mine.values[name] != value:
                return f"{name} is {mine.values[name]!r}, there {value!r}"
        missing = {n for n in theirs.values if n[0] != "_"} - set(mine.values)
        return f"no {', '.join(sorted(missing))}" if missing else ""
    if theirs.fault is None:
        return f"refused: line {mine.line}: {mine.fault}"
    if mine.accepted:
        return f"accepted; there line {theirs.fault.line}: {theirs.fault.kind}"
    if theirs.fault.line not in (0, mine.line):
        # what they look at behind the last line we refuse where it stands
        early = re.search("|".join(KINDS[kind] for kind in ("action", "login", "rebuild")), mine.fault)
        if not early or mine.line > theirs.fault.line:
            return f"line {mine.line}: {mine.fault}; there line {theirs.fault.line}: {theirs.fault.kind}"
        return ""
    if theirs.fault.line == 0 or re.search(KINDS[theirs.fault.kind], mine.fault):
        return ""
    return f"line {mine.line}: {mine.fault}; there {theirs.fault.kind}"


VALUES = {
    "path": ("/var/crash", "/a//b/", "\"/a b\"", "\" /a \"", "/x#y", "\"/x#y\"", "crash", "/a/../b", "'/q'"),
    "core_collector": ("makedumpfile -l --message-level 7 -d 31", "makedumpfile -F -c -d 31", "scp", "cp", "dd bs=1M",
                       "makedumpfile -E -d 31", "\"makedumpfile -z -d 1\" # why"),
    "failure_action": (*FAILURE, "sleep", "Reboot", "\"halt\""),
    "default": (*FAILURE, "mount_root_run_init"),
    "final_action": ("reboot", "halt", "poweroff", "shell"),
    "ssh": ("kdump@host", "host", "\"k@h\"", "k@fd00::1"),
    "nfs": ("host:/x", "[fd00::1]:/x", "host", "host:/a#b"),
    "raw": ("/dev/vdb", "/dev/disk/by-id/x", "vdb"),
    "virtiofs": ("tag", "a/b"),
    "sshkey": ("/root/.ssh/key", "key"),
    "kdump_pre": ("/bin/pre", "pre"),
    "kdump_post": ("/bin/post", "/bin/post#now"),
    "kdump_emergency": ("/bin/emergency", "\"/bin/e\""),
    "extra_bins": ("/bin/a /bin/b", "a"),
    "extra_modules": ("e1000e", "a b  c # d", "vga15fb"),
    "force_rebuild": ("0", "1", "yes", "01"),
    "force_no_rebuild": ("0", "1", "2"),
    "fence_kdump_nodes": ("node1 node2", "10.0.0.2"),
    "fence_kdump_args": ("-p 7410 -f auto", "--odd"),
    "auto_reset_crashkernel": ("yes", "no", "maybe"),
    "dracut_args": ("--omit-drivers \"a b\"", "--mount \"/dev/vda1 /m ext4 defaults\"", "--mount '/dev/vda1 /m xfs'",
                    "--mount=\"/dev/vda1 /m ext4\"", "--mount \"/dev/vda1\"", "--add-drivers \"ext2 ext3\"",
                    "--mount \"/dev/a /m ext4 x\" --mount \"/dev/b /m ext4 x\"", "--mount /dev/vda1\\ /m\\ ext4"),
    "lastword_report": ("yes", "no"),
    "fallback": ("nfs host:/x", "path /var/crash"),
    "nfs4": ("host:/x",),
}
DISKS = ("UUID=4b9f4c1e", "LABEL=dumps", "/dev/vda1", "\"LABEL=/boot\"", "vda1", "UUID=a # b")
NAMES = [*PLAIN, *FSTYPES, "raw", "sshkey", "default", "dracut_args", *PLAIN]
RARE = [*GIVEN_UP, "lastword_report", "fallback", "nfs4", "foo", "Path", "path#", "path=/x", "extN", "ext", ""]
EMPTY = ("", "\"\"", "#", " # none", "\"", "''")


def make_line(r: random.Random) -> str:
    """A line, mostly a sound one."""
    dice = r.random()
    if dice < 0.08:
        return r.choice(("", "   ", "# note", "\t# path /x", "#path /x", " \t "))
    name = r.choice(RARE if dice < 0.14 else NAMES)
    values = VALUES.get(name, DISKS if name.startswith(("ext", "xfs", "btrfs", "minix")) else ("1", "yes", "/x"))
    # a directive's first values are those that people write
    value = r.choice(values) if r.random() < 0.25 else r.choice(values[: max(1, len(values) // 2)])
    if r.random() < 0.05:
        value = r.choice(EMPTY)
    before, between = r.choice(("", "", "", " ", "\t")), r.choice((" ", " ", "  ", "\t", " \t "))
    behind = r.choice(("", "", "", " ", "\t", " # why", "#why", "\r" if r.random() < 0.1 else ""))
    return f"{before}{name}{between}{value}{behind}"


def make_file(r: random.Random) -> str:
    """A file of up to eight lines."""
    made = [make_line(r) for _ in range(r.choice((1, 1, 2, 2, 3, 3, 4, 5, 8)))]
    return "\n".join(made) + r.choice(("\n", "\n", ""))


SAID = (
    # one of each difference, and what a person once got wrong
    "path relative\n", "ext4 vda1\n", "kdump_pre pre\n", "core_collector dd\n", "fence_kdump_args --odd\n",
    "dracut_args --mount \"/dev/vda1 /m raw x\"\n", "path /x\r\n", "lastword_report yes\n", "nfs4 h:/x\n",
    "dracut_args --mount=\"/dev/vda1 /m ext4\"\n", "dracut_args --mount  \"/dev/vda1 /m ext4\"\n", "path /a\npath /b\n",
    "default halt\nfailure_action halt\n", "ext4 LABEL=a\nnfs h:/x\n", "path \"\n", "path \"/a\" # \"\n", "path\n",
    "foo",
)


def compare(root: Path, rules: Rules, files: list[str], answers: dict[str, Ours]) -> tuple[list[str], set[str]]:
    """What differs without a reason, and the reasons that were met."""
    wrong, met = [], set()
    for text in files:
        if text not in answers:
            answers[text] = ours(root, text)
        theirs, mine = Model(rules).read(text), answers[text]
        differs = agree(text, theirs, mine)
        why = explained(text, theirs, mine) if differs else ""
        if why:
            met.add(why)
        elif differs:
            wrong.append(f"{text!r}: {differs}")
    return wrong, met


def generated() -> list[str]:
    """The files, the same in each run."""
    r = random.Random(SEED)
    return [*SAID, *(make_file(r) for _ in range(CONFIGURATIONS))]


def run_model(_logs: Path) -> str:
    """lastword beside the model, and beside models with a rule broken."""
    documented = (paths.PROJECT / "docs/kdump-conf.md").read_text(encoding="utf-8")
    answers: dict[str, Ours] = {}
    files = generated()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        done = subprocess.run([paths.build() / "lastword", "--root", root, "--json", "doctor", "--config"],
                              capture_output=True, text=True, timeout=60, check=True)
        check(not json.loads(done.stdout)["files"][0]["present"], "a missing kdump.conf is not told")
        wrong, met = compare(root, Rules(), files, answers)
        check(not wrong, f"{len(wrong)} of {len(files)} differ: " + "; ".join(wrong[:4]))
        for rule in Rules.__dataclass_fields__:
            missed, _ = compare(root, Rules(**{rule: False}), files, answers)
            check(missed, f"without the rule {rule} nothing differs: the files do not try it")
    met.add("missing-file")
    check(met == set(DIFFERENCES), f"not met: {set(DIFFERENCES) - met}; not listed: {met - set(DIFFERENCES)}")
    undocumented = [name for name in DIFFERENCES if f"`{name}`" not in documented]
    check(not undocumented, f"docs/kdump-conf.md does not have {undocumented}")
    accepted = sum(answer.accepted for answer in answers.values())
    return f"{len(files)} files ({accepted} accepted), {len(met)} deliberate differences"


THEIRS = r"""
export __SOURCED__=1
cd "$1" && source ./kdumpctl > /dev/null 2>&1
for f in "$2"/*.conf; do
	(
		KDUMP_CONFIG_FILE=$f
		declare -A OPT=()
		parse_config > "$f.said" 2>&1
		echo $? > "$f.status"
		for name in "${!OPT[@]}"; do printf '%s\0%s\0' "$name" "${OPT[$name]}"; done > "$f.values"
	)
done
"""

SAYS = {
    "unknown": "Invalid kdump config option", "given up": "Deprecated kdump config option",
    "empty": "Invalid kdump config value", "duplicate": "Duplicated kdump config value",
    "targets": "More than one dump targets|Multiple mount targets", "action": "Usage kdump.conf|^$",
    "login": "Please verify",
}
"""What parse_config() says of a fault of this kind; of actions only where the log's level is that of information."""


def run_scripts(_logs: Path) -> str:
    """The model beside kdump-utils' own parse_config()."""
    scripts = os.environ.get("LASTWORD_KDUMP_UTILS")
    if not scripts or not Path(scripts, "kdumpctl").is_file():
        raise rows.Skip("LASTWORD_KDUMP_UTILS names no directory with kdump-utils' scripts")
    files = generated()
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory)
        (made / "dracut-functions.sh").touch()
        for number, text in enumerate(files):
            (made / f"{number:04}.conf").write_text(text, encoding="utf-8", newline="")
        subprocess.run(["bash", "-c", THEIRS, "bash", scripts, made], timeout=900, check=True,
                       env={**os.environ, "dracutbasedir": directory, "LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL)
        wrong = [f"{text!r}: {differs}" for number, text in enumerate(files)
                 if (differs := _beside_script(made / f"{number:04}.conf", text))]
    check(not wrong, f"{len(wrong)} of {len(files)} differ: " + "; ".join(wrong[:4]))
    return f"the model is parse_config() on {len(files)} files"


def _beside_script(file: Path, text: str) -> str:
    """"" where model and script say the same."""
    model = Model(Rules(rebuild=False)).read(text)
    said = Path(f"{file}.said").read_text(encoding="utf-8").strip()
    refused = Path(f"{file}.status").read_text(encoding="utf-8").strip() != "0"
    fields = Path(f"{file}.values").read_bytes().decode().split("\0")
    values = dict(zip(fields[::2], fields[1::2]))
    if refused != (model.fault is not None):
        return f"the script {'refuses' if refused else 'accepts'} it ({said}), the model has {model.fault}"
    if model.fault:
        heard = re.search(SAYS[model.fault.kind], said)
        return "" if heard else f"the script says {said!r}, the model has {model.fault}"
    for name, value in model.values.items():
        # a key that is not there becomes the usual one, as its warning says
        if values.get(name) != value and name != "sshkey":
            return f"{name} is {values.get(name)!r}, in the model {value!r}"
    return ""


def _row(name: str, run: Callable[[Path], str]) -> rows.Row:
    return rows.Row(name, "matrix", run)


ROWS = [_row("kdump-conf", run_model), _row("kdump-conf-scripts", run_scripts)]
