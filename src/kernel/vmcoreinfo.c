/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/vmcoreinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"

/* The kernel has one page for it (VMCOREINFO_BYTES); the largest page of any architecture is 64 KiB. */
#define TEXT_LIMIT KIB(256)
#define NAME_LIMIT 128

struct entry {
	const char *key, *value;
};

struct vmcoreinfo {
	char *text;  /* as found */
	char *lines; /* a copy, cut into keys and values */
	size_t len;
	struct entry *entries; /* sorted by key; of equal keys the first line comes first */
	size_t count;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = strcmp(x->key, y->key);

	return r ? r : (x->key > y->key) - (x->key < y->key);
}

/*
 * Cuts the copy into entries. A last line without newline was cut where the kernel's page was full: its value may
 * look whole and be wrong, so it does not count.
 */
static size_t cut_lines(char *lines, size_t len, struct entry *ret)
{
	char *end = lines + len, *newline;
	size_t count = 0;

	for (char *line = lines; (newline = memchr(line, '\n', end - line)); line = newline + 1) {
		char *equals = memchr(line, '=', newline - line);

		*newline = '\0';
		if (!equals || equals == line)
			continue;
		*equals = '\0';
		ret[count++] = (struct entry){ .key = line, .value = equals + 1 };
	}
	return count;
}

int vmcoreinfo_parse(const char *text, size_t len, struct vmcoreinfo **ret, struct error *e)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
	size_t newlines = 0;

	len = strnlen(text, len);
	if (len > TEXT_LIMIT)
		return error_set(e, -EINVAL, "vmcoreinfo: %zu bytes are too many", len);
	for (size_t i = 0; i < len; i++)
		newlines += text[i] == '\n';

	v = calloc(1, sizeof(*v));
	if (!v)
		return error_errno(e, -ENOMEM, "vmcoreinfo");
	v->len = len;
	v->text = malloc(len + 1);
	v->lines = malloc(len + 1);
	v->entries = calloc(newlines + 1, sizeof(*v->entries));
	if (!v->text || !v->lines || !v->entries)
		return error_errno(e, -ENOMEM, "vmcoreinfo");
	memcpy(v->text, text, len);
	memcpy(v->lines, text, len);
	v->text[len] = v->lines[len] = '\0';

	v->count = cut_lines(v->lines, len, v->entries);
	if (v->count == 0)
		return error_set(e, -EINVAL, "vmcoreinfo: no line of it reads KEY=VALUE");
	qsort(v->entries, v->count, sizeof(*v->entries), compare_entries);
	*ret = TAKE_PTR(v);
	return 0;
}

struct vmcoreinfo *vmcoreinfo_free(struct vmcoreinfo *v)
{
	if (v) {
		free(v->text);
		free(v->lines);
		free(v->entries);
		free(v);
	}
	return NULL;
}

const char *vmcoreinfo_get(const struct vmcoreinfo *v, const char *key)
{
	size_t at = search_first(i, v->count, strcmp(v->entries[i].key, key) >= 0);

	if (at == v->count || strcmp(v->entries[at].key, key) != 0)
		return NULL;
	return v->entries[at].value;
}

/* "KIND(name)" */
static const char *get_in(const struct vmcoreinfo *v, const char *kind, const char *name)
{
	char key[NAME_LIMIT];
	int n = snprintf(key, sizeof(key), "%s(%s)", kind, name);

	return n > 0 && (size_t)n < sizeof(key) ? vmcoreinfo_get(v, key) : NULL;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* The whole of s, at least one digit, no sign, no blank: strtoull() takes all of those. */
static bool parse_digits(const char *s, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;

	if (!s || !*s)
		return false;
	for (; *s; s++) {
		unsigned digit = digit_of(*s);

		if (digit >= base || mul_overflow(value, (uint64_t)base, &value) ||
		    add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	*ret = value;
	return true;
}

static bool has_0x(const char *s)
{
	return s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
}

bool vmcoreinfo_symbol(const struct vmcoreinfo *v, const char *name, uint64_t *ret)
{
	return parse_digits(get_in(v, "SYMBOL", name), 16, ret);
}

bool vmcoreinfo_size(const struct vmcoreinfo *v, const char *name, uint64_t *ret)
{
	return parse_digits(get_in(v, "SIZE", name), 10, ret);
}

bool vmcoreinfo_offset(const struct vmcoreinfo *v, const char *name, uint64_t *ret)
{
	return parse_digits(get_in(v, "OFFSET", name), 10, ret);
}

bool vmcoreinfo_length(const struct vmcoreinfo *v, const char *name, uint64_t *ret)
{
	return parse_digits(get_in(v, "LENGTH", name), 10, ret);
}

bool vmcoreinfo_number(const struct vmcoreinfo *v, const char *name, int64_t *ret)
{
	const char *s = get_in(v, "NUMBER", name);
	uint64_t value;

	if (!s)
		return false;
	if (has_0x(s)) {
		if (!parse_digits(s + 2, 16, &value))
			return false;
		*ret = (int64_t)value;
		return true;
	}
	if (!parse_digits(s + (*s == '-'), 10, &value))
		return false;
	if (value > (uint64_t)INT64_MAX + (*s == '-'))
		return false;
	*ret = *s == '-' ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

bool vmcoreinfo_hex(const struct vmcoreinfo *v, const char *key, uint64_t *ret)
{
	const char *s = vmcoreinfo_get(v, key);

	return s && parse_digits(has_0x(s) ? s + 2 : s, 16, ret);
}

const char *vmcoreinfo_text(const struct vmcoreinfo *v, size_t *ret_len)
{
	*ret_len = v->len;
	return v->text;
}
