/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/makedumpfile.h"
#include "cli/makedumpfile_message.h"
#include "cli/save_create.h"

/* The physical address of --vtop, and how it is found. */
static void say_address(const struct mdf_options *o, struct kernel *k)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = NULL;
	struct kernel_mapping m = { 0 };
	struct error e = { 0 };

	if (!k || kernel_reader_new(k, &r) < 0)
		return;
	if (kernel_mapping(r, UINT64_MAX, o->vtop.value, &m, &e) < 0) {
		mdf_say(MDF_SAYS_ERROR, "%016llx: %s", (unsigned long long)o->vtop.value,
			error_text(&e));
		return;
	}
	mdf_say(MDF_SAYS_COMMON, "Translating virtual address %llx to physical address.",
		(unsigned long long)o->vtop.value);
	for (unsigned i = 0; i < m.steps; i++)
		mdf_say(MDF_SAYS_COMMON, "  level %u : %16llx => %16llx", m.step[i].level,
			(unsigned long long)m.step[i].paddr, (unsigned long long)m.step[i].entry);
	mdf_say(MDF_SAYS_COMMON, "  %016llx  %llx\n", (unsigned long long)o->vtop.value,
		(unsigned long long)(m.paddr + (o->vtop.value - m.vaddr)));
}

static void say_again(const struct error *why, unsigned level)
{
	mdf_say(MDF_SAYS_COMMON, "%s.\nRetry to create a dumpfile by dump_level(%u).",
		error_text(why), level);
}

int mdf_create(const struct mdf_options *o)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	const struct save_request *q = &o->save;
	/* Where makedumpfile leaves an incomplete dump, scripts look for it. */
	struct save_create c = {
		.request = q,
		.progress = mdf_progress,
		.names_incomplete = true,
		.again = say_again,
	};
	char name[] = "STDOUT", *standard_output = name;
	struct error e = { 0 };
	int status = mdf_open(o, q->source, &d, &k), r;

	if (status != EXIT_SUCCESS)
		return status;
	if (o->vtop.given)
		say_address(o, k);
	c.dump = d;
	c.kernel = k;
	r = save_create(&c, &e);
	if (c.result.warning[0])
		mdf_say(MDF_SAYS_ERROR, "%s: %s", q->source, c.result.warning);
	if (r < 0 && c.result.incomplete) {
		mdf_say(MDF_SAYS_ERROR, "%s", error_text(&e));
		mdf_say(MDF_SAYS_COMMON, "This is an incomplete dumpfile, but might analyzable.\n");
	}
	if (r < 0)
		return mdf_failed(c.result.incomplete ? NULL : &e);
	if (q->options.unused_vmemmap)
		mdf_say(MDF_SAYS_COMMON, "Excluded %llu unused vmemmap pages",
			(unsigned long long)c.result.vmemmap_pages);
	mdf_report(&c.result, dumpfile_info(d)->max_pfn);
	if (q->flat)
		mdf_saved(&standard_output, 1);
	else
		mdf_saved(o->operands + 1, q->file_count);
	return mdf_completed();
}
