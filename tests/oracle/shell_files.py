# SPDX-License-Identifier: GPL-2.0-or-later
"""/etc/sysconfig/kdump as bash sources it, beside what `lastword doctor --config` reads without a shell.

A file of assignments alone must give the same values; one with anything that needs a shell must be refused.
"""

import json
import random
import subprocess
import tempfile
from pathlib import Path

from tests.lab import paths, rows
from tests.lab.rows import check

SEED = 1121
FILES = 400
NAMES = ("KDUMP_A", "KDUMP_B", "KDUMP_COMMANDLINE_APPEND", "_c", "D9")

PIECES = (
    "word", "/a/b-c.d", "x=1", "console=ttyS0,115200n8", "a:b", "#", "%", "{a,b}", "*", "?[a]", "!", "^", "@", "é",
    "\\ ", "\\#", "\\\\", "\\$", "\\'", "\\\"", "\\a", "\\\n", "''", "\"\"",
    "'a b'", "'$x `y` \\'", "'a\nb'", "\"a  b\"",
    "\"\\$x \\`y\\` \\\\ \\\" \\z\"", "\"a\\\nb\"", "\"a\nb\"", "\"'\"", "\"a $\"", "$", "\"$ %\"",
)
SHELL = (
    "$(echo a)", "`echo a`", "\"$(echo a)\"", "\"`echo a`\"", "${KDUMP_A:-b}", "${#KDUMP_A}", "$((1+1))", "$'a'",
    "$\"a\"",
    "$1", "\"$@\"", "$?", "$$", "$NOT_SET", "\"${NOT_SET}\"", "|cat", "&", ">/dev/null", "<(x)", "(a)",
)
COMMANDS = (
    "true", ":", "if true; then KDUMP_A=1; fi", ". /dev/null", "KDUMP_A=1 true", "[ -f /x ] && KDUMP_A=1", "set -e",
    "KDUMP_A=(a b)", "KDUMP_A[1]=a", "KDUMP_A = a", "export -n KDUMP_A", "KDUMP_A=1;;", "unset KDUMP_A", "KDUMP_A=~",
    "KDUMP_A=/a:~/b", "KDUMP_A='a", "KDUMP_A=\"a", "export KDUMP_A={a,b}",
)
ENDS = ("\n", "\n", "\n", " # note ' \"\n", ";", " ", " \\\n ", "\n\n# it's\n")


def make_value(r: random.Random, known: set[str]) -> str:
    """A value in pieces, some of them variables that are set."""
    made = []
    for _ in range(r.choice((0, 1, 1, 2, 3, 4))):
        if known and r.random() < 0.25:
            made.append(r.choice(("${%s}", "\"$%s\"", "\"<${%s}>\"")) % r.choice(sorted(known)))
        else:
            made.append(r.choice(PIECES))
    # a dollar before a quote or a name is another thing
    return "".join(piece for at, piece in enumerate(made, 1) if piece != "$" or at == len(made))


def make_file(r: random.Random, needs_shell: bool) -> str:
    """Some assignments; with @needs_shell one of them, or a command, is none."""
    known: set[str] = set()
    lines = []
    for _ in range(r.choice((1, 2, 4, 6))):
        name = r.choice(NAMES)
        value = make_value(r, known)
        sign = "+=" if r.random() < 0.15 else "="
        before = r.choice(("", "", "  ", "\t", "export " if "{" not in value else ""))
        lines.append(before + name + sign + value + r.choice(ENDS))
        if lines[-1].endswith((" ", " \\\n ")):
            # what follows is a second word of the same command
            lines[-1] += f"{r.choice(NAMES)}=next\n"
        known.add(name)
    if needs_shell:
        more = r.choice(COMMANDS) if r.random() < 0.4 else f"KDUMP_A={make_value(r, known)}{r.choice(SHELL)}"
        # a quote that does not end must not be ended by a later one
        at = len(lines) if more.count("'") % 2 or more.count('"') % 2 else r.randrange(len(lines) + 1)
        lines.insert(at, f"\n{more}\n")
    return "".join(lines)


def ours(root: Path, text: str) -> dict[str, str] | None:
    """The values, or None where the file is refused."""
    (root / "etc/sysconfig").mkdir(parents=True, exist_ok=True)
    (root / "etc/sysconfig/kdump").write_text(text, encoding="utf-8")
    command = [str(paths.build() / "lastword"), "--root", str(root), "--json", "doctor", "--config"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode in (0, 1), f"doctor --config ends with {done.returncode}: {done.stderr}")
    file = json.loads(done.stdout)["files"][1]
    return {line["name"]: line["value"] for line in file["lines"]} if file["accepted"] else None


def shells(root: Path) -> dict[str, str]:
    """What bash has after it sourced the file, under its own name."""
    tell = "do [ -v $n ] && printf '%s\\0%s\\0' $n \"${!n}\"; done"
    script = f". ./etc/sysconfig/kdump; for n in {' '.join(NAMES)}; {tell}"
    done = subprocess.run(["bash", "--norc", "-c", script], cwd=root, capture_output=True, timeout=60, check=False,
                          env={"LC_ALL": "C.UTF-8"})
    fields = done.stdout.decode().split("\0")
    return dict(zip(fields[::2], fields[1::2]))


def run(_: Path) -> str:
    """Files of assignments, and files that need a shell."""
    r = random.Random(SEED)
    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for number in range(FILES):
            needs_shell = number % 3 == 0
            text = make_file(r, needs_shell)
            mine = ours(root, text)
            if needs_shell:
                if mine is not None:
                    wrong.append(f"accepted: {text!r}")
            elif mine != (theirs := shells(root)):
                wrong.append(f"{text!r}: {mine}, bash has {theirs}")
    check(not wrong, f"{len(wrong)} of {FILES} differ: " + "; ".join(wrong[:3]))
    return f"{FILES} files as bash reads them, a third of them refused"


ROWS = [rows.Row("sysconfig-bash", "matrix", run)]
