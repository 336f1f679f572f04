/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "base/parse.h"
#include "cli/command_line.h"
#include "cli/info_manifest.h"
#include "cli/info_sealed.h"
#include "dumpfile/device_dump.h"
#include "dumpfile/dumpfile.h"
#include "dumpfile/machine.h"
#include "kernel/vmcoreinfo.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_info = {
	.name = "info",
	.arguments = "[--check] DUMP|DIRECTORY",
	.summary = "what a dump is, what is damaged; is a directory as it was saved",
	.run = run,
};

struct options {
	bool check;
};

static const struct option_row rows[] = {
	FLAG_ROW(struct options, check, 0, "check",
		 "read DUMP whole, to compare its SHA-256 with that of manifest.json beside it; "
		 "without it only the sizes are compared"),
};

static const struct command_line usage = {
	.command = &command_info,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.least = 1,
	.most = 1,
	.operands = "one dump or directory",
	.about =
		"Tells what DUMP is: its container, kernel, time of the crash, pages by state, and "
		"each damage found. Of a dump DIRECTORY each file is compared with manifest.json, "
		"size and SHA-256. Exits with 1 where it is no dump, or a file is not as it was "
		"saved.",
	.json = "as JSON",
};

static const char *const state_names[PAGE_STATES] = {
	[PAGE_ABSENT] = "absent",
	[PAGE_EXCLUDED] = "excluded",
	[PAGE_LOST] = "lost",
	[PAGE_PRESENT] = "present",
};

static const struct {
	unsigned flag;
	const char *name, *words;
} flags[] = {
	{ DUMP_FLATTENED, "flattened", "flattened" },
	{ DUMP_INCOMPLETE, "incomplete", "incomplete: its writer ran out of room or time" },
	{ DUMP_TRUNCATED, "truncated", "truncated: shorter than its own tables say" },
	{ DUMP_LIVE, "live", "live" },
};

/* What is told, from the container and from the kernel's own note. */
struct facts {
	const struct dumpfile *dump;
	const struct dump_info *info;
	struct vmcoreinfo *vmcoreinfo; /* NULL where there is none */
	const char *release;	       /* "" where unknown, as all text */
	const char *build_id;
	int64_t crash_time; /* 0 where unknown */
	uint64_t memory;    /* bytes known to exist */
	uint64_t pages[PAGE_STATES];
};

static const char *text_of(const struct vmcoreinfo *v, const char *key, const char *otherwise)
{
	const char *s = v ? vmcoreinfo_get(v, key) : NULL;

	return s ? s : otherwise;
}

static void facts_gather(struct facts *f, struct dumpfile *d)
{
	const struct dump_note *n = dumpfile_note(d, "VMCOREINFO", UINT32_MAX);
	const struct dump_range *ranges;
	size_t count = dumpfile_ranges(d, &ranges);
	uint64_t time = 0;

	f->dump = d;
	f->info = dumpfile_info(d);
	if (n && vmcoreinfo_parse(n->desc, n->size, &f->vmcoreinfo, NULL) < 0)
		f->vmcoreinfo = NULL;
	f->release = text_of(f->vmcoreinfo, "OSRELEASE", f->info->release);
	f->build_id = text_of(f->vmcoreinfo, "BUILD-ID", "");
	f->crash_time = f->info->crash_time;
	if (!f->crash_time &&
	    parse_decimal(text_of(f->vmcoreinfo, "CRASHTIME", ""), INT64_MAX, &time) == 0)
		f->crash_time = (int64_t)time;
	for (size_t i = 0; i < count; i++)
		f->memory += ranges[i].size;
	dumpfile_count(d, f->pages);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (double)MIB(1);
}

/* "2026-11-21 03:19:19 UTC", "" where unknown. */
static const char *time_text(int64_t seconds, char *buf, size_t size)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!seconds || !gmtime_r(&t, &tm) || !strftime(buf, size, "%Y-%m-%d %H:%M:%S UTC", &tm))
		return "";
	return buf;
}

/* Text out of a dump may hold anything; a terminal gets only what can be seen. */
static void print_field(const char *name, const char *text)
{
	if (!text[0])
		return;
	printf("  %-14s ", name);
	for (; *text; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
	putchar('\n');
}

static void print_container(const struct facts *f)
{
	const struct dump_info *info = f->info;

	printf("%s: %s", dumpfile_name(f->dump), info->format);
	if (info->header_version)
		printf(" version %u", info->header_version);
	printf(", pages %s%s\n", strcmp(info->codec, "none") == 0 ? "not compressed" : "in ",
	       strcmp(info->codec, "none") == 0 ? "" : info->codec);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (info->flags & flags[i].flag)
			printf("  %s\n", flags[i].words);
}

static void print_device_dumps(const struct facts *f)
{
	const struct dump_note *n;
	char name[DEVICE_DUMP_NAME_SIZE + 1], text[DEVICE_DUMP_NAME_SIZE + 40];

	for (uint64_t i = 0; (n = device_dump_at(f->dump, i)); i++) {
		device_dump_name(n, name);
		snprintf(text, sizeof(text), "%s, %.1f MiB", name, mib(device_dump_size(n)));
		print_field("device dump", text);
	}
}

static void print_text(const struct facts *f)
{
	const struct dump_info *info = f->info;
	const char *const *damage;
	size_t n = dumpfile_damage(f->dump, &damage);
	char time[64];

	print_container(f);
	print_field("kernel", f->release);
	print_field("build", f->info->version);
	print_field("build id", f->build_id);
	print_field("machine", machine_name(info->machine));
	print_field("host", info->nodename);
	print_field("crashed", time_text(f->crash_time, time, sizeof(time)));
	if (info->dump_level >= 0)
		printf("  %-14s %d\n", "dump level", info->dump_level);
	if (info->file_size)
		printf("  %-14s %.1f MiB\n", "file size", mib(info->file_size));
	printf("  %-14s %.1f MiB in pages of %u bytes\n", "memory", mib(f->memory),
	       info->page_size);
	for (unsigned s = PAGE_STATES; s-- > PAGE_EXCLUDED;)
		printf("    %-12s %12llu pages %10.1f MiB\n", state_names[s],
		       (unsigned long long)f->pages[s], mib(f->pages[s] * info->page_size));
	print_device_dumps(f);
	for (size_t i = 0; i < n; i++)
		print_field("damage", damage[i]);
	if (!n)
		print_field("damage", "none found");
}

static void json_known(struct json *j, const char *name, int64_t v, bool known)
{
	json_name(j, name);
	if (known)
		json_int(j, v);
	else
		json_string(j, NULL);
}

static void json_device_dumps(struct json *j, const struct facts *f)
{
	const struct dump_note *n;
	char name[DEVICE_DUMP_NAME_SIZE + 1];

	json_put_array(j, "device_dumps");
	for (uint64_t i = 0; (n = device_dump_at(f->dump, i)); i++) {
		device_dump_name(n, name);
		json_object(j);
		json_put_string(j, "name", name);
		json_put_uint(j, "size_bytes", device_dump_size(n));
		json_object_end(j);
	}
	json_array_end(j);
}

static int print_json(const struct facts *f, bool check)
{
	_cleanup_buf_ struct buf text = { 0 };
	const struct dump_info *info = f->info;
	const char *const *damage;
	size_t n = dumpfile_damage(f->dump, &damage);
	struct json j;
	bool right;

	json_document(&j, &text, "lastword.info/1");
	json_put_text(&j, "dump", dumpfile_name(f->dump));
	json_put_text(&j, "format", info->format);
	json_put_uint(&j, "header_version", info->header_version);
	json_put_text(&j, "codec", info->codec);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		json_put_bool(&j, flags[i].name, info->flags & flags[i].flag);
	json_put_text(&j, "release", f->release);
	json_put_text(&j, "version", info->version);
	json_put_text(&j, "build_id", f->build_id);
	json_put_text(&j, "machine", machine_name(info->machine));
	json_put_text(&j, "nodename", info->nodename);
	json_known(&j, "crash_time", f->crash_time, f->crash_time != 0);
	json_known(&j, "dump_level", info->dump_level, info->dump_level >= 0);
	json_put_uint(&j, "file_size", info->file_size);
	json_put_uint(&j, "page_size", info->page_size);
	json_put_uint(&j, "memory_bytes", f->memory);
	json_put_object(&j, "pages");
	for (unsigned s = 0; s < PAGE_STATES; s++)
		json_put_uint(&j, state_names[s], f->pages[s]);
	json_object_end(&j);
	json_device_dumps(&j, f);
	json_put_array(&j, "damage");
	for (size_t i = 0; i < n; i++)
		json_string(&j, damage[i]);
	json_array_end(&j);
	right = info_beside(dumpfile_name(f->dump), check, &j);
	return say_json(&j, stdout, right ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int info(const struct cli *cli, const char *path, bool check)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	struct facts f = { 0 };
	struct error e = { 0 };
	int status, r = dumpfile_open(path, &d, &e);

	if (r == -ENOKEY)
		return info_sealed(cli, path);
	if (r < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	facts_gather(&f, d);
	if (cli->json) {
		status = print_json(&f, check);
	} else {
		print_text(&f);
		status = info_beside(path, check, NULL) ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	vmcoreinfo_free(f.vmcoreinfo);
	return status;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct options o = { 0 };
	struct stat st;
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	if (stat(argv[optind], &st) == 0 && S_ISDIR(st.st_mode))
		return info_directory(cli, argv[optind]);
	return info(cli, argv[optind], o.check);
}
