/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list and tree on made-up memory without types or symbols: offsets in bytes, addresses. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "inspect/command.h"

#include "../kernel/fake.h"
#include "../test.h"

#define NODE(n) (FAKE_IMAGE + MIB(1) + UINT64_C(0x100) * (n))
#define OFFSET 0x10

struct made {
	struct fake fake;
	struct dumpfile *dump;
	struct kernel *kernel;
	struct inspect c;
	char *text;
	size_t len;
};

static void put(struct made *m, uint64_t addr, uint64_t value)
{
	le64_put(fake_at(&m->fake, addr - FAKE_IMAGE + FAKE_PADDR), value);
}

static void link_nodes(struct made *m, unsigned from, unsigned to)
{
	put(m, NODE(from) + OFFSET, to ? NODE(to) + OFFSET : 0);
	if (to)
		put(m, NODE(to) + OFFSET + 8, NODE(from) + OFFSET);
}

/* A list_head at 1 and four things, 2 to 5; a chain by plain pointers, 10 to 13. */
static void made_init(struct made *m)
{
	memset(m, 0, sizeof(*m));
	fake_init(&m->fake, 4, 0);
	for (unsigned n = 1; n < 5; n++)
		link_nodes(m, n, n + 1);
	link_nodes(m, 5, 1);
	for (unsigned n = 10; n < 13; n++)
		put(m, NODE(n), NODE(n + 1));
}

static void made_open(struct made *m)
{
	assert_int_equal(fake_open(&m->fake, &m->dump, &m->kernel, NULL), 0);
	assert_int_equal(inspect_open(m->kernel, &m->c, NULL), 0);
}

static void made_done(struct made *m)
{
	free(m->text);
	inspect_done(&m->c);
	kernel_close(m->kernel);
	dumpfile_close(m->dump);
	fake_done(&m->fake);
}

#define _cleanup_made_ _cleanup_(made_done)

/* Runs the words; "@3" is node 3. */
static int run(struct made *m, const char *words, struct error *e)
{
	char copy[200], numbers[8][20], *argv[10], *rest = NULL;
	int argc = 0, err;

	free(m->text);
	m->text = NULL;
	m->c.out = open_memstream(&m->text, &m->len);
	assert_non_null(m->c.out);
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (word[0] == '@') {
			snprintf(numbers[argc], sizeof(numbers[argc]), "%llx",
				 (unsigned long long)(NODE((unsigned)atoi(word + 1)) +
						      (strchr(word, '+') ? OFFSET : 0)));
			word = numbers[argc];
		}
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	err = inspect_run(&m->c, argc, argv, e);
	fclose(m->c.out);
	return err;
}

/* "2345": the nodes, one a line. */
static void expect(const struct made *m, const char *nodes)
{
	char wanted[400] = "";
	size_t len = 0;

	for (size_t i = 0; nodes[i]; i++)
		len += (size_t)snprintf(wanted + len, sizeof(wanted) - len, "%llx\n",
					(unsigned long long)NODE((unsigned)(nodes[i] - '0')));
	assert_string_equal(m->text, wanted);
}

static void test_heads(void **state)
{
	_cleanup_made_ struct made m;

	made_init(&m);
	made_open(&m);
	assert_int_equal(run(&m, "list -o 16 -H @1+", NULL), 0);
	expect(&m, "2345");
	assert_int_equal(run(&m, "list -H @1+ 16 -r", NULL), 0);
	expect(&m, "5432");
	assert_int_equal(run(&m, "list -o 16 -h @3", NULL), 0);
	expect(&m, "34512");
	assert_int_equal(run(&m, "list -o 16 -h @1 -O 16", NULL), 0);
	expect(&m, "2345");
	assert_int_equal(run(&m, "list -o 16 -H @1+ -e @4+", NULL), 0);
	expect(&m, "23");
}

static void test_chains(void **state)
{
	_cleanup_made_ struct made m;

	made_init(&m);
	put(&m, NODE(13), NODE(13)); /* points to itself: the end */
	put(&m, NODE(20), NODE(21)); /* from outside into a circle of two */
	put(&m, NODE(21), NODE(22));
	put(&m, NODE(22), NODE(21));
	put(&m, NODE(30) + 0x20, NODE(30) + 0x20);
	made_open(&m);
	assert_int_equal(run(&m, "list @10", NULL), 0);
	expect(&m, ":;<=");
	assert_int_equal(run(&m, "list @20", NULL), 0);
	expect(&m, "DEF");
	assert_int_equal(run(&m, "list -H @31", NULL), 0);
	assert_string_equal(m.text, "(empty)\n");
}

/* A head whose list never comes back to it: each thing once, and the one that would come again. */
static void test_circles(void **state)
{
	_cleanup_made_ struct made m;
	struct error e = { 0 };
	char again[40];

	made_init(&m);
	link_nodes(&m, 5, 3);
	made_open(&m);
	assert_int_equal(run(&m, "list -o 16 -H @1+", &e), -ELOOP);
	expect(&m, "2345");
	snprintf(again, sizeof(again), "duplicate list entry: %llx", (unsigned long long)NODE(3));
	assert_non_null(strstr(e.text, again));
}

static void test_wild(void **state)
{
	_cleanup_made_ struct made m;
	struct error e = { 0 };

	made_init(&m);
	put(&m, NODE(4) + OFFSET, 0x1234);
	made_open(&m);
	assert_int_equal(run(&m, "list -o 16 -H @1+", &e), -EFAULT);
	assert_non_null(strstr(e.text, "1234"));
	assert_int_equal(run(&m, "list 1234", &e), -EFAULT);
	assert_string_equal(m.text, "");
	assert_int_equal(run(&m, "list", &e), -EINVAL);
	assert_int_equal(run(&m, "list -o nothing @1", &e), -EINVAL);
	assert_int_equal(run(&m, "list @1 @2 @3", &e), -EINVAL);
	assert_int_equal(run(&m, "list -q @1", &e), -EINVAL);
}

static void test_json(void **state)
{
	_cleanup_made_ struct made m;
	struct error e = { 0 };

	made_init(&m);
	link_nodes(&m, 5, 3);
	made_open(&m);
	m.c.json = true;
	assert_int_equal(run(&m, "list -o 16 -H @1+", &e), -ELOOP);
	assert_non_null(strstr(m.text, "\"schema\": \"lastword.crash.list/1\""));
	assert_non_null(strstr(m.text, "\"count\": 4"));
	assert_non_null(strstr(m.text, "\"damage\": \"duplicate list entry"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),	cmocka_unit_test(test_chains),
		cmocka_unit_test(test_circles), cmocka_unit_test(test_wild),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
