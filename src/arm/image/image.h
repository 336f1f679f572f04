/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The capture image: the initramfs of the capture kernel, a gzip-compressed cpio archive in the
 * "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel). The
 * same content gives the same bytes.
 *
 * Compressed, because the archive and what is unpacked from it are in memory at the same time; with
 * gzip, because every kernel has it and its window is 32 KiB, where zstd and xz want megabytes at
 * the moment memory is shortest.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

#define IMAGE_FILE_MAX MIB(64)

struct image_file {
	char *name; /* absolute in the image */
	unsigned mode;
	struct buf content;
};

struct image {
	struct image_file *files;
	size_t count;
	uint64_t unpacked; /* bytes of memory the files take once unpacked: whole pages */
};

/* mode: of a file its permissions; S_IFLNK: a link to where content says. Takes over content, also on failure. */
int image_add(struct image *im, const char *name, unsigned mode, struct buf *content,
	      struct error *e) _must_check_;

/* A file of the root. Modules come out of their compression (.xz, .zst, .gz). */
int image_read_file(const struct root *root, const char *path, struct buf *ret,
		    struct error *e) _must_check_;
int image_read_module(const struct root *root, const char *path, struct buf *ret,
		      struct error *e) _must_check_;

/* The archive's bytes. */
int image_pack(const struct image *im, struct buf *ret, struct error *e) _must_check_;

/* Uncompressed, for what is booted once. */
int image_pack_plain(const struct image *im, struct buf *ret, struct error *e) _must_check_;

void image_done(struct image *im);

#define _cleanup_image_ _cleanup_(image_done)
