/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

/* Names of x86_64's tables by level, and of the bits of an entry (arch/x86/include/asm/pgtable_types.h). */
static const char *const tables[] = { NULL, "PTE", "PMD", "PUD", "P4D", "PGD" };

static const struct {
	unsigned bit;
	const char *name;
} flags[] = {
	{ 0, "PRESENT" },  { 1, "RW" },	   { 2, "USER" }, { 3, "PWT" },	   { 4, "PCD" },
	{ 5, "ACCESSED" }, { 6, "DIRTY" }, { 7, "PSE" },  { 8, "GLOBAL" }, { 63, "NX" },
};

static void name_flags(uint64_t entry, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (entry >> flags[i].bit & 1 && used < size)
			used += snprintf(ret + used, size - used, "%s%s", used ? "|" : "",
					 flags[i].name);
}

static const char *page_size_words(uint64_t size)
{
	return size >= GIB(1) ? "  (1GB)" : size >= MIB(2) ? "  (2MB)" : "";
}

static void print_steps(struct inspect *c, const struct kernel_mapping *m)
{
	for (unsigned i = 0; i < m->steps; i++) {
		const char *table = tables[m->step[i].level];

		if (i == 0)
			fprintf(c->out, "PAGE DIRECTORY: %" PRIx64 "\n", m->step[i].entry);
		else
			fprintf(c->out, "   %s: %" PRIx64 " => %" PRIx64 "\n", table,
				m->step[i].paddr, m->step[i].entry);
	}
}

static void print_mapping(struct inspect *c, uint64_t vaddr, const struct kernel_mapping *m)
{
	char physical[20], leaf[20], entry[20], words[100];
	uint64_t value = m->steps ? m->step[m->steps - 1].entry : 0, root;
	int width;

	snprintf(physical, sizeof(physical), "%" PRIx64, m->paddr + (vaddr - m->vaddr));
	fprintf(c->out, "%-16s  %-16s\n%-16" PRIx64 "  %-16s\n\n", "VIRTUAL", "PHYSICAL", vaddr,
		physical);
	if (vmcoreinfo_symbol(kernel_vmcoreinfo(c->kernel), "swapper_pg_dir", &root))
		fprintf(c->out, "PGD DIRECTORY: %" PRIx64 "\n", root);
	print_steps(c, m);
	fprintf(c->out, "  PAGE: %" PRIx64 "%s\n\n", m->paddr, page_size_words(m->size));
	snprintf(entry, sizeof(entry), "%" PRIx64, value);
	snprintf(leaf, sizeof(leaf), "%" PRIx64, m->paddr);
	name_flags(value, words, sizeof(words));
	width = (int)strlen(entry);
	fprintf(c->out, "%*s%*s  PHYSICAL  FLAGS\n%s  %8s  (%s)\n", (width + 3) / 2, "PTE",
		width - (width + 3) / 2, "", entry, leaf, words);
}

static void json_mapping(struct json *j, uint64_t vaddr, const struct kernel_mapping *m, int err)
{
	char words[100];

	json_object(j);
	json_name(j, "virtual");
	json_hex(j, vaddr);
	json_name(j, "mapped");
	json_bool(j, err == 0);
	if (err == 0) {
		json_name(j, "physical");
		json_hex(j, m->paddr + (vaddr - m->vaddr));
		json_name(j, "page_size");
		json_uint(j, m->size);
	}
	json_name(j, "entries");
	json_array(j);
	for (unsigned i = 0; i < m->steps; i++) {
		name_flags(m->step[i].entry, words, sizeof(words));
		json_object(j);
		json_name(j, "table");
		json_string(j, tables[m->step[i].level]);
		json_name(j, "physical");
		json_hex(j, m->step[i].paddr);
		json_name(j, "entry");
		json_hex(j, m->step[i].entry);
		json_name(j, "flags");
		json_string(j, words);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static int translate(struct inspect *c, struct json *j, const char *word, struct error *e)
{
	struct kernel_mapping m;
	uint64_t vaddr;
	int err = inspect_address(c, word, &vaddr, e);

	if (err < 0)
		return err;
	err = kernel_mapping(c->reader, UINT64_MAX, vaddr, &m, e);
	if (c->json) {
		json_mapping(j, vaddr, &m, err);
		return 0;
	}
	if (err == 0) {
		print_mapping(c, vaddr, &m);
	} else {
		fprintf(c->out, "%-16s  %-16s\n%-16" PRIx64 "  (not mapped)\n\n", "VIRTUAL",
			"PHYSICAL", vaddr);
		print_steps(c, &m);
	}
	fputc('\n', c->out);
	return err;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, first_err = 0;

	optind = 0;
	opterr = 0;
	while ((err = getopt(argc, argv, "k")) != -1)
		if (err == '?')
			return inspect_bad_option(argc, argv, e);
	if (optind == argc)
		return error_set(e, -EINVAL, "which address?");
	if (c->json) {
		inspect_json_begin(c, &j, &buf, "vtop");
		json_name(&j, "translations");
		json_array(&j);
	}
	for (int i = optind; i < argc; i++) {
		err = translate(c, &j, argv[i], e);
		first_err = first_err ? first_err : err;
	}
	if (c->json) {
		json_array_end(&j);
		err = inspect_json_end(c, &j, e);
		first_err = first_err ? first_err : err;
	}
	return first_err;
}

const struct inspect_command inspect_vtop = {
	.name = "vtop",
	.usage = "[-k] address | symbol …",
	.summary = "from a kernel virtual address to a physical one, through the page tables",
	.details = "",
	.run = run,
};
