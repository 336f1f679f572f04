/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/manifest_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"

/* Of "abc", FIPS 180-2. */
#define SUM_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_written_is_read(void **state)
{
	struct manifest *m = calloc(1, sizeof(*m)), *back = calloc(1, sizeof(*back));
	_cleanup_buf_ struct buf text = { 0 };
	struct manifest_file *f = manifest_file(m, 1, "vmcore");
	struct error e = { 0 };

	strcpy(m->release, "6.1.0");
	strcpy(m->codec, "lzo");
	m->level = 31;
	m->dump_saved = true;
	m->crash_time = 1795230840;
	*f = (struct manifest_file){ .name = "vmcore",
				     .target = 1,
				     .begun = true,
				     .whole = true,
				     .bytes = 7,
				     .parts_count = 2 };
	f->parts[0] = (struct sink_hash_sum){ .offset = 0, .bytes = 4, .hex = SUM_ABC };
	f->parts[1] = (struct sink_hash_sum){ .offset = 4, .bytes = 3, .hex = SUM_ABC };
	assert_ptr_equal(manifest_file(m, 1, "vmcore"), f);
	assert_ptr_not_equal(manifest_file(m, 0, "elsewhere"), f);
	assert_int_equal(manifest_write(m, 1, &text), 0);
	assert_int_equal(manifest_read(text.data, text.len, back, &e), 0);
	assert_string_equal(back->release, "6.1.0");
	assert_int_equal(back->level, 31);
	assert_true(back->dump_saved);
	assert_int_equal(back->crash_time, 1795230840);
	assert_string_equal(back->files[0].name, "vmcore");
	assert_int_equal(back->files[0].parts_count, 2);
	assert_int_equal(back->files[0].parts[1].offset, 4);
	assert_false(back->files[1].begun);
	free(m);
	free(back);
}

/* What a worker leaves that wrote over everything. */
static void test_garbage_is_written(void **state)
{
	struct manifest *m = malloc(sizeof(*m)), *back = malloc(sizeof(*back));
	_cleanup_buf_ struct buf text = { 0 };

	memset(m, 1,
	       sizeof(*m)); /* texts without an end, counts out of range, bools that are some */
	assert_int_equal(manifest_write(m, 0, &text), 0);
	(void)!manifest_read(text.data, text.len, back, NULL);
	free(m);
	free(back);
}

#define HEAD "{\"schema\": \"lastword.manifest/1\", \"result\": \"saved\", \"files\": ["

static void test_nonsense_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"{}",
		"[]",
		"{\"schema\": \"lastword.manifest/2\", \"files\": []}",
		"{\"schema\": \"lastword.manifest/1\"}",
		HEAD "1]}",
		HEAD "{\"name\": \"../vmcore\", \"bytes\": 1}]}",
		HEAD "{\"name\": \"..\", \"bytes\": 1}]}",
		HEAD "{\"name\": \"\", \"bytes\": 1}]}",
		HEAD "{\"name\": \"a\\u0000b\", \"bytes\": 1}]}",
		HEAD "{\"name\": \"a\\u001bb\", \"bytes\": 1}]}",
		HEAD "{\"name\": \"a\", \"bytes\": -1}]}",
		HEAD "{\"name\": \"a\", \"bytes\": 1.5}]}",
		HEAD "{\"name\": \"a\", \"bytes\": 1, \"sha256\": \"abc\"}]}",
		HEAD "{\"name\": \"a\", \"bytes\": 1, \"sha256\": 5}]}",
		HEAD "{\"name\": \"a\", \"bytes\": 3, \"parts\": []}]}",
		HEAD "{\"name\": \"a\", \"bytes\": 3, \"parts\": [{\"offset\": 1, \"bytes\": 2, "
		     "\"sha256\": \"" SUM_ABC "\"}]}]}",
		HEAD "{\"name\": \"a\", \"bytes\": 1}, {\"name\": \"a\", \"bytes\": 1}]}",
		HEAD "]",
	};
	struct manifest *m = malloc(sizeof(*m));

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error e = { 0 };

		assert_true(manifest_read(rows[i], strlen(rows[i]), m, &e) < 0);
		assert_true(e.text[0]);
	}
	free(m);
}

static void put(int dir, const char *name, const char *text)
{
	_cleanup_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void take(void *user, const struct manifest_finding *f)
{
	enum manifest_state *to = user;

	while (*to != MANIFEST_STATES)
		to++;
	*to = f->state;
}

static bool check(int dir, const struct manifest *m, enum manifest_state *ret)
{
	for (size_t i = 0; i < 8; i++)
		ret[i] = MANIFEST_STATES;
	return manifest_check(dir, m, NULL, take, ret);
}

static void test_files_are_checked(void **state)
{
	char path[] = "/tmp/lastword-test-XXXXXX";
	_cleanup_close_ int dir = open(mkdtemp(path), O_RDONLY | O_DIRECTORY);
	struct manifest *m = calloc(1, sizeof(*m));
	enum manifest_state found[9] = { [8] = MANIFEST_STATES };

	*manifest_file(m, 0, "vmcore") =
		(struct manifest_file){ .name = "vmcore",
					.begun = true,
					.whole = true,
					.bytes = 3,
					.parts_count = 1,
					.parts = { { .bytes = 3, .hex = SUM_ABC } } };
	put(dir, "vmcore", "abc");
	put(dir, "kexec-dmesg.log", "later");
	assert_true(check(dir, m, found));
	assert_int_equal(found[0], MANIFEST_AGREES);
	assert_int_equal(found[1], MANIFEST_STATES);
	put(dir, "vmcore", "abd");
	put(dir, "more", "");
	assert_false(check(dir, m, found));
	assert_int_equal(found[0], MANIFEST_SUM_DIFFERS);
	assert_int_equal(found[1], MANIFEST_EXTRA);
	put(dir, "vmcore", "abcd");
	assert_false(check(dir, m, found));
	assert_int_equal(found[0], MANIFEST_SIZE_DIFFERS);
	unlinkat(dir, "vmcore", 0);
	assert_false(check(dir, m, found));
	assert_int_equal(found[0], MANIFEST_MISSING);
	assert_int_equal(symlinkat("more", dir, "vmcore"), 0);
	assert_false(check(dir, m, found));
	assert_int_equal(found[0], MANIFEST_UNREADABLE);
	unlinkat(dir, "vmcore", 0);
	put(dir, MANIFEST_REMOVED_NAME, "");
	assert_true(check(dir, m, found));
	assert_int_equal(found[0], MANIFEST_REMOVED);
	unlinkat(dir, MANIFEST_REMOVED_NAME, 0);
	unlinkat(dir, "kexec-dmesg.log", 0);
	unlinkat(dir, "more", 0);
	rmdir(path);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written_is_read),
		cmocka_unit_test(test_garbage_is_written),
		cmocka_unit_test(test_nonsense_is_refused),
		cmocka_unit_test(test_files_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
