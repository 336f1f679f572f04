/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/types.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"

#include "../test.h"

/* BTF put together record by record; strings are added where they are named. */
struct made {
	struct buf types, strings;
};

static uint32_t put_string(struct made *m, const char *s)
{
	uint32_t at = m->strings.len;

	assert_int_equal(buf_append(&m->strings, s, strlen(s) + 1), 0);
	return at;
}

static void put(struct made *m, uint32_t word)
{
	char bytes[4];

	le32_put(bytes, word);
	assert_int_equal(buf_append(&m->types, bytes, sizeof(bytes)), 0);
}

static void put_type(struct made *m, const char *name, enum btf_kind kind, bool flag,
		     unsigned count, uint32_t size_or_type)
{
	put(m, put_string(m, name));
	put(m, (uint32_t)flag << 31 | (uint32_t)kind << 24 | count);
	put(m, size_or_type);
}

static void put_member(struct made *m, const char *name, uint32_t type, uint32_t where)
{
	put(m, put_string(m, name));
	put(m, type);
	put(m, where);
}

static void *finish(struct made *m, uint32_t header, size_t *ret_size)
{
	size_t size = header + m->types.len + m->strings.len;
	uint8_t *data = calloc(1, size);

	assert_non_null(data);
	le16_put(data, 0xeb9f);
	data[2] = 1;
	le32_put(data + 4, header);
	le32_put(data + 12, m->types.len);
	le32_put(data + 16, m->types.len);
	le32_put(data + 20, m->strings.len);
	memcpy(data + header, m->types.data, m->types.len);
	memcpy(data + header + m->types.len, m->strings.data, m->strings.len);
	buf_done(&m->types);
	buf_done(&m->strings);
	*ret_size = size;
	return data;
}

enum { INT = 1, LONGS, INNER, OUTER, LOOP, COLOUR };

static void *make(uint32_t header, size_t *ret_size)
{
	struct made m = { 0 };

	put_type(&m, "int", BTF_INT, false, 0, 4);
	put(&m, 1u << 24 | 32);
	put_type(&m, "", BTF_ARRAY, false, 0, 0);
	put(&m, INT);
	put(&m, INT);
	put(&m, 5);
	put_type(&m, "", BTF_STRUCT, true, 2, 8);
	put_member(&m, "low", INT, 3u << 24 | 33);
	put_member(&m, "plain", INT, 0);
	put_type(&m, "outer", BTF_STRUCT, false, 3, 40);
	put_member(&m, "first", INT, 0);
	put_member(&m, "", INNER, 64);
	put_member(&m, "row", LONGS, 128);
	put_type(&m, "loop", BTF_TYPEDEF, false, 0, LOOP);
	put_type(&m, "colour", BTF_ENUM, true, 1, 4);
	put(&m, put_string(&m, "RED"));
	put(&m, (uint32_t)-7);
	return finish(&m, header, ret_size);
}

static struct btf *parse(void *data, size_t size, const struct btf *base)
{
	struct error e = { 0 };
	struct btf *b = NULL;

	if (btf_parse(data, size, base, &b, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

static void test_members(void **state)
{
	const uint32_t headers[] = { 24, 32 };

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		_cleanup_(btf_freep) struct btf *b = NULL;
		struct type_member m;
		struct type outer;
		size_t size;
		void *data = make(headers[i], &size);

		b = parse(data, size, NULL);
		outer = (struct type){ b, btf_find(b, "outer", BTF_STRUCTS, 0) };
		assert_int_equal(outer.id, OUTER);
		assert_int_equal(btf_find(b, "outer", BTF_STRUCTS, OUTER), 0);
		assert_true(type_member_find(outer, "low", &m));
		assert_int_equal(m.offset, 12);
		assert_int_equal(m.bit_offset, 1);
		assert_int_equal(m.bit_size, 3);
		assert_true(m.is_signed);
		assert_true(type_member_find(outer, "row[4]", &m));
		assert_int_equal(m.offset, 32);
		assert_int_equal(m.size, 4);
		assert_true(type_member_find(outer, "row", &m));
		assert_int_equal(m.size, 20);
		assert_int_equal(m.elements, 5);
		assert_false(type_member_find(outer, "row[5]", &m));
		assert_false(type_member_find(outer, "row[", &m));
		assert_false(type_member_find(outer, "first.x", &m));
		assert_false(type_member_find(outer, "first.", &m));
		assert_false(type_member_find(outer, "none", &m));
	}
}

static void test_oddities(void **state)
{
	_cleanup_(btf_freep) struct btf *b = NULL;
	struct btf_type t;
	const char *name;
	int64_t value;
	uint32_t id;
	uint64_t bytes;
	size_t size;
	void *data = make(24, &size);

	b = parse(data, size, NULL);
	assert_false(btf_resolve(b, LOOP, &id, &t));
	assert_false(btf_size(b, LOOP, &bytes));
	assert_false(btf_get(b, COLOUR + 1, &t));
	assert_true(btf_get(b, COLOUR, &t));
	assert_true(btf_enumerator(b, &t, 0, &name, &value));
	assert_string_equal(name, "RED");
	assert_int_equal(value, -7);
	assert_false(btf_enumerator(b, &t, 1, &name, &value));
}

static void test_split(void **state)
{
	_cleanup_(btf_freep) struct btf *base = NULL;
	_cleanup_(btf_freep) struct btf *b = NULL;
	struct made m = { 0 };
	struct type_member member;
	struct btf_type t;
	uint32_t strings, own;
	size_t size;
	void *data = make(24, &size);

	strings = le32_get((char *)data + 20);
	base = parse(data, size, NULL);
	own = btf_last(base) + 1;
	put_string(&m, "module_thing");
	put(&m, strings);
	put(&m, (uint32_t)BTF_STRUCT << 24 | 1);
	put(&m, 40);
	put(&m, strings);
	put(&m, OUTER);
	put(&m, 0);
	data = finish(&m, 24, &size);
	b = parse(data, size, base);
	assert_int_equal(btf_first(b), own);
	assert_true(btf_get(b, OUTER, &t));
	assert_string_equal(t.name, "outer");
	assert_int_equal(btf_find(b, "module_thing", BTF_STRUCTS, 0), own);
	assert_int_equal(btf_find(b, "outer", BTF_STRUCTS, 0), 0);
	assert_true(type_member_find((struct type){ b, own }, "module_thing.row[1]", &member));
	assert_int_equal(member.offset, 20);
}

/* Every cut is refused or parsed, never read beyond. */
static void test_cut(void **state)
{
	size_t size;
	void *whole = make(24, &size);

	for (size_t len = 0; len < size; len++) {
		void *data = malloc(len ? len : 1);
		struct btf *b = NULL;

		memcpy(data, whole, len);
		assert_int_equal(btf_parse(data, len, NULL, &b, NULL), -EINVAL);
		free(data);
	}
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_oddities),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
