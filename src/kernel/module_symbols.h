/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The symbols of one module: struct mod_kallsyms {symtab, num_symtab, strtab, typetab}, an ELF symbol table whose
 * values are final addresses.
 */
#include "kernel/lazy.h"
#include "kernel/module.h"

struct module_symbols {
	struct symbol *symbols; /* sorted by address, then as in the table */
	size_t count;
	struct lazy names; /* the string table: symbols point into it */
};

/* An empty table where module->kallsyms cannot be read. -ENOMEM. */
int module_symbols_load(struct kernel_reader *r, struct types *t, const struct module *m,
			struct module_symbols *ret) _must_check_;
void module_symbols_done(struct module_symbols *s);

bool module_symbols_at(const struct module_symbols *s, uint64_t addr, struct symbol *ret);
