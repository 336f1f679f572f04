/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section: the last lines of the log. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/report_impl.h"
#include "kernel/printk.h"

#define NSEC_PER_SEC UINT64_C(1000000000)
#define RECORDS_KEPT 100
#define RECORD_MAX KIB(1)

struct tail {
	struct report *report;
	char *lines[RECORDS_KEPT]; /* a ring */
	uint64_t count;
};

static int keep(void *user, const struct printk_record *rec)
{
	struct tail *t = user;
	char **line = &t->lines[t->count % RECORDS_KEPT];

	free(*line);
	*line = NULL;
	if (asprintf(line, "[%5" PRIu64 ".%06" PRIu64 "] %.*s\n", rec->ts_nsec / NSEC_PER_SEC,
		     rec->ts_nsec % NSEC_PER_SEC / 1000, (int)MIN(rec->text_len, RECORD_MAX),
		     rec->text) < 0) {
		*line = NULL;
		return -ENOMEM;
	}
	t->count++;
	return t->count % 1024 == 0 && report_late(t->report) ? 1 : 0;
}

void report_log(struct report *r)
{
	struct tail t = { .report = r };
	struct printk_stats stats = { 0 };
	struct error e = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int err = printk_each(r->c->kernel, keep, &t, &stats, &e);

	for (uint64_t i = t.count - MIN(t.count, (uint64_t)RECORDS_KEPT); i < t.count; i++) {
		const char *line = t.lines[i % RECORDS_KEPT];

		if (line && buf_append(&text, line, strlen(line)) < 0)
			err = -ENOMEM;
	}
	for (size_t i = 0; i < RECORDS_KEPT; i++)
		free(t.lines[i]);
	if (text.len)
		document_text(r->doc, "lines", NULL, text.data, text.len);
	document_number(r->doc, "records", NULL, COLUMN_UINT, stats.records);
	if (err < 0)
		document_damage(r->doc, "the log: %s", e.code ? error_text(&e) : strerror(-err));
	if (stats.ends_lost)
		document_damage(r->doc, "where the log begins and ends is damaged: found by its "
					"records' numbers");
	if (stats.damaged)
		document_damage(r->doc, "%" PRIu64 " records of the log are damaged and left out",
				stats.damaged);
}
