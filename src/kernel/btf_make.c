/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/btf_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define HEADER_SIZE 24

void btf_make_begin(struct btf_maker *m, const struct btf *base)
{
	*m = (struct btf_maker){
		.base = base,
		.first_id = base ? btf_last(base) + 1 : 1,
		.first_string = base ? btf_strings_end(base) : 0,
	};
	/* the empty name */
	(void)btf_make_string(m, "");
}

static void add(struct btf_maker *m, struct buf *to, const void *data, size_t len)
{
	if (m->err == 0)
		m->err = buf_append(to, data, len);
}

void btf_make_word(struct btf_maker *m, uint32_t word)
{
	uint8_t bytes[4];

	le32_put(bytes, word);
	add(m, &m->types, bytes, sizeof(bytes));
}

uint32_t btf_make_string(struct btf_maker *m, const char *s)
{
	uint32_t at = m->first_string + m->strings.len;

	if (!*s && m->strings.len > 0)
		return m->first_string;
	add(m, &m->strings, s, strlen(s) + 1);
	return at;
}

uint32_t btf_make_type(struct btf_maker *m, const char *name, enum btf_kind kind, bool flag,
		       uint32_t count, uint32_t size_or_type)
{
	btf_make_word(m, btf_make_string(m, name));
	btf_make_word(m, (uint32_t)flag << 31 | (uint32_t)kind << 24 | (count & 0xffff));
	btf_make_word(m, size_or_type);
	return m->first_id + m->count++;
}

void *btf_make_bytes(struct btf_maker *m, size_t *ret_size)
{
	size_t size = HEADER_SIZE + m->types.len + m->strings.len;
	uint8_t *data = m->err == 0 ? calloc(1, size) : NULL;

	if (data) {
		le16_put(data, 0xeb9f);
		data[2] = 1;
		le32_put(data + 4, HEADER_SIZE);
		le32_put(data + 12, m->types.len);
		le32_put(data + 16, m->types.len);
		le32_put(data + 20, m->strings.len);
		if (m->types.len)
			memcpy(data + HEADER_SIZE, m->types.data, m->types.len);
		memcpy(data + HEADER_SIZE + m->types.len, m->strings.data, m->strings.len);
		*ret_size = size;
	}
	btf_make_cancel(m);
	return data;
}

int btf_make_end(struct btf_maker *m, struct btf **ret, struct error *e)
{
	const struct btf *base = m->base;
	int err = m->err ? m->err : -ENOMEM;
	_cleanup_free_ void *data = NULL;
	size_t size;

	data = btf_make_bytes(m, &size);
	if (!data)
		return error_errno(e, err, "BTF");
	err = btf_parse(data, size, base, ret, e);
	if (err == 0)
		data = NULL;
	return err;
}

void btf_make_cancel(struct btf_maker *m)
{
	buf_done(&m->types);
	buf_done(&m->strings);
	*m = (struct btf_maker){ 0 };
}
