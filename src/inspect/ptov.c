/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/choose.h"
#include "inspect/command.h"

/* What is between physical addresses and the kernel's map of all memory. */
static int physical(struct inspect *c, struct inspect_rows *r, const char *word, struct error *e)
{
	struct pages *pages;
	uint64_t paddr;
	char words[24];
	int err = inspect_pages(c, &pages, e);

	if (err < 0)
		return err;
	if (!inspect_hex(word, &paddr))
		return error_set(e, -EINVAL, "%s is no hexadecimal address", word);
	if (!pages_direct(pages))
		return error_set(e, -ENOENT, "where the kernel maps memory was not found");
	if (c->json) {
		table_row(&r->table, (union cell[]){ { .n = paddr },
						     { .n = pages_direct(pages) + paddr },
						     { .text = NULL } });
		return 0;
	}
	snprintf(words, sizeof(words), "%" PRIx64, paddr);
	fprintf(c->out, "%-16s  %-16s\n%016" PRIx64 "  %-16s\n", "VIRTUAL", "PHYSICAL",
		pages_direct(pages) + paddr, words);
	return 0;
}

/* OFFSET:CPUS */
static int percpu(struct inspect *c, struct inspect_rows *r, const char *word, const char *colon,
		  struct error *e)
{
	_cleanup_free_ char *name = strndup(word, colon - word);
	_cleanup_free_ bool *cpus = NULL;
	struct percpu *percpu;
	const struct task *task;
	uint64_t offset, vaddr;
	uint32_t count = 0;
	char text[12];
	int err = inspect_percpu(c, &percpu, e);

	if (err < 0)
		return err;
	if (!name || !inspect_hex(name, &offset))
		return error_set(e, -EINVAL, "%s is no hexadecimal offset", word);
	snprintf(text, sizeof(text), "0");
	if (!colon[1] && choose_context(c, &task, NULL) == 0)
		snprintf(text, sizeof(text), "%u", task->cpu);
	err = choose_cpus(c, colon[1] ? colon + 1 : text, &cpus, &count, e);
	if (err < 0)
		return err;
	if (!c->json)
		fprintf(c->out, "PER-CPU OFFSET: %" PRIx64 "\n  CPU    VIRTUAL         \n", offset);
	for (uint32_t cpu = 0; cpu < count; cpu++) {
		if (!cpus[cpu] || !percpu_address(percpu, cpu, offset, &vaddr))
			continue;
		snprintf(text, sizeof(text), "%u", cpu);
		if (c->json)
			table_row(&r->table, (union cell[]){ { .n = offset },
							     { .n = vaddr },
							     { .text = text } });
		else
			fprintf(c->out, "  [%u]  %016" PRIx64 "\n", cpu, vaddr);
	}
	return 0;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	static const struct column columns[] = { { "physical_or_offset", NULL, COLUMN_HEX, 0 },
						 { "virtual", NULL, COLUMN_HEX, 0 },
						 { "cpu", NULL, COLUMN_TEXT, 0 } };
	struct inspect_rows r;
	int err = 0, ended;

	if (argc == 1)
		return error_set(e, -EINVAL, "which address?");
	inspect_rows_begin(c, &r, "ptov", "addresses", columns, ARRAY_SIZE(columns));
	for (int i = 1; i < argc && err == 0; i++) {
		const char *colon = strchr(argv[i], ':');

		if (i > 1 && !c->json)
			fputc('\n', c->out);
		err = colon ? percpu(c, &r, argv[i], colon, e) : physical(c, &r, argv[i], e);
	}
	ended = inspect_rows_end(c, &r, err < 0 ? NULL : e);
	return err < 0 ? err : ended;
}

const struct inspect_command inspect_ptov = {
	.name = "ptov",
	.usage = "address | offset:[cpus] …",
	.summary = "from a physical address, or an offset of per-CPU data, to a kernel virtual one",
	.details = "  cpus: 1,3-5 or all; the CPU of the context where none is given\n",
	.run = run,
};
