/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "dumpfile/kdump.h"

/* Bits one entry of the rank index covers: 8 bytes for 128, so 1/16 of the bitmap. */
#define BLOCK_BITS 1024

/* 1 TiB in pages of 4 KiB. */
#define UNPROVEN_MAX (UINT64_C(1) << 28)

uint64_t kdump_bits_word(const struct kdump_bits *b, uint64_t n)
{
	uint64_t start = n & ~UINT64_C(63), word;

	if (start >= b->bits)
		return 0;
	word = le64_get(b->bytes + start / 8);
	if (b->bits - start < 64)
		word &= (UINT64_C(1) << (b->bits - start)) - 1;
	return word;
}

/* The bytes of a bitmap in memory of our own, as far as the file has them. */
static int copy_bits(struct source *s, struct kdump_bits *b, uint64_t offset, uint64_t size)
{
	uint64_t done = 0;
	uint8_t *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	b->copy = p;
	b->copy_size = size;
	b->bytes = p;
	while (done < size) {
		uint64_t n = MIN(MIB(1), size - done);

		if (source_read(s, p + done, n, offset + done) < 0)
			break;
		done += n;
	}
	b->bits = MIN(b->bits, done * 8);
	return 0;
}

/* Words are read whole: what is lent or copied has a multiple of 8 bytes, which a block is. */
static int bits_open(struct dumpfile *d, struct kdump_bits *b, const char *name, uint64_t offset)
{
	struct source *s = d->source;
	uint64_t want = DIV_ROUND_UP(d->info.max_pfn, 64) * 8, there = 0;
	const void *lent;
	int r = 0;

	if (offset < s->size)
		there = MIN(want, align_down(s->size - offset, 8));
	/* A flattened file can claim any size, but not hold more than it has. */
	there = MIN(there, align_down(s->file_size, 8));
	b->bits = MIN(d->info.max_pfn, there * 8);
	if (there && there <= SIZE_MAX && source_lend(s, &b->window, offset, there, &lent) == there)
		b->bytes = lent;
	else if (there)
		r = copy_bits(s, b, offset, there);
	if (b->bits < d->info.max_pfn) {
		damage_add(d, "%s bitmap at offset %#llx: cut off at page %#llx of %#llx", name,
			   (unsigned long long)offset, (unsigned long long)b->bits,
			   (unsigned long long)d->info.max_pfn);
		d->info.flags |= DUMP_TRUNCATED;
	}
	return r;
}

/* Set bits of a word, or of its low n. */
static unsigned count(uint64_t word)
{
	return (unsigned)__builtin_popcountll(word);
}

static int rank_build(struct kdump *k)
{
	uint64_t blocks = k->kept.bits / BLOCK_BITS + 1, sum = 0;

	k->rank = calloc(blocks, sizeof(*k->rank));
	if (!k->rank)
		return -ENOMEM;
	for (uint64_t n = 0; n < k->kept.bits; n += 64) {
		if (n % BLOCK_BITS == 0)
			k->rank[n / BLOCK_BITS] = sum;
		sum += count(kdump_bits_word(&k->kept, n));
	}
	if (k->kept.bits % BLOCK_BITS == 0)
		k->rank[blocks - 1] = sum;
	return 0;
}

uint64_t kdump_rank(const struct kdump *k, uint64_t pfn)
{
	uint64_t n = pfn & ~(uint64_t)(BLOCK_BITS - 1), sum = k->rank[pfn / BLOCK_BITS];

	for (; n + 64 <= pfn; n += 64)
		sum += count(kdump_bits_word(&k->kept, n));
	if (n < pfn)
		sum += count(kdump_bits_word(&k->kept, n) & ((UINT64_C(1) << (pfn - n)) - 1));
	return sum;
}

/*
 * Where the bitmaps are cut off no page can be read, and how many there were is a number nothing proves: a damaged one
 * must not make others walk through, or write, bitmaps that fill a disk.
 */
static void believe_less(struct dumpfile *d)
{
	const struct kdump *k = d->format;
	uint64_t there = MAX(k->exists.bits, k->kept.bits);

	if (k->kept.bits < d->info.max_pfn)
		d->info.max_pfn = MIN(d->info.max_pfn, MAX(there, UNPROVEN_MAX));
}

int kdump_bits_open(struct dumpfile *d)
{
	struct kdump *k = d->format;
	int r = bits_open(d, &k->exists, k->two_bitmaps ? "first" : "only", k->bitmap_offset);

	if (r < 0)
		return r;
	if (k->two_bitmaps) {
		r = bits_open(d, &k->kept, "second", k->bitmap_offset + k->bitmap_size);
		if (r < 0)
			return r;
	} else {
		k->kept.bytes = k->exists.bytes;
		k->kept.bits = k->exists.bits;
	}
	believe_less(d);
	r = rank_build(k);
	if (r < 0)
		return r;
	if (k->first_pfn < k->kept.bits)
		k->first_desc = kdump_rank(k, k->first_pfn);
	return 0;
}

static void bits_close(struct kdump_bits *b)
{
	if (b->copy)
		munmap(b->copy, b->copy_size);
	source_window_done(&b->window);
}

void kdump_bits_close(struct kdump *k)
{
	bits_close(&k->exists);
	bits_close(&k->kept);
	free(k->rank);
}

/* Runs of pages either bitmap has: some writers know no more than what they kept. */
int kdump_bits_ranges(struct dumpfile *d)
{
	const struct kdump *k = d->format;
	unsigned shift = d->info.page_shift;
	/* Not max_pfn, which a damaged header can make as large as it likes. */
	uint64_t max = MAX(k->exists.bits, k->kept.bits);

	for (uint64_t n = 0; n < max; n += 64) {
		uint64_t word = kdump_bits_word(&k->exists, n) | kdump_bits_word(&k->kept, n);

		while (word) {
			unsigned first = (unsigned)__builtin_ctzll(word), run;
			uint64_t rest = ~(word >> first);
			int r;

			run = rest ? (unsigned)__builtin_ctzll(rest) : 64;
			r = ranges_add(d, (n + first) << shift, (uint64_t)run << shift, UINT64_MAX);
			if (r == -E2BIG) {
				damage_add(
					d,
					"bitmaps in tatters: memory above page %#llx is not listed",
					(unsigned long long)(n + first));
				return 0;
			}
			if (r < 0)
				return r;
			word = first + run >= 64 ? 0 : word & ~UINT64_C(0) << (first + run);
		}
	}
	return 0;
}
