/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/crashkernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* parse_crashkernel_mem(): firmware hides some of the memory from the kernel. */
#define RAM_ROUNDING MIB(128)

static const char *const suffixes[] = {
	[CRASHKERNEL_HIGH] = ",high",
	[CRASHKERNEL_LOW] = ",low",
	[CRASHKERNEL_CMA] = ",cma",
};

static const char units[] = "KMGTPE";

/* memparse() of lib/cmdline.c, with overflow as an error. Advances *at; false where no number stands there. */
static bool read_size(const char **at, uint64_t *ret)
{
	const char *unit;
	unsigned long long value;
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	value = strtoull(*at, &end, 0);
	if (errno)
		return false;
	unit = *end ? strchr(units, *end & ~0x20) : NULL;
	if (unit) {
		unsigned shift = 10 * (unsigned)(unit - units + 1);

		if (value > UINT64_MAX >> shift)
			return false;
		value <<= shift;
		end++;
	}
	*at = end;
	*ret = value;
	return true;
}

int crashkernel_size_parse(const char *word, uint64_t *ret)
{
	uint64_t size;

	if (!read_size(&word, &size) || *word)
		return -EINVAL;
	*ret = size;
	return 0;
}

const char *crashkernel_size_text(uint64_t size, char text[CRASHKERNEL_SIZE_TEXT])
{
	size_t unit = 0;

	while (size && size % 1024 == 0 && unit < sizeof(units) - 1) {
		size /= 1024;
		unit++;
	}
	snprintf(text, CRASHKERNEL_SIZE_TEXT, "%llu%.1s", (unsigned long long)size,
		 unit ? units + unit - 1 : "");
	return text;
}

static int bad(struct error *e, const char *value, const char *at, const char *wanted)
{
	return error_set(e, -EINVAL, "crashkernel=%s: %s expected %s%s%s", value, wanted,
			 *at ? "before '" : "at its end", at, *at ? "'" : "");
}

static int read_range(const char *value, const char **at, struct crashkernel_range *ret,
		      struct error *e)
{
	ret->end = UINT64_MAX;
	if (!read_size(at, &ret->start))
		return bad(e, value, *at, "the memory a range starts with");
	if (**at != '-')
		return bad(e, value, *at, "'-'");
	++*at;
	if (**at != ':' && !read_size(at, &ret->end))
		return bad(e, value, *at, "the memory a range ends with, or ':'");
	if (ret->end <= ret->start)
		return error_set(e, -EINVAL, "crashkernel=%s: a range ends at or below its start",
				 value);
	if (**at != ':')
		return bad(e, value, *at, "':'");
	++*at;
	if (!read_size(at, &ret->size))
		return bad(e, value, *at, "a size, such as 256M,");
	return 0;
}

static int read_ranges(const char *value, const char **at, struct crashkernel *c, struct error *e)
{
	c->by_ram = true;
	for (;;) {
		int r;

		if (c->count == CRASHKERNEL_RANGES_MAX)
			return error_set(e, -EINVAL, "crashkernel=%s: more than %d ranges", value,
					 CRASHKERNEL_RANGES_MAX);
		r = read_range(value, at, &c->ranges[c->count++], e);
		if (r < 0 || **at != ',')
			return r;
		++*at;
	}
}

enum crashkernel_kind crashkernel_kind_of(const char *value)
{
	size_t len = strcspn(value, " \t\n");

	for (size_t i = CRASHKERNEL_HIGH; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len >= n && memcmp(value + len - n, suffixes[i], n) == 0)
			return (enum crashkernel_kind)i;
	}
	return CRASHKERNEL_PLAIN;
}

static int read_offset(const char *value, const char **at, struct crashkernel *c, struct error *e)
{
	if (**at != '@')
		return 0;
	++*at;
	c->at_offset = true;
	return read_size(at, &c->offset) ? 0 : bad(e, value, *at, "an offset, such as 16M,");
}

static int read_value(const char *value, struct crashkernel *c, struct error *e)
{
	const char *at = value;
	int r = 0;

	if (strcmp(value, "auto") == 0)
		return error_set(e, -EINVAL,
				 "crashkernel=auto: only the kernel of RHEL 8 and older knows it; "
				 "name a size");
	c->kind = crashkernel_kind_of(value);
	if (c->kind == CRASHKERNEL_PLAIN && strchr(value, ':')) {
		r = read_ranges(value, &at, c, e);
	} else {
		c->count = 1;
		c->ranges[0].end = UINT64_MAX;
		if (!read_size(&at, &c->ranges[0].size))
			return bad(e, value, at, "a size, such as 256M,");
	}
	if (r == 0 && c->kind == CRASHKERNEL_PLAIN)
		r = read_offset(value, &at, c, e);
	if (r < 0)
		return r;
	if (c->kind != CRASHKERNEL_PLAIN && strcmp(at, suffixes[c->kind]) != 0)
		return error_set(e, -EINVAL,
				 "crashkernel=%s: with '%s' stands one size and nothing else",
				 value, suffixes[c->kind]);
	if (c->kind == CRASHKERNEL_PLAIN && *at)
		return bad(e, value, at, "nothing more");
	return 0;
}

int crashkernel_parse(const char *value, struct crashkernel *ret, struct error *e)
{
	struct crashkernel c = { 0 };
	char word[CRASHKERNEL_TEXT_MAX];
	size_t len = strcspn(value, " \t\n");
	int r;

	if (len >= sizeof(word))
		return error_set(e, -EINVAL, "crashkernel=: longer than %zu characters",
				 sizeof(word) - 1);
	memcpy(word, value, len);
	word[len] = '\0';
	r = read_value(word, &c, e);
	if (r < 0)
		return r;
	*ret = c;
	return 0;
}

/* Cut where it does not fit; *len then is at least the size. */
_printf_(4, 5) static void add(char *text, size_t size, size_t *len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text + MIN(*len, size), size - MIN(*len, size), fmt, ap);
	va_end(ap);
	*len += n > 0 ? (size_t)n : 0;
}

int crashkernel_format(const struct crashkernel *c, char *ret, size_t size)
{
	char text[CRASHKERNEL_TEXT_MAX * 4], n[3][CRASHKERNEL_SIZE_TEXT];
	size_t len = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct crashkernel_range *g = &c->ranges[i];

		if (c->by_ram)
			add(text, sizeof(text), &len, "%s%s-%s:", i ? "," : "",
			    crashkernel_size_text(g->start, n[0]),
			    g->end == UINT64_MAX ? "" : crashkernel_size_text(g->end, n[1]));
		add(text, sizeof(text), &len, "%s", crashkernel_size_text(g->size, n[2]));
	}
	if (c->at_offset)
		add(text, sizeof(text), &len, "@%s", crashkernel_size_text(c->offset, n[0]));
	if (c->kind != CRASHKERNEL_PLAIN)
		add(text, sizeof(text), &len, "%s", suffixes[c->kind]);
	if (len >= MIN(size, sizeof(text)))
		return -E2BIG;
	memcpy(ret, text, len + 1);
	return 0;
}

uint64_t crashkernel_size(const struct crashkernel *c, uint64_t ram)
{
	if (ram <= UINT64_MAX - RAM_ROUNDING)
		ram = align_up(ram, RAM_ROUNDING);
	for (size_t i = 0; i < c->count; i++) {
		const struct crashkernel_range *g = &c->ranges[i];

		if (!c->by_ram || (ram >= g->start && ram < g->end))
			return g->size;
	}
	return 0;
}
