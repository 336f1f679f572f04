/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/log.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "kernel/printk.h"

#define NSEC_PER_SEC UINT64_C(1000000000)

struct options {
	bool plain;  /* -t: no time */
	bool date;   /* -T */
	bool level;  /* -m */
	bool caller; /* -c */
	bool device; /* -d */
};

/* struct dev_printk_info in struct printk_info: what dev_printk() adds to a record. */
struct device_fields {
	struct type_member subsystem, device;
};

struct printer {
	struct inspect *c;
	struct options o;
	struct device_fields device;
	struct json json;
	uint64_t boot; /* when the machine started, seconds since the epoch */
	struct buf line;
};

static const char ends_lost[] =
	"the log buffer's ends make no sense: they were found by the records' numbers";

static uint64_t last_second(uint64_t ts_nsec)
{
	return ts_nsec / NSEC_PER_SEC;
}

static int note_time(void *user, const struct printk_record *rec)
{
	uint64_t *last = user;

	*last = MAX(*last, last_second(rec->ts_nsec));
	return 0;
}

/* The crash's time is known, and the log's last record was written as the kernel crashed. */
static int find_boot(struct inspect *c, uint64_t *ret, struct error *e)
{
	const char *word = vmcoreinfo_get(kernel_vmcoreinfo(c->kernel), "CRASHTIME");
	struct printk_stats stats;
	uint64_t crash, last = 0;
	int err;

	if (!word || inspect_count(word, &crash, NULL) < 0)
		return error_set(e, -ENODATA, "-T: vmcoreinfo does not tell when the crash was");
	err = printk_each(c->kernel, note_time, &last, &stats, e);
	if (err < 0)
		return err;
	*ret = crash - MIN(crash, last);
	return 0;
}

static int prefix(struct printer *p, const struct printk_record *rec)
{
	char caller[PRINTK_CALLER_SIZE], date[64];
	int err = 0;

	if (p->o.date) {
		time_t at = p->boot + last_second(rec->ts_nsec);
		struct tm tm;

		if (!gmtime_r(&at, &tm) ||
		    strftime(date, sizeof(date), "%a %b %e %H:%M:%S UTC %Y", &tm) == 0)
			date[0] = '\0';
		err = buf_printf(&p->line, "[%s] ", date);
	} else if (!p->o.plain) {
		err = buf_printf(&p->line, "[%5" PRIu64 ".%06" PRIu64 "] ",
				 last_second(rec->ts_nsec), rec->ts_nsec % NSEC_PER_SEC / 1000);
	}
	if (err == 0 && p->o.level && rec->level != PRINTK_UNKNOWN)
		err = buf_printf(&p->line, "<%x>", rec->facility * 8u + rec->level);
	if (err == 0 && p->o.caller && rec->has_caller) {
		printk_caller(rec, caller);
		err = buf_printf(&p->line, "[%6s] ", caller);
	}
	return err;
}

static int find_device_fields(struct inspect *c, struct device_fields *ret, struct error *e)
{
	struct types *types;
	int err = inspect_types(c, &types, e);

	if (err < 0)
		return err;
	if (!types_member(types, "printk_info.dev_info.subsystem", &ret->subsystem) ||
	    !types_member(types, "printk_info.dev_info.device", &ret->device))
		return error_set(e, -ENOENT,
				 "-d: BTF does not tell where records have their devices");
	return 0;
}

/* A NUL-terminated string in the record, "" where there is none. */
static void device_string(const struct printk_record *rec, const struct type_member *m, char *ret,
			  size_t size)
{
	ret[0] = '\0';
	if (rec->info && m->size > 0 && range_inside(m->offset, m->size, rec->info_len))
		snprintf(ret, size, "%.*s", (int)m->size, rec->info + m->offset);
}

static void print_device(struct printer *p, const struct printk_record *rec, size_t indent)
{
	char word[64];

	device_string(rec, &p->device.subsystem, word, sizeof(word));
	if (word[0])
		fprintf(p->c->out, "%*sSUBSYSTEM=%s\n", (int)indent, "", word);
	device_string(rec, &p->device.device, word, sizeof(word));
	if (word[0])
		fprintf(p->c->out, "%*sDEVICE=%s\n", (int)indent, "", word);
}

static void json_device(struct printer *p, const struct printk_record *rec)
{
	char word[64];

	device_string(rec, &p->device.subsystem, word, sizeof(word));
	if (!word[0])
		return;
	json_put_string(&p->json, "subsystem", word);
	device_string(rec, &p->device.device, word, sizeof(word));
	json_put_string(&p->json, "device", word);
}

/* Lines after the first are moved right by the prefix, as crash and dmesg do. */
static int print(void *user, const struct printk_record *rec)
{
	struct printer *p = user;
	size_t indent;
	int err;

	p->line.len = 0;
	err = prefix(p, rec);
	if (err < 0)
		return err;
	indent = p->line.len;
	if (indent)
		fwrite(p->line.data, 1, indent, p->c->out);
	for (size_t i = 0; i < rec->text_len; i++) {
		unsigned char ch = rec->text[i];

		if (ch == '\n')
			fprintf(p->c->out, "\n%*s", (int)indent, "");
		else if ((ch < 0x20 && ch != '\t') || ch >= 0x7f)
			fprintf(p->c->out, "\\x%02x", ch);
		else
			fputc(ch, p->c->out);
	}
	fputc('\n', p->c->out);
	if (p->o.device)
		print_device(p, rec, indent);
	return ferror(p->c->out) ? -EPIPE : 0;
}

static int print_json(void *user, const struct printk_record *rec)
{
	struct printer *p = user;
	char caller[PRINTK_CALLER_SIZE];
	_cleanup_free_ char *text = strndup(rec->text, rec->text_len);

	if (!text)
		return -ENOMEM;
	json_object(&p->json);
	json_put_uint(&p->json, "time_ns", rec->ts_nsec);
	if (rec->level != PRINTK_UNKNOWN)
		json_put_uint(&p->json, "level", rec->level);
	if (rec->has_caller) {
		printk_caller(rec, caller);
		json_put_string(&p->json, "caller", caller);
	}
	json_put_string(&p->json, "text", text);
	if (p->o.device)
		json_device(p, rec);
	json_object_end(&p->json);
	return 0;
}

static int write_log(struct printer *p, struct error *e)
{
	struct inspect *c = p->c;
	_cleanup_buf_ struct buf buf = { 0 };
	struct printk_stats stats = { 0 };
	int err;

	if (!c->json) {
		err = printk_each(c->kernel, print, p, &stats, e);
		if (err == 0 && stats.damaged)
			fprintf(c->out, "(%" PRIu64 " damaged records are left out)\n",
				stats.damaged);
		if (err == 0 && stats.ends_lost)
			fprintf(c->out, "(%s)\n", ends_lost);
		return err;
	}
	inspect_json_begin(c, &p->json, &buf, "log");
	json_put_array(&p->json, "records");
	err = printk_each(c->kernel, print_json, p, &stats, e);
	if (err < 0)
		return err;
	json_array_end(&p->json);
	json_put_uint(&p->json, "damaged_records", stats.damaged);
	json_put_string(&p->json, "damage", stats.ends_lost ? ends_lost : NULL);
	return inspect_json_end(c, &p->json, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct printer p = { .c = c };
	bool audit = false, safe = false;
	int opt, err = 0;

	while ((opt = getopt(argc, argv, "+tTdmasc")) != -1) {
		switch (opt) {
		case 't':
			p.o.plain = true;
			break;
		case 'T':
			p.o.date = true;
			break;
		case 'd':
			p.o.device = true;
			break;
		case 'm':
			p.o.level = true;
			break;
		case 'a':
			audit = true;
			break;
		case 's':
			safe = true;
			break;
		case 'c':
			p.o.caller = true;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	if (audit)
		return log_audit(c, e);
	if (safe)
		return log_safe(c, e);
	if (p.o.date)
		err = find_boot(c, &p.boot, e);
	if (err == 0 && p.o.device)
		err = find_device_fields(c, &p.device, e);
	if (err == 0)
		err = write_log(&p, e);
	buf_done(&p.line);
	return err;
}

const struct inspect_command inspect_log = {
	.name = "log",
	.usage = "[-t | -T] [-d] [-m] [-c] | -a | -s",
	.summary = "the kernel log",
	.details = "  -t  without times\n"
		   "  -T  times as dates (UTC), counted back from the crash\n"
		   "  -d  with the devices that records are about\n"
		   "  -m  with levels\n"
		   "  -c  with the task or CPU that spoke\n"
		   "  -a  audit messages that were not fetched\n"
		   "  -s  what was said where printk could not take its lock (until 5.14)\n",
	.run = run,
};
