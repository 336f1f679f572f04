/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/vmstat.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define ITEMS_MAX 1024

static const struct {
	const char *items, *array; /* the enum; the symbol */
	const char *end;	   /* what the name of the count begins with */
	bool percpu;		   /* each CPU has an array, of plain numbers */
} kinds[VMSTAT_KINDS] = {
	[VMSTAT_ZONE] = { "zone_stat_item", "vm_zone_stat", "NR_VM_", false },
	[VMSTAT_NODE] = { "node_stat_item", "vm_node_stat", "NR_VM_", false },
	[VMSTAT_NUMA] = { "numa_stat_item", "vm_numa_stat", "NR_VM_", false },
	[VMSTAT_EVENT] = { "vm_event_item", "vm_event_states", "NR_VM_", true },
};

static bool find_items(const struct vmstat *v, enum vmstat_kind kind, struct type *ret,
		       struct btf_type *ret_enum)
{
	uint32_t id;

	return types_find_kinds(v->source->types, kinds[kind].items, BTF_ENUMS, ret) &&
	       btf_resolve(ret->btf, ret->id, &id, ret_enum);
}

/*
 * The names in order. Of several for one value the last is the item's: what stands before is the base of a row of them. The enum ends
 * with the count of its items.
 */
static int each_name(const struct vmstat *v, enum vmstat_kind kind,
		     int (*emit)(void *user, const char *name, uint32_t index), void *user)
{
	const char *name, *next;
	struct btf_type items;
	int64_t value, after;
	struct type type;
	int err = 0;

	if (!find_items(v, kind, &type, &items))
		return -ENOENT;
	for (uint32_t i = 0; i < items.count && err == 0; i++) {
		if (!btf_enumerator(type.btf, &items, i, &name, &value) ||
		    strncmp(name, kinds[kind].end, strlen(kinds[kind].end)) == 0)
			break;
		if (value < 0 || value >= ITEMS_MAX)
			continue;
		if (btf_enumerator(type.btf, &items, i + 1, &next, &after) && after == value)
			continue;
		err = emit(user, name, (uint32_t)value);
	}
	return err;
}

static bool read_long(const struct vmstat *v, uint64_t addr, int64_t *ret)
{
	uint8_t bytes[8];

	if (kernel_read(v->source->reader, addr, bytes, sizeof(bytes), NULL) < 0)
		return false;
	*ret = (int64_t)le64_get(bytes);
	return true;
}

static bool find_array(const struct vmstat *v, enum vmstat_kind kind, uint64_t *ret)
{
	return symbols_find(v->symbols, kinds[kind].array, ret);
}

struct each {
	const struct vmstat *vmstat;
	bool percpu;
	uint64_t array;
	int (*emit)(void *user, const char *name, int64_t value);
	void *user;
};

static int emit_value(void *user, const char *name, uint32_t index)
{
	const struct each *each = user;
	const struct percpu *p = each->vmstat->percpu;
	uint64_t at = each->array + (uint64_t)index * 8, here;
	int64_t value = 0, sum = 0;

	if (!each->percpu)
		return read_long(each->vmstat, at, &value) ? each->emit(each->user, name, value)
							   : 0;
	for (uint32_t cpu = 0; p && cpu < p->count; cpu++)
		if (percpu_address(p, cpu, at, &here) && read_long(each->vmstat, here, &value))
			sum = (int64_t)((uint64_t)sum + (uint64_t)value);
	return each->emit(each->user, name, sum);
}

int vmstat_each_at(const struct vmstat *v, enum vmstat_kind kind, uint64_t array,
		   int (*emit)(void *user, const char *name, int64_t value), void *user,
		   struct error *e)
{
	struct each each = { v, false, array, emit, user };
	int err = each_name(v, kind, emit_value, &each);

	return err == -ENOENT ? error_set(e, err, "the dump has no enum %s", kinds[kind].items)
			      : err;
}

int vmstat_each(const struct vmstat *v, enum vmstat_kind kind,
		int (*emit)(void *user, const char *name, int64_t value), void *user,
		struct error *e)
{
	struct each each = {
		.vmstat = v, .percpu = kinds[kind].percpu, .emit = emit, .user = user
	};
	int err;

	if (!find_array(v, kind, &each.array))
		return error_set(e, -ENOENT, "%s: no such symbol in the dump", kinds[kind].array);
	err = each_name(v, kind, emit_value, &each);
	return err == -ENOENT ? error_set(e, err, "the dump has no enum %s", kinds[kind].items)
			      : err;
}

struct wanted {
	const char *name;
	size_t len;
	uint32_t index;
};

static int find_name(void *user, const char *name, uint32_t index)
{
	struct wanted *w = user;

	if (strlen(name) != w->len || memcmp(name, w->name, w->len) != 0)
		return 0;
	w->index = index;
	return 1;
}

bool vmstat_get(const struct vmstat *v, enum vmstat_kind kind, const char *names, uint64_t *ret)
{
	uint64_t array;
	int64_t value;

	if (!find_array(v, kind, &array))
		return false;
	while (*names) {
		struct wanted w = { .name = names, .len = strcspn(names, "|") };

		if (each_name(v, kind, find_name, &w) == 1) {
			if (!read_long(v, array + (uint64_t)w.index * 8, &value))
				return false;
			*ret = value > 0 ? value : 0;
			return true;
		}
		names += w.len + (names[w.len] == '|');
	}
	return false;
}

static int widen(void *user, const char *name, uint32_t index)
{
	size_t *width = user;

	*width = MAX(*width, strlen(name));
	return 0;
}

size_t vmstat_width(const struct vmstat *v, enum vmstat_kind kind)
{
	size_t width = 0;

	(void)each_name(v, kind, widen, &width);
	return width;
}
