/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/image/compose.h"
#include "arm/image/files.h"
#include "arm/kexec/load.h"
#include "arm/machine.h"
#include "arm/kexec/reserve.h"

#define RECORD_MAX ((size_t)1 << 20)

static void set(struct status *s, enum status_state state, const char *fmt, ...) _printf_(3, 4);

static void set(struct status *s, enum status_state state, const char *fmt, ...)
{
	va_list ap;

	s->state = state;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

/* False where what is loaded was not loaded by lastword in this boot. */
static bool read_armed(const struct root *root, struct status *s)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *boot_id = NULL;
	struct error e = { 0 };

	if (root_read_file(root, ARM_ARMED, RECORD_MAX, &text) < 0) {
		set(s, STATUS_STALE,
		    "a crash kernel is loaded, but not by lastword; run 'lastword arm'");
		return false;
	}
	if (record_parse(text.data ?: "", text.len, &s->record, &e) < 0) {
		set(s, STATUS_STALE, ARM_ARMED ": %s; run 'lastword arm'", error_text(&e));
		return false;
	}
	if (machine_boot_id(root, &boot_id, &e) < 0 || strcmp(boot_id, s->record.boot_id) != 0) {
		set(s, STATUS_STALE,
		    "a crash kernel is loaded, but lastword's record is of another boot; run "
		    "'lastword arm'");
		return false;
	}
	s->ours = true;
	return true;
}

static void compare(const struct root *root, struct status *s)
{
	_cleanup_composition_ struct composition now = { 0 };
	struct error e = { 0 };
	char difference[300];

	if (compose(root, s->record.append, &s->record, &now, &e) < 0)
		set(s, STATUS_STALE, "armed for %s, but: %s", s->record.target, error_text(&e));
	else if (record_differs(&s->record, &now.record, difference, sizeof(difference)))
		set(s, STATUS_STALE, "armed for %s, but %s; run 'lastword arm'", s->record.target,
		    difference);
	else {
		s->plan = TAKE_PTR(now.plan);
		set(s, STATUS_ARMED, "kernel %s, %s%s%s", s->record.release, s->record.target,
		    now.unsure.len ? "; not checked: " : "", now.unsure.data ?: "");
	}
}

void status_read(const struct root *root, struct status *ret)
{
	struct reservation reservation;
	struct error why = { 0 };
	struct status s = { 0 };

	if (reservation_read(root, &reservation, &why) < 0)
		set(&s, STATUS_NOT_ARMED, "%s", error_text(&why));
	else if (!crash_loaded(root))
		set(&s, STATUS_NOT_ARMED, "no capture kernel is loaded; run 'lastword arm'");
	else if (read_armed(root, &s))
		compare(root, &s);
	*ret = s;
}

const char *status_name(enum status_state s)
{
	static const char *const names[] = {
		[STATUS_ARMED] = "armed",
		[STATUS_NOT_ARMED] = "not armed",
		[STATUS_STALE] = "stale",
	};

	return names[s];
}

void status_done(struct status *s)
{
	record_done(&s->record);
	plan_free(s->plan);
	*s = (struct status){ 0 };
}
