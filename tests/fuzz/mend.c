/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A damaged dump repaired, in place and to another file, and resumed from a source: what is said to be done is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/dumpfile/mkdump.h"
#include "base/io.h"
#include "dump.h"
#include "dumpfile/kdump_repair.h"
#include "save/resume.h"

#define PAGES "pages 1 3 text\npages 5 2 text\npages 64 1 zero\n"
#define PAGE 4096
#define PFN_MAX 65536

static int put(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || pwrite_all(fd, data, size, 0) < 0)
		abort();
	return fd;
}

/* As many pages as were said to be whole can be read. */
static void count(int fd, const struct kdump_repaired *done)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(dump_reader_freep) struct dump_reader *r = NULL;
	uint8_t page[PAGE];
	uint64_t whole = 0;
	struct error e;

	if (dumpfile_open_fd(fd, "fuzz", &d, &e) < 0 || dump_reader_new(d, &r) < 0)
		abort();
	if (dumpfile_info(d)->page_size != PAGE)
		return;
	for (uint64_t pfn = 0; pfn < MIN(dumpfile_info(d)->max_pfn, PFN_MAX); pfn++)
		if (dumpfile_page_state(d, pfn) == PAGE_PRESENT)
			whole += dump_read(r, pfn * PAGE, page, PAGE, NULL) == 0;
	if (dumpfile_info(d)->max_pfn <= PFN_MAX && whole != done->whole_pages)
		abort();
}

static void repair(const uint8_t *data, size_t size, bool in_place)
{
	_cleanup_partial_ struct partial p = { 0 };
	_cleanup_close_ int fd = put(data, size);
	_cleanup_close_ int made = memfd_create("made", MFD_CLOEXEC);
	_cleanup_sink_ struct sink *s = NULL;
	struct kdump_repaired done;
	struct error e = { 0 };
	int r = -EINVAL;

	if (partial_open(fd, "fuzz", &p, &e) < 0)
		return;
	if (in_place) {
		if (partial_write(&p, fd, &e) == 0)
			r = kdump_repair_in_place(&p, NULL, &done, &e);
		if (r == 0 && p.flattened)
			return;
	} else if (sink_fd_new(dup(made), "made", &s, &e) == 0) {
		r = kdump_repair(&p, s, NULL, &done, &e);
	}
	if (r == 0)
		count(in_place ? fd : made, &done);
}

/* What is whole now has all pages of the source. */
static void compare(struct dumpfile *source, int fd)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(dump_reader_freep) struct dump_reader *a = NULL, *b = NULL;
	uint8_t page[PAGE], wanted[PAGE];
	struct error e;

	if (dumpfile_open_fd(fd, "fuzz", &d, &e) < 0 || dump_reader_new(source, &a) < 0 ||
	    dump_reader_new(d, &b) < 0)
		abort();
	for (uint64_t pfn = 0; pfn < dumpfile_info(source)->max_pfn; pfn++)
		if (dumpfile_page_state(d, pfn) == PAGE_PRESENT &&
		    dump_read(a, pfn * PAGE, wanted, PAGE, NULL) == 0 &&
		    (dump_read(b, pfn * PAGE, page, PAGE, NULL) < 0 ||
		     memcmp(page, wanted, PAGE) != 0))
			abort();
}

/* What is refused stays as it is: there may be another crash in it. */
static void expect_untouched(int fd, const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *now = malloc(size + 1);

	if (!now || lseek(fd, 0, SEEK_END) != (off_t)size || pread_exactly(fd, now, size, 0) < 0 ||
	    memcmp(now, data, size) != 0)
		abort();
}

static void resume(const uint8_t *data, size_t size)
{
	static struct mkdump *made;
	static struct dumpfile *source;
	const struct resume_options o = {
		.save = { .level = 1, .codec = CODEC_LZO, .threads = 1 },
	};
	_cleanup_close_ int fd = put(data, size);
	struct resume_result res;
	struct error e = { 0 };

	if (!made)
		made = mkdump("elf\n" PAGES);
	if (!source && dumpfile_open_fd(made->fd, "source", &source, &e) < 0)
		abort();
	if (resume_dump(source, NULL, &o, fd, "fuzz", &res, &e) == 0)
		compare(source, fd);
	else
		expect_untouched(fd, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	repair(data, size, false);
	repair(data, size, true);
	resume(data, size);
	return 0;
}
