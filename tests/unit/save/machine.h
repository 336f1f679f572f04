/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A made-up machine whose pages have struct pages, of 6.1: tests fill them, then open the machine.
 */
#include "../kernel/fake.h"
#include "../test.h"
#include "save/select.h"

/* The machine's memory is pfns 4096 to 6143; their struct pages are at 22 MiB, mapped at VMEMMAP. */
#define FIRST 4096
#define LAST 6143
#define VMEMMAP UINT64_C(0xffffea0000000000)
#define STRUCTS (FAKE_PADDR + MIB(6))
#define SECTION_PAGES 256
#define PRESENT 1
#define HAS_MEM_MAP 2

/* Struct page of 6.1, as in the rules' own test. */
enum { FLAGS = 0, COMPOUND = 8, DTOR = 16, ORDER = 17, MAPPING = 24, PRIVATE = 40, MAPCOUNT = 48 };
#define LRU (1 << 4)
#define PG_PRIVATE (1 << 13)
#define HWPOISON (1 << 23)
#define HEAD (1 << 16)
#define BUDDY ((uint32_t)-129)

struct machine {
	struct fake fake;
	struct dumpfile *dump;
	struct kernel *kernel;
	struct memmap map;
	struct page_rules *rules;
	struct select_kernel select;
};

/* All pages are in use, and mapped nowhere. */
void machine_init(struct machine *m);
void machine_open(struct machine *m);
void machine_done(struct machine *m);

char *struct_page(struct machine *m, uint64_t pfn);

/* The first page of a free block. */
void set_free(struct machine *m, uint64_t pfn, unsigned order);
