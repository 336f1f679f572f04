/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a capture image was made of, by content: kept beside the image and, for the time it is
 * loaded, in /run, so that `status` can tell what changed since.
 */
#include "arm/image/digest.h"
#include "base/buf.h"
#include "base/error.h"

#define RECORD_ITEMS_MAX 1024
#define RECORD_KERNEL_IMAGE "the kernel image"

struct record_item {
	struct digest digest;
	char *name; /* "the kernel image", "the network", a path in the image */
};

/* Where a server was found by its name. */
struct record_host {
	char *name, *address;
};

struct record {
	char *boot_id; /* of the boot in which it was loaded; "" beside the image */
	char *release;
	char *kernel;	     /* path of the kernel image */
	char *target;	     /* in words */
	char *receivers;     /* of the last words, in words; "" for none */
	char *append;	     /* the user's words for the command line, "" for none */
	char *cmdline;	     /* of the capture kernel */
	char *configuration; /* SHA-256 of the configuration's files: early_configuration() */
	struct digest image;
	uint64_t image_size;

	struct record_item *items;
	size_t count;

	struct record_host *hosts;
	size_t hosts_count;
};

int record_add(struct record *rec, const char *name, const void *data, size_t len) _must_check_;

int record_add_host(struct record *rec, const char *name, const char *address) _must_check_;

/* NULL where there is no such item. */
const struct digest *record_digest(const struct record *rec, const char *name);

/* NULL where the name is not known. */
const char *record_address(const struct record *rec, const char *name);

/* The first difference as words ("/lib/modules/ext4.ko changed"); false where there is none. */
bool record_differs(const struct record *then, const struct record *now, char *buf, size_t size);

int record_format(const struct record *rec, struct buf *out) _must_check_;
int record_parse(const char *text, size_t len, struct record *ret, struct error *e) _must_check_;

void record_done(struct record *rec);

#define _cleanup_record_ _cleanup_(record_done)
