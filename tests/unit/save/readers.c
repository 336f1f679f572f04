/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/readers.h"

#include <stdlib.h>

#include "dumpfile/touched.h"
#include "machine.h"

#define PAGES_MAX 4096

static bool is_touched(const struct page_run *runs, size_t count, uint64_t paddr)
{
	for (size_t i = 0; i < count; i++)
		if (paddr / 4096 >= runs[i].pfn && paddr / 4096 < runs[i].pfn + runs[i].pages)
			return true;
	return false;
}

/* The tables of the image, though nobody asked for what they map, and what vmcoreinfo names; not the rest. */
static void test_need(void **state)
{
	_cleanup_(touched_freep) struct touched *t = NULL;
	struct page_run *runs = NULL;
	struct machine m;
	size_t count = 0;

	machine_init(&m);
	fake_map(&m.fake, FAKE_IMAGE + MIB(32), FAKE_PADDR, 12);
	fake_info(&m.fake, "SYMBOL(far)=%llx\nSYMBOL(torn",
		  (unsigned long long)(FAKE_IMAGE + MIB(4)));
	machine_open(&m);
	assert_int_equal(touched_new(PAGES_MAX, &t), 0);
	dumpfile_watch(m.dump, t);
	readers_need(m.kernel);
	dumpfile_watch(m.dump, NULL);
	assert_int_equal(touched_runs(t, &runs, &count), 0);
	assert_true(is_touched(runs, count, FAKE_TABLES));
	assert_true(is_touched(runs, count, m.fake.next_table));
	assert_true(is_touched(runs, count, FAKE_PADDR + MIB(4)));
	assert_false(is_touched(runs, count, FAKE_PADDR + MIB(5)));
	free(runs);
	machine_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_need) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
