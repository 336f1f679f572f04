/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A check that runs wild must not take the memory. */
#define FINDINGS_MAX 2000

const char *finding_level_name(enum finding_level level)
{
	static const char *const names[] = {
		[FINDING_OK] = "ok",	       [FINDING_SKIPPED] = "skipped",
		[FINDING_NOTE] = "note",       [FINDING_WARNING] = "warning",
		[FINDING_FAILURE] = "failure",
	};

	return names[level];
}

/* What comes from files and servers goes to a terminal: no control characters, one line. */
__attribute__((format(printf, 1, 0))) static char *format_line(const char *fmt, va_list ap)
	_printf_(1, 0);

static char *format_line(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		return NULL;
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = ' ';
	return text;
}

__attribute__((format(printf, 3, 0))) static void set(struct doctor *d, char **to, const char *fmt,
						      va_list ap)
{
	char *text = d->r < 0 ? NULL : format_line(fmt, ap);

	if (!text) {
		d->r = -ENOMEM;
		return;
	}
	free(*to);
	*to = text;
}

static struct finding *add(struct doctor *d, enum finding_level level)
{
	struct finding *grown = NULL, *f;

	if (d->r == 0 && d->count < FINDINGS_MAX)
		grown = reallocarray(d->findings, d->count + 1, sizeof(*grown));
	if (!grown) {
		d->r = d->r ?: -ENOMEM;
		return NULL;
	}
	d->findings = grown;
	f = &grown[d->count++];
	*f = (struct finding){
		.check = d->check,
		.level = level,
		.text = strdup(""),
		.evidence = strdup(""),
		.fix = strdup(""),
	};
	if (!f->text || !f->evidence || !f->fix)
		d->r = -ENOMEM;
	return f;
}

void found(struct doctor *d, enum finding_level level, const char *fmt, ...)
{
	struct finding *f = add(d, level);
	va_list ap;

	va_start(ap, fmt);
	if (f)
		set(d, &f->text, fmt, ap);
	va_end(ap);
}

void skipped(struct doctor *d, const char *fmt, ...)
{
	struct finding *f = add(d, FINDING_SKIPPED);
	va_list ap;

	va_start(ap, fmt);
	if (f)
		set(d, &f->text, fmt, ap);
	va_end(ap);
}

void evidence(struct doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (d->count)
		set(d, &d->findings[d->count - 1].evidence, fmt, ap);
	va_end(ap);
}

void fix(struct doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (d->count)
		set(d, &d->findings[d->count - 1].fix, fmt, ap);
	va_end(ap);
}

int doctor_run(const struct check *const families[], const struct facts *facts, struct doctor *ret,
	       struct error *e)
{
	_cleanup_doctor_ struct doctor d = { .facts = facts };

	for (size_t i = 0; families[i]; i++)
		for (const struct check *c = families[i]; c->id && d.r == 0; c++) {
			size_t before = d.count;

			d.check = c;
			c->run(&d);
			if (d.count == before)
				found(&d, FINDING_OK, "%s", c->proves);
		}
	if (d.r < 0)
		return error_errno(e, d.r, "doctor");
	*ret = d;
	d = (struct doctor){ 0 };
	return 0;
}

size_t doctor_count(const struct doctor *d, enum finding_level level)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += d->findings[i].level == level;
	return n;
}

enum finding_level doctor_worst(const struct doctor *d)
{
	enum finding_level worst = FINDING_OK;

	for (size_t i = 0; i < d->count; i++)
		worst = MAX(worst, d->findings[i].level);
	return worst;
}

void doctor_done(struct doctor *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->findings[i].text);
		free(d->findings[i].evidence);
		free(d->findings[i].fix);
	}
	free(d->findings);
	*d = (struct doctor){ 0 };
}
