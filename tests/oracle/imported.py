# SPDX-License-Identifier: GPL-2.0-or-later
"""`lastword setup --import` on a made-up root: what it writes, what it leaves alone, and that the result is accepted."""

import json
import subprocess
import tempfile
from pathlib import Path

from tests.lab import paths, rows
from tests.lab.rows import check

DEBIAN = "USE_KDUMP=1\nKDUMP_COREDIR=/dumps\nMAKEDUMP_ARGS='-c -d 31'\nKDUMP_CMDLINE=noapic\nFTP=host\n"
PERSONAL = "path /mine\n"


def call(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """lastword with --root."""
    command = [str(paths.build() / "lastword"), "--root", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def tree(root: Path) -> dict[str, str]:
    """Files by path."""
    return {str(p.relative_to(root)): p.read_text(encoding="utf-8") for p in root.rglob("*") if p.is_file()}


def run(_logs: Path) -> str:
    """Nothing to import, a dry run, the import, again, a person's file, --force."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        check(call(root, "setup", "--import").returncode == 1, "it imports nothing and says it is done")
        (root / "etc/default").mkdir(parents=True)
        (root / "etc/default/kdump-tools").write_text(DEBIAN, encoding="utf-8")
        before = tree(root)
        dry = call(root, "setup", "--import", "--dry-run")
        check(dry.returncode == 0 and "+path /dumps" in dry.stdout, f"--dry-run: {dry.stdout}{dry.stderr}")
        check(tree(root) == before, "--dry-run changes files")

        done = call(root, "--json", "setup", "--import")
        said = json.loads(done.stdout)
        fates = {line["name"]: line["fate"] for line in said["lines"]}
        check(fates == {"USE_KDUMP": "same", "KDUMP_COREDIR": "taken", "MAKEDUMP_ARGS": "taken",
                        "KDUMP_CMDLINE": "taken", "FTP": "lost"}, f"fates: {fates}")
        made = tree(root)
        check(made["etc/kdump.conf"] == said["kdump_conf"], "kdump.conf is not what it says")
        check("path /dumps\ncore_collector makedumpfile -c -d 31\n" in said["kdump_conf"], said["kdump_conf"])
        check('KDUMP_COMMANDLINE="noapic"' in made["etc/sysconfig/kdump"], "the command line is lost")
        explained = call(root, "doctor", "--config")
        check(explained.returncode == 0, f"the result is refused: {explained.stdout}")

        again = call(root, "setup", "--import")
        check(again.returncode == 0 and tree(root) == made, f"a second import changes something: {again.stdout}")
        (root / "etc/kdump.conf").write_text(PERSONAL, encoding="utf-8")
        kept = call(root, "setup", "--import")
        check(kept.returncode == 1 and "--force" in kept.stderr, f"a person's file: {kept.stderr}")
        check(tree(root)["etc/kdump.conf"] == PERSONAL, "a person's kdump.conf is written over")
        check(call(root, "setup", "--import", "--force").returncode == 0, "--force does not help")
        forced = tree(root)
        check(forced.pop("etc/kdump.conf.before-import") == PERSONAL and forced == made, f"after --force: {forced}")
    return f"{len(fates)} lines"


ROWS = [rows.Row("setup-import", "matrix", run)]
