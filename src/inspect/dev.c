/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "dumpfile/device_dump.h"

#define LINE 16 /* bytes */

void dev_damage(struct dev_show *d, int err, const struct error *why)
{
	if (err < 0 && !d->damage.code)
		error_set(&d->damage, err, "%s", error_text(why));
}

/* ---- device dumps ---- */

static const struct dump_note *find_dump(struct dev_show *d, uint64_t index)
{
	return device_dump_at(kernel_dump(d->c->kernel), index);
}

int dev_dumps(struct dev_show *d, struct error *e)
{
	const struct dump_note *note;
	char name[DEVICE_DUMP_NAME_SIZE + 1];

	if (!d->json && !find_dump(d, 0))
		return error_set(e, -ENOENT, "no device dumps found in this dumpfile");
	if (d->json) {
		json_put_array(d->json, "dumps");
	} else {
		fputs("INDEX  OFFSET             SIZE             NAME\n", d->c->out);
	}
	for (uint64_t i = 0; (note = find_dump(d, i)); i++) {
		device_dump_name(note, name);
		if (!d->json) {
			fprintf(d->c->out, "  %-4" PRIu64 " 0x%-16" PRIx64 " %-16" PRIu64 " %s\n",
				i, note->offset + DEVICE_DUMP_NAME_SIZE, device_dump_size(note),
				name);
			continue;
		}
		json_object(d->json);
		json_put_uint(d->json, "index", i);
		json_put_hex(d->json, "offset", note->offset + DEVICE_DUMP_NAME_SIZE);
		json_put_uint(d->json, "size_bytes", device_dump_size(note));
		json_put_string(d->json, "name", name);
		json_object_end(d->json);
	}
	if (d->json)
		json_array_end(d->json);
	return 0;
}

static void print_bytes(FILE *out, uint64_t offset, const uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += LINE) {
		const size_t n = MIN(size - at, (size_t)LINE);

		fprintf(out, "%16" PRIx64 ": ", offset + at);
		for (size_t i = 0; i < LINE; i++)
			if (i < n)
				fprintf(out, " %02x", bytes[at + i]);
			else
				fputs("   ", out);
		fputs("   ", out);
		for (size_t i = 0; i < n; i++)
			fputc(bytes[at + i] >= ' ' && bytes[at + i] <= '~' ? bytes[at + i] : '.',
			      out);
		fputc('\n', out);
	}
}

static int print_dump(struct dev_show *d, const struct dump_note *note, struct error *e)
{
	uint64_t size = device_dump_size(note);
	uint8_t bytes[LINE * 64];
	int r = 0;

	for (uint64_t at = 0; at < size && r == 0; at += sizeof(bytes)) {
		size_t n = MIN(size - at, (uint64_t)sizeof(bytes));

		r = dumpfile_note_read(kernel_dump(d->c->kernel), note, DEVICE_DUMP_NAME_SIZE + at,
				       bytes, n, e);
		if (r == 0)
			print_bytes(d->c->out, note->offset + DEVICE_DUMP_NAME_SIZE + at, bytes, n);
	}
	return r;
}

int dev_dump(struct dev_show *d, uint64_t index, const char *file, struct error *e)
{
	const struct dump_note *note = find_dump(d, index);
	char name[DEVICE_DUMP_NAME_SIZE + 1];
	_cleanup_close_ int fd = -1;
	int r;

	if (!find_dump(d, 0))
		return error_set(e, -ENOENT, "no device dumps found in this dumpfile");
	if (!note)
		return error_set(e, -EINVAL, "there is no device dump %" PRIu64, index);
	device_dump_name(note, name);
	fprintf(d->c->out, "DEVICE: %s\n", name);
	if (!file)
		return print_dump(d, note, e);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(e, -errno, "%s", file);
	r = device_dump_write(kernel_dump(d->c->kernel), note, fd, e);
	if (r < 0)
		return error_prefix(e, r, "%s", file);
	fprintf(d->c->out, "%" PRIu64 " bytes copied from 0x%" PRIx64 " to %s\n",
		device_dump_size(note), note->offset + DEVICE_DUMP_NAME_SIZE, file);
	return 0;
}

/* ---- the command ---- */

static int show(struct dev_show *d, int what, struct error *e)
{
	switch (what) {
	case 'i':
		return dev_resources(d, e);
	case 'p':
		return dev_pci(d, e);
	case 'd':
	case 'D':
		return dev_disks(d, what == 'D', e);
	case 'V':
		return dev_dumps(d, e);
	default:
		return dev_tables(d, e);
	}
}

static int show_json(struct dev_show *d, int what, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, ended;

	d->json = &j;
	inspect_json_begin(d->c, &j, &buf, "dev");
	err = show(d, what, e);
	json_put_string(&j, "damage", d->damage.code ? error_text(&d->damage) : NULL);
	ended = inspect_json_end(d->c, &j, e);
	return err < 0 ? err : ended;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct dev_show d = { .c = c };
	uint64_t index = 0;
	int opt, what = 0, err;

	while ((opt = getopt(argc, argv, "+ipdDVv:")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		what = opt;
		if (opt == 'v' && (err = inspect_count(optarg, &index, e)) < 0)
			return err;
	}
	if (argc - optind > (what == 'v'))
		return error_set(e, -EINVAL, "%s makes no sense here", argv[optind]);
	if (what == 'v' && c->json)
		return error_set(e, -EINVAL, "-v shows bytes, not JSON");
	if (what == 'v')
		return dev_dump(&d, index, argv[optind], e);
	err = what == 'V' ? 0 : inspect_source(c, &d.source, e);
	if (err < 0)
		return err;
	if (c->json)
		return show_json(&d, what, e);
	err = show(&d, what, e);
	if (err == 0 && d.damage.code)
		fprintf(c->out, "dev: perhaps not all: %s\n", error_text(&d.damage));
	return err;
}

const struct inspect_command inspect_dev = {
	.name = "dev",
	.usage = "[-i | -p | -d | -D | -V | -v index [file]]",
	.summary = "devices by their numbers, resources, PCI devices, disks at work",
	.details = "  -i       I/O ports and memory, and who has them\n"
		   "  -p       PCI devices\n"
		   "  -d       requests in flight of each disk; -D of those that have some\n"
		   "  -V       device dumps that drivers added to this dump; -v one of them, to a "
		   "file\n"
		   "           where one is named\n",
	.run = run,
};
