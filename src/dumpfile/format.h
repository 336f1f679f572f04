/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Inside of the room: an open dump and the table of operations a container format has. A format is a file and a row
 * in open.c.
 */
#include "dumpfile/dumpfile.h"
#include "dumpfile/source.h"
#include "dumpfile/touched.h"

/* What open() returns where the first bytes are not its own. */
#define NOT_THIS_FORMAT (-EMEDIUMTYPE)

struct format_ops {
	/* Fills info, notes, ranges and format. On failure close() is still called. */
	int (*open)(struct dumpfile *d, struct error *e);
	void (*close)(struct dumpfile *d);

	/* The state of a page below max_pfn, and the end (in pfns) of a run that shares it: at least pfn + 1. */
	enum page_state (*page_run)(const struct dumpfile *d, uint64_t pfn, uint64_t *ret_end);

	/* Room for a reader's own; NULL where the format needs none. */
	int (*reader_init)(struct dump_reader *r);
	void (*reader_done)(struct dump_reader *r);

	/* Lends as dump_borrow() does, 0 where a page must be loaded, or a negative errno. */
	ssize_t (*lend)(struct dump_reader *r, uint64_t paddr, size_t want, const void **ret);
	/* Fills one page. The error has words where e is not NULL, but for a state that says it all. */
	int (*load_page)(struct dump_reader *r, uint64_t pfn, void *page, struct error *e);
};

struct dumpfile {
	const struct format_ops *ops;
	void *format; /* the format's own */
	struct source *source;
	char *name;
	struct dump_info info;
	struct dump_note *notes; /* desc is one allocation with name behind it */
	size_t n_notes;
	size_t notes_size;
	struct dump_range *ranges;
	size_t n_ranges;
	struct dump_range *segments;
	size_t n_segments;
	char **damage;
	size_t n_damage;
	struct touched *watch; /* who wants to know what is lent; or NULL */
};

struct dump_reader {
	struct dumpfile *dump;
	struct source_window window;
	void *format;
	uint64_t *cached; /* pfn of each slot, UINT64_MAX for none */
	uint8_t *pages;
};

extern const struct format_ops elf_ops, kdump_ops;

/* A line for `info`; "and more" after many. */
void damage_add(struct dumpfile *d, const char *fmt, ...) _printf_(2, 3);

/* Parses ELF notes of size bytes at offset in the source; damage is noted. -ENOMEM alone fails. */
int notes_parse(struct dumpfile *d, uint64_t offset, uint64_t size, bool big_endian) _must_check_;

/* Adds one note of bytes elsewhere in the source. -ENOMEM; damage is noted. */
int notes_add(struct dumpfile *d, const char *name, uint32_t type, uint64_t offset,
	      uint64_t size) _must_check_;

/* PAGESIZE of the VMCOREINFO note, a power of two, or 0. */
uint32_t notes_page_size(const struct dumpfile *d);

/* Appends; joins what continues the last. ranges come sorted. -ENOMEM, -E2BIG past a limit. */
int ranges_add(struct dumpfile *d, uint64_t paddr, uint64_t size, uint64_t vaddr) _must_check_;
