/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's own symbol table, kallsyms, as found in the dump: names to addresses and back. Decoded where it is
 * asked, not as a whole: a look-up by address touches one block of 256 names.
 *
 * Names are those the kernel prints. Not thread-safe: decoding fills a cache.
 */
#include "kernel/kernel.h"

struct symbols;
struct module;

struct symbol {
	const char *name; /* valid until the symbols are freed */
	uint64_t addr;
	uint64_t size; /* to the next symbol, or what a module's table says */
	char type;     /* nm's letter; unreliable on some kernels: classify by address */
	const struct module *module; /* NULL for vmlinux */
};

/* -ENOENT where no table is found, neither exported in vmcoreinfo nor by its signature in the image. The reader is borrowed. */
int symbols_open(struct kernel_reader *r, struct symbols **ret, struct error *e) _must_check_;
struct symbols *symbols_free(struct symbols *s);
DEFINE_CLEANUP(struct symbols *, symbols_free)

/*
 * More symbols beside vmlinux's, such as those of modules: what their keeper answers. Look-ups but symbols_find() ask it
 * too. Borrowed with `user`; NULL takes it away.
 */
struct symbols_more {
	bool (*at)(void *user, uint64_t addr, struct symbol *ret);
	/* name NULL: all of them */
	int (*each)(void *user, const char *name, int (*emit)(void *user, const struct symbol *sym),
		    void *emit_user);
};
void symbols_set_more(struct symbols *s, const struct symbols_more *more, void *user);

/* The program's own questions: the address of the first symbol of that name in table order, vmlinux alone. */
bool symbols_find(struct symbols *s, const char *name, uint64_t *ret);

/* Every symbol of that name, in table order, vmlinux first. Stops where emit returns non-zero and returns that. */
int symbols_each_named(struct symbols *s, const char *name,
		       int (*emit)(void *user, const struct symbol *sym), void *user);

/* The symbol that addr lies in: of aliases the first in table order, as the kernel prints. False where none does. */
bool symbols_at(struct symbols *s, uint64_t addr, struct symbol *ret);

/* Of vmlinux, by place in its table, for walking to neighbours. */
bool symbols_index_at(struct symbols *s, uint64_t addr, uint32_t *ret);
bool symbols_get(struct symbols *s, uint32_t index, struct symbol *ret);

/* All, in the order of vmlinux's table (addresses), then those of each module. */
int symbols_each(struct symbols *s, int (*emit)(void *user, const struct symbol *sym), void *user);

/* One line: where the table was found and how it was verified. */
const char *symbols_provenance(const struct symbols *s);
