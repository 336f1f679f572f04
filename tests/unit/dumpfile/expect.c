/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"

static const struct {
	enum page_state state;
	int error;
} kinds[] = {
	[MK_ABSENT] = { PAGE_ABSENT, -ENXIO },
	[MK_TEXT] = { PAGE_PRESENT, 0 },
	[MK_NOISE] = { PAGE_PRESENT, 0 },
	[MK_ZERO] = { PAGE_PRESENT, 0 },
	[MK_EXCLUDED] = { PAGE_EXCLUDED, -ENODATA },
	[MK_LOST] = { PAGE_LOST, -EIO },
};

struct dumpfile *expect_open(const struct mkdump *m)
{
	struct error e = { 0 };
	struct dumpfile *d = NULL;

	if (dumpfile_open_fd(m->fd, "made", &d, &e) < 0)
		fail_msg("%s", error_text(&e));
	return d;
}

/* Every page lent from its start for as much as one gets. */
static void expect_lent(const struct mkdump *m, struct dump_reader *r, uint8_t *page)
{
	for (uint64_t pfn = 0; pfn < m->max_pfn;) {
		size_t size = m->page_size, n, want = (m->max_pfn - pfn) * size;
		const void *p;

		if (dump_borrow(r, pfn * size, want, &p, &n, NULL) < 0) {
			assert_int_not_equal(kinds[m->kinds[pfn]].error, 0);
			pfn++;
			continue;
		}
		assert_true(n >= size && n <= want && n % size == 0);
		for (size_t at = 0; at < n; at += size, pfn++) {
			mkdump_page(pfn, m->kinds[pfn], page, size);
			assert_memory_equal((const uint8_t *)p + at, page, size);
		}
	}
}

/* Bytes across a page's end, and the words of a failure. */
static void expect_pieces(const struct mkdump *m, struct dump_reader *r, uint64_t pfn,
			  uint8_t *page)
{
	size_t size = m->page_size;
	struct error e = { 0 };
	uint8_t piece[20];
	int got = dump_read(r, pfn * size + 10, piece, sizeof(piece), &e);

	assert_int_equal(got, kinds[m->kinds[pfn]].error);
	if (got < 0) {
		assert_int_equal(e.code, got);
		assert_non_null(strstr(error_text(&e), "made: page 0"));
		return;
	}
	mkdump_page(pfn, m->kinds[pfn], page, size);
	assert_memory_equal(piece, page + 10, sizeof(piece));
	if (pfn + 1 == m->max_pfn || kinds[m->kinds[pfn + 1]].error) {
		assert_true(dump_read(r, (pfn + 1) * size - 10, piece, 20, NULL) < 0);
		return;
	}
	assert_int_equal(dump_read(r, (pfn + 1) * size - 10, piece, 20, NULL), 0);
	assert_memory_equal(piece, page + size - 10, 10);
	mkdump_page(pfn + 1, m->kinds[pfn + 1], page, size);
	assert_memory_equal(piece + 10, page, 10);
}

static void expect_states(const struct mkdump *m, const struct dumpfile *d)
{
	uint64_t counts[PAGE_STATES], wanted[PAGE_STATES] = { 0 }, end;

	for (uint64_t pfn = 0; pfn < m->max_pfn; pfn++) {
		enum page_state s = kinds[m->kinds[pfn]].state;

		wanted[s]++;
		assert_int_equal(dumpfile_page_run(d, pfn, &end), s);
		assert_true(end > pfn);
		for (uint64_t i = pfn; i < end && i < m->max_pfn; i++)
			assert_int_equal(kinds[m->kinds[i]].state, s);
	}
	assert_int_equal(dumpfile_page_state(d, m->max_pfn), PAGE_ABSENT);
	assert_int_equal(dumpfile_page_state(d, UINT64_MAX), PAGE_ABSENT);
	dumpfile_count(d, counts);
	assert_memory_equal(counts, wanted, sizeof(counts));
}

static void expect_ranges(const struct mkdump *m, const struct dumpfile *d)
{
	uint8_t *known = calloc(m->max_pfn, 1);
	const struct dump_range *r;
	size_t n = dumpfile_ranges(d, &r);

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(r[i].paddr % m->page_size, 0);
		assert_int_equal(r[i].size % m->page_size, 0);
		assert_true(!i || r[i - 1].paddr + r[i - 1].size <= r[i].paddr);
		for (uint64_t at = 0; at < r[i].size; at += m->page_size)
			known[(r[i].paddr + at) / m->page_size] = 1;
	}
	for (uint64_t pfn = 0; pfn < m->max_pfn; pfn++)
		assert_int_equal(known[pfn], m->kinds[pfn] != MK_ABSENT);
	free(known);
}

void expect_whole(const struct mkdump *m)
{
	struct dumpfile *d = expect_open(m);
	uint8_t *page = malloc(m->page_size);
	struct dump_reader *r;

	assert_int_equal(dumpfile_info(d)->page_size, m->page_size);
	assert_int_equal(dumpfile_info(d)->max_pfn, m->max_pfn);
	assert_int_equal(dump_reader_new(d, &r), 0);
	expect_states(m, d);
	expect_ranges(m, d);
	expect_lent(m, r, page);
	for (uint64_t pfn = 0; pfn < m->max_pfn; pfn++)
		expect_pieces(m, r, pfn, page);
	dump_reader_free(r);
	dumpfile_close(d);
	free(page);
}

/* Pages of m that could be read, each of which must be right. */
static long read_sane(const struct mkdump *m, struct dumpfile *d)
{
	uint8_t *page = malloc(m->page_size), *wanted = malloc(m->page_size);
	struct dump_reader *r;
	long n = 0;

	assert_int_equal(dump_reader_new(d, &r), 0);
	for (uint64_t pfn = 0; pfn < m->max_pfn; pfn++) {
		enum page_state s = dumpfile_page_state(d, pfn);
		int got = dump_read(r, pfn * m->page_size, page, m->page_size, NULL);

		assert_true((got == 0) <= (s == PAGE_PRESENT));
		if (s == PAGE_LOST)
			assert_int_equal(got, -EIO);
		assert_false(s == PAGE_EXCLUDED && m->kinds[pfn] != MK_EXCLUDED);
		assert_false(s == PAGE_PRESENT && kinds[m->kinds[pfn]].error);
		if (got < 0)
			continue;
		mkdump_page(pfn, m->kinds[pfn], wanted, m->page_size);
		assert_memory_equal(page, wanted, m->page_size);
		n++;
	}
	dump_reader_free(r);
	free(page);
	free(wanted);
	return n;
}

long expect_sane(const struct mkdump *m)
{
	struct error e = { 0 };
	struct dumpfile *d = NULL;
	long n;

	if (dumpfile_open_fd(m->fd, "made", &d, &e) < 0) {
		assert_null(d);
		assert_non_null(strstr(error_text(&e), "made: "));
		return -1;
	}
	n = read_sane(m, d);
	dumpfile_close(d);
	return n;
}
