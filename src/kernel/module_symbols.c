/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module_symbols.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/search.h"

#define SYMBOLS_LIMIT (1u << 20) /* of one module */
#define NAME_LIMIT 512		 /* KSYM_NAME_LEN */

struct tables {
	uint64_t symtab, strtab, typetab;
	uint32_t count;
};

static int read_dump(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	return kernel_read(user, vaddr, buf, len, e);
}

static bool read_pointer(struct kernel_reader *r, struct types *t, uint64_t base, const char *path,
			 uint64_t *ret)
{
	struct type_member m;
	uint8_t bytes[8] = { 0 };

	if (!types_member(t, path, &m) || m.size > sizeof(bytes) ||
	    kernel_read(r, base + m.offset, bytes, m.size, NULL) < 0)
		return false;
	*ret = le64_get(bytes);
	return true;
}

static bool find_tables(struct kernel_reader *r, struct types *t, uint64_t at, struct tables *ret)
{
	uint64_t count;

	*ret = (struct tables){ 0 };
	if (at == 0 || !read_pointer(r, t, at, "mod_kallsyms.symtab", &ret->symtab) ||
	    !read_pointer(r, t, at, "mod_kallsyms.strtab", &ret->strtab) ||
	    !read_pointer(r, t, at, "mod_kallsyms.num_symtab", &count) || count == 0 ||
	    count > SYMBOLS_LIMIT)
		return false;
	(void)read_pointer(r, t, at, "mod_kallsyms.typetab", &ret->typetab);
	ret->count = count;
	return true;
}

static bool inside(const struct module *m, uint64_t addr)
{
	for (unsigned i = 0; i < m->regions; i++)
		if (addr - m->region[i].addr < m->region[i].size)
			return true;
	return false;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* The string at an offset, or NULL where it is missing or has no end. */
static const char *name_at(struct lazy *names, uint64_t offset)
{
	const char *p = lazy_at(names, offset, 1);
	size_t len = 0;

	while (p && len < NAME_LIMIT) {
		if (p[len] == '\0')
			return len ? p : NULL;
		if (!lazy_at(names, offset + ++len, 1))
			break;
	}
	return NULL;
}

static void take_symbols(const struct module *m, struct lazy *symtab, struct lazy *types,
			 uint32_t count, struct module_symbols *ret)
{
	for (uint32_t i = 1; i < count; i++) {
		const uint8_t *entry =
			lazy_at(symtab, (uint64_t)i * sizeof(Elf64_Sym), sizeof(Elf64_Sym));
		const char *type = lazy_at(types, i, 1);
		struct symbol sym = { .module = m, .type = type ? *type : '?' };
		Elf64_Sym elf;

		if (!entry)
			continue;
		memcpy(&elf, entry, sizeof(elf));
		sym.addr = le64toh(elf.st_value);
		sym.size = le64toh(elf.st_size);
		if (!inside(m, sym.addr))
			continue;
		sym.name = name_at(&ret->names, le32toh(elf.st_name));
		if (!sym.name)
			continue;
		if (ELF64_ST_BIND(elf.st_info) == STB_GLOBAL)
			sym.type = toupper((unsigned char)sym.type);
		ret->symbols[ret->count++] = sym;
	}
}

/* Lengths come from the table; a symbol without one ends where the next begins. */
static void fill_sizes(struct module_symbols *s)
{
	for (size_t i = 0; i + 1 < s->count; i++)
		if (s->symbols[i].size == 0)
			s->symbols[i].size = s->symbols[i + 1].addr - s->symbols[i].addr;
}

/* The string table has no length: it ends with the last name. */
static uint64_t names_size(struct lazy *symtab, uint32_t count)
{
	uint32_t last = 0;

	for (uint32_t i = 1; i < count; i++) {
		const void *entry = lazy_at(symtab, (uint64_t)i * sizeof(Elf64_Sym), 4);

		if (entry)
			last = MAX(last, le32_get(entry));
	}
	return (uint64_t)last + NAME_LIMIT;
}

int module_symbols_load(struct kernel_reader *r, struct types *t, const struct module *m,
			struct module_symbols *ret)
{
	const struct kernel_memory memory = { .read = read_dump, .user = r };
	struct module_symbols s = { 0 };
	struct lazy symtab = { 0 }, types = { 0 };
	struct tables at;
	int err = 0;

	*ret = (struct module_symbols){ 0 };
	if (!find_tables(r, t, m->kallsyms, &at))
		return 0;
	err = lazy_init(&symtab, &memory, at.symtab, (uint64_t)at.count * sizeof(Elf64_Sym));
	if (err == 0 && at.typetab)
		err = lazy_init(&types, &memory, at.typetab, at.count);
	if (err == 0)
		err = lazy_init(&s.names, &memory, at.strtab, names_size(&symtab, at.count));
	if (err == 0) {
		s.symbols = calloc(at.count, sizeof(*s.symbols));
		err = s.symbols ? 0 : -ENOMEM;
	}
	if (err == 0) {
		take_symbols(m, &symtab, &types, at.count, &s);
		qsort(s.symbols, s.count, sizeof(*s.symbols), by_address);
		fill_sizes(&s);
		*ret = s;
	} else {
		module_symbols_done(&s);
	}
	lazy_done(&symtab);
	lazy_done(&types);
	return err == -ENOMEM ? err : 0;
}

void module_symbols_done(struct module_symbols *s)
{
	free(s->symbols);
	lazy_done(&s->names);
	*s = (struct module_symbols){ 0 };
}

bool module_symbols_at(const struct module_symbols *s, uint64_t addr, struct symbol *ret)
{
	size_t above = search_first(i, s->count, s->symbols[i].addr > addr), at;

	if (above == 0)
		return false;
	at = search_first(i, above, s->symbols[i].addr >= s->symbols[above - 1].addr);
	*ret = s->symbols[at];
	return true;
}
