/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/doctor_output.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/table.h"
#include "cli/command.h"

#define SCHEMA "lastword.doctor/1"
#define SCHEMA_LIST "lastword.doctor-list/1"

static void show_finding(const struct finding *f)
{
	printf("%-8s %s: %s\n", finding_level_name(f->level), f->check->id, f->text);
	if (*f->evidence)
		printf("%8s seen: %s\n", "", f->evidence);
	if (*f->fix)
		printf("%8s fix:  %s\n", "", f->fix);
}

static void show_count(size_t n, const char *what, const char *after)
{
	printf("%zu %s%s%s", n, what, n == 1 ? "" : "s", after);
}

static size_t count_checks(const struct doctor *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += !i || d->findings[i].check != d->findings[i - 1].check;
	return n;
}

void doctor_show(const struct doctor *d, bool verbose)
{
	static const enum finding_level order[] = { FINDING_FAILURE, FINDING_WARNING, FINDING_NOTE,
						    FINDING_SKIPPED, FINDING_OK };

	for (size_t o = 0; o < ARRAY_SIZE(order); o++)
		for (size_t i = 0; i < d->count; i++)
			if (d->findings[i].level == order[o] &&
			    (verbose || order[o] >= FINDING_NOTE))
				show_finding(&d->findings[i]);
	show_count(doctor_count(d, FINDING_FAILURE), "failure", ", ");
	show_count(doctor_count(d, FINDING_WARNING), "warning", ", ");
	show_count(doctor_count(d, FINDING_NOTE), "note", "; ");
	show_count(count_checks(d), "check", "");
	if (doctor_count(d, FINDING_SKIPPED))
		printf(", %zu could not be done%s", doctor_count(d, FINDING_SKIPPED),
		       verbose ? "" : " (-v lists them)");
	puts("");
}

static void json_finding(struct json *j, const struct finding *f)
{
	json_object(j);
	json_put_string(j, "check", f->check->id);
	json_put_string(j, "area", f->check->area);
	json_put_string(j, "level", finding_level_name(f->level));
	json_put_string(j, "text", f->text);
	json_put_string(j, "evidence", f->evidence);
	json_put_string(j, "fix", f->fix);
	json_object_end(j);
}

int doctor_show_json(const struct doctor *d)
{
	static const enum finding_level levels[] = { FINDING_FAILURE, FINDING_WARNING, FINDING_NOTE,
						     FINDING_SKIPPED, FINDING_OK };
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, SCHEMA);
	json_put_string(&j, "state", doctor_worst(d) < FINDING_WARNING ? "clean" : "findings");
	json_put_object(&j, "counts");
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		json_put_uint(&j, finding_level_name(levels[i]), doctor_count(d, levels[i]));
	json_object_end(&j);
	json_put_array(&j, "findings");
	for (size_t i = 0; i < d->count; i++)
		json_finding(&j, &d->findings[i]);
	json_array_end(&j);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

static const struct column columns[] = {
	{ "check", "CHECK", COLUMN_TEXT, -21 },
	{ "area", "AREA", COLUMN_TEXT, -13 },
	{ "level", "LEVEL", COLUMN_TEXT, -8 },
	{ "proves", "PROVES", COLUMN_TEXT, 0 },
};

int doctor_list(const struct check *const families[], bool as_json)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct table table;
	struct json j;

	json_document(&j, &out, SCHEMA_LIST);
	json_put_array(&j, "checks");
	table_begin(&table, columns, ARRAY_SIZE(columns), stdout, as_json ? &j : NULL);
	for (size_t i = 0; families[i]; i++)
		for (const struct check *c = families[i]; c->id; c++) {
			const union cell cells[] = { { .text = c->id },
						     { .text = c->area },
						     { .text = finding_level_name(c->level) },
						     { .text = c->proves } };

			table_row(&table, cells);
		}
	json_array_end(&j);
	return as_json ? say_json(&j, stdout, EXIT_SUCCESS) : EXIT_SUCCESS;
}
