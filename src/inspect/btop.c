/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btop and ptob: from addresses to page numbers and back. */
#include <errno.h>
#include <inttypes.h>

#include "inspect/command.h"

static int convert(struct inspect *c, int argc, char **argv, bool to_page, struct error *e)
{
	static const struct column columns[] = { { "from", NULL, COLUMN_HEX, 0 },
						 { "to", NULL, COLUMN_HEX, 0 } };
	const unsigned shift = dumpfile_info(kernel_dump(c->kernel))->page_shift;
	struct inspect_rows r;
	int err = 0, ended;

	if (argc == 1)
		return error_set(e, -EINVAL, "which %s?", to_page ? "address" : "page");
	inspect_rows_begin(c, &r, argv[0], "values", columns, ARRAY_SIZE(columns));
	for (int i = 1; i < argc && err == 0; i++) {
		uint64_t from, to;

		/* crash takes pages that can be read as decimal for that, addresses never. */
		if ((to_page || inspect_count(argv[i], &from, NULL) < 0) &&
		    !inspect_hex(argv[i], &from)) {
			err = error_set(e, -EINVAL, "%s is no number", argv[i]);
			break;
		}
		to = to_page ? from >> shift : from << shift;
		if (c->json)
			table_row(&r.table, (union cell[]){ { .n = from }, { .n = to } });
		else
			fprintf(c->out, "%" PRIx64 ": %" PRIx64 "\n", from, to);
	}
	ended = inspect_rows_end(c, &r, err < 0 ? NULL : e);
	return err < 0 ? err : ended;
}

static int run_btop(struct inspect *c, int argc, char **argv, struct error *e)
{
	return convert(c, argc, argv, true, e);
}

static int run_ptob(struct inspect *c, int argc, char **argv, struct error *e)
{
	return convert(c, argc, argv, false, e);
}

const struct inspect_command inspect_btop = {
	.name = "btop",
	.usage = "address …",
	.summary = "from an address to its page number",
	.details = "",
	.run = run_btop,
};

const struct inspect_command inspect_ptob = {
	.name = "ptob",
	.usage = "page …",
	.summary = "from a page number to its address",
	.details = "Page numbers are decimal where they can be, else hexadecimal.",
	.run = run_ptob,
};
