/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a capture image was made of, by content: kept beside the image and, for the time it is
 * loaded, in /run, so that `status` can tell what changed since.
 */
#include "arm/digest.h"
#include "base/buf.h"
#include "base/error.h"

#define RECORD_ITEMS_MAX 1024

struct record_item {
	struct digest digest;
	char *name; /* "kernel image", "plan", a path in the image */
};

struct record {
	char *boot_id; /* of the boot in which it was loaded; "" beside the image */
	char *release;
	char *kernel;  /* path of the kernel image */
	char *target;  /* in words */
	char *append;  /* the user's words for the command line, "" for none */
	char *cmdline; /* of the capture kernel */
	struct digest image;
	uint64_t image_size;

	struct record_item *items;
	size_t count;
};

int record_add(struct record *rec, const char *name, const void *data, size_t len) _must_check_;

/* The first difference as words ("/lib/modules/ext4.ko changed"); false where there is none. */
bool record_differs(const struct record *then, const struct record *now, char *buf, size_t size);

int record_format(const struct record *rec, struct buf *out) _must_check_;
int record_parse(const char *text, size_t len, struct record *ret, struct error *e) _must_check_;

void record_done(struct record *rec);

#define _cleanup_record_ _cleanup_(record_done)
