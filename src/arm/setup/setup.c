/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/setup/setup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "arm/setup/steps.h"

/* Undo goes from the last to the first. */
static const struct {
	const char *name, *what;
	setup_function run, undo; /* NULL: there is nothing to do */
	bool vital; /* a machine that panics sooner and leaves no dump is worse off: where it fails, the rest is left */
} steps[] = {
	{ "kernel", "what this kernel allows", setup_kernel, NULL, true },
	{ "import", "configuration of others", NULL, setup_import_undo, false },
	{ "target", "where dumps go", setup_where, setup_where_undo, true },
	{ "size", "memory to reserve", setup_size, NULL, true },
	{ "bootloader", "kernel command line", setup_bootloader, setup_bootloader_undo, true },
	{ "sysctl", "panic policy", setup_sysctl, setup_sysctl_undo, false },
	{ "service", "service", setup_service, setup_service_undo, false },
	{ "arm", "capture kernel", setup_arm, setup_arm_undo, false },
};

int setup_say(struct setup_row *row, enum setup_outcome outcome, const char *fmt, ...)
{
	char line[1200];
	va_list ap;
	int r = 0;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	row->outcome = outcome;
	if (row->text.len)
		r = buf_append(&row->text, "\n", 1);
	return r < 0 ? r : buf_printf(&row->text, "%s", line);
}

static int do_step(struct setup *s, size_t i, setup_function f, struct error *e)
{
	struct setup_row *row = &s->rows[s->count++];
	struct error why = { 0 };
	int r;

	row->name = steps[i].name;
	row->what = steps[i].what;
	r = f(s, row, &why);
	if (r == -ENOMEM || (r < 0 && setup_say(row, SETUP_FAILED, "%s", error_text(&why)) < 0))
		return error_errno(e, -ENOMEM, "%s", row->name);
	if (s->tell)
		s->tell(row, s->context);
	return 0;
}

int setup_run(struct setup *s, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps) && r == 0; i++) {
		if (!steps[i].run)
			continue;
		r = do_step(s, i, steps[i].run, e);
		if (steps[i].vital && s->rows[s->count - 1].outcome == SETUP_FAILED)
			break;
	}
	return r;
}

int setup_undo(struct setup *s, struct error *e)
{
	int r = 0;

	for (size_t i = ARRAY_SIZE(steps); i-- > 0 && r == 0;)
		if (steps[i].undo)
			r = do_step(s, i, steps[i].undo, e);
	return r;
}

bool setup_failed(const struct setup *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->rows[i].outcome == SETUP_FAILED || s->rows[i].outcome == SETUP_ADVICE)
			return true;
	return false;
}

const char *setup_outcome_name(enum setup_outcome o)
{
	static const char *const names[] = {
		[SETUP_DONE] = "done",	   [SETUP_WOULD] = "would",  [SETUP_ALREADY] = "already",
		[SETUP_LEFT] = "left",	   [SETUP_LATER] = "reboot", [SETUP_ADVICE] = "look",
		[SETUP_FAILED] = "failed",
	};

	return names[o];
}

void setup_done(struct setup *s)
{
	for (size_t i = 0; i < s->count; i++)
		buf_done(&s->rows[i].text);
	buf_done(&s->diff);
	*s = (struct setup){ 0 };
}
