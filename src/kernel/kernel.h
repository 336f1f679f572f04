/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A Linux kernel as found in a dump: its vmcoreinfo, and its virtual memory. Immutable once open; threads read
 * through a struct kernel_reader each.
 */
#include "base/error.h"
#include "dumpfile/dumpfile.h"
#include "kernel/vmcoreinfo.h"

struct kernel;

/*
 * Finds vmcoreinfo (note, else by looking at the start of every page) and the page tables, and verifies them against
 * each other: _stext and init_uts_ns lie in the same place by the image's rule and by the page walk, and the release
 * there is OSRELEASE. Where the page tables cannot be used but the image's rule holds, or a damaged dump has lost what would
 * prove either, kernel_doubts() says so. The dump
 * is borrowed. -ENOENT no vmcoreinfo; -EOPNOTSUPP another architecture; -EINVAL what is there contradicts itself;
 * errors of dump_read() where neither route can be read.
 */
int kernel_open(struct dumpfile *d, struct kernel **ret, struct error *e) _must_check_;
struct kernel *kernel_close(struct kernel *k);
DEFINE_CLEANUP(struct kernel *, kernel_close)

struct dumpfile *kernel_dump(const struct kernel *k);
const struct vmcoreinfo *kernel_vmcoreinfo(const struct kernel *k);
const char *kernel_release(const struct kernel *k); /* OSRELEASE, "" where absent */

/*
 * NULL where everything was verified; else, in words, what could not be and what that costs (only the kernel's image
 * and what the container maps can be read, the release could not be compared).
 */
const char *kernel_doubts(const struct kernel *k);

struct kernel_reader;

#define KERNEL_NODENAME_SIZE 65

/* The machine's name as it was, of any bytes; "" where it cannot be read. */
void kernel_nodename(struct kernel *k, char ret[KERNEL_NODENAME_SIZE]);

int kernel_reader_new(struct kernel *k, struct kernel_reader **ret) _must_check_;
struct kernel_reader *kernel_reader_free(struct kernel_reader *r);
DEFINE_CLEANUP(struct kernel_reader *, kernel_reader_free)

struct dump_reader *kernel_reader_dump(struct kernel_reader *r);
struct kernel *kernel_reader_kernel(const struct kernel_reader *r);

/*
 * Page walk. *ret_contiguous is how many bytes from vaddr on lie in the same leaf (4 KiB, 2 MiB, 1 GiB), so that a caller
 * translates once a leaf. -EFAULT not mapped; errors of dump_read() where a table itself is missing.
 */
int kernel_translate(struct kernel_reader *r, uint64_t vaddr, uint64_t *ret_paddr,
		     uint64_t *ret_contiguous, struct error *e) _must_check_;

/* As dump_read() and dump_borrow(), with a kernel virtual address; -EFAULT besides. */
int kernel_read(struct kernel_reader *r, uint64_t vaddr, void *buf, size_t len,
		struct error *e) _must_check_;
int kernel_borrow(struct kernel_reader *r, uint64_t vaddr, size_t want, const void **ret,
		  size_t *ret_len, struct error *e) _must_check_;

/*
 * The words for a read at vaddr that failed with err: a page that the dump level left out is "page excluded", not an error of
 * the file. Returns err.
 */
int kernel_read_error(uint64_t vaddr, int err, struct error *e);

#define MAPPING_LEVELS 5

/* How an address is mapped: the leaf it lies in, and the table entries that lead there, top first. */
struct kernel_mapping {
	uint64_t vaddr, size, paddr; /* of the leaf */
	bool write, execute;	     /* what the leaf's entry allows */
	unsigned steps;
	struct {
		unsigned level; /* counted from 1, the table whose entries map single pages */
		uint64_t paddr; /* of the entry */
		uint64_t entry;
	} step[MAPPING_LEVELS];
};

/*
 * Walks the page tables for one address. root is the physical address of a top table, such as a process's; UINT64_MAX
 * for the kernel's own. On failure ret->step still tells how far the walk came. Errors as kernel_translate().
 */
int kernel_mapping(struct kernel_reader *r, uint64_t root, uint64_t vaddr,
		   struct kernel_mapping *ret, struct error *e) _must_check_;
