/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/elf_write.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/search.h"
#include "dumpfile/notes_write.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "headers are written as they are");

/* In e_flags; makedumpfile's mark of a dump cut short by a full disk. */
#define FLAG_INCOMPLETE 0x1

/*
 * Pages do not begin at pages of the file. Where they do, makedumpfile (1.7.8) maps also those that are not stored, by where they
 * would lie, and is killed behind the end of the file; else it reads. Structures in them are still aligned.
 */
#define DATA_SHIFT 64

#define HEADERS_LIMIT MIB(256)
#define PIECES_MAX ((size_t)1 << 21)

static int piece_add(struct elf_piece **pieces, size_t *n, uint64_t paddr, uint64_t stored,
		     uint64_t size)
{
	if (*n == PIECES_MAX)
		return -E2BIG;
	if ((*n & (*n - 1)) == 0) {
		struct elf_piece *p = reallocarray(*pieces, *n ? *n * 2 : 1, sizeof(*p));

		if (!p)
			return -ENOMEM;
		*pieces = p;
	}
	(*pieces)[(*n)++] = (struct elf_piece){ .paddr = paddr, .stored = stored, .size = size };
	return 0;
}

/* The pieces of the pages [pfn, end). */
static int cut_range(const struct bitmap *kept, uint64_t pfn, uint64_t end, uint32_t page_size,
		     struct elf_piece **pieces, size_t *n)
{
	uint64_t start = pfn;
	int r = 0;

	while (start < end && r >= 0) {
		uint64_t hole = MIN(bitmap_next_clear(kept, pfn), end);

		pfn = MIN(bitmap_next_set(kept, hole), end);
		if (pfn - hole < ELF_HOLE_PAGES && pfn < end)
			continue;
		r = piece_add(pieces, n, start * page_size, (hole - start) * page_size,
			      (pfn - start) * page_size);
		start = pfn;
	}
	return r;
}

int elf_pieces(const struct dump_range *ranges, size_t range_count, const struct bitmap *kept,
	       uint32_t page_size, struct elf_piece **ret, size_t *ret_count)
{
	struct elf_piece *pieces = NULL;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < range_count && r >= 0; i++) {
		uint64_t start = ranges[i].paddr / page_size;
		uint64_t end = MIN(start + ranges[i].size / page_size, kept->bits);

		r = cut_range(kept, start, end, page_size, &pieces, &n);
	}
	if (r < 0) {
		free(pieces);
		return r;
	}
	*ret = pieces;
	*ret_count = n;
	return 0;
}

/* The first piece that ends above paddr. */
static size_t find_piece(const struct elf_meta *m, uint64_t paddr)
{
	return search_first(i, m->piece_count, m->pieces[i].paddr + m->pieces[i].size > paddr);
}

/* Calls emit with each program header of the segments: where piece and segment have memory in common. */
static int each_load(const struct elf_meta *m, int (*emit)(void *user, const Elf64_Phdr *p),
		     void *user)
{
	int r = 0;

	for (size_t i = 0; i < m->segment_count; i++) {
		const struct dump_range *s = &m->segments[i];
		uint64_t end = s->paddr + s->size;

		for (size_t k = find_piece(m, s->paddr); k < m->piece_count && r >= 0; k++) {
			const struct elf_piece *p = &m->pieces[k];
			uint64_t from = MAX(p->paddr, s->paddr);
			uint64_t to = MIN(p->paddr + p->size, end);
			uint64_t stored = MIN(MAX(p->paddr + p->stored, from), to) - from;

			if (from >= to)
				break;
			r = emit(user,
				 &(Elf64_Phdr){
					 .p_type = PT_LOAD,
					 .p_flags = PF_R | PF_W | PF_X,
					 .p_offset = stored ? p->offset + (from - p->paddr) : 0,
					 .p_vaddr = s->vaddr == UINT64_MAX
							    ? 0
							    : s->vaddr + (from - s->paddr),
					 .p_paddr = from,
					 .p_filesz = stored,
					 .p_memsz = to - from,
				 });
		}
	}
	return r;
}

static int count_load(void *user, const Elf64_Phdr *p)
{
	++*(uint64_t *)user;
	return 0;
}

static int put_load(void *user, const Elf64_Phdr *p)
{
	return buf_append(user, p, sizeof(*p));
}

/* More program headers than 16 bits hold are counted in a section header. */
static int put_headers(struct buf *b, struct elf_meta *m, uint64_t loads, uint64_t notes_at,
		       uint64_t notes_size)
{
	bool many = loads + 1 >= PN_XNUM;
	Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = m->machine,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(head) + (many ? sizeof(Elf64_Shdr) : 0),
		.e_shoff = many ? sizeof(head) : 0,
		.e_flags = FLAG_INCOMPLETE,
		.e_ehsize = sizeof(head),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = many ? PN_XNUM : (uint16_t)(loads + 1),
		.e_shentsize = many ? sizeof(Elf64_Shdr) : 0,
		.e_shnum = many ? 1 : 0,
	};
	Elf64_Shdr section = { .sh_info = (uint32_t)(loads + 1) };
	Elf64_Phdr note = {
		.p_type = PT_NOTE,
		.p_offset = notes_at,
		.p_filesz = notes_size,
		.p_memsz = notes_size,
		.p_align = 4,
	};
	int r = buf_append(b, &head, sizeof(head));

	if (r >= 0 && many)
		r = buf_append(b, &section, sizeof(section));
	if (r >= 0)
		r = buf_append(b, &note, sizeof(note));
	return r < 0 ? r : each_load(m, put_load, b);
}

int elf_write_headers(struct sink *s, struct elf_meta *m, struct error *e)
{
	_cleanup_buf_ struct buf b = { .limit = HEADERS_LIMIT };
	uint64_t loads = 0, notes_at, offset;
	_cleanup_free_ uint8_t *notes = NULL;
	struct notes_size size;
	int r = each_load(m, count_load, &loads);

	if (loads >= UINT32_MAX - 1)
		return error_set(e, -E2BIG, "%llu segments", (unsigned long long)loads);
	r = notes_measure(m->notes, m->note_count, &size, e);
	if (r < 0)
		return r;
	notes = calloc(1, MAX(size.memory, (uint64_t)1));
	if (!notes)
		return error_set(e, -ENOMEM, "out of memory for the notes");
	notes_put(m->notes, m->note_count, notes);
	notes_at = sizeof(Elf64_Ehdr) + (loads + 1) * sizeof(Elf64_Phdr);
	if (loads + 1 >= PN_XNUM)
		notes_at += sizeof(Elf64_Shdr);
	offset = align_up(notes_at + size.total, m->page_size) + DATA_SHIFT;
	for (size_t i = 0; i < m->piece_count; i++) {
		m->pieces[i].offset = offset;
		offset += m->pieces[i].stored;
	}
	r = put_headers(&b, m, loads, notes_at, size.total);
	if (r >= 0)
		r = buf_append(&b, notes, size.memory);
	if (r < 0)
		return error_errno(e, r, "headers of %llu segments", (unsigned long long)loads);
	r = sink_write_at(s, b.data, b.len, 0, e);
	return r < 0 ? r
		     : notes_stream(m->notes, m->note_count, m->dump, s, notes_at + size.memory,
				    &m->notes_lost, e);
}

int elf_write_finish(struct sink *s, struct error *e)
{
	uint8_t flags[4] = { 0 };

	return sink_write_at(s, flags, sizeof(flags), offsetof(Elf64_Ehdr, e_flags), e);
}
