/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/order.h"

#include <stdlib.h>

#include "../dumpfile/mkdump.h"
#include "../test.h"

#define PAGES 1000

/* Kept pages and worth from a seed; each kept page comes once, with its own index, those that are worth most first. */
static void check_order(unsigned seed, uint64_t first, uint64_t end, uint64_t most)
{
	_cleanup_bitmap_ struct bitmap kept = { 0 }, seen = { 0 };
	struct page_run worth[20];
	size_t count = 0;
	struct order_plan plan;
	struct order order, copy;
	struct order_span span, again;
	bool rest = false;
	uint64_t pages = 0, last_rank = 0;

	assert_int_equal(bitmap_init(&kept, PAGES), 0);
	assert_int_equal(bitmap_init(&seen, PAGES), 0);
	srand(seed);
	for (uint64_t i = 0; i < PAGES; i++)
		if (rand() % 4 != 0)
			bitmap_set(&kept, i);
	for (uint64_t at = (uint64_t)rand() % 50; count < 20 && at < PAGES; count++) {
		worth[count] = (struct page_run){ .pfn = at,
						  .pages = 1 + (uint64_t)rand() % 30,
						  .rank = (uint64_t)rand() };
		at += worth[count].pages + 1 + (uint64_t)rand() % 60;
	}
	count = seed % 3 ? count : 0;
	plan = (struct order_plan){ .kept = &kept,
				    .first_pfn = first,
				    .end_pfn = end,
				    .worth = worth,
				    .worth_count = count };
	assert_int_equal(order_plan_init(&plan), 0);
	order = copy = order_begin(&plan);
	while (order_next(&order, most, &span)) {
		assert_true(order_next(&copy, most, &again));
		assert_memory_equal(&span, &again, sizeof(span));
		assert_in_range(span.pages, 1, most);
		assert_int_equal(span.index, bitmap_count(&kept, first, span.pfn - first));
		for (uint64_t pfn = span.pfn; pfn < span.pfn + span.pages; pfn++) {
			bool is_worth = false;

			for (size_t i = 0; i < count; i++) {
				if (pfn - worth[i].pfn >= worth[i].pages)
					continue;
				is_worth = true;
				assert_true(worth[i].rank >= last_rank);
				last_rank = worth[i].rank;
			}
			assert_in_range(pfn, first, end - 1);
			assert_true(bitmap_get(&kept, pfn));
			assert_false(bitmap_get(&seen, pfn));
			bitmap_set(&seen, pfn);
			rest |= !is_worth;
			assert_false(rest && is_worth);
			pages++;
		}
	}
	assert_int_equal(pages, bitmap_count(&kept, first, end - first));
	order_plan_done(&plan);
}

static void test_order(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 200; seed++) {
		check_order(seed, 0, PAGES, PAGES);
		check_order(seed, 0, PAGES, 3);
		check_order(seed, 100 + seed, 700 + seed, 64);
		check_order(seed, seed, seed + 1, 1);
	}
}

static void test_touched(void **state)
{
	struct mkdump *made = mkdump("kdump\npages 10 5 text\npages 40 1 text\nmax-pfn 100\n");
	struct dumpfile *d;
	struct dump_reader *reader;
	struct touched *t;
	struct page_run *runs;
	size_t count;
	char buf[4 * 4096];

	(void)state;
	assert_int_equal(dumpfile_open_fd(made->fd, "made", &d, NULL), 0);
	assert_int_equal(dump_reader_new(d, &reader), 0);
	assert_int_equal(touched_new(5, &t), 0);
	assert_int_equal(dump_read(reader, UINT64_C(14) * 4096, buf, 1, NULL), 0);
	dumpfile_watch(d, t);
	assert_int_equal(dump_read(reader, UINT64_C(40) * 4096 + 8, buf, 8, NULL), 0);
	assert_int_equal(dump_read(reader, UINT64_C(10) * 4096 + 4000, buf, 2 * 4096, NULL), 0);
	assert_int_equal(dump_read(reader, UINT64_C(11) * 4096, buf, 1, NULL), 0);
	assert_true(dump_read(reader, UINT64_C(50) * 4096, buf, 1, NULL) < 0);
	dumpfile_watch(d, NULL);
	assert_int_equal(dump_read(reader, UINT64_C(13) * 4096, buf, 1, NULL), 0);
	assert_int_equal(touched_runs(t, &runs, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(runs[0].pfn, 10);
	assert_int_equal(runs[0].pages, 3);
	assert_int_equal(runs[1].pfn, 40);
	assert_int_equal(runs[1].pages, 1);
	free(runs);

	/* More than there is room for. */
	touched_add(t, 1000, 1000);
	assert_int_equal(touched_runs(t, &runs, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(runs[2].pages, 1);
	assert_int_equal(runs[2].rank, 4);
	free(runs);
	touched_free(t);
	dump_reader_free(reader);
	dumpfile_close(d);
	mkdump_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
