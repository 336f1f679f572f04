/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Tiny dumps from a description: one statement a line, blanks around words do not matter.
 *
 *	kdump | elf			the format; the first line
 *	pages FIRST COUNT KIND		text, noise, zero, excluded, lost; others are absent
 *	max-pfn N			else one past the last page named
 *	page-size N			4096
 *	word 4|8, align 4|8, big-endian	of the dumped machine: 8, 8, little
 *	machine NUMBER|NAME		e_machine or utsname.machine: x86-64
 *	incomplete			what a writer marks when the disk is full
 *	flatten CHUNK			as records of that many bytes, last first, the first chunk once wrong and once right
 *	no-end				the flattened stream without its end marker
 *	cut TENTHS			to so many tenths of its length
 *	cut-to BYTES
 *	poke OFFSET SIZE VALUE		SIZE bytes of VALUE over what is there (flattened: in the stream)
 *
 *	device-dump NAME SIZE		a note of a driver, in front of the others; byte i is i * 7
 *
 *	kdump: version N (6), codec NAME (none), bitmaps 1|2 (2), split FIRST END
 *	elf: xnum, unaligned (first and last page half), overlap FIRST COUNT (a segment of its own, in front, for some pages)
 */
#include <stddef.h>
#include <stdint.h>

#define MKDUMP_PAGES 8192

enum mkdump_kind { MK_ABSENT, MK_TEXT, MK_NOISE, MK_ZERO, MK_EXCLUDED, MK_LOST };

struct mkdump {
	int fd; /* a memfd */
	size_t size;
	uint32_t page_size;
	uint64_t max_pfn;
	uint8_t kinds[MKDUMP_PAGES];
};

/* Ends the program where the description makes no sense. Owned by the caller. */
struct mkdump *mkdump(const char *description);
void mkdump_free(struct mkdump *m);

/* What a page of that kind holds. */
void mkdump_page(uint64_t pfn, enum mkdump_kind kind, void *page, size_t size);
