/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_worth.h"

#include <stdlib.h>

#include "inspect/report.h"
#include "save/readers.h"

/* 256 MiB of 4 KiB pages. A report of a small machine reads some 20 MiB. */
#define PAGES_MAX (UINT32_C(1) << 16)
/* A dump does not wait long for its order. */
#define SECTION_LIMIT USEC_PER_SEC
#define TOTAL_LIMIT (3 * USEC_PER_SEC)

static void explain(struct dumpfile *d)
{
	const struct report_options options = {
		.now = clock_now,
		.section_limit = SECTION_LIMIT,
		.total_limit = TOTAL_LIMIT,
	};
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	_cleanup_(document_done) struct document document = { 0 };
	struct inspect c;

	if (kernel_open(d, &k, NULL) < 0)
		return;
	readers_need(k);
	if (inspect_open(k, &c, NULL) < 0)
		return;
	(void)!report_build(&c, &options, &document, NULL);
	inspect_done(&c);
}

void worth_find(struct dumpfile *d, struct worth *ret)
{
	_cleanup_(touched_freep) struct touched *t = NULL;

	*ret = (struct worth){ 0 };
	if (touched_new(PAGES_MAX, &t) < 0)
		return;
	dumpfile_watch(d, t);
	explain(d);
	dumpfile_watch(d, NULL);
	if (touched_runs(t, &ret->runs, &ret->count) < 0)
		*ret = (struct worth){ 0 };
}

void worth_done(struct worth *w)
{
	free(w->runs);
}
