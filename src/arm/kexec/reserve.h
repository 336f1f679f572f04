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
	/* The highest range, which is loaded into: a low one beside it is for devices that reach no higher. */
	uint64_t reserved;
	uint64_t total;	       /* all ranges */
	uint64_t kernel_image; /* the running kernel, code to bss with gaps; 0 unknown */
	uint64_t ram;	       /* of the machine, 0 unknown */
};

/* Who tells the last words: a process with readers of its own, and the queues of a card. */
#define RESERVE_TELLS MIB(4)

struct capture_sizes {
	uint64_t init_size; /* of the kernel's header */
	uint64_t packed;    /* the image as it is loaded */
	uint64_t unpacked;  /* and as files in memory */
	unsigned cpus;
	bool network; /* there is one */
	bool tells;   /* receivers of the last words: a process and a network card more */
};

/* iomem: the text of /proc/iomem. */
void reservation_parse(const char *iomem, struct reservation *ret);

/* The same of this machine, where nothing needs to be reserved; zeros where it is not known. */
void reservation_look(const struct root *root, struct reservation *ret);

/* -ENOENT where no memory is reserved: the error says what to do. */
int reservation_read(const struct root *root, struct reservation *ret,
		     struct error *e) _must_check_;

/* The smallest reservation that works, rounded up to whole MiB. */
uint64_t reservation_needed(const struct reservation *r, const struct capture_sizes *s);

/* needed: bytes. -ENOSPC, with the words that name them. */
int reservation_check(const struct reservation *r, uint64_t needed, struct error *e) _must_check_;
