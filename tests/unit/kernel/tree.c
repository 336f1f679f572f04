/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Red-black trees, xarrays and maple trees in made-up memory, whole and damaged. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/maple.h"
#include "kernel/rbtree.h"
#include "kernel/xarray.h"

#include "../test.h"

#define BASE UINT64_C(0xffff888000000000)
#define SIZE KIB(128)
#define TOLD_MAX 300

/* Memory, and what a walk told of it. */
struct made {
	char bytes[SIZE];
	unsigned reads;
	unsigned count;
	struct {
		uint64_t first, last, value;
		struct tree_path path;
	} told[TOLD_MAX];
	unsigned stop_at;
};

static int read_made(void *user, uint64_t addr, void *buf, size_t len, struct error *e)
{
	struct made *m = user;

	m->reads++;
	if (addr < BASE || !range_inside(addr - BASE, len, SIZE))
		return -EFAULT;
	memcpy(buf, m->bytes + (addr - BASE), len);
	return 0;
}

static int tell(void *user, const struct tree_entry *entry)
{
	struct made *m = user;

	assert_true(m->count < TOLD_MAX);
	m->told[m->count].first = entry->first;
	m->told[m->count].last = entry->last;
	m->told[m->count].path = *entry->path;
	m->told[m->count++].value = entry->value;
	return m->count == m->stop_at ? 77 : 0;
}

static struct made *made_new(void)
{
	return test_calloc(1, sizeof(struct made));
}

static void made_freep(struct made **m)
{
	test_free(*m);
}

#define _cleanup_made_ _cleanup_(made_freep)

static struct kernel_memory memory_of(struct made *m)
{
	return (struct kernel_memory){ read_made, m };
}

static void put(struct made *m, uint64_t addr, uint64_t value)
{
	assert_true(addr >= BASE && addr - BASE <= SIZE - 8);
	le64_put(m->bytes + (addr - BASE), value);
}

static void expect(const struct made *m, unsigned n, uint64_t first, uint64_t last, uint64_t value)
{
	assert_true(n < m->count);
	assert_true(m->told[n].first == first);
	assert_true(m->told[n].last == last);
	assert_true(m->told[n].value == value);
}

/* ---- red-black ---- */

#define RB(n) (BASE + 0x100 + UINT64_C(0x20) * (n))

/* The nodes 1 to 7 below 4; their colours alternate. */
static void put_rb(struct made *m, unsigned n, unsigned parent, unsigned left, unsigned right)
{
	put(m, RB(n), (parent ? RB(parent) : 0) | (n & 1));
	put(m, RB(n) + 8, right ? RB(right) : 0);
	put(m, RB(n) + 16, left ? RB(left) : 0);
}

static struct made *made_rb(void)
{
	struct made *m = made_new();

	put_rb(m, 4, 0, 2, 6);
	put_rb(m, 2, 4, 1, 3);
	put_rb(m, 6, 4, 5, 7);
	put_rb(m, 1, 2, 0, 0);
	put_rb(m, 3, 2, 0, 0);
	put_rb(m, 5, 6, 0, 0);
	put_rb(m, 7, 6, 0, 0);
	return m;
}

static int walk_rb(struct made *m, enum rbtree_order order, struct error *e)
{
	const struct kernel_memory memory = memory_of(m);

	return rbtree_walk(&memory, RB(4), order, tell, m, e);
}

static void expect_rb(const struct made *m, const char *order)
{
	assert_int_equal(m->count, strlen(order));
	for (unsigned i = 0; order[i]; i++)
		expect(m, i, i, i, RB((unsigned)(order[i] - '0')));
}

static void test_rb_orders(void **state)
{
	_cleanup_made_ struct made *m = made_rb();

	assert_int_equal(walk_rb(m, RBTREE_SORTED, NULL), 0);
	expect_rb(m, "1234567");
	assert_int_equal(m->told[4].path.depth, 2);
	assert_int_equal(m->told[4].path.slot[0], 1);
	assert_int_equal(m->told[4].path.slot[1], 0);
	assert_int_equal(m->told[3].path.depth, 0);
	m->count = 0;
	assert_int_equal(walk_rb(m, RBTREE_ROOT_FIRST, NULL), 0);
	expect_rb(m, "4213657");
	assert_int_equal(m->told[3].path.depth, 2);
}

static void test_rb_empty_and_stopped(void **state)
{
	_cleanup_made_ struct made *m = made_rb();
	const struct kernel_memory memory = memory_of(m);

	assert_int_equal(rbtree_walk(&memory, 0, RBTREE_SORTED, tell, m, NULL), 0);
	assert_int_equal(m->count, 0);
	m->stop_at = 3;
	assert_int_equal(walk_rb(m, RBTREE_SORTED, NULL), 77);
	assert_int_equal(m->count, 3);
}

static void test_rb_damage(void **state)
{
	static const struct {
		unsigned node, parent, left, right;
		int err;
		const char *told;
	} cases[] = {
		{ 2, 4, 4, 3, -ELOOP, "234567" },  /* back to the root */
		{ 3, 2, 2, 0, -ELOOP, "1234567" }, /* back to what is above */
		{ 2, 4, 6, 3, -ELOOP, "234567" },  /* across: 6 is of 4 */
		{ 6, 4, 5, 5, -ELOOP, "1234" },	   /* both sides one */
		{ 6, 7, 5, 7, -ELOOP, "1234" },	   /* another parent */
		{ 6, 4, 5, 9999, -EFAULT, "123456" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_made_ struct made *m = made_rb();
		struct error e = { 0 };

		put_rb(m, cases[i].node, cases[i].parent, cases[i].left, cases[i].right);
		assert_int_equal(walk_rb(m, RBTREE_SORTED, &e), cases[i].err);
		expect_rb(m, cases[i].told);
		assert_non_null(strstr(e.text, "1 branch of the tree"));
	}
}

/* One below another, the root's own parent among those below it. */
static void test_rb_too_deep(void **state)
{
	_cleanup_made_ struct made *m = made_new();
	const struct kernel_memory memory = memory_of(m);
	struct error e = { 0 };

	for (unsigned n = 1; n <= 200; n++)
		put_rb(m, n, n - 1, n + 1, 0);
	assert_int_equal(rbtree_walk(&memory, RB(1), RBTREE_SORTED, tell, m, &e), -ELOOP);
	assert_non_null(strstr(e.text, "deeper"));
	m->count = 0;
	put_rb(m, 1, 9, 2, 0);
	put_rb(m, 9, 8, 1, 0);
	assert_int_equal(rbtree_walk(&memory, RB(1), RBTREE_SORTED, tell, m, &e), -ELOOP);
	assert_int_equal(m->count, 9);
}

/* ---- xarray ---- */

#define XA(n) (BASE + 0x400 * (n))
#define POINTER(n) (UINT64_C(0xffff888800000000) + UINT64_C(8) * (n))
#define VALUE(n) ((uint64_t)(n) << 1 | 1)
#define SIBLING(slot) ((uint64_t)(slot) << 2 | 2)

static const struct xarray_layout xarray = {
	.size = 576, .shift = 0, .offset = 1, .parent = 8, .slots = 40, .bits = 6
};

static void put_xa(struct made *m, unsigned n, unsigned shift, unsigned parent, unsigned offset)
{
	m->bytes[XA(n) - BASE] = shift;
	m->bytes[XA(n) - BASE + 1] = offset;
	put(m, XA(n) + 8, parent ? XA(parent) : 0);
	if (parent)
		put(m, XA(parent) + 40 + 8 * offset, XA(n) | 2);
}

static void put_slot(struct made *m, unsigned n, unsigned slot, uint64_t entry)
{
	put(m, XA(n) + 40 + 8 * slot, entry);
}

static int walk_xa(struct made *m, uint64_t head, struct error *e)
{
	const struct kernel_memory memory = memory_of(m);

	return xarray_walk(&memory, &xarray, head, tell, m, e);
}

static struct made *made_xa(void)
{
	struct made *m = made_new();

	put_xa(m, 1, 6, 0, 0);
	put_xa(m, 2, 0, 1, 0);
	put_xa(m, 3, 0, 1, 63);
	put_slot(m, 2, 0, POINTER(0));
	put_slot(m, 2, 5, VALUE(1000));
	put_slot(m, 2, 6, SIBLING(5));
	put_slot(m, 2, 7, SIBLING(5));
	put_slot(m, 2, 9, SIBLING(257)); /* reserved */
	put_slot(m, 2, 63, POINTER(63));
	put_slot(m, 1, 2, POINTER(2)); /* 64 indices */
	put_slot(m, 1, 3, SIBLING(2));
	put_slot(m, 3, 63, POINTER(4095));
	return m;
}

static void test_xa_entries(void **state)
{
	_cleanup_made_ struct made *m = made_xa();
	uint64_t value;

	assert_int_equal(walk_xa(m, XA(1) | 2, NULL), 0);
	assert_int_equal(m->count, 5);
	expect(m, 0, 0, 0, POINTER(0));
	expect(m, 1, 5, 7, VALUE(1000));
	expect(m, 2, 63, 63, POINTER(63));
	expect(m, 3, 128, 255, POINTER(2));
	expect(m, 4, 4095, 4095, POINTER(4095));
	assert_int_equal(m->told[4].path.depth, 2);
	assert_int_equal(m->told[4].path.slot[0], 63);
	assert_true(xarray_value(&xarray, VALUE(1000), &value));
	assert_int_equal(value, 1000);
	assert_false(xarray_value(&xarray, POINTER(1), &value));
}

static void test_xa_without_nodes(void **state)
{
	_cleanup_made_ struct made *m = made_new();

	assert_int_equal(walk_xa(m, 0, NULL), 0);
	assert_int_equal(walk_xa(m, SIBLING(257), NULL), 0);
	assert_int_equal(m->count, 0);
	assert_int_equal(walk_xa(m, POINTER(7), NULL), 0);
	expect(m, 0, 0, 0, POINTER(7));
	assert_int_equal(m->reads, 0);
}

static void test_xa_damage(void **state)
{
	static const struct {
		unsigned node, slot;
		uint64_t entry;
		int err;
		unsigned told;
	} cases[] = {
		{ 2, 1, XA(1) | 2, -EINVAL, 5 }, /* back to the top */
		{ 2, 1, XA(2) | 2, -EINVAL, 5 }, /* to itself */
		{ 1, 5, XA(2) | 2, -ELOOP, 5 },	 /* one node twice */
		{ 1, 5, BASE + SIZE + 2, -EFAULT, 5 },
		{ 1, 5, ~UINT64_C(1), -EFAULT, 5 }, /* wraps */
		{ 1, 0, XA(100) | 2, -ELOOP, 2 },   /* zeros: the wrong parent */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_made_ struct made *m = made_xa();
		struct error e = { 0 };

		put_slot(m, cases[i].node, cases[i].slot, cases[i].entry);
		assert_int_equal(walk_xa(m, XA(1) | 2, &e), cases[i].err);
		assert_int_equal(m->count, cases[i].told);
		assert_int_equal(e.code, cases[i].err);
	}
}

static void test_xa_bad_shift(void **state)
{
	static const unsigned shifts[] = { 7, 66, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++) {
		_cleanup_made_ struct made *m = made_xa();

		put_xa(m, 1, shifts[i], 0, 0);
		assert_int_equal(walk_xa(m, XA(1) | 2, NULL), -EINVAL);
		assert_int_equal(m->count, 0);
	}
}

/* Before 4.20: nodes are tagged 1, numbers 2, siblings point at the slot. */
static void test_radix(void **state)
{
	_cleanup_made_ struct made *m = made_xa();
	struct xarray_layout radix = xarray;
	const struct kernel_memory memory = memory_of(m);
	uint64_t value;

	radix.radix = true;
	for (unsigned slot = 0; slot < 64; slot++) {
		put_slot(m, 1, slot, 0);
		put_slot(m, 2, slot, 0);
	}
	put_slot(m, 1, 0, XA(2) | 1);
	put_slot(m, 2, 4, POINTER(4));
	put_slot(m, 2, 5, (XA(2) + 40 + 8 * 4) | 1);
	put_slot(m, 2, 9, 1000 << 2 | 2);
	assert_int_equal(xarray_walk(&memory, &radix, XA(1) | 1, tell, m, NULL), 0);
	assert_int_equal(m->count, 2);
	expect(m, 0, 4, 5, POINTER(4));
	expect(m, 1, 9, 9, 1000 << 2 | 2);
	assert_true(xarray_value(&radix, m->told[1].value, &value));
	assert_int_equal(value, 1000);
}

/* ---- maple ---- */

#define MT(n) (BASE + UINT64_C(0x100) * (n))

static const struct maple_layout maple = {
	.kind = { [MAPLE_DENSE] = { 0, 8, 0, 31, 0 },
		  [MAPLE_LEAF] = { 1, 128, 8, 16, 15 },
		  [MAPLE_RANGE] = { 2, 128, 8, 16, 15 },
		  [MAPLE_ARANGE] = { 3, 80, 8, 10, 9 } },
};

static uint64_t encoded(unsigned n, enum maple_kind kind)
{
	return MT(n) | (uint64_t)kind << 3 | 4;
}

static void put_mt(struct made *m, unsigned n, enum maple_kind kind, unsigned parent, unsigned slot,
		   enum maple_kind above)
{
	put(m, MT(n), parent ? MT(parent) | slot << 3 | 6 : (BASE + 0x7000) | 1);
	if (parent)
		put(m, MT(parent) + maple.kind[above].slots + 8 * slot, encoded(n, kind));
}

static void put_range(struct made *m, unsigned n, enum maple_kind kind, unsigned slot,
		      uint64_t pivot, uint64_t entry)
{
	if (slot < maple.kind[kind].pivot_count)
		put(m, MT(n) + maple.kind[kind].pivots + 8 * slot, pivot);
	if (entry)
		put(m, MT(n) + maple.kind[kind].slots + 8 * slot, entry);
}

/* An arange over a leaf of 0 to 99 and a leaf of the rest. */
static struct made *made_mt(void)
{
	struct made *m = made_new();

	put_mt(m, 1, MAPLE_ARANGE, 0, 0, 0);
	put_mt(m, 2, MAPLE_LEAF, 1, 0, MAPLE_ARANGE);
	put_mt(m, 3, MAPLE_LEAF, 1, 1, MAPLE_ARANGE);
	put_range(m, 1, MAPLE_ARANGE, 0, 99, 0);
	put_range(m, 1, MAPLE_ARANGE, 1, UINT64_MAX, 0);
	put_range(m, 2, MAPLE_LEAF, 0, 0, POINTER(0));
	put_range(m, 2, MAPLE_LEAF, 1, 9, 0);
	put_range(m, 2, MAPLE_LEAF, 2, 19, POINTER(10));
	put_range(m, 2, MAPLE_LEAF, 3, 0, POINTER(20)); /* no pivot: to the end */
	for (unsigned i = 0; i < 15; i++)
		put_range(m, 3, MAPLE_LEAF, i, 100 + i, POINTER(100 + i));
	put_range(m, 3, MAPLE_LEAF, 15, 0, POINTER(999));
	return m;
}

static int walk_mt(struct made *m, struct error *e)
{
	const struct kernel_memory memory = memory_of(m);
	const struct maple_walk what = { .entry = tell, .user = m };

	return maple_walk(&memory, &maple, (encoded(1, MAPLE_ARANGE) & ~UINT64_C(4)) | 6, &what, e);
}

static void test_mt_entries(void **state)
{
	_cleanup_made_ struct made *m = made_mt();

	assert_int_equal(walk_mt(m, NULL), 0);
	assert_int_equal(m->count, 3 + 16);
	expect(m, 0, 0, 0, POINTER(0));
	expect(m, 1, 10, 19, POINTER(10));
	expect(m, 2, 20, 99, POINTER(20));
	expect(m, 3, 100, 100, POINTER(100));
	expect(m, 17, 114, 114, POINTER(114));
	expect(m, 18, 115, UINT64_MAX, POINTER(999));
	assert_int_equal(m->told[18].path.slot[0], 1);
	assert_int_equal(m->told[18].path.slot[1], 15);
}

static int count_node(void *user, const struct maple_node *node)
{
	struct made *m = user;

	m->stop_at += 1000 + node->path->depth;
	return 0;
}

static void test_mt_all(void **state)
{
	_cleanup_made_ struct made *m = made_mt();
	const struct kernel_memory memory = memory_of(m);
	struct maple_walk what = { .entry = tell, .node = count_node, .empty = true, .user = m };

	assert_int_equal(maple_walk(&memory, &maple, encoded(1, MAPLE_ARANGE), &what, NULL), 0);
	assert_int_equal(m->count, 4 + 16);
	expect(m, 1, 1, 9, 0);
	assert_int_equal(m->stop_at, 3002);
	m->count = 0;
	assert_int_equal(maple_walk(&memory, &maple, POINTER(1), &what, NULL), 0);
	expect(m, 0, 0, 0, POINTER(1));
}

static void test_mt_damage(void **state)
{
	static const struct {
		uint64_t at, value;
		int err;
		unsigned told;
	} cases[] = {
		{ MT(1) + 88, MT(1) | 3 << 3 | 4, -ELOOP, 3 },	/* back to the root */
		{ MT(1) + 88, MT(2) | 1 << 3 | 4, -ELOOP, 3 },	/* one node twice */
		{ MT(1) + 88, MT(3) | 9 << 3 | 4, -EINVAL, 3 }, /* no such type */
		{ MT(1) + 88, 0, 0, 3 },
		{ MT(1) + 80, 0, -EFAULT, 16 },
		{ MT(1) + 80, BASE + SIZE, -EFAULT, 16 },
		{ MT(2), MT(1) | 5 << 3 | 6, -ELOOP, 16 }, /* another slot */
		{ MT(2) + 24, 5, -EINVAL, 17 },		   /* a pivot that goes back */
		{ MT(2) + 24, 500, -EINVAL, 17 },	   /* past the node */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_made_ struct made *m = made_mt();
		struct error e = { 0 };

		put(m, cases[i].at, cases[i].value);
		assert_int_equal(walk_mt(m, &e), cases[i].err);
		assert_int_equal(m->count, cases[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rb_orders),  cmocka_unit_test(test_rb_empty_and_stopped),
		cmocka_unit_test(test_rb_damage),  cmocka_unit_test(test_rb_too_deep),
		cmocka_unit_test(test_xa_entries), cmocka_unit_test(test_xa_without_nodes),
		cmocka_unit_test(test_xa_damage),  cmocka_unit_test(test_xa_bad_shift),
		cmocka_unit_test(test_radix),	   cmocka_unit_test(test_mt_entries),
		cmocka_unit_test(test_mt_all),	   cmocka_unit_test(test_mt_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
