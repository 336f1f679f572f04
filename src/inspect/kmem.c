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
	{ 's', kmem_slabs },
	{ 'S', kmem_slabs },
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

	optind = 0;
	opterr = 0;
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
	if (!mode)
		return error_set(e, -EINVAL, "which part of memory? 'help kmem' lists them");
	return mode->run(&k, e);
}

const struct inspect_command inspect_kmem = {
	.name = "kmem",
	.usage = "[-s [cache | address] | -S[=cpus] [cache | address]] [-I cache[,cache]]",
	.summary = "the kernel's memory",
	.details = "  -s         slab caches, or the slab object at an address; `-s list`: names "
		   "alone\n"
		   "  -S[=cpus]  each slab and its objects: free, or [allocated]; of these CPUs\n"
		   "  -I caches  not these\n",
	.run = run,
};
