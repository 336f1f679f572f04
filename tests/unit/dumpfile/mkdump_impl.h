/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the generator's files share: the description as read, and bytes to be written out.
 */
#include <stdbool.h>

#include "mkdump.h"

struct image {
	uint8_t *data;
	size_t size, allocated;
};

/* Grows with zeros to hold [offset, offset + len); where it is. */
uint8_t *image_at(struct image *im, size_t offset, size_t len);

struct description {
	struct mkdump *out;
	bool elf, big_endian, incomplete, xnum, unaligned, no_end;
	unsigned word, align, version, bitmaps, cut;
	size_t cut_to;
	char codec[65], machine[65], device[65];
	size_t device_size;
	uint64_t split[2], overlap[2];
	size_t flatten;
	struct {
		uint64_t offset, size, value;
	} pokes[32];
	unsigned n_pokes;
};

/* A number of size bytes in the dump's byte order. */
void put(const struct description *d, uint8_t *at, unsigned size, uint64_t value);

/* ELF notes, a VMCOREINFO among them: appended at offset, the size returned. */
size_t put_notes(const struct description *d, struct image *im, size_t offset);

void make_elf(const struct description *d, struct image *im);
void make_kdump(const struct description *d, struct image *im);
