/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Will kernel and capture image live in the memory reserved with crashkernel=? The kernel's own
 * loader only asks whether the files fit; a capture kernel that runs out of memory while it unpacks
 * its initramfs panics.
 */
#include "base/error.h"
#include "base/root.h"

/* Bytes. */
struct reservation {
	/* The largest range: a second, low one is for devices that reach no higher. */
	uint64_t reserved;
	uint64_t kernel_image; /* the running kernel, code to bss with gaps; 0 unknown */
	uint64_t ram;	       /* of the machine, 0 unknown */
};

struct capture_sizes {
	uint64_t init_size; /* of the kernel's header */
	uint64_t packed;    /* the image as it is loaded */
	uint64_t unpacked;  /* and as files in memory */
};

/* iomem: the text of /proc/iomem. */
void reservation_parse(const char *iomem, struct reservation *ret);

/* -ENOENT where no memory is reserved: the error says what to do. */
int reservation_read(const struct root *root, struct reservation *ret,
		     struct error *e) _must_check_;

/* The smallest reservation that works, rounded up to whole MiB. */
uint64_t reservation_needed(const struct reservation *r, const struct capture_sizes *s);

/* -ENOSPC with the size that is needed. */
int reservation_check(const struct reservation *r, const struct capture_sizes *s,
		      struct error *e) _must_check_;
