/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command_line.h"
#include "cli/progress.h"
#include "cli/save_create.h"
#include "cli/save_decrypt.h"
#include "cli/save_join.h"
#include "cli/save_report.h"
#include "cli/save_repair.h"
#include "cli/save_restore.h"
#include "cli/save_resume.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_save = {
	.name = "save",
	.arguments = "[OPTIONS] SRC DST",
	.summary = "filter and compress a dump",
	.run = run,
};

static const char help_text[] =
	"usage: lastword save [OPTIONS] SRC DST\n"
	"       lastword save [OPTIONS] --split SRC DST1 DST2 ...\n"
	"       lastword save [OPTIONS] -F SRC > FLATTENED\n"
	"       lastword save [OPTIONS] --dry-run SRC\n"
	"       lastword save [-f] - DST < FLATTENED\n"
	"       lastword save [-f] --join PART1 PART2 ... DST\n"
	"       lastword save --key FILE [-f] [-F] SRC.enc DST\n"
	"       lastword save --resume [-j N] [-f] SRC DST\n"
	"       lastword save --repair [-f] DAMAGED DST\n"
	"       lastword save --repair --in-place DAMAGED\n"
	"\n"
	"Writes the dump SRC, filtered and compressed page by page, to DST in the "
	"kdump-compressed\n"
	"format that crash, drgn and makedumpfile read. Where SRC is -, standard input is a\n"
	"flattened dump, and DST gets what it describes, as it is.\n"
	"\n"
	"  -d, --level N[,N...]  leave out: 1 zero pages, 2 page cache, 4 private page cache,\n"
	"                    8 user data, 16 free pages; the sum of what is wanted, 0 to 31\n"
	"                    (default 31). Several: the next one where the dump does not fit\n"
	"  -c, -l, -p, -z    compress with zlib, LZO, snappy or zstd (default zstd)\n"
	"      --codec NAME  the same by name: zlib, lzo, snappy, zstd, none\n"
	"      --fast        in less time, a larger dump; for zlib and zstd\n"
	"      --target-rate RATE  codec and level with which the dump is through soonest where "
	"it\n"
	"                    goes at RATE bytes a second, k, M or G; auto: as the first GiB shows\n"
	"  -E, --elf         write ELF, uncompressed, of an ELF dump\n"
	"  -e, --unused-vmemmap  leave out the struct pages of what is left out, too\n"
	"  -L, --limit SIZE  write at most SIZE bytes, with k, M or G behind the number\n"
	"      --erase FILE  overwrite the kernel data that FILE names (also --config)\n"
	"      --split       write parts of equal size, one to each DST\n"
	"      --split-block KIB  parts begin at multiples of it\n"
	"      --join        make one dump of the parts (also --reassemble)\n"
	"  -j, --threads N   threads; default one for each CPU\n"
	"  -f, --force       overwrite DST\n"
	"  -F, --flat        write the flattened form, to standard output where DST is not given "
	"or "
	"is -\n"
	"      --dry-run     write nothing, tell how big a dump of each level would be\n"
	"      --key FILE    decrypt SRC with the secret key in FILE, - for standard input, to "
	"DST:\n"
	"                    a dump as it would have been saved, any other file as it was; -f "
	"also\n"
	"                    gives DST its name where SRC is cut or damaged, -F leaves a dump "
	"flattened\n"
	"      --resume      go on with DST, or with what there is of it, which was cut short or "
	"damaged:\n"
	"                    what in it is as in SRC stays, the rest is written\n"
	"      --repair      make a dump that readers take of a damaged one, without its source: "
	"what "
	"cannot\n"
	"                    be proved is lost. With --in-place there, else to DST\n"
	"      --json        the summary as JSON\n"
	"  -h, --help        this text\n";

struct arguments {
	struct save_request save;
	bool join, resume, repair, in_place, fast;
	const char *rate;
	const char *key; /* decrypt, and nothing else */
};

#define FLAG(l, n, f) FLAG_ROW(struct arguments, f, l, n, NULL)
#define WORD(n, f) WORD_ROW(struct arguments, f, 0, n, NULL, NULL)
#define TAKE(l, n, t, f) TAKE_ROW(struct arguments, f, t, l, n, NULL, NULL)
#define NUMBER(l, n, f, max)                                                                       \
	{                                                                                          \
		.letter = (l), .name = (n), .argument = required_argument, .kind = OPTION_NUMBER,  \
		.limit = (max), .field = offsetof(struct arguments, f)                             \
	}
#define CODEC(l, id)                                                                               \
	{                                                                                          \
		.letter = (l), .kind = OPTION_CHOICE, .limit = (id),                               \
		.field = offsetof(struct arguments, save.options.codec)                            \
	}

/* clang-format off */
static const struct option_row rows[] = {
	CODEC('c', CODEC_ZLIB), CODEC('l', CODEC_LZO), CODEC('p', CODEC_SNAPPY), CODEC('z', CODEC_ZSTD),
	TAKE(0, "codec", save_take_codec, save.options.codec),
	TAKE('d', "level", save_take_levels, save),
	TAKE('L', "limit", save_take_size, save.limit),
	NUMBER('j', "threads", save.threads, 1024),
	NUMBER(0, "split-block", save.split_kib, UINT32_MAX),
	WORD("erase", save.erase),
	WORD("config", save.erase),
	WORD("key", key),
	WORD("target-rate", rate),
	FLAG('E', "elf", save.elf),
	FLAG('e', "unused-vmemmap", save.options.unused_vmemmap),
	FLAG('F', "flat", save.flat),
	FLAG('f', "force", save.force),
	FLAG(0, "fast", fast),
	FLAG(0, "split", save.split),
	FLAG(0, "join", join),
	FLAG(0, "reassemble", join),
	FLAG(0, "resume", resume),
	FLAG(0, "repair", repair),
	FLAG(0, "in-place", in_place),
	FLAG(0, "dry-run", save.options.dry_run),
};
/* clang-format on */

static const struct command_line usage = {
	.command = &command_save,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.most = INT_MAX,
	.whole = help_text,
};

static void say_again(const struct error *why, unsigned level)
{
	say_error("%s; trying again with level %u", error_text(why), level);
}

static void say_kept(const char *path, const struct save_result *res)
{
	if (path)
		say_error("%s: holds the %.1f MiB that fitted and can be read as far as it goes",
			  path, (double)res->bytes / (double)MIB(1));
}

static int create(const struct cli *cli, const struct save_request *q)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	struct save_create c = {
		.request = q,
		.progress = progress_terminal,
		.again = say_again,
		.kept = say_kept,
	};
	struct save_report rep = { .request = q, .result = &c.result };
	struct error e = { 0 };
	usec_t start = clock_now();

	if (dumpfile_open(q->source, &d, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	if (kernel_open(d, &k, &e) < 0)
		say_error("%s: %s", q->source, error_text(&e));
	c.dump = d;
	c.kernel = k;
	e = (struct error){ 0 };
	if (save_create(&c, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	rep.page_size = dumpfile_info(d)->page_size;
	rep.seconds = (double)(clock_now() - start) / USEC_PER_SEC;
	return save_report_print(cli, &rep);
}

/* Which words are the source and which are written. */
static int take_operands(struct arguments *a, int n, char **words)
{
	struct save_request *q = &a->save;
	int most = q->options.dry_run || a->in_place ? 1 : q->split || a->join ? n : 2;
	int least = q->split || a->join ? 3 : q->flat ? 1 : most;

	if (n < least || n > most)
		return usage_error(&command_save, "%s",
				   q->options.dry_run ? "a dry run takes the dump alone"
				   : a->in_place      ? "--in-place takes the file alone"
				   : q->split
					   ? "--split takes a dump and two or more files to write"
				   : a->join ? "--join takes two or more parts and a file to write"
					     : "needs a dump to read and a file to write");
	q->source = words[0];
	q->files = words + 1;
	q->file_count = n - 1;
	if (n == 2 && strcmp(words[1], "-") == 0)
		q->file_count = 0;
	if (!q->file_count && !q->options.dry_run && !q->flat && !a->in_place && !a->resume)
		return usage_error(&command_save,
				   "standard output takes the flattened form; add -F");
	return 0;
}

static int decrypt(const struct cli *cli, const struct save_request *q, const char *key)
{
	const struct decrypt d = {
		.key = key,
		.source = q->source,
		.destination = q->file_count ? q->files[0] : NULL,
		.force = q->force,
		.as_is = q->flat,
	};

	if (q->options.dry_run || q->split)
		return usage_error(&command_save, "--key is used without --dry-run and --split");
	return save_decrypt(cli, &d);
}

/* A stream cannot be filtered: it becomes the dump that it describes. */
static int restore(const struct save_request *q)
{
	struct error e = { 0 };

	if (q->file_count != 1 || q->flat || q->options.dry_run || q->elf)
		return usage_error(&command_save,
				   "standard input is a flattened dump and takes a file to write");
	if (save_restore(q->files[0], q->force, &e) == 0)
		return EXIT_SUCCESS;
	say_error("%s", error_text(&e));
	return EXIT_FAILURE;
}

static int join(const struct save_request *q, char **words, int n)
{
	struct progress progress;
	struct error e = { 0 };

	if (q->flat || q->options.dry_run || q->elf || q->split || q->erase)
		return usage_error(&command_save, "--join takes parts as they are");
	progress_terminal(&progress, 1);
	if (save_join(words, n - 1, words[n - 1], q->force, &progress, &e) == 0)
		return EXIT_SUCCESS;
	say_error("%s", error_text(&e));
	return EXIT_FAILURE;
}

static int resume(const struct cli *cli, const struct save_request *q)
{
	const struct resume_arguments r = {
		.save = &q->options,
		.level = q->levels[0],
		.threads = q->threads,
		.force = q->force,
		.source = q->source,
		.destination = q->files[0],
	};

	if (q->flat || !q->file_count)
		return usage_error(&command_save,
				   "--resume goes on with a file, no stream: give it the file that "
				   "the stream was written to, which stays flattened");
	if (q->options.dry_run || q->split || q->elf || q->erase || q->limit ||
	    q->level_count > 1 || q->file_count != 1 || strcmp(q->source, "-") == 0)
		return usage_error(&command_save,
				   "--resume takes a dump and the file to go on with, whose form "
				   "stays what it is");
	return save_resume(cli, &r);
}

static int repair(const struct cli *cli, const struct arguments *a)
{
	const struct save_request *q = &a->save;

	if (!a->repair || q->options.dry_run || q->flat || q->split || q->elf || q->erase ||
	    q->limit || a->key || a->join)
		return usage_error(
			&command_save,
			"--repair takes a damaged dump and a file to write, or --in-place");
	return save_repair(cli, q->source, q->file_count ? q->files[0] : NULL, q->force);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct arguments a = {
		.save = { .options.codec = CODEC_COUNT, .levels = { LEVEL_ALL }, .level_count = 1 },
	};
	struct save_request *q = &a.save;
	struct error e = { 0 };
	int r = command_line_read(&usage, argc, argv, &a);

	if (r >= 0)
		return r;
	r = 0;
	if (a.rate)
		r = save_request_rate(q, a.rate, &e);
	if (q->options.codec == CODEC_COUNT)
		q->options.codec = q->elf ? CODEC_NONE : CODEC_ZSTD;
	if (a.fast)
		q->options.codec_level = codec_by_id(q->options.codec)->fast_level;
	if (r >= 0)
		r = save_request_check(q, &e);
	if (r < 0)
		return usage_error(&command_save, "%s", error_text(&e));
	r = take_operands(&a, argc - optind, argv + optind);
	if (r)
		return r;
	if (a.repair || a.in_place)
		return repair(cli, &a);
	if (a.resume)
		return resume(cli, q);
	if (a.key)
		return decrypt(cli, q, a.key);
	if (a.join)
		return join(q, argv + optind, argc - optind);
	return strcmp(q->source, "-") == 0 ? restore(q) : create(cli, q);
}
