/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/kmem.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

struct mode {
	int opt;
	int (*run)(struct kmem *k, struct error *e);
};

/* Which part an option asks for. */
static const struct mode modes[] = {
	{ 'f', kmem_free },   { 'F', kmem_free },  { 'i', kmem_summary }, { 'v', kmem_vmalloc },
	{ 'V', kmem_vmstat }, { 'n', kmem_nodes }, { 'z', kmem_zones },	  { 'o', kmem_offsets },
	{ 'h', kmem_huge },   { 'p', kmem_pages }, { 'm', kmem_pages },	  { 'g', kmem_flags },
	{ 's', kmem_slabs },  { 'S', kmem_slabs },
};

static const struct mode *find_mode(int opt)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (modes[i].opt == opt)
			return &modes[i];
	return NULL;
}

static void take_option(struct kmem *k, int opt)
{
	switch (opt) {
	case 'F':
		k->pages = true;
		break;
	case 'S':
		k->objects = true;
		k->cpus = optarg ? optarg + (*optarg == '=') : NULL;
		break;
	case 'I':
		k->ignore = optarg;
		break;
	case 'P':
		k->physical = true;
		break;
	case 'i':
		k->shared = optarg && strcmp(optarg, "=shared") == 0;
		break;
	case 'm':
		k->members = optarg;
		break;
	default:
		break;
	}
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct kmem k = { .c = c };
	const struct mode *mode = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "fFi::vVnzohpm:sS::I:gP")) != -1) {
		const struct mode *wanted = find_mode(opt);

		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		take_option(&k, opt);
		if (wanted && mode && wanted->run != mode->run)
			return error_set(e, -EINVAL, "one of -%c and -%c", mode->opt, opt);
		mode = wanted ? wanted : mode;
	}
	k.count = argc - optind;
	k.words = argv + optind;
	if (mode)
		return mode->run(&k, e);
	if (k.count != 1)
		return error_set(e, -EINVAL, "which part of memory? 'help kmem' lists them");
	return kmem_address(&k, e);
}

const struct inspect_command inspect_kmem = {
	.name = "kmem",
	.usage = "-f | -F | -i[=shared] | -v | -V | -n | -z | -o | -h | -p | -m members | -g "
		 "[flags] | -s | "
		 "-S[=cpus] | -I caches | [-P] [address | cache]",
	.summary = "the kernel's memory",
	.details = "  address    what is there: symbol, slab object, task, vmalloc area, free "
		   "block, page\n"
		   "  -i         what memory is used for; =shared counts pages with several users "
		   "(slow)\n"
		   "  -s         slab caches, or the slab object at an address; `-s list`: names "
		   "alone\n"
		   "  -S[=cpus]  each slab and its objects: free, or [allocated]; of these CPUs\n"
		   "  -I caches  not these\n"
		   "  -f         the lists of free blocks, or the block that an address lies in\n"
		   "  -F         with each block\n"
		   "  -v         areas of vmalloc, or that of an address\n"
		   "  -V         counters of memory; -z those of each zone\n"
		   "  -n         nodes, zones, sections and blocks of memory\n"
		   "  -o         what to add for per-CPU data\n"
		   "  -h         pools of huge pages\n"
		   "  -p         struct pages, or that of an address\n"
		   "  -m a,b     these members of struct pages\n"
		   "  -g         flags of a page, or the names of those that are set\n"
		   "  -P         the address is physical\n",
	.run = run,
};
