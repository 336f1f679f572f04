/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/pages.h"

#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "netconsole/text.h"

#define PREFIX "lastword_netconsole_"

/* The first failure sticks. */
struct page {
	struct buf *out;
	int err;
};

static void put_head(struct page *p, const char *name, const char *suffix, const char *type,
		     const char *help)
{
	if (p->err == 0)
		p->err = buf_printf(p->out, "# HELP " PREFIX "%s%s %s\n# TYPE " PREFIX "%s%s %s\n",
				    name, suffix, help, name, suffix, type);
}

static void put_value(struct page *p, const char *name, const char *suffix, const char *label,
		      uint64_t v)
{
	if (p->err == 0)
		p->err = buf_printf(p->out, PREFIX "%s%s%s%s%s %llu\n", name, suffix,
				    label ? "{" : "", label ?: "", label ? "}" : "",
				    (unsigned long long)v);
}

static void put_gauge(struct page *p, const char *name, const char *help, uint64_t v)
{
	put_head(p, name, "", "gauge", help);
	put_value(p, name, "", NULL, v);
}

static void put_counters(struct page *p, const struct counters *n)
{
	const char *last = "";

	for (size_t i = 0; i < COUNTERS; i++) {
		const struct counter_row *row = &counter_rows[i];

		if (strcmp(row->name, last) != 0)
			put_head(p, row->name, "_total", "counter", row->help);
		last = row->name;
		put_value(p, row->name, "_total", row->label, n->n[i]);
	}
}

/* A label's value: what a quote would end is written so that it does not. */
static void output_label(const char *spec, char *ret, size_t size)
{
	size_t at = (size_t)snprintf(ret, size, "output=\"");

	for (; *spec && at + 4 < size; spec++) {
		if (*spec == '"' || *spec == '\\')
			ret[at++] = '\\';
		ret[at++] = *spec == '\n' ? ' ' : *spec;
	}
	ret[at++] = '"';
	ret[at] = '\0';
}

static void put_outputs(struct page *p, const struct pages_facts *f)
{
	static const struct {
		const char *name, *suffix, *type, *help;
		size_t offset;
	} rows[] = {
		{ "output_records", "_total", "counter", "records given to an output",
		  offsetof(struct output_stats, records) },
		{ "output_dropped", "_total", "counter",
		  "records an output could not keep or write",
		  offsetof(struct output_stats, dropped) },
		{ "output_errors", "_total", "counter", "writes and connections that failed",
		  offsetof(struct output_stats, errors) },
		{ "output_waiting_bytes", "", "gauge", "bytes that wait to be written",
		  offsetof(struct output_stats, waiting) },
	};
	char label[600];

	for (size_t r = 0; r < ARRAY_SIZE(rows); r++) {
		put_head(p, rows[r].name, rows[r].suffix, rows[r].type, rows[r].help);
		for (size_t i = 0; i < f->outputs->count; i++) {
			uint64_t v;

			output_label(f->outputs->list[i]->spec, label, sizeof(label));
			memcpy(&v, (const char *)&f->outputs->list[i]->stats + rows[r].offset,
			       sizeof(v));
			put_value(p, rows[r].name, rows[r].suffix, label, v);
		}
	}
}

int pages_metrics(const struct pages_facts *f, struct buf *out)
{
	struct page p = { .out = out };
	const struct source_shared *shared = f->hosts->shared;

	put_counters(&p, &shared->counters);
	put_gauge(&p, "sources", "sources remembered", hosts_count(f->hosts));
	put_gauge(&p, "sources_regular", "of these, who spoke for a while",
		  f->hosts->regular.count);
	put_gauge(&p, "waiting_bytes", "of pieces, cut lines and early messages",
		  shared->waiting.used);
	put_gauge(&p, "receive_buffer_bytes", "of a socket, the least",
		  (uint64_t)f->receive_buffer);
	put_gauge(&p, "uptime_seconds", "since the start", (f->now - f->started) / USEC_PER_SEC);
	put_outputs(&p, f);
	return p.err;
}

struct listing {
	struct json *json;
	usec_t now;
	size_t count;
};

static bool list_source(void *user, const struct source *s, bool regular)
{
	struct listing *l = user;
	struct json *j = l->json;

	json_object(j);
	json_put_string(j, "address", s->address);
	json_put_uint(j, "port", s->from.port);
	json_put_string(j, "host", s->host);
	json_put_string(j, "release", s->release);
	json_put_string(j, "boot", s->boot);
	json_put_bool(j, "regular", regular);
	json_put_bool(j, "capture_kernel", s->capture);
	json_put_uint(j, "silent_seconds", (l->now - s->last) / USEC_PER_SEC);
	json_put_uint(j, "records", s->records);
	json_put_uint(j, "lost", s->lost);
	json_put_uint(j, "reboots", s->reboots);
	json_put_uint(j, "crashes", s->crash_count);
	json_object_end(j);
	return ++l->count < PAGES_SOURCES;
}

/* "dropped_kernel" */
static void counter_name(const struct counter_row *row, char *ret, size_t size)
{
	const char *value = row->label ? strchr(row->label, '"') + 1 : "";

	snprintf(ret, size, "%s%s%.*s", row->name, *value ? "_" : "", (int)strcspn(value, "\""),
		 value);
	for (; *ret; ret++)
		*ret = *ret == '-' ? '_' : *ret;
}

static void list_counters(struct json *j, const struct counters *n)
{
	char name[80];

	json_object(j);
	for (size_t i = 0; i < COUNTERS; i++) {
		counter_name(&counter_rows[i], name, sizeof(name));
		json_put_uint(j, name, n->n[i]);
	}
	json_object_end(j);
}

static void list_outputs(struct json *j, const struct pages_facts *f)
{
	json_array(j);
	for (size_t i = 0; i < f->outputs->count; i++) {
		const struct output *o = f->outputs->list[i];

		json_object(j);
		json_put_string(j, "output", o->spec);
		json_put_uint(j, "records", o->stats.records);
		json_put_uint(j, "dropped", o->stats.dropped);
		json_put_uint(j, "errors", o->stats.errors);
		json_put_uint(j, "waiting_bytes", o->stats.waiting);
		json_put_text(j, "last_error", o->stats.last_error);
		json_object_end(j);
	}
	json_array_end(j);
}

int pages_status(const struct pages_facts *f, struct buf *out)
{
	struct json j;
	struct listing l = { .json = &j, .now = f->now };

	json_document(&j, out, PAGES_STATUS_SCHEMA);
	json_put_uint(&j, "uptime_seconds", (f->now - f->started) / USEC_PER_SEC);
	json_put_int(&j, "receive_buffer_bytes", f->receive_buffer);
	json_put_uint(&j, "source_count", hosts_count(f->hosts));
	json_name(&j, "counters");
	list_counters(&j, &f->hosts->shared->counters);
	json_name(&j, "outputs");
	list_outputs(&j, f);
	json_put_array(&j, "sources");
	hosts_each(f->hosts, list_source, &l);
	json_array_end(&j);
	json_object_end(&j);
	return json_end(&j);
}

/* ---- for people ---- */

static void put_row(struct page *p, const char *fmt, ...) _printf_(2, 3);

static void put_row(struct page *p, const char *fmt, ...)
{
	char line[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (p->err == 0)
		p->err = buf_append(p->out, line, strlen(line));
}

struct text_listing {
	struct page *page;
	usec_t now;
	size_t count;
};

static bool write_source(void *user, const struct source *s, bool regular)
{
	struct text_listing *l = user;
	_cleanup_buf_ struct buf host = { 0 };

	(void)regular;
	if (s->host && text_clean(&host, s->host, strlen(s->host)) < 0)
		return false;
	put_row(l->page, "%-28s %-20s %-24s %8llu %10llu %6llu %8llu\n", s->address,
		host.data ?: "", s->release ?: "",
		(unsigned long long)((l->now - s->last) / USEC_PER_SEC),
		(unsigned long long)s->records, (unsigned long long)s->lost,
		(unsigned long long)s->crash_count);
	return ++l->count < PAGES_SOURCES;
}

int pages_text(const struct pages_facts *f, struct buf *out)
{
	struct page p = { .out = out };
	struct text_listing l = { .page = &p, .now = f->now };
	char name[80];

	put_row(&p, "running for %llu s, %zu sources, receive buffer %d bytes\n",
		(unsigned long long)((f->now - f->started) / USEC_PER_SEC), hosts_count(f->hosts),
		f->receive_buffer);
	for (size_t i = 0; i < COUNTERS; i++) {
		uint64_t v = f->hosts->shared->counters.n[i];

		counter_name(&counter_rows[i], name, sizeof(name));
		if (v)
			put_row(&p, "  %-26s %llu\n", name, (unsigned long long)v);
	}
	for (size_t i = 0; i < f->outputs->count; i++) {
		const struct output *o = f->outputs->list[i];

		put_row(&p, "  %s: %llu records, %llu dropped, %llu errors%s%s\n", o->spec,
			(unsigned long long)o->stats.records, (unsigned long long)o->stats.dropped,
			(unsigned long long)o->stats.errors, *o->stats.last_error ? "; last: " : "",
			o->stats.last_error);
	}
	put_row(&p, "\n%-28s %-20s %-24s %8s %10s %6s %8s\n", "ADDRESS", "HOST", "KERNEL", "SILENT",
		"RECORDS", "LOST", "CRASHES");
	hosts_each(f->hosts, write_source, &l);
	return p.err;
}
