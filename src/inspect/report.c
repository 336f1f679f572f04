/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/report_impl.h"

#include <errno.h>

/* The order is that of questions: what, where, in what state, which machine, how do we know. */
static const struct report_section sections[] = {
	{ "summary", "Summary", false, report_summary },
	{ "backtrace", "Backtrace of the task that crashed", false, report_backtrace },
	{ "code", "Code where it stopped", false, report_code },
	{ "registers", "Registers", true, report_registers },
	{ "cpus", "Other CPUs", false, report_cpus },
	{ "blocked", "Blocked tasks", false, report_blocked },
	{ "memory", "Memory", false, report_memory },
	{ "log", "Last lines of the log", false, report_log },
	{ "modules", "Modules", true, report_modules },
	{ "signature", "Signature", false, report_signature },
	{ "provenance", "Where this comes from", true, report_provenance },
};

bool report_late(struct report *r)
{
	if (r->o->now() < r->section_end)
		return false;
	if (r->section_end)
		document_damage(r->doc, "this section stopped here: its time is up");
	r->section_end = 0;
	return true;
}

static int run_section(struct report *r, const struct report_section *s)
{
	size_t first = r->doc->count;
	usec_t now = r->o->now();
	int err;

	document_section(r->doc, s->name, s->title, s->folded);
	r->section_end = MIN(now + r->o->section_limit, r->end);
	if (now >= r->end)
		document_damage(r->doc, "left out: the report's time is up");
	else
		s->run(r);
	err = document_error(r->doc);
	if (err == 0 && r->o->section_done)
		err = r->o->section_done(r->o->user, r->doc, first);
	return err;
}

int report_build(struct inspect *c, const struct report_options *o, struct document *ret,
		 struct error *e)
{
	struct report r = { .c = c, .doc = ret, .o = o };
	int err = 0;

	*ret = (struct document){ 0 };
	r.end = o->now() + o->total_limit;
	report_facts_gather(&r);
	for (size_t i = 0; i < ARRAY_SIZE(sections) && err == 0; i++) {
		err = run_section(&r, &sections[i]);
		if (err < 0)
			error_errno(e, err, "report: section %s", sections[i].name);
	}
	report_facts_done(&r);
	return err;
}
