/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "mkdump_impl.h"

#define VADDR UINT64_C(0xffff888000000000)
#define SEGMENTS_MAX 4096

struct segment {
	uint32_t type;
	uint64_t offset, vaddr, paddr, filesz, memsz;
};

static bool stored(uint8_t kind)
{
	return kind == MK_TEXT || kind == MK_NOISE || kind == MK_ZERO;
}

/* Stored pages and the excluded ones behind them are one segment each. */
static size_t segments_find(const struct description *d, struct segment *s)
{
	const struct mkdump *m = d->out;
	uint64_t page = m->page_size;
	size_t n = 1;

	if (d->overlap[1])
		s[n++] = (struct segment){ .type = PT_LOAD,
					   .paddr = d->overlap[0] * page,
					   .filesz = d->overlap[1] * page,
					   .memsz = d->overlap[1] * page };
	for (uint64_t pfn = 0; pfn < m->max_pfn && n < SEGMENTS_MAX;) {
		uint64_t first = pfn, data;

		while (pfn < m->max_pfn && stored(m->kinds[pfn]))
			pfn++;
		data = pfn;
		while (pfn < m->max_pfn && m->kinds[pfn] == MK_EXCLUDED)
			pfn++;
		if (pfn == first) {
			pfn++;
			continue;
		}
		s[n++] = (struct segment){ .type = PT_LOAD,
					   .paddr = first * page,
					   .filesz = (data - first) * page,
					   .memsz = (pfn - first) * page };
	}
	return n;
}

static void put_segment(const struct description *d, uint8_t *p, const struct segment *s)
{
	unsigned w = d->word;

	put(d, p, 4, s->type);
	if (w == 8) {
		const uint64_t fields[] = { s->offset, s->vaddr, s->paddr, s->filesz, s->memsz };

		for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
			put(d, p + 8 + 8 * i, 8, fields[i]);
	} else {
		const uint64_t fields[] = { s->offset, s->vaddr, s->paddr, s->filesz, s->memsz };

		for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
			put(d, p + 4 + 4 * i, 4, fields[i]);
	}
}

static void put_header(const struct description *d, struct image *im, size_t n, size_t phoff)
{
	bool wide = d->word == 8;
	size_t shoff = wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	uint8_t *p = image_at(im, 0, phoff);
	unsigned w = d->word;

	memcpy(p, ELFMAG, SELFMAG);
	p[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	p[EI_DATA] = d->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	p[EI_VERSION] = EV_CURRENT;
	put(d, p + 16, 2, ET_CORE);
	put(d, p + 18, 2, d->machine[0] ? strtoul(d->machine, NULL, 0) : EM_X86_64);
	put(d, p + 24 + w, w, phoff);
	put(d, p + 24 + 2 * w, w, d->xnum ? shoff : 0);
	put(d, p + 24 + 3 * w, 4, d->incomplete);
	put(d, p + 30 + 3 * w, 2, wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
	put(d, p + 32 + 3 * w, 2, d->xnum ? PN_XNUM : n);
	if (d->xnum)
		put(d,
		    p + shoff +
			    (wide ? offsetof(Elf64_Shdr, sh_info) : offsetof(Elf32_Shdr, sh_info)),
		    4, n);
}

static void put_data(const struct description *d, struct image *im, const struct segment *s)
{
	const struct mkdump *m = d->out;
	uint64_t page = m->page_size, first = s->paddr / page;
	uint8_t *whole = malloc(page);

	for (uint64_t at = 0; at < s->filesz;) {
		uint64_t in_page = (s->paddr + at) % page, n = MIN(page - in_page, s->filesz - at);
		uint64_t pfn = (s->paddr + at) / page;

		mkdump_page(pfn, m->kinds[pfn], whole, page);
		memcpy(image_at(im, s->offset + at, n), whole + in_page, n);
		at += n;
	}
	free(whole);
	if (first >= m->max_pfn)
		errx(1, "mkdump: segment above max-pfn");
}

void make_elf(const struct description *d, struct image *im)
{
	struct segment *s = calloc(SEGMENTS_MAX, sizeof(*s));
	size_t n = segments_find(d, s), phoff, step;

	phoff = d->word == 8 ? sizeof(Elf64_Ehdr) + sizeof(Elf64_Shdr)
			     : sizeof(Elf32_Ehdr) + sizeof(Elf32_Shdr);
	step = d->word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	if (d->unaligned) {
		uint64_t half = d->out->page_size / 2;

		s[1].paddr += half;
		s[1].filesz -= half;
		s[1].memsz -= half;
		s[n - 1].filesz -= half;
		s[n - 1].memsz -= half;
	}
	put_header(d, im, n, phoff);
	s[0].type = PT_NOTE;
	s[0].offset = phoff + n * step;
	s[0].filesz = put_notes(d, im, s[0].offset);
	for (size_t i = 1; i < n; i++) {
		s[i].offset = align_up(im->size, 4096);
		s[i].vaddr = VADDR + s[i].paddr;
		image_at(im, s[i].offset, 0);
		put_data(d, im, &s[i]);
	}
	for (size_t i = 0; i < n; i++)
		put_segment(d, image_at(im, phoff + i * step, step), &s[i]);
	free(s);
}
