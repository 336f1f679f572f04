# SPDX-License-Identifier: GPL-2.0-or-later
"""Which module files a set of modules needs, in loading order."""

import lzma
import subprocess
from pathlib import Path


def in_order(tree: Path, names: list[str]) -> list[Path]:
    """The files of @names and of all they depend on, each after its dependencies.

    @tree is a /lib/modules/RELEASE directory.  A name that is built in, or that this kernel does not have,
    contributes nothing: the same list of names serves every kernel.
    """
    dependencies: dict[str, list[str]] = {}
    for line in (tree / "modules.dep").read_text(encoding="utf-8").splitlines():
        module, _, needed = line.partition(":")
        dependencies[module] = needed.split()
    by_name = {module_name(path): path for path in dependencies}
    ordered: dict[str, None] = {}
    for name in names:
        path = by_name.get(name.replace("-", "_"))
        if path:
            # modules.dep lists a module's whole closure, the deepest dependency last.
            ordered.update(dict.fromkeys([*reversed(dependencies[path]), path]))
    return [tree / path for path in ordered]


def module_name(path: str) -> str:
    """A module's name as the kernel knows it, from its file name."""
    return Path(path).name.partition(".")[0].replace("-", "_")


def contents(path: Path) -> bytes:
    """A module's ELF file, decompressed."""
    if path.suffix == ".xz":
        return lzma.decompress(path.read_bytes())
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout
    return path.read_bytes()
