/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/io.h"
#include "dumpfile/flat_write.h"
#include "dumpfile/kdump.h"
#include "dumpfile/source_flat.h"

static int copy_fd(int fd, const char *name, struct error *e)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? error_errno(e, -errno, "%s", name) : copy;
}

/* Does the sub header lead to a text of what was erased? */
static bool is_erased(const struct source *s, const uint8_t *sub)
{
	static const char word[] = { 'e', 'r', 'a', 's', 'e', ' ' };
	char text[sizeof(word)];

	return le64_get(sub + KDUMP_SUB_ERASED_SIZE) &&
	       source_read(s, text, sizeof(text), le64_get(sub + KDUMP_SUB_ERASED)) == 0 &&
	       memcmp(text, word, sizeof(word)) == 0;
}

/* The size of a record in eight bytes: what is there of it, and no more. */
static int end_record(int fd, const struct flat_tail *tail, const char *name, struct error *e)
{
	uint8_t size[8];
	int r;

	if (!tail->cut)
		return 0;
	be64_put(size, tail->cut_size);
	r = pwrite_all(fd, size, sizeof(size), tail->cut + 8);
	return r < 0 ? error_errno(e, r, "%s: write at offset %#llx", name,
				   (unsigned long long)tail->cut)
		     : 0;
}

static int open_flat_sink(struct partial *p, int fd, struct error *e)
{
	struct flat_tail tail = source_flat_tail(p->source);
	int r = end_record(fd, &tail, p->sink->name, e);

	if (r < 0)
		return r;
	if (lseek(fd, (off_t)tail.end, SEEK_SET) < 0)
		return error_errno(e, -errno, "%s: seek", p->sink->name);
	return flat_write_continue(p->sink, fd, tail.sealed ? tail.seal : NULL, &p->sink, e);
}

int partial_write(struct partial *p, int fd, struct error *e)
{
	int copy = copy_fd(fd, p->name, e), r;

	if (copy < 0)
		return copy;
	r = sink_fd_new(copy, p->name, &p->sink, e);
	if (r < 0) {
		close(copy);
		return r;
	}
	return p->flattened ? open_flat_sink(p, copy, e) : 0;
}

static int open_source(struct partial *p, int fd, const char *name, struct error *e)
{
	struct source *inner;
	bool complete;
	int copy = copy_fd(fd, name, e), r;

	if (copy < 0)
		return copy;
	r = source_file_new(copy, &inner, e);
	if (r < 0)
		return error_prefix(e, r, "%s", name);
	p->source = inner;
	if (!inner->size || source_flat_probe(inner) <= 0)
		return 0;
	p->flattened = true;
	return source_flat_new(inner, &p->source, &complete, e);
}

int partial_open(int fd, const char *name, struct partial *ret, struct error *e)
{
	_cleanup_partial_ struct partial p = { .name = name };
	int r = open_source(&p, fd, name, e);

	if (r < 0)
		return r;
	/* That its headers are beyond reading is no failure. */
	r = dumpfile_open_fd(fd, name, &p.dump, &p.why);
	if (r == -ENOMEM)
		return error_set(e, r, "%s", error_text(&p.why));
	*ret = p;
	p = (struct partial){ 0 };
	return 0;
}

void partial_done(struct partial *p)
{
	dumpfile_close(p->dump);
	(void)sink_close(p->sink, NULL);
	source_close(p->source);
	*p = (struct partial){ 0 };
}

int partial_table(const struct partial *p, struct partial_table *ret, struct error *e)
{
	struct dumpfile *d = p->dump;
	const struct kdump *k = d ? d->format : NULL;
	uint8_t header[KDUMP_HEADER_SIZE], sub[KDUMP_SUB_SIZE];
	uint64_t end, first;
	uint32_t status;

	if (!d)
		return error_set(e, -EINVAL, "%s", error_text(&p->why));
	if (d->ops == &elf_ops)
		return error_set(e, -EINVAL,
				 "is ELF, which is not gone on with: it is read as far as it goes; "
				 "save the dump under another name, without --resume");
	if (d->ops != &kdump_ops || k->big_endian || k->word != 8 || d->info.header_version < 1)
		return error_set(e, -EINVAL,
				 "is no kdump-compressed dump of a 64-bit little-endian machine");
	if (source_read(p->source, header, sizeof(header), 0) < 0 ||
	    source_read(p->source, sub, sizeof(sub), d->info.page_size) < 0)
		return error_set(e, -EINVAL, "ends inside its header");
	status = le32_get(header + KDUMP_HEADER_STATUS);
	*ret = (struct partial_table){
		.split = k->end_pfn != UINT64_MAX,
		.whole_bitmaps = k->kept.bits >= d->info.max_pfn,
		.erased = d->info.header_version >= 5 && is_erased(p->source, sub),
		.unused_vmemmap = status & KDUMP_STATUS_UNUSED_VMEMMAP,
		.codec = codec_by_flag(status & KDUMP_STATUS_CODECS),
	};
	end = MIN(k->end_pfn, k->kept.bits);
	first = MIN(k->first_pfn, end);
	ret->first_pfn = first;
	ret->end_pfn = end;
	ret->place.desc_offset = k->desc_offset;
	if (end > first)
		ret->place.descs =
			kdump_rank(k, end - 1) + kdump_bits_get(&k->kept, end - 1) - k->first_desc;
	return 0;
}

bool partial_kept_is(const struct partial *p, const struct bitmap *kept)
{
	const struct kdump *k = p->dump->format;

	if (kept->bits != k->kept.bits)
		return false;
	for (uint64_t pfn = 0; pfn < kept->bits; pfn += 64)
		if (kdump_bits_word(&k->kept, pfn) != kept->words[pfn / 64])
			return false;
	return true;
}

int partial_kept(const struct partial *p, struct bitmap *ret)
{
	const struct kdump *k = p->dump->format;
	int r = bitmap_init(ret, MAX(k->kept.bits, (uint64_t)1));

	for (uint64_t pfn = 0; r >= 0 && pfn < k->kept.bits; pfn += 64) {
		uint64_t word = kdump_bits_word(&k->kept, pfn);

		/* Words that stay as they are cost no memory. */
		if (word)
			ret->words[pfn / 64] = word;
	}
	return r;
}

int partial_descs(const struct partial *p, const struct kdump_place *place, uint64_t index,
		  size_t n, struct kdump_desc *ret)
{
	uint64_t at = place->desc_offset + index * sizeof(*ret), there = 0;

	if (at < p->source->size)
		there = MIN((p->source->size - at) / sizeof(*ret), (uint64_t)n);
	memset(ret + there, 0, (n - there) * sizeof(*ret));
	return there ? source_read(p->source, ret, there * sizeof(*ret), at) : 0;
}

int unpacker_init(struct unpacker *u, const struct partial *p, const struct kdump_place *place,
		  uint32_t page_size)
{
	*u = (struct unpacker){ .partial = p, .page_size = page_size };
	u->data_start = place->desc_offset + place->descs * sizeof(struct kdump_desc);
	u->packed = malloc(page_size);
	return u->packed ? 0 : -ENOMEM;
}

void unpacker_done(struct unpacker *u)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (u->states[i])
			codec_by_id(i)->state_free(u->states[i]);
	free(u->packed);
	*u = (struct unpacker){ 0 };
}

int unpack(struct unpacker *u, const struct kdump_desc *desc, void *page)
{
	const struct source *s = u->partial->source;
	const struct codec *codec = codec_by_flag(desc->flags);
	bool raw = codec && codec->id == CODEC_NONE;

	if (desc->offset < u->data_start || !codec || !desc->size || desc->size > u->page_size ||
	    desc->page_flags || (raw && desc->size != u->page_size))
		return -EIO;
	if (!range_inside(desc->offset, desc->size, s->size))
		return -ENODATA;
	if (source_read(s, raw ? page : u->packed, desc->size, desc->offset) < 0)
		return -EIO;
	if (raw)
		return 0;
	if (!u->states[codec->id])
		u->states[codec->id] = codec->decompressor_new(u->page_size);
	if (!u->states[codec->id])
		return -ENOMEM;
	return codec->decompress(u->states[codec->id], u->packed, desc->size, page, u->page_size) <
			       0
		       ? -EIO
		       : 0;
}
