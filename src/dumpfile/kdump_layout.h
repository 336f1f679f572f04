/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kdump-compressed format as a 64-bit little-endian machine writes it: disk_dump_header, kdump_sub_header and page_desc of
 * makedumpfile's diskdump_mod.h, as measured on its files. Where another machine's compiler puts the fields says kdump.c.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/macro.h"

#define KDUMP_SIGNATURE "KDUMP   "
#define KDUMP_SIGNATURE_OLD "DISKDUMP"
#define KDUMP_SIGNATURE_SIZE 8
#define KDUMP_VERSION_NEWEST 6

/* The header: block 0. A block is a page. */
enum {
	KDUMP_HEADER_SIGNATURE = 0,
	KDUMP_HEADER_VERSION = 8,
	KDUMP_HEADER_UTSNAME = 12,
	KDUMP_HEADER_TIMESTAMP = 408,
	KDUMP_HEADER_STATUS = 424,
	KDUMP_HEADER_BLOCK_SIZE = 428,
	KDUMP_HEADER_SUB_BLOCKS = 432,
	KDUMP_HEADER_BITMAP_BLOCKS = 436, /* of both bitmaps */
	KDUMP_HEADER_MAX_MAPNR = 440,
	KDUMP_HEADER_NR_CPUS = 460,
	KDUMP_HEADER_SIZE = 464,
};

/* The sub header: at block 1, the notes behind it. */
enum {
	KDUMP_SUB_PHYS_BASE = 0,
	KDUMP_SUB_DUMP_LEVEL = 8, /* from version 1 on */
	KDUMP_SUB_SPLIT = 12,	  /* 2 */
	KDUMP_SUB_START_PFN = 16,
	KDUMP_SUB_END_PFN = 24,
	KDUMP_SUB_VMCOREINFO = 32, /* 3 */
	KDUMP_SUB_VMCOREINFO_SIZE = 40,
	KDUMP_SUB_NOTES = 48, /* 4 */
	KDUMP_SUB_NOTES_SIZE = 56,
	KDUMP_SUB_ERASED = 64, /* 5 */
	KDUMP_SUB_ERASED_SIZE = 72,
	KDUMP_SUB_START_PFN_64 = 80, /* 6 */
	KDUMP_SUB_END_PFN_64 = 88,
	KDUMP_SUB_MAX_MAPNR_64 = 96,
	KDUMP_SUB_SIZE = 104,
};

/* Status bits. */
#define KDUMP_STATUS_CODECS 0x27u /* a codec.flag */
#define KDUMP_STATUS_INCOMPLETE 0x8u
#define KDUMP_STATUS_UNUSED_VMEMMAP 0x10u

/* utsname: sysname, nodename, release, version, machine, domainname */
#define KDUMP_UTS_FIELDS 6
#define KDUMP_UTS_SIZE 65

/* A page_desc; one for each set bit of the last bitmap. offset 0 is a lost page. */
struct kdump_desc {
	uint64_t offset; /* of the data in the file */
	uint32_t size;	 /* of the data; the page size where it is stored raw */
	uint32_t flags;	 /* codec.flag; 0 raw */
	uint64_t page_flags;
};
_Static_assert(sizeof(struct kdump_desc) == 24, "a page_desc is 24 bytes on disk");

static inline bool kdump_is_signature(const void *p)
{
	return memcmp(p, KDUMP_SIGNATURE, KDUMP_SIGNATURE_SIZE) == 0 ||
	       memcmp(p, KDUMP_SIGNATURE_OLD, KDUMP_SIGNATURE_SIZE) == 0;
}

/* Of the machines that are written for. */
#define KDUMP_PAGE_MIN KIB(4)
#define KDUMP_PAGE_MAX KIB(64)

static inline bool kdump_is_page_size(uint64_t n)
{
	return n >= KDUMP_PAGE_MIN && n <= KDUMP_PAGE_MAX && (n & (n - 1)) == 0;
}

/* Of one bitmap. */
static inline uint64_t kdump_bitmap_blocks(uint64_t max_pfn, uint32_t page_size)
{
	return DIV_ROUND_UP(DIV_ROUND_UP(max_pfn, 8), (uint64_t)page_size);
}
