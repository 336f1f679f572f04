/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/kdump.h"

/* offset, size, flags, page_flags (never used) */
#define DESC_SIZE 24

/* Pages lent in one go where they are stored raw and in order. */
#define LEND_PAGES 512

/* Zeros at the end of the table, and pages past the file's end, are looked for among so many descs. */
#define TAIL_DESCS 4096

struct desc {
	uint64_t offset;
	uint32_t size;
	const struct codec *codec;
};

static const char *desc_parse(const struct dumpfile *d, const uint8_t p[DESC_SIZE],
			      struct desc *ret)
{
	const struct kdump *k = d->format;
	uint64_t offset = k->big_endian ? be64_get(p) : le64_get(p);
	uint32_t size = k->big_endian ? be32_get(p + 8) : le32_get(p + 8);
	uint32_t flags = k->big_endian ? be32_get(p + 12) : le32_get(p + 12);
	const struct codec *codec = codec_by_flag(flags);

	if (!offset)
		return "its page_desc was never written";
	if (!codec)
		return "its page_desc names an unknown codec";
	if (!size || size > d->info.page_size ||
	    (codec->id == CODEC_NONE && size != d->info.page_size))
		return "its page_desc has an impossible size";
	if (!range_inside(offset, size, d->source->size))
		return "its data lies past the end of the file";
	*ret = (struct desc){ offset, size, codec };
	return NULL;
}

/* What is wrong with the page, NULL where nothing is. pfn's bit is set in kept. */
static const char *desc_read(const struct dumpfile *d, uint64_t pfn, struct desc *ret)
{
	const struct kdump *k = d->format;
	uint8_t p[DESC_SIZE];
	uint64_t index;

	if (pfn < k->first_pfn || pfn >= k->end_pfn)
		return "it is in another part of this split dump";
	index = kdump_rank(k, pfn) - k->first_desc;
	if (source_read(d->source, p, sizeof(p), k->desc_offset + index * DESC_SIZE) < 0)
		return "its page_desc lies past the end of the file";
	return desc_parse(d, p, ret);
}

/* The end of the run of bits alike that starts at pfn: at most the end of its word. */
static uint64_t run_end(uint64_t pfn, uint64_t differs)
{
	differs >>= pfn % 64;
	return pfn + (differs ? (unsigned)__builtin_ctzll(differs) : 64 - pfn % 64);
}

enum page_state kdump_page_run(const struct dumpfile *d, uint64_t pfn, uint64_t *ret_end)
{
	const struct kdump *k = d->format;
	uint64_t exists, kept;
	struct desc desc;

	*ret_end = pfn + 1;
	if (kdump_bits_get(&k->kept, pfn))
		return desc_read(d, pfn, &desc) ? PAGE_LOST : PAGE_PRESENT;
	if (pfn >= k->exists.bits) {
		*ret_end = pfn >= k->kept.bits ? d->info.max_pfn : pfn + 1;
		return PAGE_LOST;
	}
	exists = kdump_bits_word(&k->exists, pfn);
	kept = kdump_bits_word(&k->kept, pfn);
	if (pfn >= k->kept.bits)
		return kdump_bits_get(&k->exists, pfn) ? PAGE_LOST : PAGE_ABSENT;
	if (!kdump_bits_get(&k->exists, pfn)) {
		*ret_end = MIN(run_end(pfn, exists | kept), d->info.max_pfn);
		return PAGE_ABSENT;
	}
	*ret_end = MIN(run_end(pfn, ~exists | kept), d->info.max_pfn);
	return PAGE_EXCLUDED;
}

static int state_error(const struct dumpfile *d, uint64_t pfn)
{
	static const int codes[] = {
		[PAGE_ABSENT] = -ENXIO, [PAGE_EXCLUDED] = -ENODATA, [PAGE_LOST] = -EIO
	};
	uint64_t end;

	return codes[kdump_page_run(d, pfn, &end)];
}

ssize_t kdump_lend(struct dump_reader *r, uint64_t paddr, size_t want, const void **ret)
{
	const struct dumpfile *d = r->dump;
	uint64_t page = d->info.page_size, pfn = paddr >> d->info.page_shift;
	uint64_t in_page = paddr & (page - 1), run = page, n;
	const struct kdump *k = d->format;
	struct desc first, next;

	if (!kdump_bits_get(&k->kept, pfn))
		return state_error(d, pfn);
	if (desc_read(d, pfn, &first) || first.codec->id != CODEC_NONE)
		return 0;
	while (run - in_page < want && run < LEND_PAGES * page &&
	       kdump_bits_get(&k->kept, pfn + run / page) &&
	       !desc_read(d, pfn + run / page, &next) && next.codec->id == CODEC_NONE &&
	       next.offset == first.offset + run)
		run += page;
	want = (size_t)MIN(want, run - in_page);
	n = source_lend(d->source, &r->window, first.offset + in_page, want, ret);
	if (n < want)
		n = in_page + n < page ? 0 : align_down(in_page + n, page) - in_page;
	return (ssize_t)n;
}

/* The packed bytes in place, or copied where the source cannot lend them. */
static int packed_bytes(struct dump_reader *r, const struct desc *desc, const void **ret,
			struct error *e)
{
	struct kdump_reader *k = r->format;
	int err;

	if (source_lend(r->dump->source, &r->window, desc->offset, desc->size, ret) == desc->size)
		return 0;
	err = source_read(r->dump->source, k->packed, desc->size, desc->offset);
	if (err < 0)
		return error_errno(e, -EIO, "read at offset %#llx",
				   (unsigned long long)desc->offset);
	*ret = k->packed;
	return 0;
}

int kdump_load_page(struct dump_reader *r, uint64_t pfn, void *page, struct error *e)
{
	const struct kdump *k = r->dump->format;
	struct kdump_reader *reader = r->format;
	struct codec_state **state;
	const char *wrong;
	const void *packed;
	struct desc desc;
	int err;

	if (!kdump_bits_get(&k->kept, pfn))
		return state_error(r->dump, pfn);
	wrong = desc_read(r->dump, pfn, &desc);
	if (wrong)
		return error_set(e, -EIO, "lost: %s", wrong);
	err = packed_bytes(r, &desc, &packed, e);
	if (err < 0)
		return err;
	state = &reader->states[desc.codec->id];
	if (!*state)
		*state = desc.codec->decompressor_new(r->dump->info.page_size);
	if (!*state)
		return error_set(e, -ENOMEM, "out of memory");
	if (desc.codec->decompress(*state, packed, desc.size, page, r->dump->info.page_size) < 0)
		return error_set(e, -EIO, "damaged: %u bytes of %s at offset %#llx do not unpack",
				 desc.size, desc.codec->name, (unsigned long long)desc.offset);
	return 0;
}

int kdump_reader_init(struct dump_reader *r)
{
	struct kdump_reader *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	r->format = k;
	k->packed = malloc(r->dump->info.page_size);
	return k->packed ? 0 : -ENOMEM;
}

void kdump_reader_done(struct dump_reader *r)
{
	struct kdump_reader *k = r->format;

	if (!k)
		return;
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (k->states[i])
			codec_by_id(i)->state_free(k->states[i]);
	free(k->packed);
	free(k);
}

bool kdump_tail_missing(const struct dumpfile *d)
{
	const struct kdump *k = d->format;
	uint64_t end = MIN(k->kept.bits, k->end_pfn), first, last;

	if (end <= k->first_pfn)
		return false;
	last = (end < k->kept.bits ? kdump_rank(k, end)
				   : kdump_rank(k, end - 1) + kdump_bits_get(&k->kept, end - 1)) -
	       k->first_desc;
	first = last > TAIL_DESCS ? last - TAIL_DESCS : 0;
	for (uint64_t i = last; i-- > first;) {
		uint8_t p[DESC_SIZE];
		uint64_t offset;
		uint32_t size;

		if (source_read(d->source, p, sizeof(p), k->desc_offset + i * DESC_SIZE) < 0)
			return true;
		offset = k->big_endian ? be64_get(p) : le64_get(p);
		size = k->big_endian ? be32_get(p + 8) : le32_get(p + 8);
		if (offset && size && size <= d->info.page_size &&
		    !range_inside(offset, size, d->source->size))
			return true;
	}
	return false;
}
