/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dumpfile/format.h"

/* Page table walks come back to the same few pages. */
#define CACHE_SLOTS 16

int dump_reader_new(struct dumpfile *d, struct dump_reader **ret)
{
	_cleanup_(dump_reader_freep) struct dump_reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->dump = d;
	r->cached = malloc(CACHE_SLOTS * sizeof(*r->cached));
	r->pages = malloc(CACHE_SLOTS * (size_t)d->info.page_size);
	if (!r->cached || !r->pages)
		return -ENOMEM;
	for (unsigned i = 0; i < CACHE_SLOTS; i++)
		r->cached[i] = UINT64_MAX;
	if (d->ops->reader_init) {
		err = d->ops->reader_init(r);
		if (err < 0)
			return err;
	}
	*ret = TAKE_PTR(r);
	return 0;
}

struct dump_reader *dump_reader_free(struct dump_reader *r)
{
	if (!r)
		return NULL;
	if (r->dump->ops->reader_done)
		r->dump->ops->reader_done(r);
	source_window_done(&r->window);
	free(r->cached);
	free(r->pages);
	free(r);
	return NULL;
}

/* Words for a page that cannot be read; what the format said of the reason goes behind. */
static int page_error(struct dump_reader *r, uint64_t pfn, int err, struct error *e)
{
	const char *state = err == -ENODATA ? "left out of the dump"
			    : err == -ENXIO ? "no memory of this machine, or not in the dump"
			    : err == -EIO   ? "lost: the dump is damaged or incomplete there"
					    : NULL;

	if (!e)
		return err;
	if (state && !e->text[0])
		return error_set(e, err, "%s: page %#llx: %s", r->dump->name,
				 (unsigned long long)pfn, state);
	return error_prefix(e, err, "%s: page %#llx", r->dump->name, (unsigned long long)pfn);
}

static int cached_page(struct dump_reader *r, uint64_t pfn, const uint8_t **ret, struct error *e)
{
	/* Neighbours and pages a power of two apart, such as the levels of a page table, do not collide. */
	unsigned slot = (unsigned)((pfn * UINT64_C(0x9e3779b97f4a7c15)) >> 60) % CACHE_SLOTS;
	uint8_t *page = r->pages + slot * (size_t)r->dump->info.page_size;
	int err;

	if (r->cached[slot] != pfn) {
		r->cached[slot] = UINT64_MAX;
		err = r->dump->ops->load_page(r, pfn, page, e);
		if (err < 0)
			return err;
		r->cached[slot] = pfn;
	}
	*ret = page;
	return 0;
}

int dump_borrow(struct dump_reader *r, uint64_t paddr, size_t want, const void **ret,
		size_t *ret_len, struct error *e)
{
	const struct dump_info *info = &r->dump->info;
	uint64_t pfn = paddr >> info->page_shift, in_page = paddr & (info->page_size - 1);
	const uint8_t *page;
	const void *lent;
	ssize_t n;
	int err;

	if (e)
		e->text[0] = '\0';
	if (pfn >= info->max_pfn)
		return page_error(r, pfn, -ENXIO, e);
	n = r->dump->ops->lend(r, paddr, want, &lent);
	if (n < 0)
		return page_error(r, pfn, (int)n, e);
	if (n == 0) {
		err = cached_page(r, pfn, &page, e);
		if (err < 0)
			return page_error(r, pfn, err, e);
		lent = page + in_page;
		n = (ssize_t)MIN(want, info->page_size - in_page);
	}
	if (r->dump->watch)
		touched_add(r->dump->watch, pfn,
			    ((in_page + (uint64_t)n - 1) >> info->page_shift) + 1);
	*ret = lent;
	*ret_len = (size_t)n;
	return 0;
}

int dump_read(struct dump_reader *r, uint64_t paddr, void *buf, size_t len, struct error *e)
{
	uint8_t *out = buf;

	while (len) {
		const void *p;
		size_t n;
		int err = dump_borrow(r, paddr, len, &p, &n, e);

		if (err < 0)
			return err;
		memcpy(out, p, n);
		out += n;
		paddr += n;
		len -= n;
	}
	return 0;
}
