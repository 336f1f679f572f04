/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The modules that were loaded: the kernel's list of struct module, and the symbols of each (module->kallsyms).
 */
#include "kernel/symbols.h"
#include "kernel/types.h"

#define MODULE_NAME_SIZE 64
#define MODULE_REGIONS 8
#define MODULE_BUILD_ID_SIZE 20 /* bytes: SHA-1 */

/* enum module_state of the kernel, as it is in memory. */
enum module_state { MODULE_LIVE, MODULE_COMING, MODULE_GOING, MODULE_UNFORMED };

struct module_region {
	uint64_t addr, size;
};

struct module {
	uint64_t addr; /* of struct module */
	char name[MODULE_NAME_SIZE];
	uint64_t size;				     /* bytes, of all regions */
	struct module_region text;		     /* of code */
	struct module_region region[MODULE_REGIONS]; /* those that are there; the text among them */
	unsigned regions;
	uint32_t state; /* enum module_state, or what the memory holds */
	uint64_t taints;
	uint64_t args; /* address of the string, 0: not known */
	char build_id
		[41]; /* hexadecimal, "" where the kernel does not keep it (before 5.14): modules_build_id() */
	uint64_t orc_ip, orc, orc_count; /* its ORC tables: addresses and entries; 0: none */
	uint64_t kallsyms;		 /* of struct mod_kallsyms */
};

struct modules;

/*
 * Walks the list, and joins the modules' symbols into s until free. -ENOENT where the symbol or the types lack, errors of
 * reading the list's head. A list that is cut or looped gives what was there before: modules_damage().
 */
int modules_open(struct kernel_reader *r, struct symbols *s, struct types *t, struct modules **ret,
		 struct error *e) _must_check_;
struct modules *modules_free(struct modules *m);
DEFINE_CLEANUP(struct modules *, modules_free)

/* Sorted by the address of their code. */
size_t modules_count(const struct modules *m);
const struct module *modules_get(const struct modules *m, size_t index);

/* Its build id in hexadecimal: as kept, else from its ELF note. "" where there is none. */
const char *modules_build_id(struct modules *m, size_t index);

/* What was wrong with the list, in words; NULL where nothing was. */
const char *modules_damage(const struct modules *m);
