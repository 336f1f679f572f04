/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/past.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 16)

/* Two bitmaps with a bit a page each. */
#define BITMAP_SHARE UINT64_C(16384)

/* Of each CPU but the first: arm/kexec/reserve.c. */
#define CPU_BYTES MIB(4)

static json_t *get_file(const struct root *root, const char *path, const char *schema, int *ret,
			struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	const char *said;
	json_t *j = NULL;
	int r = root_read_file(root, path, TEXT_MAX, &text);

	if (r == 0)
		j = json_loadb(text.data ?: "", text.len, 0, NULL);
	said = j ? json_string_value(json_object_get(j, "schema")) : NULL;
	if (r == 0 && (!said || strcmp(said, schema) != 0)) {
		if (j)
			json_decref(j);
		j = NULL;
		r = -EBADMSG;
	}
	*ret = r < 0 ? error_errno(e, r, "%s", path) : 0;
	return j;
}

static uint64_t get_uint(const json_t *j, const char *name)
{
	json_int_t v = json_integer_value(json_object_get(j, name));

	return v > 0 ? (uint64_t)v : 0;
}

static void get_string(const json_t *j, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s", json_string_value(json_object_get(j, name)) ?: "");
}

int past_read(const struct root *root, struct past *ret, struct error *e)
{
	int r;
	json_auto_t *j = get_file(root, PAST_REHEARSAL, PAST_REHEARSAL_SCHEMA, &r, e);
	struct past p = { 0 };

	if (!j)
		return r;
	p.passed = json_is_true(json_object_get(j, "passed"));
	p.changed = json_is_true(json_object_get(j, "image_changed"));
	p.when = (time_t)get_uint(j, "time");
	p.crashkernel = get_uint(j, "reserved_bytes");
	p.lowest_available = get_uint(j, "lowest_available_bytes");
	p.memory_total = get_uint(j, "memory_total_bytes");
	p.packed = get_uint(j, "image_bytes");
	p.unpacked = get_uint(j, "unpacked_bytes");
	p.cpus = get_uint(j, "cpus");
	p.took = get_uint(j, "milliseconds") * USEC_PER_MSEC;
	get_string(j, "reason", p.reason, sizeof(p.reason));
	get_string(j, "release", p.release, sizeof(p.release));
	get_string(j, "image_sha256", p.image.hex, sizeof(p.image.hex));
	*ret = p;
	return 0;
}

/* "3 days ago" */
static void age_words(time_t age, char *buf, size_t size)
{
	static const struct {
		time_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		long n = (long)(age / units[i].seconds);

		if (n < 1)
			continue;
		snprintf(buf, size, "%ld %s%s ago", n, units[i].name, n == 1 ? "" : "s");
		return;
	}
	snprintf(buf, size, "just now");
}

void past_words(const struct past *p, const char *image, time_t now, char *buf, size_t size)
{
	char age[40], with[160];

	age_words(MAX(now - p->when, (time_t)0), age, sizeof(age));
	if (image && strcmp(image, p->image.hex) == 0)
		snprintf(with, sizeof(with), "this image");
	else if (image)
		snprintf(with, sizeof(with), "another image than this");
	else
		snprintf(with, sizeof(with), "kernel %s", p->release);
	snprintf(buf, size, "rehearsed %s with %s: %s%s", age, with,
		 p->passed ? "it worked" : "it failed: ", p->reason);
}

int past_estimate_read(const struct root *root, struct past_estimate *ret, struct error *e)
{
	int r;
	json_auto_t *j = get_file(root, PAST_ESTIMATE, PAST_ESTIMATE_SCHEMA, &r, e);
	struct past_estimate p = { 0 };

	if (!j)
		return r;
	p.when = (time_t)get_uint(j, "time");
	get_string(j, "kernel_sha256", p.kernel.hex, sizeof(p.kernel.hex));
	p.minimum = get_uint(j, "minimum_bytes");
	p.too_small = get_uint(j, "too_small_bytes");
	p.memory = get_uint(j, "memory_bytes");
	p.packed = get_uint(j, "image_bytes");
	p.unpacked = get_uint(j, "unpacked_bytes");
	p.cpus = get_uint(j, "cpus");
	if (!p.minimum || p.minimum > GIB(1024))
		return error_set(e, -EBADMSG, PAST_ESTIMATE " tells no size");
	*ret = p;
	return 0;
}

static uint64_t growth(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

uint64_t past_estimate_minimum(const struct past_estimate *p, const struct digest *kernel,
			       const struct capture_sizes *s, uint64_t ram)
{
	if (strcmp(p->kernel.hex, kernel->hex) != 0)
		return 0;
	return p->minimum + growth(s->packed, p->packed) + growth(s->unpacked, p->unpacked) +
	       growth(ram, p->memory) / BITMAP_SHARE + growth(s->cpus, p->cpus) * CPU_BYTES +
	       /* a rehearsal tells nobody */
	       (s->tells ? RESERVE_TELLS : 0);
}
