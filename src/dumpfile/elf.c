/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/elf_memory.h"

/* makedumpfile marks a dump cut short by a full disk so. */
#define FLAG_INCOMPLETE 0x1

/* The architectures' widest physical address has 52 bits. */
#define PADDR_MAX (UINT64_C(1) << 52)

/* One a NUMA node and hole; a live kernel with hot-plugged memory has some hundreds. */
#define SEGMENTS_MAX (UINT64_C(1) << 20)

/* One byte order and class; offsets of the fields in Elf{32,64}_Ehdr, _Phdr, _Shdr. */
struct layout {
	bool big_endian, wide;
	uint8_t phoff, shoff, flags, phentsize, phnum, ehdr_size;
	uint8_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, phdr_size;
	uint8_t sh_info;
};

#define LAYOUT(bits, big)                                                                          \
	{                                                                                          \
		.big_endian = (big), .wide = (bits) == 64,                                         \
		.phoff = offsetof(Elf##bits##_Ehdr, e_phoff),                                      \
		.shoff = offsetof(Elf##bits##_Ehdr, e_shoff),                                      \
		.flags = offsetof(Elf##bits##_Ehdr, e_flags),                                      \
		.phentsize = offsetof(Elf##bits##_Ehdr, e_phentsize),                              \
		.phnum = offsetof(Elf##bits##_Ehdr, e_phnum),                                      \
		.ehdr_size = sizeof(Elf##bits##_Ehdr),                                             \
		.p_offset = offsetof(Elf##bits##_Phdr, p_offset),                                  \
		.p_vaddr = offsetof(Elf##bits##_Phdr, p_vaddr),                                    \
		.p_paddr = offsetof(Elf##bits##_Phdr, p_paddr),                                    \
		.p_filesz = offsetof(Elf##bits##_Phdr, p_filesz),                                  \
		.p_memsz = offsetof(Elf##bits##_Phdr, p_memsz),                                    \
		.phdr_size = sizeof(Elf##bits##_Phdr),                                             \
		.sh_info = offsetof(Elf##bits##_Shdr, sh_info),                                    \
	}

static const struct layout layouts[2][2] = {
	{ LAYOUT(32, false), LAYOUT(32, true) },
	{ LAYOUT(64, false), LAYOUT(64, true) },
};

static uint16_t get16(const struct layout *l, const uint8_t *p)
{
	return l->big_endian ? be16_get(p) : le16_get(p);
}

static uint32_t get32(const struct layout *l, const uint8_t *p)
{
	return l->big_endian ? be32_get(p) : le32_get(p);
}

/* An address or offset of the class. */
static uint64_t get_word(const struct layout *l, const uint8_t *p)
{
	if (!l->wide)
		return get32(l, p);
	return l->big_endian ? be64_get(p) : le64_get(p);
}

struct segment {
	uint32_t type;
	uint64_t offset, vaddr, paddr, filesz, memsz;
};

/* Takes the next segment to memory. */
struct loads {
	struct elf_extent *extents;
	size_t n;
};

static int load_add(struct dumpfile *d, struct loads *loads, const struct segment *s)
{
	uint64_t filesz = MIN(s->filesz, s->memsz), in_file = 0;
	struct elf_extent *p;

	/* /proc/kcore marks what is no direct mapping so. */
	if (s->paddr == UINT64_MAX || !s->memsz)
		return 0;
	if (s->paddr >= PADDR_MAX || s->memsz > PADDR_MAX - s->paddr) {
		damage_add(d, "segment of physical address %#llx, size %#llx: impossible, ignored",
			   (unsigned long long)s->paddr, (unsigned long long)s->memsz);
		return 0;
	}
	if (s->offset < d->source->size)
		in_file = MIN(filesz, d->source->size - s->offset);
	if (in_file < filesz)
		d->info.flags |= DUMP_TRUNCATED;
	if ((loads->n & (loads->n - 1)) == 0) {
		p = reallocarray(loads->extents, loads->n ? loads->n * 2 : 1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		loads->extents = p;
	}
	loads->extents[loads->n++] = (struct elf_extent){
		.start = s->paddr,
		.there = s->paddr + in_file,
		.stored = s->paddr + filesz,
		.end = s->paddr + s->memsz,
		.offset = s->offset,
		/* QEMU leaves it 0 where it cannot know. */
		.vaddr = s->vaddr ? s->vaddr : UINT64_MAX,
	};
	return 0;
}

/* How many program headers: more than 16 bits hold are counted in the first section header (PN_XNUM). */
static uint64_t segment_count(struct dumpfile *d, const struct layout *l, const uint8_t *ehdr)
{
	uint64_t n = get16(l, ehdr + l->phnum), shoff = get_word(l, ehdr + l->shoff), at;
	uint8_t info[4];

	if (n == PN_XNUM) {
		if (add_overflow(shoff, (uint64_t)l->sh_info, &at) ||
		    source_read(d->source, info, sizeof(info), at) < 0)
			damage_add(d, "the section header that counts the segments is cut off");
		else
			n = get32(l, info);
	}
	if (n > SEGMENTS_MAX) {
		damage_add(d, "%llu segments: only %llu are read", (unsigned long long)n,
			   (unsigned long long)SEGMENTS_MAX);
		n = SEGMENTS_MAX;
	}
	return n;
}

static int segments_read(struct dumpfile *d, const struct layout *l, const uint8_t *ehdr,
			 struct loads *loads)
{
	uint64_t n = segment_count(d, l, ehdr), at = get_word(l, ehdr + l->phoff);
	uint16_t step = get16(l, ehdr + l->phentsize);
	int r;

	if (step < l->phdr_size)
		step = l->phdr_size;
	for (uint64_t i = 0; i < n; i++, at += step) {
		uint8_t p[sizeof(Elf64_Phdr)];
		struct segment s;

		if (at > UINT64_MAX / 2 || source_read(d->source, p, l->phdr_size, at) < 0) {
			damage_add(d, "program header %llu of %llu at offset %#llx is cut off",
				   (unsigned long long)i, (unsigned long long)n,
				   (unsigned long long)at);
			d->info.flags |= DUMP_TRUNCATED;
			return 0;
		}
		s = (struct segment){
			.type = get32(l, p),
			.offset = get_word(l, p + l->p_offset),
			.vaddr = get_word(l, p + l->p_vaddr),
			.paddr = get_word(l, p + l->p_paddr),
			.filesz = get_word(l, p + l->p_filesz),
			.memsz = get_word(l, p + l->p_memsz),
		};
		r = 0;
		if (s.type == PT_NOTE)
			r = notes_parse(d, s.offset, s.filesz, l->big_endian);
		else if (s.type == PT_LOAD)
			r = load_add(d, loads, &s);
		if (r < 0)
			return r;
	}
	return 0;
}

/* 64 KiB kernels exist; a dump without the note is of some emulator. */
static uint32_t page_size_of(const struct dumpfile *d)
{
	uint32_t size = notes_page_size(d);

	return size ? size : 4096;
}

static void truncation_note(struct dumpfile *d)
{
	const struct elf *f = d->format;
	uint64_t lost = 0;

	for (size_t i = 0; i < f->layers[0].n; i++)
		lost += f->layers[0].extents[i].stored - f->layers[0].extents[i].there;
	if (lost)
		damage_add(d, "the file ends at %#llx, %llu bytes of memory early",
			   (unsigned long long)d->source->size, (unsigned long long)lost);
}

static int segments_keep(struct dumpfile *d, const struct loads *loads)
{
	d->segments = calloc(loads->n, sizeof(*d->segments));
	if (!d->segments)
		return -ENOMEM;
	d->n_segments = loads->n;
	for (size_t i = 0; i < loads->n; i++) {
		const struct elf_extent *x = &loads->extents[i];

		d->segments[i] = (struct dump_range){ x->start, x->end - x->start, x->vaddr };
	}
	return 0;
}

static int elf_open(struct dumpfile *d, struct error *e)
{
	uint8_t ehdr[sizeof(Elf64_Ehdr)] = { 0 };
	const struct layout *l;
	struct loads loads = { 0 };
	struct elf *f;
	int r;

	if (source_read(d->source, ehdr, EI_NIDENT, 0) < 0 || memcmp(ehdr, ELFMAG, SELFMAG) != 0)
		return NOT_THIS_FORMAT;
	if ((ehdr[EI_CLASS] != ELFCLASS32 && ehdr[EI_CLASS] != ELFCLASS64) ||
	    (ehdr[EI_DATA] != ELFDATA2LSB && ehdr[EI_DATA] != ELFDATA2MSB))
		return error_set(e, -EINVAL, "ELF header: unknown class or byte order");
	l = &layouts[ehdr[EI_CLASS] == ELFCLASS64][ehdr[EI_DATA] == ELFDATA2MSB];
	if (source_read(d->source, ehdr, l->ehdr_size, 0) < 0)
		return error_set(e, -EINVAL, "the file ends inside its ELF header");
	if (get16(l, ehdr + offsetof(Elf64_Ehdr, e_type)) != ET_CORE)
		return error_set(e, -EINVAL, "an ELF file, but no core dump");

	f = calloc(1, sizeof(*f));
	if (!f)
		return error_set(e, -ENOMEM, "out of memory");
	d->format = f;
	d->info.format = "elf";
	d->info.codec = "none";
	d->info.machine = get16(l, ehdr + offsetof(Elf64_Ehdr, e_machine));
	if (get32(l, ehdr + l->flags) & FLAG_INCOMPLETE)
		d->info.flags |= DUMP_INCOMPLETE;

	r = segments_read(d, l, ehdr, &loads);
	if (r == 0 && loads.n)
		r = segments_keep(d, &loads);
	if (r == 0 && loads.n)
		r = elf_memory_build(f, loads.extents, loads.n);
	else
		free(loads.extents);
	if (r < 0)
		return error_set(e, r, "ELF segments: out of memory");
	if (dumpfile_note(d, "CORE", NT_AUXV) && !dumpfile_note(d, "VMCOREINFO", UINT32_MAX))
		return error_set(e, -EINVAL, "the core dump of a process, not of a kernel");
	if (!loads.n)
		return error_set(e, -EINVAL, "an ELF core with no segment of memory%s",
				 d->n_damage ? "; its headers are damaged" : "");
	d->info.page_size = page_size_of(d);
	truncation_note(d);
	r = elf_memory_ranges(d);
	return r < 0 ? error_set(e, r, "ELF segments: out of memory") : 0;
}

static void elf_close(struct dumpfile *d)
{
	if (!d->format)
		return;
	elf_memory_done(d->format);
	free(d->format);
	d->format = NULL;
}

const struct format_ops elf_ops = {
	.open = elf_open,
	.close = elf_close,
	.page_run = elf_page_run,
	.lend = elf_lend,
	.load_page = elf_load_page,
};
