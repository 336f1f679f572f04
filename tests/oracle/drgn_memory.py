# SPDX-License-Identifier: GPL-2.0-or-later
"""What drgn with DWARF knows of a kernel's memory, as JSON: python3 drgn_memory.py DUMP VMLINUX CACHE …, run where drgn is.

All slab caches, each object of the caches that are named, areas of vmalloc, and sums.
"""

import json
import sys
from typing import Any

import drgn  # pylint: disable=import-error
from drgn.helpers.linux import mm, slab, vmstat  # pylint: disable=import-error

PAGE = 4096


def caches(prog: drgn.Program) -> dict[str, list[int]]:
    """Allocated objects, objects, slabs by a cache's address."""
    found = {}
    for cache in slab.for_each_slab_cache(prog):
        usage = slab.slab_cache_usage(cache)
        found[f"{cache.value_():#x}"] = [usage.num_objs - usage.free_objs, usage.num_objs, usage.num_slabs]
    return found


def objects(prog: drgn.Program, name: str) -> list[str]:
    """The objects of a cache that are in use."""
    cache = slab.find_slab_cache(prog, name)
    return sorted(f"{o.value_():#x}" for o in slab.slab_cache_for_each_allocated_object(cache, "void"))


def areas(prog: drgn.Program) -> list[list[str]]:
    """Start and end of each area that somebody asked for."""
    return sorted([f"{area.va_start.value_():#x}", f"{area.va_end.value_():#x}"]
                  for area in mm.for_each_vmap_area(prog) if area.vm)


def sums(prog: drgn.Program) -> dict[str, int]:
    """Pages."""
    return {
        "total": int(mm.totalram_pages(prog)),
        "commit_limit": int(mm.vm_commit_limit(prog)),
        "committed": int(mm.vm_memory_committed(prog)),
        "free": int(vmstat.global_zone_page_state(prog, prog["NR_FREE_PAGES"])),
    }


def main() -> None:
    """Print all of it."""
    prog = drgn.Program()
    prog.set_core_dump(sys.argv[1])
    prog.load_debug_info([sys.argv[2]])
    known: dict[str, Any] = {"caches": caches(prog), "areas": areas(prog), "sums": sums(prog)}
    known["objects"] = {name: objects(prog, name) for name in sys.argv[3:]}
    json.dump(known, sys.stdout)


main()
