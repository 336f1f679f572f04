/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/selfcheck.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* The counter and the scan differ by what per-CPU counters hold back. */
#define FREE_SLACK_PAGES 16384
/* Limits of what a hostile dump can make us look at. */
#define MAX_NODES 1024
#define MAX_ZONES 16
#define MAX_LOG_PAGES 65536

/* In NT_PRSTATUS of x86_64: pr_reg begins at 112, rsp is its 20th word (struct elf_prstatus, user_regs_struct). */
#define PRSTATUS_RSP (112 + 19 * 8)
#define NT_PRSTATUS_TYPE 1

struct check {
	struct kernel *kernel;
	const struct vmcoreinfo *info;
	struct kernel_reader *reader;
	const struct selection *sel;
	unsigned page_shift;
	char *why;
	size_t why_size;
};

static enum selfcheck found(struct check *c, enum selfcheck what, const char *fmt, ...)
	_printf_(3, 4);

static enum selfcheck found(struct check *c, enum selfcheck what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, c->why_size, fmt, ap);
	va_end(ap);
	return what;
}

/* Kept, or nothing that can be judged: not mapped, not in the source. */
static bool is_kept(struct check *c, uint64_t vaddr)
{
	uint64_t paddr, contiguous, pfn;

	if (kernel_translate(c->reader, vaddr, &paddr, &contiguous, NULL) < 0)
		return true;
	pfn = paddr >> c->page_shift;
	return pfn >= c->sel->kept.bits || bitmap_get(&c->sel->kept, pfn) ||
	       dumpfile_page_state(kernel_dump(c->kernel), pfn) != PAGE_PRESENT;
}

/* Everything vmcoreinfo names is the kernel's own. */
static enum selfcheck check_symbols(struct check *c)
{
	static const char start[] = "SYMBOL(";
	size_t len;
	const char *text = vmcoreinfo_text(c->info, &len), *end = text + len;

	for (const char *line = text; line < end;) {
		const char *next = memchr(line, '\n', (size_t)(end - line)), *close;
		char name[100];
		uint64_t vaddr;

		next = next ? next + 1 : end;
		close = memchr(line, ')', (size_t)(next - line));
		if (close && (size_t)(next - line) > strlen(start) &&
		    memcmp(line, start, strlen(start)) == 0) {
			snprintf(name, sizeof(name), "%.*s",
				 (int)MIN((size_t)(close - line) - strlen(start), sizeof(name) - 1),
				 line + strlen(start));
			if (vmcoreinfo_symbol(c->info, name, &vaddr) && !is_kept(c, vaddr))
				return found(c, SELFCHECK_KERNEL_LOST, "the page of %s", name);
		}
		line = next;
	}
	return SELFCHECK_OK;
}

/* The text of the log: of the ring buffer, or the older buffer. */
static enum selfcheck check_log(struct check *c)
{
	uint64_t symbol, prb, ring, data, bits, size, start, length;
	uint8_t word[8];

	if (vmcoreinfo_symbol(c->info, "prb", &symbol) &&
	    vmcoreinfo_offset(c->info, "printk_ringbuffer.text_data_ring", &ring) &&
	    vmcoreinfo_offset(c->info, "prb_data_ring.data", &data) &&
	    vmcoreinfo_offset(c->info, "prb_data_ring.size_bits", &bits)) {
		if (kernel_read(c->reader, symbol, word, 8, NULL) < 0)
			return SELFCHECK_OK;
		prb = le64_get(word);
		if (kernel_read(c->reader, prb + ring + bits, word, 4, NULL) < 0)
			return SELFCHECK_OK;
		size = UINT64_C(1) << MIN(le32_get(word), 40u);
		if (kernel_read(c->reader, prb + ring + data, word, 8, NULL) < 0)
			return SELFCHECK_OK;
		start = le64_get(word);
	} else if (vmcoreinfo_symbol(c->info, "log_buf", &symbol) &&
		   vmcoreinfo_symbol(c->info, "log_buf_len", &length)) {
		if (kernel_read(c->reader, length, word, 4, NULL) < 0)
			return SELFCHECK_OK;
		size = le32_get(word);
		if (kernel_read(c->reader, symbol, word, 8, NULL) < 0)
			return SELFCHECK_OK;
		start = le64_get(word);
	} else {
		return SELFCHECK_OK;
	}
	for (uint64_t i = 0; i < MIN(size >> c->page_shift, (uint64_t)MAX_LOG_PAGES); i++)
		if (!is_kept(c, start + (i << c->page_shift)))
			return found(c, SELFCHECK_KERNEL_LOST, "a page of the kernel log");
	return SELFCHECK_OK;
}

/* Where each CPU's stack pointer pointed: memory of the page allocator, where symbols lie in the kernel's image. */
static enum selfcheck check_stacks(struct check *c)
{
	const struct dump_note *notes;
	size_t n = dumpfile_notes(kernel_dump(c->kernel), &notes);

	if (dumpfile_info(kernel_dump(c->kernel))->machine != EM_X86_64)
		return SELFCHECK_OK;
	for (size_t i = 0; i < n; i++) {
		uint64_t sp;

		if (notes[i].type != NT_PRSTATUS_TYPE || strcmp(notes[i].name, "CORE") != 0 ||
		    notes[i].size < PRSTATUS_RSP + 8)
			continue;
		sp = le64_get((const uint8_t *)notes[i].desc + PRSTATUS_RSP);
		if (sp >> 63 && !is_kept(c, sp))
			return found(c, SELFCHECK_KERNEL_LOST, "the stack of CPU note %zu", i);
	}
	return SELFCHECK_OK;
}

/* The struct pages of every run, at its start. */
static enum selfcheck check_memmap(struct check *c, const struct memmap *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (!is_kept(c, m->runs[i].vaddr))
			return found(c, SELFCHECK_KERNEL_LOST, "the struct page of pfn %#llx",
				     (unsigned long long)m->runs[i].start_pfn);
	return SELFCHECK_OK;
}

static bool add_node_free(struct check *c, uint64_t node, uint64_t *total)
{
	uint64_t zones, zone_size, stat;
	int64_t item;
	uint8_t word[8];

	if (!vmcoreinfo_offset(c->info, "pglist_data.node_zones", &zones) ||
	    !vmcoreinfo_size(c->info, "zone", &zone_size) ||
	    !vmcoreinfo_offset(c->info, "zone.vm_stat", &stat) ||
	    !vmcoreinfo_number(c->info, "NR_FREE_PAGES", &item))
		return false;
	uint64_t offset, nr = 0;

	if (!vmcoreinfo_offset(c->info, "pglist_data.nr_zones", &offset) ||
	    kernel_read(c->reader, node + offset, word, 4, NULL) < 0)
		return false;
	nr = MIN(le32_get(word), (uint32_t)MAX_ZONES);
	for (uint64_t i = 0; i < nr; i++) {
		if (kernel_read(c->reader, node + zones + i * zone_size + stat + (uint64_t)item * 8,
				word, 8, NULL) < 0)
			return false;
		/* An atomic_long_t that may be below 0 for a moment. */
		if ((int64_t)le64_get(word) > 0)
			*total += le64_get(word);
	}
	return true;
}

/* What the kernel counts as free; false where that cannot be told. */
static bool kernel_free_pages(struct check *c, uint64_t *ret)
{
	uint64_t table, length, total = 0;
	bool any = false;

	if (vmcoreinfo_symbol(c->info, "contig_page_data", &table)) {
		any = add_node_free(c, table, &total);
	} else if (vmcoreinfo_symbol(c->info, "node_data", &table) &&
		   vmcoreinfo_length(c->info, "node_data", &length)) {
		for (uint64_t i = 0; i < MIN(length, (uint64_t)MAX_NODES); i++) {
			uint8_t word[8];

			if (kernel_read(c->reader, table + i * 8, word, 8, NULL) < 0)
				return false;
			if (!le64_get(word))
				continue;
			if (!add_node_free(c, le64_get(word), &total))
				return false;
			any = true;
		}
	}
	if (any)
		*ret = total;
	return any;
}

static enum selfcheck check_free(struct check *c)
{
	uint64_t seen = c->sel->class_pages[PAGE_FREE], counted;

	/* A source that has left them out already, or lost much, cannot be compared. */
	if (c->sel->excluded_pages || c->sel->lost_pages || !kernel_free_pages(c, &counted))
		return SELFCHECK_OK;
	if (seen > counted + counted / 8 + FREE_SLACK_PAGES)
		return found(c, SELFCHECK_FREE_TOO_MANY,
			     "%llu pages look free where the kernel counts %llu",
			     (unsigned long long)seen, (unsigned long long)counted);
	if (counted > seen * 2 + FREE_SLACK_PAGES)
		return found(c, SELFCHECK_FREE_UNSEEN,
			     "%llu pages look free where the kernel counts %llu",
			     (unsigned long long)seen, (unsigned long long)counted);
	return SELFCHECK_OK;
}

enum selfcheck selfcheck(struct kernel *k, const struct memmap *m, const struct selection *s,
			 char *why, size_t why_size)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *reader = NULL;
	struct check c = {
		.kernel = k,
		.info = kernel_vmcoreinfo(k),
		.sel = s,
		.page_shift = dumpfile_info(kernel_dump(k))->page_shift,
		.why = why,
		.why_size = why_size,
	};
	enum selfcheck r;

	if (kernel_reader_new(k, &reader) < 0)
		return SELFCHECK_OK;
	c.reader = reader;
	r = check_symbols(&c);
	if (r == SELFCHECK_OK)
		r = check_log(&c);
	if (r == SELFCHECK_OK)
		r = check_stacks(&c);
	if (r == SELFCHECK_OK)
		r = check_memmap(&c, m);
	return r == SELFCHECK_OK ? check_free(&c) : r;
}
