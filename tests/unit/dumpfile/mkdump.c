/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mkdump.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/macro.h"
#include "mkdump_impl.h"

static const char *const kind_names[] = {
	[MK_ABSENT] = "absent", [MK_TEXT] = "text",	    [MK_NOISE] = "noise",
	[MK_ZERO] = "zero",	[MK_EXCLUDED] = "excluded", [MK_LOST] = "lost",
};

uint8_t *image_at(struct image *im, size_t offset, size_t len)
{
	size_t end = offset + len;

	if (end > im->allocated) {
		size_t n = MAX(end, im->allocated * 2);

		im->data = realloc(im->data, n);
		if (!im->data)
			err(1, "mkdump");
		memset(im->data + im->allocated, 0, n - im->allocated);
		im->allocated = n;
	}
	im->size = MAX(im->size, end);
	return im->data + offset;
}

void put(const struct description *d, uint8_t *at, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		at[d->big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

static size_t put_note(const struct description *d, struct image *im, size_t offset,
		       const char *name, uint32_t type, const void *desc, size_t size)
{
	size_t name_size = strlen(name) + 1, padded = align_up(name_size, 4);
	size_t total = 12 + padded + align_up(size, 4);
	uint8_t *p = image_at(im, offset, total);

	put(d, p, 4, name_size);
	put(d, p + 4, 4, size);
	put(d, p + 8, 4, type);
	memcpy(p + 12, name, name_size);
	memcpy(p + 12 + padded, desc, size);
	return total;
}

#define DEVICE_NAME 44

static size_t put_device_dump(const struct description *d, struct image *im, size_t offset)
{
	uint8_t *desc = calloc(1, DEVICE_NAME + d->device_size);
	size_t n;

	memcpy(desc, d->device, MIN(strlen(d->device), (size_t)DEVICE_NAME));
	for (size_t i = 0; i < d->device_size; i++)
		desc[DEVICE_NAME + i] = (uint8_t)(i * 7);
	n = put_note(d, im, offset, "LINUX", 0x700, desc, DEVICE_NAME + d->device_size);
	free(desc);
	return n;
}

size_t put_notes(const struct description *d, struct image *im, size_t offset)
{
	uint8_t registers[336] = { 0 };
	char text[128];
	size_t n = 0;

	if (d->device[0])
		n = put_device_dump(d, im, offset);
	snprintf(text, sizeof(text), "OSRELEASE=6.1.0-test\nPAGESIZE=%u\nCRASHTIME=1700000000\n",
		 d->out->page_size);
	n += put_note(d, im, offset + n, "CORE", 1, registers, sizeof(registers));
	return n + put_note(d, im, offset + n, "VMCOREINFO", 0, text, strlen(text));
}

void mkdump_page(uint64_t pfn, enum mkdump_kind kind, void *page, size_t size)
{
	uint32_t x = (uint32_t)pfn * 2654435761u + 1;
	uint8_t *p = page;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525 + 1013904223;
		if (kind == MK_NOISE || (kind == MK_TEXT && i % 64 < 4))
			p[i] = (uint8_t)(x >> 24);
		else
			p[i] = kind == MK_TEXT ? (uint8_t)('a' + i % 16) : 0;
	}
}

static void set_pages(struct description *d, uint64_t first, uint64_t n, const char *kind)
{
	for (unsigned k = 0; k < ARRAY_SIZE(kind_names); k++) {
		if (strcmp(kind_names[k], kind) != 0)
			continue;
		if (first + n > MKDUMP_PAGES)
			errx(1, "mkdump: too many pages");
		memset(d->out->kinds + first, (int)k, n);
		d->out->max_pfn = MAX(d->out->max_pfn, first + n);
		return;
	}
	errx(1, "mkdump: no kind '%s'", kind);
}

static void set_number(struct description *d, const char *word, uint64_t v)
{
	const struct {
		const char *name;
		unsigned *field;
	} fields[] = {
		{ "page-size", &d->out->page_size },
		{ "word", &d->word },
		{ "align", &d->align },
		{ "cut", &d->cut },
		{ "version", &d->version },
		{ "bitmaps", &d->bitmaps },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, word) == 0) {
			*fields[i].field = (unsigned)v;
			return;
		}
	}
	errx(1, "mkdump: no statement '%s'", word);
}

static void set_flag(struct description *d, const char *word)
{
	const struct {
		const char *name;
		bool *field;
	} fields[] = {
		{ "elf", &d->elf },	  { "big-endian", &d->big_endian },
		{ "xnum", &d->xnum },	  { "incomplete", &d->incomplete },
		{ "no-end", &d->no_end }, { "unaligned", &d->unaligned },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, word) == 0) {
			*fields[i].field = true;
			return;
		}
	}
	if (strcmp(word, "kdump") != 0)
		errx(1, "mkdump: no statement '%s'", word);
}

static void parse_line(struct description *d, const char *line)
{
	char word[32], text[65], kind[16];
	unsigned long long a, b, c;

	if (sscanf(line, " %31s", word) != 1)
		return;
	if (sscanf(line, " pages %lli %lli %15s", &a, &b, kind) == 3)
		set_pages(d, a, b, kind);
	else if (sscanf(line, " poke %lli %lli %lli", &a, &b, &c) == 3 &&
		 d->n_pokes < ARRAY_SIZE(d->pokes))
		memcpy(&d->pokes[d->n_pokes++], (uint64_t[]){ a, b, c }, sizeof(d->pokes[0]));
	else if (sscanf(line, " split %lli %lli", &a, &b) == 2)
		memcpy(d->split, (uint64_t[]){ a, b }, sizeof(d->split));
	else if (sscanf(line, " overlap %lli %lli", &a, &b) == 2)
		memcpy(d->overlap, (uint64_t[]){ a, b }, sizeof(d->overlap));
	else if (sscanf(line, " codec %15s", text) == 1)
		snprintf(d->codec, sizeof(d->codec), "%s", text);
	else if (sscanf(line, " device-dump %64s %zu", text, &d->device_size) == 2)
		snprintf(d->device, sizeof(d->device), "%s", text);
	else if (sscanf(line, " machine %64s", text) == 1)
		snprintf(d->machine, sizeof(d->machine), "%s", text);
	else if (sscanf(line, " max-pfn %lli", &a) == 1)
		d->out->max_pfn = a;
	else if (sscanf(line, " flatten %lli", &a) == 1)
		d->flatten = a;
	else if (sscanf(line, " cut-to %lli", &a) == 1)
		d->cut_to = a;
	else if (sscanf(line, " %31s %lli", word, &a) == 2)
		set_number(d, word, a);
	else
		set_flag(d, word);
}

static void record(struct image *out, const uint8_t *data, uint64_t offset, uint64_t size)
{
	uint8_t *p = image_at(out, out->size, 16 + size);

	be64_put(p, offset);
	be64_put(p + 8, size);
	memcpy(p + 16, data, size);
}

static void flatten(const struct description *d, struct image *im)
{
	size_t chunk = d->flatten, n = DIV_ROUND_UP(im->size, chunk);
	uint8_t *header, *wrong = malloc(chunk + 100);
	struct image out = { 0 };

	header = image_at(&out, 0, 4096);
	memcpy(header, "makedumpfile", 12);
	be64_put(header + 16, 1);
	be64_put(header + 24, 1);
	memset(wrong, 0xee, chunk + 100);
	record(&out, wrong, 0, MIN(chunk + 100, im->size));
	for (size_t i = n; i-- > 0;)
		record(&out, im->data + i * chunk, i * chunk, MIN(chunk, im->size - i * chunk));
	/* Twice, and in the middle of what is there. */
	if (im->size > 200)
		record(&out, im->data + 100, 100, 50);
	if (!d->no_end)
		memset(image_at(&out, out.size, 16), 0xff, 16);
	free(wrong);
	free(im->data);
	*im = out;
}

static int to_memfd(const struct image *im)
{
	int fd = memfd_create("mkdump", MFD_CLOEXEC);

	if (fd < 0 || write(fd, im->data, im->size) != (ssize_t)im->size)
		err(1, "mkdump");
	return fd;
}

struct mkdump *mkdump(const char *description)
{
	struct mkdump *m = calloc(1, sizeof(*m));
	struct description d = {
		.out = m,
		.word = 8,
		.align = 8,
		.version = 6,
		.bitmaps = 2,
		.codec = "none",
	};
	struct image im = { 0 };
	char *text, *rest;

	if (!m)
		err(1, "mkdump");
	m->page_size = 4096;
	text = strdup(description);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		parse_line(&d, line);
	free(text);
	if (d.elf)
		make_elf(&d, &im);
	else
		make_kdump(&d, &im);
	if (d.flatten)
		flatten(&d, &im);
	for (unsigned i = 0; i < d.n_pokes; i++)
		memcpy(image_at(&im, d.pokes[i].offset, d.pokes[i].size), &d.pokes[i].value,
		       MIN(d.pokes[i].size, sizeof(uint64_t)));
	if (d.cut)
		im.size = im.size * d.cut / 10;
	if (d.cut_to)
		im.size = MIN(im.size, d.cut_to);
	m->size = im.size;
	m->fd = to_memfd(&im);
	free(im.data);
	return m;
}

void mkdump_free(struct mkdump *m)
{
	close(m->fd);
	free(m);
}
