/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/makedumpfile_options.h"

#include <errno.h>

#include "cli/makedumpfile_message.h"

/* A letter, a long name, both; with what they fill or why they are refused. The help is one text. */
#define FLAG(l, n, f) FLAG_ROW(struct mdf_options, f, l, n, NULL)
#define WORD(l, n, f) WORD_ROW(struct mdf_options, f, l, n, NULL, NULL)
#define TAKE(l, n, t, f) TAKE_ROW(struct mdf_options, f, t, l, n, NULL, NULL)
#define NUMBER(n, f, max)                                                                          \
	{                                                                                          \
		.name = (n), .argument = required_argument, .kind = OPTION_NUMBER, .limit = (max), \
		.field = offsetof(struct mdf_options, f)                                           \
	}
#define CODEC(l, id)                                                                               \
	{                                                                                          \
		.letter = (l), .kind = OPTION_CHOICE, .limit = (id),                               \
		.field = offsetof(struct mdf_options, save.options.codec)                          \
	}
#define DOES(l, n, j)                                                                              \
	{                                                                                          \
		.letter = (l), .name = (n), .kind = OPTION_CHOICE, .limit = (j),                   \
		.field = offsetof(struct mdf_options, job)                                         \
	}
#define REFUSE(l, n, arg, w)                                                                       \
	{                                                                                          \
		.letter = (l), .name = (n), .argument = (arg), .kind = OPTION_REFUSED,             \
		.words = (w)                                                                       \
	}
#define XEN "Xen's memory is not read: only dumps of Linux are"

/* clang-format off */
static const struct option_row rows[] = {
	CODEC('c', CODEC_ZLIB), CODEC('l', CODEC_LZO), CODEC('p', CODEC_SNAPPY), CODEC('z', CODEC_ZSTD),
	TAKE('d', NULL, save_take_levels, save),
	TAKE('L', NULL, save_take_size, save.limit),
	FLAG('E', NULL, save.elf),
	FLAG('F', NULL, save.flat),
	FLAG('f', NULL, save.force),
	FLAG('D', NULL, debug),
	FLAG('e', "exclude-unused-vm", save.options.unused_vmemmap),
	FLAG(0, "split", save.split),
	FLAG(0, "dry-run", save.discard),
	FLAG(0, "show-stats", show_stats),
	FLAG(0, "check-params", check_only),
	FLAG(0, "partial-dmesg", partial_dmesg),
	WORD('x', NULL, vmlinux),
	WORD('i', NULL, vmcoreinfo),
	WORD('g', NULL, generate),
	WORD(0, "config", save.erase),
	NUMBER("message-level", message_level, 31),
	NUMBER("num-threads", save.threads, 1024),
	NUMBER("splitblock-size", save.split_kib, UINT32_MAX),
	VALUE_ROW(struct mdf_options, vtop, OPTION_ADDRESS, 0, "vtop", NULL, NULL),
	DOES('h', "help", MDF_HELP),
	DOES('v', "version", MDF_VERSION),
	DOES('R', NULL, MDF_REARRANGE),
	DOES(0, "reassemble", MDF_REASSEMBLE),
	DOES(0, "dump-dmesg", MDF_DMESG),
	DOES(0, "mem-usage", MDF_MEM_USAGE),
	{ .letter = 'b', .argument = required_argument, .kind = OPTION_IGNORED },
	{ .name = "cyclic-buffer", .argument = required_argument, .kind = OPTION_IGNORED },
	{ .name = "work-dir", .argument = required_argument, .kind = OPTION_IGNORED },
	{ .name = "non-cyclic", .kind = OPTION_IGNORED },
	{ .name = "non-mmap", .kind = OPTION_IGNORED },
	REFUSE('X', NULL, false, XEN),
	REFUSE(0, "xen-syms", true, XEN),
	REFUSE(0, "xen-vmcoreinfo", true, XEN),
	REFUSE(0, "xen_phys_start", true, XEN),
	REFUSE(0, "diskset", true, "dumps of sadump are not read"),
	REFUSE(0, "eppic", true, "eppic macros are not run; --config says what to erase"),
	REFUSE(0, "extension", true, "extensions are not loaded"),
};
/* clang-format on */

/* Is something asked for that is done while a dump is made? */
static bool says_how_to_dump(const struct mdf_options *o)
{
	const struct save_request *q = &o->save;

	return q->options.codec != CODEC_NONE || q->levels[0] || q->elf || q->flat || o->vmlinux ||
	       o->vmcoreinfo;
}

/* What does not go together. */
static int check_together(const struct mdf_options *o, struct error *e)
{
	const struct save_request *q = &o->save;
	const struct {
		bool both;
		const char *words;
	} wrong[] = {
		{ q->threads && q->split, "--num-threads cannot be used with --split" },
		{ q->threads && q->elf, "--num-threads cannot be used with -E" },
		{ o->vmlinux && o->vmcoreinfo, "-x and -i cannot be used together" },
		{ o->partial_dmesg && o->job != MDF_DMESG,
		  "--partial-dmesg is for --dump-dmesg alone" },
		{ q->discard && o->job == MDF_DMESG, "--dry-run cannot be used with --dump-dmesg" },
		{ q->discard && o->job == MDF_REASSEMBLE,
		  "--dry-run cannot be used with --reassemble" },
		{ q->discard && o->job == MDF_VMCOREINFO, "--dry-run cannot be used with -g" },
		{ o->job == MDF_VMCOREINFO && !o->vmlinux, "-g needs -x VMLINUX" },
		{ o->generate && o->job != MDF_VMCOREINFO, "-g goes with -x alone" },
		{ q->split && o->job != MDF_CREATE, "--split is for making a dump alone" },
		{ o->job == MDF_REARRANGE && says_how_to_dump(o),
		  "-R takes the dump as it is in the stream" },
		{ o->job == MDF_REASSEMBLE && says_how_to_dump(o),
		  "--reassemble takes the parts as they are" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (wrong[i].both)
			return error_set(e, -EINVAL, "%s", wrong[i].words);
	return save_request_check(q, e);
}

/* How many files each job names. */
static int check_operands(const struct mdf_options *o, struct error *e)
{
	static const struct {
		int least, most; /* most -1: any number */
		const char *words;
	} counts[] = {
		[MDF_HELP] = { 0, -1, "" },
		[MDF_VERSION] = { 0, -1, "" },
		[MDF_REARRANGE] = { 1, 1, "-R takes the file to write alone" },
		[MDF_REASSEMBLE] = { 2, -1,
				     "--reassemble takes the parts, then the file to write" },
		[MDF_DMESG] = { 2, 2, "--dump-dmesg takes the dump and the file to write" },
		[MDF_MEM_USAGE] = { 1, 1, "--mem-usage takes /proc/kcore alone" },
		[MDF_VMCOREINFO] = { 0, 0, "-g takes no other file" },
		[MDF_CREATE] = { 2, 2, "needs a dump to read and a file to write" },
	};
	int n = o->operand_count, least = counts[o->job].least, most = counts[o->job].most;

	if (o->save.flat && (o->job == MDF_CREATE || o->job == MDF_DMESG))
		return n == 1 ? 0
			      : error_set(e, -EINVAL,
					  "-F takes the dump alone and writes to standard output");
	if (o->save.split && o->job == MDF_CREATE)
		return n >= 3 ? 0
			      : error_set(e, -EINVAL,
					  "--split needs a dump and two or more files to write");
	return n >= least && (most < 0 || n <= most)
		       ? 0
		       : error_set(e, -EINVAL, "%s", counts[o->job].words);
}

int mdf_options_parse(int argc, char **argv, struct mdf_options *ret, struct error *e)
{
	int r;

	*ret = (struct mdf_options){ .message_level = MDF_SAYS_DEFAULT, .save.level_count = 1 };
	r = options_parse(rows, ARRAY_SIZE(rows), false, argc, argv, ret, e);
	ret->operands = argv + optind;
	ret->operand_count = argc - optind;
	if (ret->generate && ret->job == MDF_CREATE)
		ret->job = MDF_VMCOREINFO;
	if (ret->debug)
		ret->message_level |= MDF_SAYS_DEBUG;
	if (ret->show_stats)
		ret->message_level |= MDF_SAYS_REPORT;
	if (r >= 0)
		r = check_together(ret, e);
	if (r >= 0)
		r = check_operands(ret, e);
	if (r < 0 || ret->job != MDF_CREATE)
		return r;
	ret->save.source = ret->operands[0];
	ret->save.files = ret->operands + 1;
	ret->save.file_count = ret->save.flat ? 0 : ret->operand_count - 1;
	return 0;
}

void mdf_options_help(FILE *out)
{
	fputs("usage: makedumpfile [-c|-l|-p|-z|-E] [-d LEVEL[,LEVEL…]] [OPTIONS] VMCORE DUMPFILE\n"
	      "       makedumpfile -F [OPTIONS] VMCORE > FLATTENED\n"
	      "       makedumpfile -R DUMPFILE < FLATTENED\n"
	      "       makedumpfile --split [OPTIONS] VMCORE DUMPFILE1 DUMPFILE2 …\n"
	      "       makedumpfile --reassemble DUMPFILE1 DUMPFILE2 … DUMPFILE\n"
	      "       makedumpfile --dump-dmesg [--partial-dmesg] VMCORE LOGFILE\n"
	      "       makedumpfile --mem-usage /proc/kcore\n"
	      "       makedumpfile -g VMCOREINFO -x VMLINUX\n"
	      "\n"
	      "This is lastword under the name of makedumpfile; it takes the options of 1.7.8.\n"
	      "\n"
	      "  -c, -l, -p, -z       compress pages with zlib, LZO, snappy or zstd\n"
	      "  -d LEVEL             leave out: 1 zero pages, 2 page cache, 4 private page "
	      "cache,\n"
	      "                       8 user data, 16 free pages; several: the next one where the\n"
	      "                       dump does not fit\n"
	      "  -E                   write ELF\n"
	      "  -L SIZE              write at most SIZE bytes (k, M, G)\n"
	      "  -e                   leave out the struct pages of pages that are left out\n"
	      "  -F, -R               write the flattened form, or make a file of it\n"
	      "  -f                   overwrite\n"
	      "      --config FILE    erase the kernel data that FILE names\n"
	      "      --num-threads N  threads; without it one for each CPU\n"
	      "      --splitblock-size KIB  parts begin at multiples of it\n"
	      "      --dry-run        do everything but write\n"
	      "      --vtop ADDRESS   tell the physical address, too\n"
	      "      --show-stats     tell how many pages of which kind there were\n"
	      "      --message-level N  1 progress, 2 messages, 4 errors, 8 debugging, 16 report\n"
	      "  -D                   debugging messages, too\n"
	      "      --check-params   check the command line alone\n"
	      "  -v, -h               version; this text\n"
	      "\n"
	      "Accepted without effect: -x VMLINUX and -i VMCOREINFO (the dump itself tells what "
	      "they\n"
	      "would; -i is compared with it), -b, --cyclic-buffer, --work-dir, --non-mmap.\n"
	      "Refused: Xen, sadump, eppic. The manual is lastword(8).\n",
	      out);
}
