/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/files.h"
#include "arm/rehearse/highwater.h"
#include "arm/rehearse/past.h"
#include "base/json.h"

static int put_file(const struct root *root, const char *path, struct json *j, struct buf *text,
		    struct error *e)
{
	int r;

	json_object_end(j);
	r = json_end(j);
	return r < 0 ? error_errno(e, r, "%s", path)
		     : file_replace(root, path, text->data, text->len, e);
}

int past_write(const struct root *root, const struct rehearsal *r, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json j;

	json_document(&j, &text, PAST_REHEARSAL_SCHEMA);
	json_put_uint(&j, "time", (uint64_t)r->when);
	json_put_bool(&j, "passed", r->passed);
	json_put_string(&j, "reason", r->reason);
	json_put_string(&j, "release", r->release);
	json_put_string(&j, "target", r->target);
	json_put_string(&j, "image_sha256", r->image.hex);
	json_put_bool(&j, "image_changed", r->image_changed);
	json_put_uint(&j, "reserved_bytes", r->crashkernel);
	json_put_uint(&j, "lowest_available_bytes", r->story.lowest_available);
	json_put_uint(&j, "memory_total_bytes", r->story.memory_total);
	json_put_uint(&j, "image_bytes", r->sizes.packed);
	json_put_uint(&j, "unpacked_bytes", r->sizes.unpacked);
	json_put_uint(&j, "cpus", r->sizes.cpus);
	json_put_uint(&j, "milliseconds", r->took / USEC_PER_MSEC);
	return put_file(root, PAST_REHEARSAL, &j, &text, e);
}

int past_estimate_write(const struct root *root, const struct past_estimate *p, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json j;

	json_document(&j, &text, PAST_ESTIMATE_SCHEMA);
	json_put_uint(&j, "time", (uint64_t)p->when);
	json_put_string(&j, "kernel_sha256", p->kernel.hex);
	json_put_uint(&j, "minimum_bytes", p->minimum);
	json_put_uint(&j, "too_small_bytes", p->too_small);
	json_put_uint(&j, "memory_bytes", p->memory);
	json_put_uint(&j, "image_bytes", p->packed);
	json_put_uint(&j, "unpacked_bytes", p->unpacked);
	json_put_uint(&j, "cpus", p->cpus);
	return put_file(root, PAST_ESTIMATE, &j, &text, e);
}

int highwater_write(const struct root *root, const struct highwater *h, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json j;

	json_document(&j, &text, HIGHWATER_SCHEMA);
	json_put_string(&j, "release", h->release);
	json_put_string(&j, "dump", h->dump);
	json_put_uint(&j, "time", (uint64_t)h->time);
	json_put_uint(&j, "given_bytes", h->given);
	json_put_uint(&j, "total_bytes", h->total);
	json_put_uint(&j, "lowest_available_bytes", h->lowest_available);
	return put_file(root, HIGHWATER_PATH, &j, &text, e);
}
