/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A dump as physical memory, whatever container it came in: ELF (files and /proc/vmcore), kdump-compressed,
 * either of them flattened. Nothing here knows what a kernel is.
 *
 * A struct dumpfile is immutable once open and may be used by many threads; each thread reads through a
 * struct dump_reader of its own.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/macro.h"

/* What the container says about a page. */
enum page_state {
	PAGE_ABSENT,   /* no such memory in the machine, or not in this dump at all */
	PAGE_EXCLUDED, /* memory that whoever wrote the dump left out on purpose */
	PAGE_LOST,     /* should be here; the dump is incomplete or cut there */
	PAGE_PRESENT,
};
#define PAGE_STATES 4

/* dump_info.flags */
#define DUMP_FLATTENED (1u << 0)
#define DUMP_INCOMPLETE (1u << 1) /* its writer marked it: the disk was full, or a size limit met */
#define DUMP_TRUNCATED (1u << 2)  /* shorter than its own tables say */
#define DUMP_LIVE (1u << 3)	  /* /proc/vmcore, /proc/kcore: changes, or costs memory to map */

struct dump_note {
	const char *name; /* "CORE", "VMCOREINFO", … without the NUL counted */
	uint32_t type;
	const void *desc;
	size_t size;
	uint64_t offset; /* of desc in the container */
	/* Bytes behind desc that are in the container alone: dumpfile_note_read(). Of device dumps, which can have any size, only the name is
	 * in memory. */
	uint64_t rest;
};

/* A run of physical memory, page aligned at both ends. */
struct dump_range {
	uint64_t paddr;
	uint64_t size;
	uint64_t vaddr; /* kernel virtual address the container gives it, or UINT64_MAX */
};

struct dump_info {
	const char *format; /* "elf", "kdump-compressed" */
	const char *codec;  /* of the pages: "none", "zlib", …; "none" for ELF */
	unsigned flags;
	uint16_t machine;   /* EM_X86_64, …; EM_NONE where unknown */
	uint32_t page_size; /* bytes, a power of two */
	unsigned page_shift;
	uint64_t max_pfn;   /* one past the highest page */
	uint64_t file_size; /* bytes; 0 where it cannot be known (/proc/vmcore) */
	int32_t dump_level; /* makedumpfile's -d bits; -1 where the container does not say */
	int64_t crash_time; /* seconds since the epoch from the container's header; 0 where absent */
	char release[65], version[65], nodename[65]; /* utsname of kdump headers; "" where absent */
	uint64_t phys_base;			     /* of kdump headers; 0 where absent */
	uint32_t header_version;
};

struct dumpfile;
struct dump_reader;

/* -EINVAL not a dump or damaged beyond use; other errors of the system. The message names path. */
int dumpfile_open(const char *path, struct dumpfile **ret, struct error *e) _must_check_;

/* As above from a descriptor, duplicated; name is for messages and is copied. */
int dumpfile_open_fd(int fd, const char *name, struct dumpfile **ret, struct error *e) _must_check_;

struct dumpfile *dumpfile_close(struct dumpfile *d);
DEFINE_CLEANUP(struct dumpfile *, dumpfile_close)

const struct dump_info *dumpfile_info(const struct dumpfile *d);
const char *dumpfile_name(const struct dumpfile *d);

/* Valid until close. Notes in file order; ranges sorted by paddr, disjoint, all memory known to exist. */
size_t dumpfile_notes(const struct dumpfile *d, const struct dump_note **ret);
size_t dumpfile_ranges(const struct dumpfile *d, const struct dump_range **ret);

/* Segments of memory as an ELF container lists them: in file order, overlapping, aligned to nothing. None in other formats. */
size_t dumpfile_segments(const struct dumpfile *d, const struct dump_range **ret);

/* Bytes from `at` on of a note's desc, whether in memory or not. -ENODATA past its end. */
int dumpfile_note_read(const struct dumpfile *d, const struct dump_note *n, uint64_t at, void *buf,
		       size_t len, struct error *e) _must_check_;

/* The first note of that name and type (any type where type is UINT32_MAX), or NULL. */
const struct dump_note *dumpfile_note(const struct dumpfile *d, const char *name, uint32_t type);

enum page_state dumpfile_page_state(const struct dumpfile *d, uint64_t pfn);

/* As above, and where the run of pages ends that share the state: at least pfn + 1, perhaps short of the next change. */
enum page_state dumpfile_page_run(const struct dumpfile *d, uint64_t pfn, uint64_t *ret_end);

/* Pages below max_pfn by state. Looks at each page_desc of a compressed dump. */
void dumpfile_count(const struct dumpfile *d, uint64_t ret[PAGE_STATES]);

/* Damage met when opening, one line each, for `info`. */
size_t dumpfile_damage(const struct dumpfile *d, const char *const **ret);

/* While on, single pages are read from anywhere: nothing is read ahead, and none is mapped. */
void dumpfile_scattered(struct dumpfile *d, bool on);

/* What was read so far need not stay in memory: a phase that touched much of it is over. */
void dumpfile_forget(struct dumpfile *d);

int dump_reader_new(struct dumpfile *d, struct dump_reader **ret) _must_check_;
struct dump_reader *dump_reader_free(struct dump_reader *r);
DEFINE_CLEANUP(struct dump_reader *, dump_reader_free)

/*
 * Copies len bytes of physical memory. -ENODATA: a page is excluded; -ENXIO: absent; -EIO: lost or damaged.
 * buf is undefined on failure. These three are returned without words where e is NULL, cheaply.
 */
int dump_read(struct dump_reader *r, uint64_t paddr, void *buf, size_t len,
	      struct error *e) _must_check_;

/*
 * Lends at least one byte and at most want bytes at paddr, without a copy where the container allows it (an ELF
 * window of many pages; else one decoded page). What is lent ends at a page's end unless want ends first. Valid until
 * the next call on this reader. Errors as above, of the page at paddr. On /proc/vmcore, windows of up to 64 MiB are
 * mapped where want is 64 KiB or more: ask for all that will be used.
 */
int dump_borrow(struct dump_reader *r, uint64_t paddr, size_t want, const void **ret,
		size_t *ret_len, struct error *e) _must_check_;
