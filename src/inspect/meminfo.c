/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/meminfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "inspect/swap.h"
#include "kernel/fields.h"
#include "kernel/list.h"
#include "kernel/vmstat.h"
#include "kernel/zone.h"

#define HSTATES_MAX 16

struct reading {
	struct inspect *c;
	struct object_source source;
	struct symbols *symbols;
	struct vmstat vmstat;
	struct meminfo *m;
};

/* Counters that have a place of their own in struct meminfo. */
static const struct {
	enum vmstat_kind kind;
	const char *names;
	size_t field;
} counters[] = {
	{ VMSTAT_ZONE, "NR_FREE_PAGES", offsetof(struct meminfo, free) },
	{ VMSTAT_NODE, "NR_SWAPCACHE", offsetof(struct meminfo, swap_cache) },
	{ VMSTAT_NODE, "NR_ANON_MAPPED", offsetof(struct meminfo, anon) },
	{ VMSTAT_NODE, "NR_FILE_MAPPED", offsetof(struct meminfo, mapped) },
	{ VMSTAT_NODE, "NR_SHMEM", offsetof(struct meminfo, shmem) },
	{ VMSTAT_NODE, "NR_FILE_DIRTY", offsetof(struct meminfo, dirty) },
	{ VMSTAT_NODE, "NR_WRITEBACK", offsetof(struct meminfo, writeback) },
	{ VMSTAT_NODE, "NR_ACTIVE_ANON", offsetof(struct meminfo, active_anon) },
	{ VMSTAT_NODE, "NR_INACTIVE_ANON", offsetof(struct meminfo, inactive_anon) },
	{ VMSTAT_NODE, "NR_ACTIVE_FILE", offsetof(struct meminfo, active_file) },
	{ VMSTAT_NODE, "NR_INACTIVE_FILE", offsetof(struct meminfo, inactive_file) },
	{ VMSTAT_NODE, "NR_UNEVICTABLE", offsetof(struct meminfo, unevictable) },
	{ VMSTAT_NODE, "NR_SLAB_RECLAIMABLE_B|NR_SLAB_RECLAIMABLE",
	  offsetof(struct meminfo, slab_reclaimable) },
};

static uint64_t *field_at(struct meminfo *m, size_t offset)
{
	return (uint64_t *)((char *)m + offset);
}

static uint64_t known(uint64_t v)
{
	return v == MEMINFO_UNKNOWN ? 0 : v;
}

static bool variable_number(struct reading *r, const char *name, const char *path, uint64_t *ret)
{
	struct object o;

	return inspect_variable(r->c, name, 0, &o, NULL) == 0 &&
	       object_number(&r->source, &o, path, ret, NULL) == 0;
}

static void read_counters(struct reading *r)
{
	struct meminfo *m = r->m;
	uint64_t n, kib;

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		(void)!vmstat_get(&r->vmstat, counters[i].kind, counters[i].names,
				  field_at(m, counters[i].field));
	if (m->slab_reclaimable != MEMINFO_UNKNOWN &&
	    vmstat_get(&r->vmstat, VMSTAT_NODE, "NR_SLAB_UNRECLAIMABLE_B|NR_SLAB_UNRECLAIMABLE",
		       &n))
		m->slab = m->slab_reclaimable + n;
	/* of the node since 5.11, of the zone before */
	if (vmstat_get(&r->vmstat, VMSTAT_NODE, "NR_PAGETABLE", &n) ||
	    vmstat_get(&r->vmstat, VMSTAT_ZONE, "NR_PAGETABLE", &n))
		m->page_tables = n;
	if (vmstat_get(&r->vmstat, VMSTAT_NODE, "NR_KERNEL_STACK_KB", &kib) ||
	    vmstat_get(&r->vmstat, VMSTAT_ZONE, "NR_KERNEL_STACK_KB", &kib))
		m->kernel_stacks = kib / (m->page_size / 1024);
}

enum { INODE_MAPPING, INODE_LIST, INODE_FIELDS };

struct buffers {
	struct reading *r;
	struct fields inode, mapping;
	uint64_t pages;
};

static int add_buffers(void *user, uint64_t node)
{
	struct buffers *b = user;
	struct fields_of inode, mapping;

	if (fields_read(&b->inode, b->r->c->reader, node - b->inode.member[INODE_LIST].offset,
			&inode, NULL) == 0 &&
	    fields_read(&b->mapping, b->r->c->reader, fields_number(&inode, INODE_MAPPING),
			&mapping, NULL) == 0)
		b->pages += fields_number(&mapping, 0);
	return 0;
}

/* The page cache of block devices: that of the inodes of their own file system. */
static void read_buffers(struct reading *r)
{
	static const char *const inode[INODE_FIELDS] = {
		[INODE_MAPPING] = "i_mapping", [INODE_LIST] = "i_sb_list.next"
	};
	static const char *const mapping[] = { "nrpages" };
	struct buffers b = { .r = r };
	struct object super, list;

	if (inspect_variable(r->c, "blockdev_superblock", 0, &super, NULL) < 0 ||
	    object_follow(&r->source, &super, "->s_inodes", &list, NULL) < 0 ||
	    fields_resolve(r->source.types, "inode", inode, INODE_FIELDS, &b.inode, NULL) < 0 ||
	    fields_resolve(r->source.types, "address_space", mapping, 1, &b.mapping, NULL) < 0 ||
	    list_each(r->c->reader, list.addr, 0, add_buffers, &b, NULL) < 0)
		return;
	r->m->buffers = b.pages;
}

static void read_huge(struct reading *r)
{
	struct object hstates, h;
	uint64_t count;

	if (inspect_variable(r->c, "hstates", 0, &hstates, NULL) < 0)
		return;
	r->m->huge_total = r->m->huge_free = 0;
	if (!variable_number(r, "hugetlb_max_hstate", "", &count))
		return;
	for (uint64_t i = 0; i < MIN(count, (uint64_t)HSTATES_MAX); i++) {
		uint64_t order;

		if (!object_element(&hstates, i, &h) ||
		    object_number(&r->source, &h, "order", &order, NULL) < 0 || order > 30)
			continue;
		r->m->huge_total += object_number_or_0(&r->source, &h, "nr_huge_pages") << order;
		r->m->huge_free += object_number_or_0(&r->source, &h, "free_huge_pages") << order;
	}
}

static int add_swap(void *user, const struct swap_device *device)
{
	struct meminfo *m = user;

	m->swap_total += device->pages;
	m->swap_free += device->pages - MIN(device->used, device->pages);
	return 0;
}

/* mm/util.c: vm_commit_limit(); a percpu_counter's sum is its count and what each CPU has not yet added. */
static void read_commit(struct reading *r)
{
	uint64_t kib = 0, ratio, sum, counters_at, cpu_at;
	struct meminfo *m = r->m;
	struct percpu *percpu;
	uint8_t bytes[4];

	if (variable_number(r, "sysctl_overcommit_kbytes", "", &kib) && kib)
		m->commit_limit = kib / (m->page_size / 1024) + known(m->swap_total);
	else if (variable_number(r, "sysctl_overcommit_ratio", "", &ratio) && ratio <= 10000)
		m->commit_limit = (known(m->total) - MIN(known(m->huge_total), known(m->total))) *
					  ratio / 100 +
				  known(m->swap_total);
	if (!variable_number(r, "vm_committed_as", "count", &sum))
		return;
	if (variable_number(r, "vm_committed_as", "counters", &counters_at) && counters_at &&
	    inspect_percpu(r->c, &percpu, NULL) == 0)
		for (uint32_t cpu = 0; cpu < percpu->count; cpu++)
			if (percpu_address(percpu, cpu, counters_at, &cpu_at) &&
			    kernel_read(r->c->reader, cpu_at, bytes, sizeof(bytes), NULL) == 0)
				sum += (uint64_t)(int64_t)(int32_t)le32_get(bytes);
	m->committed = (int64_t)sum > 0 ? sum : 0;
}

static int add_low(void *user, const struct zone *zone)
{
	uint64_t *low = user;

	*low += zone->watermark[1];
	return 0;
}

/* mm/show_mem.c: si_mem_available(). */
static void read_available(struct reading *r)
{
	struct meminfo *m = r->m;
	uint64_t low = 0, reserve = 0, cache, available, at;

	if (m->free == MEMINFO_UNKNOWN || m->active_file == MEMINFO_UNKNOWN ||
	    m->inactive_file == MEMINFO_UNKNOWN ||
	    zone_each(&r->source, r->symbols, NULL, add_low, &low, NULL) < 0)
		return;
	if (symbols_find(r->symbols, "totalreserve_pages", &at))
		(void)!inspect_number(r->c, at, 8, &reserve, NULL);
	cache = m->active_file + m->inactive_file;
	available = m->free - MIN(reserve, m->free);
	available += cache - MIN(cache / 2, low);
	available += known(m->slab_reclaimable) - MIN(known(m->slab_reclaimable) / 2, low);
	m->available = available;
}

int meminfo_read(struct inspect *c, struct meminfo *ret, struct error *e)
{
	struct reading r = { .c = c, .m = ret };
	struct percpu *percpu = NULL;
	uint64_t pages;
	int err = inspect_symbols(c, &r.symbols, e);

	if (err == 0)
		err = inspect_source(c, &r.source, e);
	if (err < 0)
		return err;
	(void)!inspect_percpu(c, &percpu, NULL);
	r.vmstat = (struct vmstat){ &r.source, r.symbols, percpu };
	memset(ret, 0xff, sizeof(*ret)); /* MEMINFO_UNKNOWN */
	ret->page_size = dumpfile_info(kernel_dump(c->kernel))->page_size;
	(void)!variable_number(&r, "_totalram_pages", "", &ret->total);
	read_counters(&r);
	read_buffers(&r);
	if (vmstat_get(&r.vmstat, VMSTAT_NODE, "NR_FILE_PAGES", &pages))
		ret->cached = pages - MIN(pages, known(ret->buffers) + known(ret->swap_cache));
	read_huge(&r);
	ret->swap_total = ret->swap_free = 0;
	if (swap_each(c, add_swap, ret, NULL) < 0)
		ret->swap_total = ret->swap_free = MEMINFO_UNKNOWN;
	read_commit(&r);
	read_available(&r);
	return 0;
}

int meminfo_caches(struct inspect *c, struct meminfo_cache *ret, size_t max, size_t *ret_count,
		   struct error *e)
{
	const struct slab_cache *list;
	struct slabs *slabs;
	size_t n, count = 0;
	int err = inspect_slabs(c, &slabs, e);

	if (err < 0)
		return err;
	n = slabs_list(slabs, &list);
	for (size_t i = 0; i < n; i++) {
		struct meminfo_cache here = { .cache = &list[i] };
		size_t at;

		slab_cache_usage(slabs, &list[i], &here.usage, NULL);
		for (at = count; at > 0 && ret[at - 1].usage.bytes < here.usage.bytes; at--)
			if (at < max)
				ret[at] = ret[at - 1];
		if (at < max)
			ret[at] = here;
		count = MIN(count + 1, max);
	}
	*ret_count = count;
	return 0;
}

int meminfo_tasks(struct inspect *c, const struct task **ret, size_t max, size_t *ret_count,
		  struct error *e)
{
	const struct task *list;
	struct tasks *tasks;
	size_t n, count = 0;
	int err = inspect_tasks(c, &tasks, e);

	if (err < 0)
		return err;
	n = tasks_list(tasks, &list);
	for (size_t i = 0; i < n; i++) {
		size_t at;

		if (!list[i].mm || list[i].pid != list[i].tgid)
			continue;
		for (at = count; at > 0 && ret[at - 1]->rss < list[i].rss; at--)
			if (at < max)
				ret[at] = ret[at - 1];
		if (at < max)
			ret[at] = &list[i];
		count = MIN(count + 1, max);
	}
	*ret_count = count;
	return 0;
}

void meminfo_words(uint64_t bytes, char ret[MEMINFO_WORDS_SIZE])
{
	static const struct {
		uint64_t size;
		const char *name;
	} units[] = { { GIB(1), "GB" }, { MIB(1), "MB" }, { KIB(1), "KB" } };
	char *point;

	snprintf(ret, MEMINFO_WORDS_SIZE, "%u", (unsigned)bytes);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (bytes < units[i].size)
			continue;
		snprintf(ret, MEMINFO_WORDS_SIZE - 4, "%.1f", (double)bytes / units[i].size);
		point = strstr(ret, ".0");
		if (point)
			*point = '\0';
		strcat(ret, " ");
		strcat(ret, units[i].name);
		return;
	}
}
