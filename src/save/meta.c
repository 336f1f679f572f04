/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/meta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dumpfile/machine.h"

enum { UTS_SYSNAME, UTS_NODENAME, UTS_RELEASE, UTS_VERSION, UTS_MACHINE, UTS_DOMAINNAME };

/* The headers' fields end in at least one NUL; text is at most as long as a field. */
static void set_field(struct kdump_meta *m, unsigned field, const char *text)
{
	for (size_t i = 0; i < KDUMP_UTS_SIZE - 1 && text[i]; i++)
		m->utsname[field][i] = text[i];
}

/*
 * init_uts_ns.name, which is right where its release is the kernel's. vmcoreinfo tells its offset since 5.11; before that a
 * reference counter of 4 bytes stood in front (include/linux/utsname.h).
 */
static bool utsname_from_memory(struct kernel *k, struct kdump_meta *m)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = NULL;
	const struct vmcoreinfo *v = kernel_vmcoreinfo(k);
	uint64_t symbol, offsets[] = { 4, 4, 0 };

	if (!vmcoreinfo_symbol(v, "init_uts_ns", &symbol) || kernel_reader_new(k, &r) < 0)
		return false;
	(void)vmcoreinfo_offset(v, "uts_namespace.name", &offsets[0]);
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		char names[KDUMP_UTS_FIELDS][KDUMP_UTS_SIZE];

		if (kernel_read(r, symbol + offsets[i], names, sizeof(names), NULL) < 0 ||
		    strncmp(names[UTS_RELEASE], kernel_release(k), KDUMP_UTS_SIZE) != 0)
			continue;
		for (unsigned f = 0; f < KDUMP_UTS_FIELDS; f++)
			set_field(m, f, names[f]);
		return true;
	}
	return false;
}

static const char *or_none(const char *text)
{
	return text[0] ? text : "(none)";
}

/* libkdumpfile takes no machine from a utsname with empty fields; crash refuses one that is not its own. */
static void fill_utsname(const struct dump_info *info, struct kernel *k, struct kdump_meta *m)
{
	if (k && utsname_from_memory(k, m))
		return;
	set_field(m, UTS_SYSNAME, "Linux");
	set_field(m, UTS_NODENAME, or_none(info->nodename));
	set_field(m, UTS_RELEASE, or_none(k ? kernel_release(k) : info->release));
	set_field(m, UTS_VERSION, or_none(info->version));
	set_field(m, UTS_MACHINE, machine_name(info->machine));
	set_field(m, UTS_DOMAINNAME, "(none)");
}

/* The source's notes, and vmcoreinfo where only a search of memory has found it. */
static int fill_notes(struct dumpfile *d, struct kernel *k, struct kdump_meta *m,
		      struct dump_note **ret, struct error *e)
{
	const struct dump_note *notes;
	size_t n = dumpfile_notes(d, &notes);
	struct dump_note *copy = calloc(n + 2, sizeof(*copy));

	if (!copy)
		return error_set(e, -ENOMEM, "out of memory for the notes");
	if (n)
		memcpy(copy, notes, n * sizeof(*copy));
	if (k && !dumpfile_note(d, "VMCOREINFO", UINT32_MAX)) {
		copy[n].name = "VMCOREINFO";
		copy[n].desc = vmcoreinfo_text(kernel_vmcoreinfo(k), &copy[n].size);
		n++;
	}
	m->notes = *ret = copy;
	m->dump = d;
	m->note_count = n;
	return 0;
}

int meta_fill(struct dumpfile *d, struct kernel *k, struct kdump_meta *m,
	      struct dump_note **ret_notes, struct error *e)
{
	const struct dump_info *info = dumpfile_info(d);

	m->page_size = info->page_size;
	m->max_pfn = info->max_pfn;
	m->phys_base = info->phys_base;
	m->crash_time = info->crash_time;
	m->range_count = dumpfile_ranges(d, &m->ranges);
	if (k) {
		const char *time = vmcoreinfo_get(kernel_vmcoreinfo(k), "CRASHTIME");
		int64_t base;

		if (vmcoreinfo_number(kernel_vmcoreinfo(k), "phys_base", &base))
			m->phys_base = (uint64_t)base;
		if (time)
			m->crash_time = strtoll(time, NULL, 10);
	}
	fill_utsname(info, k, m);
	return fill_notes(d, k, m, ret_notes, e);
}
