/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What selecting the pages of a dump costs, beside reading its struct pages, word by word, where they lie. One thread. Prints, in
 * seconds of CPU and bytes:
 *	select_limit DUMP LEVEL REPEATS  ->  {"bytes": of struct pages, "select": best, "read": best, "kept": pages}
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "save/select.h"

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t sum_words(const uint64_t *words, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += words[i];
	return sum;
}

/* *ret_bytes of struct pages; what cannot be read is passed over by the page. */
static uint64_t read_structs(struct kernel_reader *r, const struct memmap *m, uint64_t *ret_bytes)
{
	uint64_t sum = 0;

	*ret_bytes = 0;
	for (size_t i = 0; i < m->count; i++) {
		uint64_t vaddr = m->runs[i].vaddr;
		uint64_t end = vaddr + m->runs[i].pages * m->page_struct_size;
		const void *lent;
		size_t len;

		for (; vaddr < end; vaddr += len) {
			if (kernel_borrow(r, vaddr, end - vaddr, &lent, &len, NULL) < 0) {
				len = 4096;
				continue;
			}
			sum += sum_words(lent, len / sizeof(uint64_t));
			*ret_bytes += len;
		}
	}
	return sum;
}

int main(int argc, char **argv)
{
	struct select_kernel k = { 0 };
	struct select_job job = { .kernel = &k, .threads = 1 };
	struct kernel_reader *reader = NULL;
	double select_best = 1e9, read_best = 1e9;
	volatile uint64_t sum = 0;
	uint64_t bytes = 0, kept = 0;
	struct page_rules *rules;
	struct error e = { 0 };
	struct memmap map;

	if (argc != 4) {
		fputs("usage: select_limit DUMP LEVEL REPEATS\n", stderr);
		return 2;
	}
	if (dumpfile_open(argv[1], &job.dump, &e) < 0 || kernel_open(job.dump, &k.kernel, &e) < 0 ||
	    memmap_read(k.kernel, &map, &e) < 0 ||
	    page_rules_new(kernel_vmcoreinfo(k.kernel), &rules, &e) < 0 ||
	    kernel_reader_new(k.kernel, &reader) < 0) {
		fprintf(stderr, "select_limit: %s\n", error_text(&e));
		return 1;
	}
	k.memmap = &map;
	k.rules = rules;
	job.level = (unsigned)atoi(argv[2]);
	for (int i = 0; i < MAX(atoi(argv[3]), 1); i++) {
		double start = cpu_seconds(), middle;
		struct selection sel;

		if (select_pages(&job, &sel, &e) < 0) {
			fprintf(stderr, "select_limit: %s\n", error_text(&e));
			return 1;
		}
		kept = sel.kept_pages;
		selection_done(&sel);
		middle = cpu_seconds();
		sum += read_structs(reader, &map, &bytes);
		select_best = MIN(select_best, middle - start);
		read_best = MIN(read_best, cpu_seconds() - middle);
	}
	printf("{\"bytes\": %llu, \"select\": %.3f, \"read\": %.3f, \"kept\": %llu}\n",
	       (unsigned long long)bytes, select_best, read_best, (unsigned long long)kept);
	return 0;
}
