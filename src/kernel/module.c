/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/module_note.h"
#include "kernel/module_symbols.h"

#define MODULES_LIMIT 4096
#define STRUCT_LIMIT KIB(16)

/* Where things are in struct module. What a kernel does not have stays absent. */
struct fields {
	uint64_t size; /* of struct module */
	struct type_member list, name, state, taints, args, build_id, kallsyms;
	struct type_member orc_ip, orc, orc_count;
	struct type_member mem, base, bytes; /* mem[] (6.4+) or core_layout, and what is in one */
	struct type_member init; /* init_layout: apart from core_layout, not from mem[] */
	uint64_t mem_stride, mem_count;
	bool has_taints, has_args, has_build_id, has_orc, has_init;
};

struct entry {
	struct module module;
	struct module_symbols symbols;
	bool loaded;
};

struct modules {
	struct kernel_reader *reader;
	struct symbols *symbols;
	struct types *types;
	struct entry *entries;
	size_t count;
	char damage[300];
};

static bool find_memory(struct types *t, struct fields *f)
{
	f->mem_count = 1;
	if (types_member(t, "module.mem", &f->mem) &&
	    types_size(t, "module_memory", &f->mem_stride) &&
	    types_member(t, "module_memory.base", &f->base) &&
	    types_member(t, "module_memory.size", &f->bytes)) {
		f->mem_count = MIN(f->mem.elements, (uint64_t)MODULE_REGIONS);
		return f->mem_count > 0;
	}
	f->has_init = types_member(t, "module.init_layout", &f->init);
	return types_member(t, "module.core_layout", &f->mem) &&
	       types_member(t, "module_layout.base", &f->base) &&
	       types_member(t, "module_layout.size", &f->bytes);
}

static int find_fields(struct types *t, struct fields *f, struct error *e)
{
	if (!types_size(t, "module", &f->size) || f->size > STRUCT_LIMIT ||
	    !types_member(t, "module.list", &f->list) ||
	    !types_member(t, "module.name", &f->name) ||
	    !types_member(t, "module.state", &f->state) || !find_memory(t, f))
		return error_set(e, -ENOENT, "modules: the types do not describe struct module");
	f->has_taints = types_member(t, "module.taints", &f->taints);
	f->has_args = types_member(t, "module.args", &f->args);
	f->has_build_id = types_member(t, "module.build_id", &f->build_id) &&
			  f->build_id.size >= MODULE_BUILD_ID_SIZE;
	if (!types_member(t, "module.kallsyms", &f->kallsyms))
		return error_set(e, -ENOENT, "modules: struct module has no kallsyms");
	f->has_orc = types_member(t, "module.arch.orc_unwind_ip", &f->orc_ip) &&
		     types_member(t, "module.arch.orc_unwind", &f->orc) &&
		     types_member(t, "module.arch.num_orcs", &f->orc_count);
	return 0;
}

/* A number of up to 8 bytes inside the struct; 0 where it would reach outside. */
static uint64_t number(const struct fields *f, const uint8_t *bytes, uint64_t offset, uint64_t size)
{
	uint64_t v = 0;

	if (!range_inside(offset, size, f->size))
		return 0;
	for (uint64_t i = 0; i < MIN(size, UINT64_C(8)); i++)
		v |= (uint64_t)bytes[offset + i] << (8 * i);
	return v;
}

static uint64_t member(const struct fields *f, const uint8_t *bytes, const struct type_member *m)
{
	return number(f, bytes, m->offset, m->size);
}

static void take_region(const struct fields *f, const uint8_t *bytes, uint64_t at,
			struct module *ret)
{
	struct module_region region = {
		.addr = number(f, bytes, at + f->base.offset, f->base.size),
		.size = number(f, bytes, at + f->bytes.offset, f->bytes.size),
	};
	uint64_t end;

	if (region.addr == 0 || region.size == 0 || ret->regions == MODULE_REGIONS ||
	    add_overflow(region.addr, region.size, &end))
		return;
	if (ret->regions == 0)
		ret->text = region; /* MOD_TEXT is the first */
	ret->region[ret->regions++] = region;
	ret->size += region.size;
}

static void take_regions(const struct fields *f, const uint8_t *bytes, struct module *ret)
{
	for (uint64_t i = 0; i < f->mem_count; i++)
		take_region(f, bytes, f->mem.offset + i * f->mem_stride, ret);
	if (f->has_init)
		take_region(f, bytes, f->init.offset, ret);
}

/* False where what is there is no module: no name, or one with characters that none has. */
static bool take_module(const struct fields *f, const uint8_t *bytes, uint64_t addr,
			struct module *ret)
{
	size_t len = MIN(f->name.size, sizeof(ret->name) - 1);

	*ret = (struct module){ .addr = addr };
	if (!range_inside(f->name.offset, len, f->size))
		return false;
	memcpy(ret->name, bytes + f->name.offset, len);
	if (ret->name[0] == '\0')
		return false;
	for (const char *c = ret->name; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	ret->state = member(f, bytes, &f->state);
	take_regions(f, bytes, ret);
	ret->kallsyms = member(f, bytes, &f->kallsyms);
	if (f->has_taints)
		ret->taints = member(f, bytes, &f->taints);
	if (f->has_args)
		ret->args = member(f, bytes, &f->args);
	if (f->has_orc) {
		ret->orc_ip = member(f, bytes, &f->orc_ip);
		ret->orc = member(f, bytes, &f->orc);
		ret->orc_count = member(f, bytes, &f->orc_count);
	}
	if (f->has_build_id && range_inside(f->build_id.offset, MODULE_BUILD_ID_SIZE, f->size))
		for (unsigned i = 0; i < MODULE_BUILD_ID_SIZE; i++)
			sprintf(ret->build_id + (size_t)2 * i, "%02x",
				bytes[f->build_id.offset + i]);
	return true;
}

static int add(struct modules *m, const struct module *module)
{
	if (m->count % 64 == 0) {
		struct entry *more = reallocarray(m->entries, m->count + 64, sizeof(*more));

		if (!more)
			return -ENOMEM;
		m->entries = more;
	}
	m->entries[m->count++] = (struct entry){ .module = *module };
	return 0;
}

static bool is_known(const struct modules *m, uint64_t addr)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->entries[i].module.addr == addr)
			return true;
	return false;
}

/*
 * The list from its head on, forward, or backward through prev where forward breaks off. *ret_whole: it led back to
 * the head.
 */
static int walk(struct modules *m, const struct fields *f, uint64_t head, bool forward,
		bool *ret_whole)
{
	const unsigned link = forward ? 0 : 8;
	_cleanup_free_ uint8_t *bytes = malloc(f->size);
	uint64_t at;
	uint8_t pointer[8];
	int err;

	if (!bytes)
		return -ENOMEM;
	*ret_whole = false;
	err = kernel_read(m->reader, head + link, pointer, sizeof(pointer), NULL);
	if (err < 0)
		return err;
	at = le64_get(pointer);
	while (at != head) {
		struct error why = { 0 };
		struct module module;
		uint64_t addr = at - f->list.offset;

		if (m->count == MODULES_LIMIT || is_known(m, addr)) {
			snprintf(m->damage, sizeof(m->damage),
				 "the list of modules does not end at 0x%" PRIx64, at);
			return 0;
		}
		if (kernel_read(m->reader, addr, bytes, f->size, &why) < 0 ||
		    !take_module(f, bytes, addr, &module)) {
			snprintf(m->damage, sizeof(m->damage),
				 "the list of modules breaks off at 0x%" PRIx64 ": %.200s", at,
				 why.code ? error_text(&why) : "there is no module");
			return 0;
		}
		if (add(m, &module) < 0)
			return -ENOMEM;
		at = number(f, bytes, f->list.offset + link, 8);
	}
	*ret_whole = true;
	return 0;
}

/* A bad link may lead to the head early: the other direction then begins with another module than this one ended with. */
static bool skips_some(struct modules *m, const struct fields *f, uint64_t head)
{
	uint64_t last = m->count ? m->entries[m->count - 1].module.addr + f->list.offset : head;
	uint8_t pointer[8];

	if (kernel_read(m->reader, head + 8, pointer, sizeof(pointer), NULL) < 0 ||
	    le64_get(pointer) == last)
		return false;
	snprintf(m->damage, sizeof(m->damage),
		 "the list of modules leads past some of them at 0x%" PRIx64, last);
	return true;
}

static int by_text(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->module.text.addr < y->module.text.addr
		       ? -1
		       : x->module.text.addr > y->module.text.addr;
}

static struct entry *entry_at(const struct modules *m, uint64_t addr)
{
	for (size_t i = 0; i < m->count; i++)
		for (unsigned n = 0; n < m->entries[i].module.regions; n++)
			if (addr - m->entries[i].module.region[n].addr <
			    m->entries[i].module.region[n].size)
				return &m->entries[i];
	return NULL;
}

static int load(struct modules *m, struct entry *entry)
{
	int err = 0;

	if (!entry->loaded)
		err = module_symbols_load(m->reader, m->types, &entry->module, &entry->symbols);
	entry->loaded = err == 0;
	return err;
}

static bool more_at(void *user, uint64_t addr, struct symbol *ret)
{
	struct entry *entry = entry_at(user, addr);

	return entry && load(user, entry) == 0 && module_symbols_at(&entry->symbols, addr, ret);
}

static int more_each(void *user, const char *name,
		     int (*emit)(void *user, const struct symbol *sym), void *emit_user)
{
	struct modules *m = user;

	for (size_t i = 0; i < m->count; i++) {
		struct entry *entry = &m->entries[i];
		int r = load(m, entry);

		for (size_t n = 0; r == 0 && n < entry->symbols.count; n++)
			if (!name || strcmp(entry->symbols.symbols[n].name, name) == 0)
				r = emit(emit_user, &entry->symbols.symbols[n]);
		if (r != 0)
			return r;
	}
	return 0;
}

const char *modules_build_id(struct modules *m, size_t index)
{
	struct entry *entry = &m->entries[index];
	const struct object_source source = { m->reader, m->types };

	if (!entry->module.build_id[0])
		module_read_build_id(&source, entry->module.addr, entry->module.build_id);
	return entry->module.build_id;
}

static const struct symbols_more more = { .at = more_at, .each = more_each };

int modules_open(struct kernel_reader *r, struct symbols *s, struct types *t, struct modules **ret,
		 struct error *e)
{
	_cleanup_(modules_freep) struct modules *m = calloc(1, sizeof(*m));
	struct fields f = { 0 };
	uint64_t head;
	bool whole;
	int err;

	if (!m)
		return error_errno(e, -ENOMEM, "modules");
	m->reader = r;
	m->types = t;
	err = find_fields(t, &f, e);
	if (err < 0)
		return err;
	if (!symbols_find(s, "modules", &head))
		return error_set(e, -ENOENT, "modules: no symbol of that name");
	err = walk(m, &f, head, true, &whole);
	if (err == 0 && (!whole || skips_some(m, &f, head))) {
		char forward[sizeof(m->damage)];

		memcpy(forward, m->damage, sizeof(forward));
		err = walk(m, &f, head, false, &whole);
		memcpy(m->damage, forward, sizeof(forward));
	}
	if (err < 0)
		return error_errno(e, err, "the list of modules");
	if (m->count)
		qsort(m->entries, m->count, sizeof(*m->entries), by_text);
	m->symbols = s;
	symbols_set_more(s, &more, m);
	*ret = TAKE_PTR(m);
	return 0;
}

struct modules *modules_free(struct modules *m)
{
	if (!m)
		return NULL;
	if (m->symbols)
		symbols_set_more(m->symbols, NULL, NULL);
	for (size_t i = 0; i < m->count; i++)
		module_symbols_done(&m->entries[i].symbols);
	free(m->entries);
	free(m);
	return NULL;
}

size_t modules_count(const struct modules *m)
{
	return m->count;
}

const struct module *modules_get(const struct modules *m, size_t index)
{
	return index < m->count ? &m->entries[index].module : NULL;
}

const char *modules_damage(const struct modules *m)
{
	return m->damage[0] ? m->damage : NULL;
}
