/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/object.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

int object_at(const struct object_source *s, const char *type, uint64_t addr, struct object *ret,
	      struct error *e)
{
	struct object o = { .addr = addr };

	if (!types_find(s->types, type, &o.type))
		return error_set(e, -ENOENT, "%s: no such type in the dump", type);
	*ret = o;
	return 0;
}

static struct object member_of(const struct object *from, const struct type_member *m)
{
	return (struct object){
		.addr = from->addr + m->offset,
		.type = m->type,
		.bit_offset = m->bit_offset,
		.bit_size = m->bit_size,
	};
}

/* "a.b|c": the first of the names that is there. len bytes of text. */
static bool find_any(const struct object *from, const char *text, size_t len, struct object *ret)
{
	char name[OBJECT_PATH_SIZE];

	for (size_t done = 0; done < len;) {
		const char *bar = memchr(text + done, '|', len - done);
		size_t n = bar ? (size_t)(bar - text) - done : len - done;
		struct type_member m;

		if (n >= sizeof(name))
			return false;
		memcpy(name, text + done, n);
		name[n] = '\0';
		if (type_member_find(from->type, name, &m)) {
			*ret = member_of(from, &m);
			return true;
		}
		done += n + 1;
	}
	return false;
}

static size_t segment_length(const char *path)
{
	const char *arrow = strstr(path, "->");

	return arrow ? (size_t)(arrow - path) : strlen(path);
}

bool object_has(const struct object *from, const char *path)
{
	struct object found;

	return find_any(from, path, segment_length(path), &found);
}

static const char *name_of(const struct object *o)
{
	struct btf_type t;
	uint32_t id;

	return btf_resolve(o->type.btf, o->type.id, &id, &t) && *t.name ? t.name : "the type";
}

int object_follow(const struct object_source *s, const struct object *from, const char *path,
		  struct object *ret, struct error *e)
{
	struct object o = *from;

	while (*path) {
		size_t len = segment_length(path);
		int err;

		if (len > 0 && !find_any(&o, path, len, &o))
			return error_set(e, -ENOENT, "%s has no member %.*s", name_of(&o), (int)len,
					 path);
		path += len;
		if (!*path)
			break;
		err = object_pointee(s, &o, &o, e);
		if (err < 0)
			return err;
		path += strlen("->");
	}
	*ret = o;
	return 0;
}

static int read_number(const struct object_source *s, const struct object *o, uint64_t *ret,
		       struct error *e)
{
	uint8_t bytes[8] = { 0 };
	struct btf_type t;
	uint64_t size, value;
	unsigned bits;
	uint32_t id;
	int err;

	if (!btf_resolve(o->type.btf, o->type.id, &id, &t) || !btf_size(o->type.btf, id, &size) ||
	    size == 0 || size > sizeof(bytes) ||
	    !(BTF_BIT(t.kind) & (BTF_BIT(BTF_INT) | BTF_BIT(BTF_PTR) | BTF_ENUMS)))
		return error_set(e, -EINVAL, "%s is no number", name_of(o));
	err = kernel_read(s->reader, o->addr, bytes, size, NULL);
	if (err < 0)
		return kernel_read_error(o->addr, err, e);
	bits = o->bit_size ? o->bit_size : size * 8;
	if (o->bit_offset + bits > 64)
		return error_set(e, -EINVAL, "%s is no number", name_of(o));
	value = le64_get(bytes) >> o->bit_offset << (64 - bits);
	*ret = btf_int_signed(&t) || (t.kind == BTF_ENUM && t.flag)
		       ? (uint64_t)((int64_t)value >> (64 - bits))
		       : value >> (64 - bits);
	return 0;
}

int object_number(const struct object_source *s, const struct object *from, const char *path,
		  uint64_t *ret, struct error *e)
{
	struct object o;
	struct btf_type t;
	uint32_t id;
	int err = object_follow(s, from, path, &o, e);

	if (err < 0)
		return err;
	/* atomic_t and its like: a struct with one number */
	for (unsigned depth = 0; depth < BTF_DEPTH; depth++) {
		struct btf_member m;

		if (!btf_resolve(o.type.btf, o.type.id, &id, &t) || t.kind != BTF_STRUCT ||
		    t.count != 1 || !btf_member(o.type.btf, &t, 0, &m))
			break;
		o.type.id = m.type;
	}
	return read_number(s, &o, ret, e);
}

uint64_t object_number_or_0(const struct object_source *s, const struct object *from,
			    const char *path)
{
	uint64_t value;

	return object_number(s, from, path, &value, NULL) == 0 ? value : 0;
}

int object_pointee(const struct object_source *s, const struct object *pointer, struct object *ret,
		   struct error *e)
{
	struct object o = { .type.btf = pointer->type.btf };
	struct btf_type t;
	uint32_t id;
	int err;

	if (!btf_resolve(pointer->type.btf, pointer->type.id, &id, &t) || t.kind != BTF_PTR)
		return error_set(e, -EINVAL, "%s is no pointer", name_of(pointer));
	o.type.id = t.type;
	err = read_number(s, pointer, &o.addr, e);
	if (err < 0)
		return err;
	if (o.addr == 0)
		return error_set(e, -EFAULT, "a pointer to %s is NULL", name_of(&o));
	*ret = o;
	return 0;
}

uint64_t object_size(const struct object *o)
{
	uint64_t size;

	return btf_size(o->type.btf, o->type.id, &size) ? size : 0;
}

bool object_element(const struct object *array, uint64_t index, struct object *ret)
{
	struct object o = { .type.btf = array->type.btf };
	uint32_t id, element, count;
	struct btf_type t;
	uint64_t size;

	if (!btf_resolve(array->type.btf, array->type.id, &id, &t) ||
	    !btf_array(&t, &element, &count) || !btf_size(array->type.btf, element, &size) ||
	    mul_overflow(size, index, &size))
		return false;
	o.type.id = element;
	o.addr = array->addr + size;
	*ret = o;
	return true;
}

/* Up to the NUL, a page at a time, so that a text at the end of memory is read as far as it goes. */
static int read_text(const struct object_source *s, uint64_t addr, char *ret, size_t size,
		     struct error *e)
{
	size_t len = 0;

	while (len < size) {
		size_t n = MIN(size - len, (size_t)(KIB(4) - (addr + len) % KIB(4)));
		int err = kernel_read(s->reader, addr + len, ret + len, n, NULL);

		if (err < 0 && len == 0)
			return kernel_read_error(addr, err, e);
		if (err < 0 || memchr(ret + len, '\0', n))
			break;
		len += n;
	}
	return 0;
}

int object_text(const struct object_source *s, const struct object *from, const char *path,
		char *ret, size_t size, struct error *e)
{
	struct object o;
	struct btf_type t;
	uint32_t id;
	int err = object_follow(s, from, path, &o, e);

	memset(ret, 0, size);
	if (err < 0)
		return err;
	if (!btf_resolve(o.type.btf, o.type.id, &id, &t))
		return error_set(e, -EINVAL, "%s is no text", name_of(&o));
	if (t.kind == BTF_PTR)
		err = object_number(s, &o, "", &o.addr, e);
	else
		size = MIN(size, object_size(&o) + 1);
	if (err == 0 && o.addr == 0)
		err = error_set(e, -EFAULT, "a pointer to text is NULL");
	if (err == 0)
		err = read_text(s, o.addr, ret, size - 1, e);
	for (char *c = ret; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	return err;
}

void object_text_or_mark(const struct object_source *s, const struct object *from, const char *path,
			 char *ret, size_t size)
{
	if (object_text(s, from, path, ret, size, NULL) < 0)
		snprintf(ret, size, "?");
}

int object_container(const struct object_source *s, uint64_t addr, const char *type,
		     const char *member, struct object *ret, struct error *e)
{
	struct object o, m;
	int err = object_at(s, type, 0, &o, e);

	if (err < 0)
		return err;
	if (!find_any(&o, member, strlen(member), &m))
		return error_set(e, -ENOENT, "%s has no member %s", type, member);
	o.addr = addr - m.addr;
	*ret = o;
	return 0;
}
