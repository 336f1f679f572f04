/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/machine.h"

#include <string.h>

#include "base/bytes.h"
#include "kernel/printk.h"

#define UTS_FIELD 65 /* include/uapi/linux/utsname.h */
#define NODES_LIMIT 1024
#define NSEC_PER_SEC UINT64_C(1000000000)

/* kernel/sched/loadavg.c: 11 bits behind the point. */
#define LOAD_ONE 2048.0

static bool find_number(struct inspect *c, const char *name, size_t size, uint64_t *ret)
{
	struct symbols *symbols;
	uint64_t at;

	return inspect_symbols(c, &symbols, NULL) == 0 && symbols_find(symbols, name, &at) &&
	       inspect_number(c, at, size, ret, NULL) == 0;
}

static void find_utsname(struct inspect *c, struct machine *ret)
{
	const struct vmcoreinfo *v = kernel_vmcoreinfo(c->kernel);
	char uts[5 * UTS_FIELD];
	uint64_t ns, offset = 0;

	if (!vmcoreinfo_symbol(v, "init_uts_ns", &ns))
		return;
	if (!vmcoreinfo_offset(v, "uts_namespace.name", &offset)) {
		/* a reference count comes first until 5.10 */
		if (kernel_read(c->reader, ns, uts, 6, NULL) < 0)
			return;
		offset = memcmp(uts, "Linux", 6) == 0 ? 0 : 4;
	}
	if (kernel_read(c->reader, ns + offset, uts, sizeof(uts), NULL) < 0)
		return;
	snprintf(ret->nodename, sizeof(ret->nodename), "%.64s", uts + UTS_FIELD);
	snprintf(ret->version, sizeof(ret->version), "%.64s", uts + (size_t)3 * UTS_FIELD);
	snprintf(ret->machine, sizeof(ret->machine), "%.64s", uts + (size_t)4 * UTS_FIELD);
}

static int note_time(void *user, const struct printk_record *rec)
{
	uint64_t *last = user;

	*last = MAX(*last, rec->ts_nsec);
	return 0;
}

/* ns of a tick: ntp's number, since 6.13 with 32 bits of fraction in a struct (kernel/time/ntp.c). */
static bool find_tick(struct inspect *c, uint64_t *ret)
{
	struct type_member m;
	struct types *types;
	struct symbols *symbols;
	uint64_t addr;

	if (find_number(c, "tick_nsec", 8, ret))
		return true;
	if (inspect_symbols(c, &symbols, NULL) < 0 || inspect_types(c, &types, NULL) < 0 ||
	    !symbols_find(symbols, "tk_ntp_data", &addr) ||
	    !types_member(types, "ntp_data.tick_length_base", &m) ||
	    inspect_number(c, addr + m.offset, 8, ret, NULL) < 0)
		return false;
	*ret >>= 32;
	return true;
}

/*
 * HZ is nowhere in memory, but a tick is as long as it says, within what adjtimex allows. Else loops_per_jiffy is the time
 * stamp counter's rate divided by it where that counter is the clock.
 */
static bool find_hz(struct inspect *c, uint64_t *ret)
{
	static const unsigned rates[] = { 100, 250, 300, 1000 };
	uint64_t khz, loops, tick;
	double hz;

	if (find_tick(c, &tick) && tick > 0)
		hz = (double)NSEC_PER_SEC / (double)tick;
	else if (find_number(c, "tsc_khz", 4, &khz) &&
		 find_number(c, "loops_per_jiffy", 8, &loops) && loops > 0)
		hz = (double)khz * 1000 / (double)loops;
	else
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		if (hz > 0.95 * rates[i] && hz < 1.05 * rates[i]) {
			*ret = rates[i];
			return true;
		}
	return false;
}

/* jiffies_64 starts 5 minutes before its low half overflows. Else: the log's last record. */
static void find_uptime(struct inspect *c, struct machine *ret)
{
	struct printk_stats stats;
	uint64_t hz, jiffies, last = 0;

	if (find_hz(c, &hz) && find_number(c, "jiffies_64", 8, &jiffies)) {
		uint64_t start = (uint32_t) - (300 * hz);

		ret->hz = hz;
		if (jiffies >= start) {
			ret->uptime = (jiffies - start) / hz;
			ret->uptime_ns = (jiffies - start) * (NSEC_PER_SEC / hz);
			ret->has_uptime = true;
			return;
		}
	}
	ret->has_uptime = printk_each(c->kernel, note_time, &last, &stats, NULL) == 0 && last;
	ret->uptime = last / NSEC_PER_SEC;
	ret->uptime_ns = last;
}

static void find_load(struct inspect *c, struct machine *ret)
{
	struct symbols *symbols;
	uint64_t at, n;

	if (inspect_symbols(c, &symbols, NULL) < 0 || !symbols_find(symbols, "avenrun", &at))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(ret->load); i++) {
		if (inspect_number(c, at + i * 8, 8, &n, NULL) < 0)
			return;
		ret->load[i] = (double)n / LOAD_ONE;
	}
	ret->has_load = true;
}

/* The pages of every node; node_data is an array of pointers. */
static void find_memory(struct inspect *c, struct machine *ret)
{
	const struct vmcoreinfo *v = kernel_vmcoreinfo(c->kernel);
	struct type_member pages;
	struct types *types;
	uint64_t nodes, count = 1, node, n;

	if (inspect_types(c, &types, NULL) < 0 ||
	    !types_member(types, "pglist_data.node_present_pages", &pages))
		return;
	if (!vmcoreinfo_symbol(v, "node_data", &nodes)) {
		if (vmcoreinfo_symbol(v, "contig_page_data", &node) &&
		    inspect_number(c, node + pages.offset, 8, &n, NULL) == 0)
			ret->memory = n * dumpfile_info(kernel_dump(c->kernel))->page_size;
		return;
	}
	(void)vmcoreinfo_length(v, "node_data", &count);
	for (uint64_t i = 0; i < MIN(count, (uint64_t)NODES_LIMIT); i++)
		if (inspect_number(c, nodes + i * 8, 8, &node, NULL) == 0 && node &&
		    inspect_number(c, node + pages.offset, 8, &n, NULL) == 0)
			ret->memory += n * dumpfile_info(kernel_dump(c->kernel))->page_size;
}

void machine_find(struct inspect *c, struct machine *ret)
{
	const char *time = vmcoreinfo_get(kernel_vmcoreinfo(c->kernel), "CRASHTIME");
	struct percpu *percpu;
	uint64_t n;

	*ret = (struct machine){ .crash_time = dumpfile_info(kernel_dump(c->kernel))->crash_time };
	if (time && inspect_count(time, &n, NULL) == 0)
		ret->crash_time = n;
	if (inspect_percpu(c, &percpu, NULL) == 0) {
		ret->cpus = percpu->present_count;
		ret->offline =
			percpu->present_count - MIN(percpu->online_count, percpu->present_count);
	}
	find_utsname(c, ret);
	find_uptime(c, ret);
	find_load(c, ret);
	find_memory(c, ret);
	if (find_number(c, "cpu_khz", 4, &n))
		ret->mhz = n / 1000;
	(void)find_number(c, "tainted_mask", 8, &ret->taints);
}
