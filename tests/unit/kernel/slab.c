/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/slab_freelist.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#include "../test.h"

#define BASE UINT64_C(0xffff888001000000)
#define SIZE 64
#define OBJECTS 16
#define OFFSET 32
#define RANDOM UINT64_C(0x1badd00d5eed1234)

static uint8_t memory[SIZE * OBJECTS];
static unsigned reads;

static int read_memory(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	reads++;
	if (vaddr < BASE || vaddr - BASE > sizeof(memory) - len)
		return error_set(e, -EFAULT, "not mapped");
	memcpy(buf, memory + (vaddr - BASE), len);
	return 0;
}

static const struct kernel_memory source = { .read = read_memory };

static uint64_t object(unsigned index)
{
	return BASE + (uint64_t)index * SIZE;
}

enum encoding { PLAIN, TURNED, OLD };

static void link_to(enum encoding encoding, unsigned from, uint64_t to)
{
	uint64_t at = object(from) + OFFSET;

	if (encoding == TURNED)
		to ^= RANDOM ^ __builtin_bswap64(at);
	if (encoding == OLD)
		to ^= RANDOM ^ at;
	le64_put(memory + (at - BASE), to);
}

static struct slab_shape shape(enum encoding encoding)
{
	return (struct slab_shape){
		.base = BASE,
		.size = SIZE,
		.objects = OBJECTS,
		.offset = OFFSET,
		.random = encoding == PLAIN ? 0 : RANDOM,
		.hardened = encoding != PLAIN,
	};
}

static int walk(enum encoding encoding, uint64_t first, uint8_t states[OBJECTS], uint32_t *ret)
{
	const struct slab_shape s = shape(encoding);

	memset(states, SLAB_ALLOCATED, OBJECTS);
	reads = 0;
	return slab_freelist(&source, &s, first, SLAB_FREE, states, ret, NULL);
}

static void test_lists(void **state)
{
	static const enum encoding encodings[] = { PLAIN, TURNED, OLD };
	uint8_t states[OBJECTS];
	uint32_t count;

	for (size_t i = 0; i < 3; i++) {
		link_to(encodings[i], 3, object(9));
		link_to(encodings[i], 9, object(0));
		link_to(encodings[i], 0, 0);
		assert_int_equal(walk(encodings[i], object(3), states, &count), 0);
		assert_int_equal(count, 3);
		for (unsigned n = 0; n < OBJECTS; n++)
			assert_int_equal(states[n],
					 n == 3 || n == 9 || n == 0 ? SLAB_FREE : SLAB_ALLOCATED);
	}
	assert_int_equal(walk(PLAIN, 0, states, &count), 0);
	assert_int_equal(count, 0);
}

static void test_loops(void **state)
{
	uint8_t states[OBJECTS];
	uint32_t count;

	link_to(TURNED, 5, object(6));
	link_to(TURNED, 6, object(5));
	assert_int_equal(walk(TURNED, object(5), states, &count), -ELOOP);
	assert_int_equal(count, 2);
	link_to(TURNED, 7, object(7));
	assert_int_equal(walk(TURNED, object(7), states, &count), -ELOOP);
	assert_int_equal(count, 1);
	assert_true(reads <= OBJECTS);
}

static void test_outside(void **state)
{
	static const uint64_t wrong[] = {
		BASE + SIZE * OBJECTS, /* behind the last */
		BASE - SIZE,
		BASE + SIZE + 8, /* inside an object */
		UINT64_MAX,
		8,
	};
	uint8_t states[OBJECTS];
	uint32_t count;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		link_to(TURNED, 2, wrong[i]);
		assert_int_equal(walk(TURNED, object(2), states, &count), -EINVAL);
		assert_int_equal(count, 1);
		assert_int_equal(walk(TURNED, wrong[i], states, &count), -EINVAL);
		assert_int_equal(count, 0);
	}
}

/* The pointer stands behind the memory that is there. */
static void test_cut(void **state)
{
	struct slab_shape s = shape(PLAIN);
	uint8_t states[OBJECTS] = { 0 };
	uint32_t count;

	s.offset = SIZE;
	assert_int_equal(slab_freelist(&source, &s, object(OBJECTS - 1), SLAB_CPU_FREE, states,
				       &count, NULL),
			 -EFAULT);
	assert_int_equal(count, 1);
	assert_int_equal(states[OBJECTS - 1], SLAB_CPU_FREE);
}

static void test_index(void **state)
{
	struct slab_shape s = shape(PLAIN);
	uint32_t index;

	assert_true(slab_object_index(&s, object(4) + 63, &index));
	assert_int_equal(index, 4);
	assert_false(slab_object_index(&s, BASE - 1, &index));
	assert_false(slab_object_index(&s, object(OBJECTS), &index));
	s.size = 0;
	assert_false(slab_object_index(&s, BASE, &index));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),	cmocka_unit_test(test_loops),
		cmocka_unit_test(test_outside), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
