/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../test.h"
#include "save/erase_config.h"
#include "save/eraser.h"

static int parse(const char *text, struct erase_config *ret, struct error *e)
{
	return erase_config_parse(text, strlen(text), ret, e);
}

static void test_config(void **state)
{
	struct erase_config c;

	assert_int_equal(parse("# a comment\n"
			       "erase jiffies size 8\n"
			       "[dm_crypt]\n"
			       "erase key.bytes size key.length # behind a line\n"
			       "for t in init_task.tasks within task_struct:tasks\n"
			       "	erase t.cred nullify\n"
			       "	erase t.comm\n"
			       "endfor\n"
			       "[vmlinux]\n"
			       "for m in first via next\n"
			       "endfor\n"
			       "erase log size 4K\n",
			       &c, NULL),
			 0);
	assert_int_equal(c.rule_count, 5);
	assert_int_equal(c.loop_count, 2);
	assert_string_equal(c.rules[0].path, "jiffies");
	assert_int_equal(c.rules[0].how, ERASE_BYTES);
	assert_int_equal(c.rules[0].bytes, 8);
	assert_int_equal(c.rules[0].loop, -1);
	assert_string_equal(c.rules[1].module, "dm_crypt");
	assert_int_equal(c.rules[1].how, ERASE_SIZED);
	assert_string_equal(c.rules[1].size_path, "key.length");
	assert_int_equal(c.rules[2].how, ERASE_NULLIFY);
	assert_int_equal(c.rules[2].loop, 0);
	assert_int_equal(c.rules[3].how, ERASE_WHOLE);
	assert_int_equal(c.rules[4].bytes, 4096);
	assert_string_equal(c.rules[4].module, "");
	assert_int_equal(c.loops[0].walk, WALK_WITHIN);
	assert_string_equal(c.loops[0].type, "task_struct");
	assert_string_equal(c.loops[0].member, "tasks");
	assert_int_equal(c.loops[1].walk, WALK_VIA);
	assert_string_equal(c.loops[1].module, "");
	erase_config_done(&c);
}

/* Loops in loops, on one line or many; words that may be left out. */
static void test_config_loops(void **state)
{
	struct erase_config c;

	assert_int_equal(parse("for a in outer within s for b in a.inner\n"
			       "erase b size 1k for c in b.deep via\n  up erase c.x nullify\n"
			       "endfor endfor erase a.y size c.len endfor # end\n"
			       "for d in last within t:u.v endfor erase z",
			       &c, NULL),
			 0);
	assert_int_equal(c.loop_count, 4);
	assert_int_equal(c.rule_count, 4);
	assert_int_equal(c.loops[0].outer, -1);
	assert_string_equal(c.loops[0].member, "list");
	assert_int_equal(c.loops[1].outer, 0);
	assert_int_equal(c.loops[1].walk, WALK_ITSELF);
	assert_int_equal(c.loops[2].outer, 1);
	assert_string_equal(c.loops[2].member, "up");
	assert_int_equal(c.loops[2].line, 2);
	assert_int_equal(c.loops[3].outer, -1);
	assert_string_equal(c.loops[3].member, "u.v");
	assert_int_equal(c.rules[0].loop, 1);
	assert_int_equal(c.rules[0].bytes, 1024);
	assert_int_equal(c.rules[1].loop, 2);
	assert_int_equal(c.rules[1].line, 3);
	assert_int_equal(c.rules[2].loop, 0);
	assert_int_equal(c.rules[2].how, ERASE_SIZED);
	assert_int_equal(c.rules[3].loop, -1);
	erase_config_done(&c);
}

/* Nothing that is not understood is passed over: each is an error of its line. */
static void test_config_refuses(void **state)
{
	static const char *const texts[] = {
		"ease x",
		"erase",
		"erase 1x",
		"erase a..b",
		"erase a.",
		"erase a size 5G",
		"erase a size 99999999999",
		"erase a size -1",
		"erase a nullify now",
		"erase a->b",
		"[]",
		"[a",
		"[a] b",
		"endfor",
		"for a in b",
		"for a of b\nendfor",
		"for a in b within c:\nendfor",
		"for a in b within :c\nendfor",
		"for a in b via endfor",
		"for a in b\nfor c in d\nendfor",
		"for a in b for a in b for a in b for a in b for a in b for a in b for a in b for "
		"a in b "
		"for a in b endfor endfor endfor endfor endfor endfor endfor endfor endfor",
		"for for in b\nendfor",
		"erase erase",
		"erase a size 0",
		"erase a size nullify",
		"erase a size",
		"for a in b\n[c]\nendfor",
		"erase a b c d e f g h i",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct error e = { 0 };
		struct erase_config c = { 0 };

		assert_int_equal(parse(texts[i], &c, &e), -EINVAL);
		assert_non_null(strstr(e.text, "line "));
	}
}

/* Ranges reach over pages and overlap; the rest of a page is left alone. */
static void test_apply(void **state)
{
	_cleanup_(eraser_freep) struct eraser *x = eraser_new(4096);
	uint8_t page[4096];
	size_t len;

	assert_non_null(x);
	assert_int_equal(eraser_add(x, 3 * 4096 + 4000, 4296, ERASER_FILL), 0);
	assert_int_equal(eraser_add(x, 4096 + 16, 8, 0), 0);
	assert_int_equal(eraser_add(x, 3 * 4096 + 3990, 20, ERASER_FILL), 0);
	assert_int_equal(eraser_note(x, "erase a size %d\n", 4296), 0);
	eraser_sort(x);
	assert_int_equal(eraser_next(x, 0), 1);
	assert_int_equal(eraser_next(x, 2), 3);
	assert_int_equal(eraser_next(x, 4), 4);
	assert_int_equal(eraser_next(x, 5), 5);
	assert_int_equal(eraser_next(x, 6), UINT64_MAX);
	assert_int_equal(eraser_next(NULL, 0), UINT64_MAX);
	memset(page, 1, sizeof(page));
	eraser_apply(x, 3, page, sizeof(page));
	for (size_t i = 0; i < sizeof(page); i++)
		assert_int_equal(page[i], i >= 3990 ? ERASER_FILL : 1);
	memset(page, 1, sizeof(page));
	eraser_apply(x, 1, page, sizeof(page));
	for (size_t i = 0; i < sizeof(page); i++)
		assert_int_equal(page[i], i >= 16 && i < 24 ? 0 : 1);
	assert_string_equal(eraser_text(x, &len), "erase a size 4296\n");
	assert_int_equal(eraser_add(x, UINT64_MAX - 4, 8, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_config_loops),
		cmocka_unit_test(test_config_refuses),
		cmocka_unit_test(test_apply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
