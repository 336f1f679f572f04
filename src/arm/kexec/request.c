/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/request.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define WITHOUT_KEXEC_LOAD "no effect with kexec_file_load(2)"
#define FILE_LOAD_IS_USED "kexec_load(2) is not used; kexec_file_load(2) loads it"
#define OTHER_TYPE "for other images than bzImage"

enum kind {
	FLAGS,
	TEXT,	/* into the field at `offset` */
	NUMBER, /* checked, without effect */
	IGNORED,
	IGNORED_TEXT, /* with an argument */
	REFUSED,
};

#define FIELD(name) offsetof(struct kexec_request, name)

/* clang-format off */
static const struct row {
	const char *name;
	char letter; /* 0: none */
	enum kind kind;
	bool loading; /* wrong where nothing is loaded */
	unsigned set, clear;
	size_t offset;
	const char *words;
} rows[] = {
	{ "help", 'h', .set = KEXEC_HELP },
	{ "version", 'v', .set = KEXEC_VERSION },
	{ "print-ckr-size", 0, .set = KEXEC_PRINT_SIZE },
	{ "status", 'S', .set = KEXEC_STATUS },
	{ "force", 'f', .set = KEXEC_LOAD | KEXEC_SYNC | KEXEC_LINKS_DOWN | KEXEC_RESTART,
	  .clear = KEXEC_SHUTDOWN },
	{ "load", 'l', .set = KEXEC_LOAD | KEXEC_SAID_LOAD, .clear = KEXEC_RESTART | KEXEC_SHUTDOWN },
	{ "load-panic", 'p', .set = KEXEC_LOAD | KEXEC_CRASH,
	  .clear = KEXEC_RESTART | KEXEC_SHUTDOWN | KEXEC_SYNC },
	{ "unload", 'u', .set = KEXEC_UNLOAD, .clear = KEXEC_LOAD | KEXEC_SHUTDOWN | KEXEC_SYNC },
	{ "exec", 'e', .set = KEXEC_SYNC | KEXEC_LINKS_DOWN | KEXEC_RESTART,
	  .clear = KEXEC_LOAD | KEXEC_SHUTDOWN },
	{ "no-ifdown", 'x', .set = KEXEC_LINKS_STAY },
	{ "no-sync", 'y', .set = KEXEC_NO_SYNC },
	{ "debug", 'd', .set = KEXEC_DEBUG },
	{ "hotplug", 0, .set = KEXEC_HOTPLUG },
	{ "reuseinitrd", 0, .set = KEXEC_REUSE_INITRD },
	{ "kexec-file-syscall", 's', .set = KEXEC_FILE_ONLY },
	{ "kexec-syscall-auto", 'a', .clear = KEXEC_FILE_ONLY },
	{ "kexec-syscall", 'c', IGNORED, .clear = KEXEC_FILE_ONLY, .words = FILE_LOAD_IS_USED },
	{ "type", 't', TEXT, .offset = FIELD(type) },
	{ "no-checks", 'i', IGNORED, .words = "the kernel's own loader always checks" },
	{ "no-cma", 0, IGNORED, .words = "left to the kernel" },
	{ "force-dtb", 0, IGNORED, .words = WITHOUT_KEXEC_LOAD },
	{ "entry", 0, NUMBER, .words = WITHOUT_KEXEC_LOAD },
	{ "mem-min", 0, NUMBER, .words = WITHOUT_KEXEC_LOAD },
	{ "mem-max", 0, NUMBER, .words = WITHOUT_KEXEC_LOAD },
	{ "load-preserve-context", 0, REFUSED, .words = "not supported with kexec_file_load" },
	{ "load-jump-back-helper", 0, REFUSED, .words = "not supported with kexec_file_load" },
	{ "load-live-update", 0, REFUSED, .words = "can only be used with xen" },
	{ "exec-live-update", 0, REFUSED, .words = "only works under xen" },
	{ "reset-vga", 0, IGNORED, .words = WITHOUT_KEXEC_LOAD },
	{ "serial", 0, IGNORED_TEXT, .words = WITHOUT_KEXEC_LOAD },
	{ "serial-baud", 0, IGNORED_TEXT, .words = WITHOUT_KEXEC_LOAD },
	{ "console-vga", 0, IGNORED, .words = WITHOUT_KEXEC_LOAD },
	{ "console-serial", 0, IGNORED, .words = WITHOUT_KEXEC_LOAD },
	{ "elf32-core-headers", 0, IGNORED, .words = "the kernel makes them, with 64 bits" },
	{ "elf64-core-headers", 0, IGNORED, .words = "the kernel makes them, with 64 bits" },
	{ "pass-memmap-cmdline", 0, IGNORED, true, .words = WITHOUT_KEXEC_LOAD },
	{ "noefi", 0, IGNORED, true, .words = WITHOUT_KEXEC_LOAD },
	{ "reuse-video-type", 0, IGNORED, true, .words = WITHOUT_KEXEC_LOAD },
	{ "command-line", 0, TEXT, true, .offset = FIELD(append) },
	{ "append", 0, TEXT, true, .offset = FIELD(append) },
	{ "reuse-cmdline", 0, FLAGS, true, .set = KEXEC_REUSE_CMDLINE },
	{ "initrd", 0, TEXT, true, .offset = FIELD(initrd) },
	{ "ramdisk", 0, TEXT, true, .offset = FIELD(initrd) },
	{ "real-mode", 0, FLAGS, true, .set = KEXEC_OLD_ENTRY },
	{ "entry-32bit", 0, FLAGS, true, .set = KEXEC_OLD_ENTRY },
	{ "args-elf", 0, IGNORED, true, .words = OTHER_TYPE },
	{ "args-linux", 0, IGNORED, true, .words = OTHER_TYPE },
	{ "args-none", 0, IGNORED, true, .words = OTHER_TYPE },
	{ "module", 0, IGNORED_TEXT, true, .words = OTHER_TYPE },
};
/* clang-format on */

/* getopt's value of a long option is its row, behind all letters. */
#define FIRST_ROW 256

#define DONE_AT_ONCE (KEXEC_HELP | KEXEC_VERSION | KEXEC_PRINT_SIZE)

static bool has_argument(const struct row *row)
{
	return row->kind == TEXT || row->kind == NUMBER || row->kind == IGNORED_TEXT;
}

/* letters: two bytes a row at most, and ":" before them. */
static void make_options(struct option options[ARRAY_SIZE(rows) + 1], char *letters)
{
	*letters++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		options[i] =
			(struct option){ rows[i].name,
					 has_argument(&rows[i]) ? required_argument : no_argument,
					 NULL, FIRST_ROW + (int)i };
		if (rows[i].letter)
			*letters++ = rows[i].letter;
		if (rows[i].letter && has_argument(&rows[i]))
			*letters++ = ':';
	}
	*letters = '\0';
}

static const struct row *row_of(int option)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (option == FIRST_ROW + (int)i || (option && option == rows[i].letter))
			return &rows[i];
	return NULL;
}

/* What getopt(3) would have printed. */
static int wrong_option(int option, const char *word, struct error *e)
{
	bool is_long = optopt == 0 || optopt >= FIRST_ROW;

	if (option == ':' && is_long)
		return error_set(e, -EINVAL, "kexec: option '%s' requires an argument", word);
	if (option == ':')
		return error_set(e, -EINVAL, "kexec: option requires an argument -- '%c'", optopt);
	if (is_long && optopt >= FIRST_ROW)
		return error_set(e, -EINVAL, "kexec: option '--%s' doesn't allow an argument",
				 rows[optopt - FIRST_ROW].name);
	if (is_long)
		return error_set(e, -EINVAL, "kexec: unrecognized option '%s'", word);
	return error_set(e, -EINVAL, "kexec: invalid option -- '%c'", optopt);
}

static int apply(struct kexec_request *q, const struct row *row, struct error *e)
{
	char *end;

	q->does = (q->does & ~row->clear) | row->set;
	if (row->kind == REFUSED)
		return error_set(e, -EOPNOTSUPP, "--%s %s", row->name, row->words);
	if (row->kind == TEXT)
		*(const char **)((char *)q + row->offset) = optarg;
	if (row->kind == NUMBER) {
		(void)strtoul(optarg, &end, 0);
		if (end == optarg || *end)
			return error_set(e, -EINVAL, "Bad option value in --%s=%s", row->name,
					 optarg);
	}
	if (row->words && buf_printf(&q->notes, "--%s: %s\n", row->name, row->words) < 0)
		return error_errno(e, -ENOMEM, "kexec");
	return 0;
}

/* What several options say together. */
static void settle(struct kexec_request *q)
{
	if (q->does & KEXEC_STATUS) {
		q->place = q->does & (KEXEC_CRASH | KEXEC_SAID_LOAD) ? KEXEC_FOR_RESTART
								     : KEXEC_FOR_CRASH;
		q->does = KEXEC_STATUS | (q->does & KEXEC_CRASH);
	}
	if (q->does & KEXEC_CRASH)
		q->place = KEXEC_FOR_CRASH;
	if (q->does & KEXEC_NO_SYNC)
		q->does &= ~(unsigned)KEXEC_SYNC;
	if (q->does & KEXEC_LINKS_STAY)
		q->does &= ~(unsigned)KEXEC_LINKS_DOWN;
}

int kexec_request_parse(int argc, char **argv, struct kexec_request *ret, struct error *e)
{
	_cleanup_kexec_request_ struct kexec_request q = {
		.does = KEXEC_LOAD | KEXEC_SHUTDOWN | KEXEC_SYNC,
	};
	struct option options[ARRAY_SIZE(rows) + 1] = { 0 };
	char letters[2 * ARRAY_SIZE(rows) + 2];
	const struct row *only_loading = NULL;
	int option, r = 0;

	make_options(options, letters);
	opterr = 0;
	optind = 0;
	while (r == 0 && !(q.does & DONE_AT_ONCE) &&
	       (option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		const struct row *row = option == ':' || option == '?' ? NULL : row_of(option);

		if (!row)
			return wrong_option(option, argv[optind - 1], e);
		if (row->loading)
			only_loading = row;
		r = apply(&q, row, e);
	}
	if (r < 0)
		return r;
	settle(&q);
	if (only_loading && !(q.does & (KEXEC_LOAD | DONE_AT_ONCE)))
		return error_set(e, -EINVAL, "kexec: unrecognized option '--%s'",
				 only_loading->name);
	q.kernel = optind < argc ? argv[optind] : NULL;
	*ret = q;
	q = (struct kexec_request){ 0 };
	return 0;
}

static bool is_word(const char *word, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	return len >= name_len && memcmp(word, name, name_len) == 0 &&
	       (len == name_len || word[name_len] == '=');
}

int kexec_request_cmdline(const struct kexec_request *q, const char *running, struct buf *ret,
			  struct error *e)
{
	_cleanup_buf_ struct buf line = { 0 };
	int r = buf_append(&line, "", 0);

	for (const char *p = running; r == 0 && (q->does & KEXEC_REUSE_CMDLINE) && *p;) {
		size_t len = strcspn(p, " \n");
		bool left_out = len == 0 || is_word(p, len, "BOOT_IMAGE") ||
				(q->place == KEXEC_FOR_CRASH && is_word(p, len, "crashkernel"));

		if (!left_out)
			r = buf_printf(&line, "%s%.*s", line.len ? " " : "", (int)len, p);
		p += len + (p[len] != '\0');
	}
	if (r == 0 && q->append)
		r = buf_printf(&line, "%s%s", line.len ? " " : "", q->append);
	if (r < 0)
		return error_errno(e, r, "command line");
	*ret = line;
	line = (struct buf){ 0 };
	return 0;
}

void kexec_request_done(struct kexec_request *q)
{
	buf_done(&q->notes);
	*q = (struct kexec_request){ 0 };
}
