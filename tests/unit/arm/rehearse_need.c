/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"
#include "arm/rehearse/highwater.h"
#include "arm/rehearse/past.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define RELEASE "6.1.0-9"
#define DUMPS "/var/crash/127.0.0.1-2026-11-20-"

static const struct reservation machine = {
	.kernel_image = MIB(50), .ram = GIB(1), .reserved = MIB(256), .total = MIB(256)
};
static const struct capture_sizes sizes = {
	.init_size = MIB(40), .packed = MIB(3), .unpacked = MIB(7), .cpus = 1
};

static struct need need_now(const struct root *root, const struct capture_sizes *s)
{
	const struct digest kernel = { ABC };
	struct need n;

	past_need(root, &kernel, RELEASE, &machine, s, &n);
	return n;
}

static void measure(const struct root *root)
{
	const struct past_estimate e = { .kernel = { ABC },
					 .minimum = MIB(76),
					 .memory = GIB(1),
					 .packed = MIB(3),
					 .unpacked = MIB(7),
					 .cpus = 1 };

	assert_int_equal(past_estimate_write(root, &e, NULL), 0);
}

/* given, total and lowest available in MiB */
static void crash(const struct root *root, const char *dir, const char *release, const char *result,
		  unsigned given, unsigned total, unsigned lowest)
{
	char path[200], text[400];

	snprintf(path, sizeof(path), "%s/manifest.json", dir);
	snprintf(text, sizeof(text),
		 "{\"schema\": \"lastword.manifest/1\", \"result\": \"%s\", \"release\": \"%s\", "
		 "\"crash_time\": 1795132980, \"memory_kib\": {\"given\": %u, \"total\": %u, "
		 "\"lowest_available\": %u}}",
		 result, release, given << 10, total << 10, lowest << 10);
	made_file(root, path, text);
}

static void refresh(const struct root *root)
{
	struct config c = { 0 };

	assert_int_equal(config_defaults(&c), 0);
	assert_int_equal(highwater_refresh(root, &c, RELEASE, false, NULL), 0);
	config_done(&c);
}

static void test_used(void **state)
{
	/* an eighth of what is there may wait to be written, beyond the 2 MiB that it does anyhow */
	assert_int_equal(highwater_used(MIB(128), MIB(80), MIB(50)), MIB(128 - 50 - 8));
	assert_int_equal(highwater_used(MIB(40), MIB(8), MIB(4)), MIB(36));
	assert_int_equal(highwater_used(GIB(2), GIB(2), GIB(1)), GIB(1) - MIB(62));
	assert_int_equal(highwater_used(MIB(1), MIB(1), MIB(5)), 0);
}

static void test_sources(void **state)
{
	const struct root *root = *state;
	struct need n = need_now(root, &sizes);

	assert_int_equal(n.source, NEED_FORMULA);
	assert_int_equal(n.bytes, reservation_needed(&machine, &sizes));
	assert_int_equal(n.bytes, n.formula);
	measure(root);
	n = need_now(root, &sizes);
	assert_int_equal(n.source, NEED_MEASURED);
	assert_int_equal(n.bytes, MIB(76));
	assert_int_equal(n.formula, reservation_needed(&machine, &sizes));
	struct capture_sizes far = sizes;
	far.network = true;
	assert_int_equal(need_now(root, &far).bytes, MIB(76) + NEED_NETWORK);
	/* a driver that took much */
	crash(root, DUMPS "10:00:00", RELEASE, "saved", 256, 200, 80);
	refresh(root);
	n = need_now(root, &sizes);
	assert_int_equal(n.source, NEED_CRASHED);
	assert_int_equal(n.bytes, MIB(256 - 80 - 23 + 4));
	assert_non_null(strstr(n.words, "took 153 of 256 MiB (" DUMPS "10:00:00)"));
}

static void test_crashes(void **state)
{
	const struct root *root = *state;
	struct highwater h;

	refresh(root);
	assert_int_equal(highwater_read(root, RELEASE, &h), -ENOENT);
	crash(root, DUMPS "01:00:00", RELEASE, "incomplete", 256, 200, 1);
	crash(root, DUMPS "02:00:00", "5.10.0", "saved", 256, 200, 2);
	crash(root, DUMPS "03:00:00", RELEASE, "saved", 0, 200, 3);
	crash(root, DUMPS "04:00:00", RELEASE, "saved", 100, 200, 3);
	made_file(root, DUMPS "05:00:00/manifest.json", "{");
	made_dir(root, DUMPS "06:00:00");
	made_dir(root, DUMPS "07:00:00/manifest.json");
	refresh(root);
	assert_int_equal(highwater_read(root, RELEASE, &h), -ENOENT);
	crash(root, DUMPS "08:00:00", RELEASE, "saved", 128, 80, 50);
	crash(root, DUMPS "09:00:00", RELEASE, "saved", 128, 80, 30);
	crash(root, DUMPS "10:00:00", RELEASE, "saved", 128, 80, 40);
	refresh(root);
	assert_int_equal(highwater_read(root, RELEASE, &h), 0);
	assert_string_equal(h.dump, DUMPS "09:00:00");
	assert_int_equal(h.lowest_available, MIB(30));
	assert_int_equal(h.time, 1795132980);
	assert_int_equal(highwater_read(root, "6.1.0-10", &h), -ENOENT);
	/* it stays known when the dump is gone */
	assert_int_equal(unlinkat(root->fd, root_relative(DUMPS "09:00:00/manifest.json"), 0), 0);
	refresh(root);
	assert_int_equal(highwater_read(root, RELEASE, &h), 0);
	assert_string_equal(h.dump, DUMPS "09:00:00");
}

/* What was captured with it is not called too small for it. */
static void test_never_more_than_was_enough(void **state)
{
	const struct root *root = *state;
	struct need n;

	measure(root);
	crash(root, DUMPS "10:00:00", RELEASE, "saved", 96, 48, 1);
	refresh(root);
	n = need_now(root, &sizes);
	assert_int_equal(n.source, NEED_CRASHED);
	assert_int_equal(n.bytes, MIB(96 - 1 - 4 + 4));
	crash(root, DUMPS "11:00:00", RELEASE, "saved", 96, 8, 1);
	refresh(root);
	assert_int_equal(need_now(root, &sizes).bytes, MIB(96));
}

static void rehearsed(const struct root *root, unsigned given, unsigned lowest, bool changed,
		      bool passed)
{
	char release[] = RELEASE, target[] = "ext4";
	struct rehearsal r = { .passed = passed,
			       .when = 1795132980,
			       .release = release,
			       .target = target,
			       .image = { ABC },
			       .image_changed = changed,
			       .sizes = sizes,
			       .crashkernel = MIB(given) };

	r.story.memory_total = MIB(32);
	r.story.lowest_available = MIB(lowest);
	assert_int_equal(past_write(root, &r, NULL), 0);
}

static void test_rehearsal(void **state)
{
	const struct root *root = *state;
	struct capture_sizes grown = sizes;
	uint64_t formula = reservation_needed(&machine, &sizes);

	/* what passed with less than the formula is enough, but only as it would run */
	rehearsed(root, 78, 20, false, true);
	assert_int_equal(need_now(root, &sizes).bytes, MIB(78));
	assert_int_equal(need_now(root, &sizes).source, NEED_REHEARSED);
	grown.unpacked += MIB(2);
	assert_int_equal(need_now(root, &grown).bytes, MIB(80));
	rehearsed(root, 78, 20, true, true);
	assert_int_equal(need_now(root, &sizes).bytes, formula);
	rehearsed(root, 78, 20, false, false);
	assert_int_equal(need_now(root, &sizes).bytes, formula);
	/* what was in use counts in both cases */
	rehearsed(root, 200, 20, true, true);
	assert_int_equal(need_now(root, &sizes).bytes, MIB(200 - 20 - 2 + 4));
	made_file(root, PAST_REHEARSAL,
		  "{\"schema\": \"" PAST_REHEARSAL_SCHEMA
		  "\", \"passed\": true, \"release\": \"" RELEASE "\", \"reserved_bytes\": 1}");
	assert_int_equal(need_now(root, &sizes).bytes, formula);
}

static void test_hostile(void **state)
{
	static const char *const states[] = {
		"",
		"[]",
		"{\"schema\": 1}",
		"{\"schema\": \"" HIGHWATER_SCHEMA "\", \"release\": \"" RELEASE "\"}",
		"{\"schema\": \"" HIGHWATER_SCHEMA "\", \"release\": \"" RELEASE
		"\", \"given_bytes\": 9000000000000000000, \"total_bytes\": 1}",
		"{\"schema\": \"" HIGHWATER_SCHEMA "\", \"release\": \"" RELEASE
		"\", \"given_bytes\": 5, \"total_bytes\": 6}",
	};
	struct highwater h;

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		made_file(*state, HIGHWATER_PATH, states[i]);
		assert_int_equal(highwater_read(*state, RELEASE, &h), -ENOENT);
	}
	assert_int_equal(highwater_parse("\0\0", 2, RELEASE, &h), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_used),
		cmocka_unit_test_setup_teardown(test_sources, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_crashes, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_never_more_than_was_enough, made_root_setup,
						made_root_teardown),
		cmocka_unit_test_setup_teardown(test_rehearsal, made_root_setup,
						made_root_teardown),
		cmocka_unit_test_setup_teardown(test_hostile, made_root_setup, made_root_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
