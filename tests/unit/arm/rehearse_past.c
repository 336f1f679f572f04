/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/past.h"

#include <errno.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"
#include "arm/rehearse/search.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_rehearsal(void **state)
{
	char release[] = "6.1", target[] = "ext4 on /dev/vda", words[1200];
	struct rehearsal r = { .passed = true,
			       .when = 1000000,
			       .release = release,
			       .target = target,
			       .image = { ABC },
			       .crashkernel = MIB(128) };
	struct past p;

	assert_int_equal(past_read(*state, &p, NULL), -ENOENT);
	assert_int_equal(past_write(*state, &r, NULL), 0);
	assert_int_equal(past_read(*state, &p, NULL), 0);
	assert_true(p.passed);
	assert_int_equal(p.crashkernel, MIB(128));
	past_words(&p, ABC, 1000000 + 3 * 86400 + 5, words, sizeof(words));
	assert_string_equal(words, "rehearsed 3 days ago with this image: it worked");
	past_words(&p, "00", 1000000 + 3600, words, sizeof(words));
	assert_string_equal(words, "rehearsed 1 hour ago with another image than this: it worked");
	past_words(&p, NULL, 0, words, sizeof(words));
	assert_string_equal(words, "rehearsed just now with kernel 6.1: it worked");
	r.passed = false;
	strcpy(r.reason, "no room");
	assert_int_equal(past_write(*state, &r, NULL), 0);
	assert_int_equal(past_read(*state, &p, NULL), 0);
	past_words(&p, ABC, 1000000, words, sizeof(words));
	assert_string_equal(words, "rehearsed just now with this image: it failed: no room");
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"schema\": 1}",
		"{\"schema\": \"lastword.rehearsal/2\"}",
		"{\"schema\": \"lastword.estimate.past/1\", \"minimum_bytes\": -5}",
		"{\"schema\": \"lastword.estimate.past/1\", \"minimum_bytes\": 9e18}",
	};
	struct past_estimate e;
	struct past p;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		made_file(*state, PAST_REHEARSAL, texts[i]);
		made_file(*state, PAST_ESTIMATE, texts[i]);
		assert_int_equal(past_read(*state, &p, NULL), -EBADMSG);
		assert_int_equal(past_estimate_read(*state, &e, NULL), -EBADMSG);
	}
}

static void test_estimate(void **state)
{
	struct past_estimate e = { .kernel = { ABC },
				   .minimum = MIB(76),
				   .too_small = MIB(72),
				   .memory = GIB(1),
				   .packed = MIB(3),
				   .unpacked = MIB(7),
				   .cpus = 1 },
			     back;
	struct capture_sizes s = { .packed = MIB(3), .unpacked = MIB(7), .cpus = 1 };
	struct digest kernel = { ABC }, other = { "00" };

	assert_int_equal(past_estimate_write(*state, &e, NULL), 0);
	assert_int_equal(past_estimate_read(*state, &back, NULL), 0);
	assert_int_equal(past_estimate_minimum(&back, &kernel, &s, GIB(1)), MIB(76));
	assert_int_equal(past_estimate_minimum(&back, &other, &s, GIB(1)), 0);
	assert_int_equal(past_estimate_minimum(&back, &kernel, &s, GIB(65)), MIB(80));
	s = (struct capture_sizes){ .packed = MIB(5), .unpacked = MIB(10), .cpus = 2 };
	assert_int_equal(past_estimate_minimum(&back, &kernel, &s, MIB(512)), MIB(76 + 2 + 3 + 4));
}

static void test_needed(void **state)
{
	struct past_estimate e = { .kernel = { ABC }, .minimum = MIB(76), .memory = GIB(1) };
	struct record_item item = { .digest = { ABC }, .name = (char *)RECORD_KERNEL_IMAGE };
	const struct record rec = { .items = &item, .count = 1 };
	const struct reservation r = { .kernel_image = MIB(50), .ram = GIB(1) };
	const struct capture_sizes s = { .init_size = MIB(40) };
	uint64_t formula = reservation_needed(&r, &s);

	assert_int_equal(past_needed(*state, &rec, &r, &s), formula);
	assert_int_equal(past_estimate_write(*state, &e, NULL), 0);
	assert_int_equal(past_needed(*state, &rec, &r, &s), MIB(76));
	item.digest.hex[0] = '0';
	assert_int_equal(past_needed(*state, &rec, &r, &s), formula);
}

struct machine {
	uint64_t needs;
	unsigned boots;
};

static int boot(void *user, uint64_t size, bool *ret, char why[SEARCH_WHY], struct error *e)
{
	struct machine *m = user;

	assert_int_equal(size % SEARCH_STEP, 0);
	assert_true(++m->boots < 20);
	*ret = size >= m->needs;
	strcpy(why, "too small");
	return 0;
}

static void test_search(void **state)
{
	for (uint64_t needs = MIB(30); needs < MIB(170); needs += MIB(1)) {
		struct machine m = { .needs = needs };
		struct search s;

		assert_int_equal(search_smallest(MIB(86), boot, &m, &s, NULL), 0);
		assert_int_equal(s.enough, align_up(needs, SEARCH_STEP));
		assert_int_equal(s.too_small, s.enough - SEARCH_STEP);
	}
}

static void test_search_few_boots(void **state)
{
	struct machine m = { .needs = MIB(74) };
	struct search s;

	assert_int_equal(search_smallest(MIB(86), boot, &m, &s, NULL), 0);
	assert_int_equal(m.boots, 2);
}

static void test_search_ends(void **state)
{
	struct machine never = { .needs = GIB(1) }, always = { 0 };
	struct error e = { 0 };
	struct search s;

	assert_int_equal(search_smallest(MIB(86), boot, &never, &s, &e), -ENODATA);
	assert_non_null(strstr(e.text, "too small"));
	assert_int_equal(search_smallest(MIB(86), boot, &always, &s, &e), 0);
	assert_int_equal(s.too_small, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rehearsal, made_root_setup,
						made_root_teardown),
		cmocka_unit_test_setup_teardown(test_damaged, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_estimate, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_needed, made_root_setup, made_root_teardown),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_few_boots),
		cmocka_unit_test(test_search_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
