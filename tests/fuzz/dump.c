/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "dumpfile/dumpfile.h"

/* What is lent must be there to the last byte. */
static volatile uint8_t sum;

static void read_notes(const struct dumpfile *d)
{
	const struct dump_note *n;
	size_t count = dumpfile_notes(d, &n);

	for (size_t i = 0; i < count; i++) {
		uint8_t last;

		if (n[i].rest &&
		    dumpfile_note_read(d, &n[i], n[i].size + n[i].rest - 1, &last, 1, NULL) == 0)
			sum += last;
		for (size_t k = 0; k < n[i].size; k++)
			sum += ((const uint8_t *)n[i].desc)[k];
	}
}

static void read_page(struct dump_reader *r, uint64_t paddr, uint8_t *page, size_t size)
{
	struct error e = { 0 };
	const uint8_t *lent;
	size_t n;

	if (dump_read(r, paddr, page, size, &e) == 0)
		sum += page[0];
	if (dump_borrow(r, paddr, 4 * size, (const void **)&lent, &n, NULL) == 0)
		sum += lent[0] + lent[n - 1];
	if (dump_read(r, paddr + size - 3, page, 7, &e) == 0)
		sum += page[0];
}

static void read_dump(struct dumpfile *d)
{
	const struct dump_info *info = dumpfile_info(d);
	uint64_t counts[PAGE_STATES];
	const struct dump_range *ranges;
	size_t n = dumpfile_ranges(d, &ranges);
	struct dump_reader *r;
	uint8_t *page;

	dumpfile_count(d, counts);
	read_notes(d);
	if (dump_reader_new(d, &r) < 0)
		return;
	page = malloc(info->page_size);
	for (uint64_t pfn = 0; pfn < 70; pfn += pfn < 8 ? 1 : 8)
		read_page(r, pfn * info->page_size, page, info->page_size);
	for (size_t i = 0; i < n && i < 20; i++) {
		read_page(r, ranges[i].paddr, page, info->page_size);
		read_page(r, ranges[i].paddr + ranges[i].size - info->page_size, page,
			  info->page_size);
	}
	free(page);
	dump_reader_free(r);
}

void fuzz_dump(const void *head, size_t head_size, const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct dumpfile *d;
	struct error e;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 || pwrite_all(fd, head, head_size, 0) < 0 ||
	    pwrite_all(fd, data, size, head_size) < 0)
		abort();
	if (dumpfile_open_fd(fd, "fuzz", &d, &e) < 0)
		return;
	read_dump(d);
	dumpfile_close(d);
}
