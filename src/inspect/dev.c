/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/dev.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#define NT_VMCOREDD                                                                                \
	0x700 /* linux/elf.h: a device's dump; its name comes first (struct vmcoredd_header) */
#define DUMP_NAME_SIZE 44
#define LINE 16 /* bytes */

void dev_damage(struct dev_show *d, int err, const struct error *why)
{
	if (err < 0 && !d->damage.code)
		error_set(&d->damage, err, "%s", error_text(why));
}

/* ---- device dumps ---- */

static const struct dump_note *find_dump(struct dev_show *d, uint64_t index)
{
	const struct dump_note *notes;
	const size_t count = dumpfile_notes(kernel_dump(d->c->kernel), &notes);

	for (size_t i = 0; i < count; i++)
		if (notes[i].type == NT_VMCOREDD && notes[i].size >= DUMP_NAME_SIZE && index-- == 0)
			return &notes[i];
	return NULL;
}

static void dump_name(const struct dump_note *note, char ret[DUMP_NAME_SIZE + 1])
{
	memcpy(ret, note->desc, DUMP_NAME_SIZE);
	ret[DUMP_NAME_SIZE] = '\0';
}

int dev_dumps(struct dev_show *d, struct error *e)
{
	const struct dump_note *note;
	char name[DUMP_NAME_SIZE + 1];

	if (!d->json && !find_dump(d, 0))
		return error_set(e, -ENOENT, "no device dumps found in this dumpfile");
	if (d->json) {
		json_name(d->json, "dumps");
		json_array(d->json);
	} else {
		fputs("INDEX  OFFSET             SIZE             NAME\n", d->c->out);
	}
	for (uint64_t i = 0; (note = find_dump(d, i)); i++) {
		dump_name(note, name);
		if (!d->json) {
			fprintf(d->c->out, "  %-4" PRIu64 " 0x%-16" PRIx64 " %-16zu %s\n", i,
				note->offset + DUMP_NAME_SIZE, note->size - DUMP_NAME_SIZE, name);
			continue;
		}
		json_object(d->json);
		json_name(d->json, "index");
		json_uint(d->json, i);
		json_name(d->json, "offset");
		json_hex(d->json, note->offset + DUMP_NAME_SIZE);
		json_name(d->json, "size_bytes");
		json_uint(d->json, note->size - DUMP_NAME_SIZE);
		json_name(d->json, "name");
		json_string(d->json, name);
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

int dev_dump(struct dev_show *d, uint64_t index, const char *file, struct error *e)
{
	const struct dump_note *note = find_dump(d, index);
	char name[DUMP_NAME_SIZE + 1];
	const uint8_t *bytes;
	size_t size, written;
	FILE *f;

	if (!find_dump(d, 0))
		return error_set(e, -ENOENT, "no device dumps found in this dumpfile");
	if (!note)
		return error_set(e, -EINVAL, "there is no device dump %" PRIu64, index);
	bytes = (const uint8_t *)note->desc + DUMP_NAME_SIZE;
	size = note->size - DUMP_NAME_SIZE;
	dump_name(note, name);
	fprintf(d->c->out, "DEVICE: %s\n", name);
	if (!file) {
		print_bytes(d->c->out, note->offset + DUMP_NAME_SIZE, bytes, size);
		return 0;
	}
	f = fopen(file, "wxe");
	if (!f)
		return error_errno(e, -errno, "%s", file);
	written = fwrite(bytes, 1, size, f);
	if (fclose(f) != 0 || written != size)
		return error_errno(e, -EIO, "%s", file);
	fprintf(d->c->out, "%zu bytes copied from 0x%" PRIx64 " to %s\n", size,
		note->offset + DUMP_NAME_SIZE, file);
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
	json_name(&j, "damage");
	json_string(&j, d->damage.code ? error_text(&d->damage) : NULL);
	ended = inspect_json_end(d->c, &j, e);
	return err < 0 ? err : ended;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct dev_show d = { .c = c };
	uint64_t index = 0;
	int opt, what = 0, err;

	optind = 0;
	opterr = 0;
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
