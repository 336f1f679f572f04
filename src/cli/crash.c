/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command_line.h"
#include "cli/crash_alias.h"
#include "cli/crash_commands.h"
#include "cli/crash_prompt.h"
#include "cli/crash_vmlinux.h"
#include "cli/progress.h"
#include "inspect/disassemble.h"
#include "inspect/line.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_crash = {
	.name = "crash",
	.arguments = "[OPTIONS] DUMP [COMMAND…]",
	.summary = "look into a dump with crash's commands",
	.run = run,
};

#define EXECUTE_LIMIT 64

struct options {
	const char *dump, *input, *vmlinux;
	const char *execute[EXECUTE_LIMIT];
	size_t execute_count;
	bool silent, osrelease, version;
	char **words; /* of one command, or an empty list */
	int word_count;
};

static int take_execute(void *into, const char *word, struct error *e)
{
	struct options *o = into;

	if (o->execute_count == EXECUTE_LIMIT)
		return error_set(e, -E2BIG, "at most %d -e; use -i", EXECUTE_LIMIT);
	o->execute[o->execute_count++] = word;
	return 0;
}

static const struct option_row rows[] = {
	{ .name = "execute",
	  .letter = 'e',
	  .argument = required_argument,
	  .kind = OPTION_TAKE,
	  .take = take_execute,
	  .value = "COMMAND",
	  .words = "run COMMAND; more than once runs several" },
	WORD_ROW(struct options, input, 'i', "input", "FILE", "run the lines of FILE"),
	WORD_ROW(struct options, vmlinux, 0, "vmlinux", "FILE",
		 "the kernel with debugging information, for source lines and more types; looked "
		 "for in /usr/lib/debug and beside the dump otherwise"),
	FLAG_ROW(struct options, osrelease, 0, "osrelease", "the kernel's release alone"),
	FLAG_ROW(struct options, silent, 's', "silent",
		 "no banner before the commands of -i and standard input"),
	FLAG_ROW(struct options, version, 'v', "version",
		 "whose commands these are, and lastword's version"),
};

/* What follows the dump is a command's, but for those who call crash by its own name. */
static int read_options(int argc, char **argv, struct options *ret)
{
	const struct command_line usage = {
		.command = &command_crash,
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.most = INT_MAX,
		.stops = strcmp(program_invocation_short_name, command_crash.name) != 0,
		.about =
			"Runs crash's commands on DUMP; nothing but the dump is needed. Without a "
			"command they come from -e and -i, else from standard input, with a prompt "
			"where that is a terminal.",
		.json = "each command writes a JSON document: lastword.crash.COMMAND/1",
	};
	int status = command_line_read(&usage, argc, argv, ret);

	if (status < 0 && ret->version) {
		/* The version of crash whose commands and output these are. */
		puts("crash 9.0.2 (lastword " LASTWORD_VERSION ")");
		return EXIT_SUCCESS;
	}
	return status;
}

/* Exit status: the first command that failed makes it 1. */
static bool failed;

static void complain(const struct error *e)
{
	fflush(stdout);
	say_error("%s", error_text(e));
	failed = true;
}

static void run_words(struct inspect *c, int count, char **words)
{
	char *expanded[LINE_WORDS + 1];
	struct line storage = { 0 };
	struct error e = { 0 };
	int err = alias_expand(count, words, expanded, &count, &storage, &e);

	if (err == 0)
		err = inspect_run(c, count, expanded, &e);
	line_done(&storage);
	/* A pager that was left is no failure. */
	if (err < 0 && err != -EPIPE)
		complain(&e);
}

/* Where a line's output goes instead of standard output. NULL: it could not be opened. */
static FILE *open_output(const struct line *l)
{
	FILE *out = l->shell ? popen(l->shell, "w") : fopen(l->file, l->append ? "ae" : "we");
	struct error e = { 0 };

	if (!out) {
		error_errno(&e, -errno, "%s", l->shell ? l->shell : l->file);
		complain(&e);
	}
	return out;
}

static void run_redirected(struct inspect *c, struct line *l)
{
	FILE *out = open_output(l);

	if (!out)
		return;
	c->out = out;
	run_words(c, l->count, l->words);
	c->out = stdout;
	if (l->shell)
		pclose(out);
	else
		fclose(out);
}

static bool is_quit(const char *word)
{
	return strcmp(word, "quit") == 0 || strcmp(word, "q") == 0 || strcmp(word, "exit") == 0;
}

/* False: the user wants to leave. */
static bool run_line(struct inspect *c, const char *text)
{
	struct error e = { 0 };
	struct line l;
	bool more = true;

	if (line_parse(text, &l, &e) < 0) {
		complain(&e);
		return true;
	}
	fflush(stdout);
	if (l.count == 0) {
		if (l.shell && system(l.shell) == -1)
			complain(&e);
	} else if (is_quit(l.words[0])) {
		more = false;
	} else if (l.shell || l.file) {
		run_redirected(c, &l);
	} else {
		run_words(c, l.count, l.words);
	}
	fflush(stdout);
	line_done(&l);
	return more;
}

static void run_file(struct inspect *c, FILE *f)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;

	while (getline(&text, &size, f) >= 0)
		if (!run_line(c, text))
			break;
}

static int run_input(struct inspect *c, const char *path, struct error *e)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");

	if (!f)
		return error_errno(e, -errno, "%s", path);
	run_file(c, f);
	return 0;
}

/* As crash: the kernel's file may come before the dump. */
static int open_dump(struct options *o, struct dumpfile **ret, struct error *e)
{
	int err = dumpfile_open(o->dump, ret, e);

	if (err == 0 || o->word_count == 0 || dumpfile_open(o->words[0], ret, NULL) < 0)
		return err;
	if (!o->vmlinux)
		o->vmlinux = o->dump;
	o->dump = *o->words++;
	o->word_count--;
	return 0;
}

/* As crash: "unknown" where the dump does not tell. */
static void print_osrelease(struct options *o)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	struct error e = { 0 };
	int err = open_dump(o, &d, &e);

	if (err == 0)
		err = kernel_open(d, &k, &e);
	if (err < 0)
		complain(&e);
	failed = err < 0 || !*kernel_release(k);
	puts(failed ? "unknown" : kernel_release(k));
}

static int crash(const struct cli *cli, struct options *o, struct error *e)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;
	_cleanup_(disassembler_close) struct inspect_disassembler disassembler = { 0 };
	_cleanup_(vmlinux_close) struct vmlinux vmlinux = { 0 };
	struct inspect c = { 0 };
	struct progress progress;
	int err = open_dump(o, &d, e);

	if (err == 0)
		err = kernel_open(d, &k, e);
	if (err == 0)
		err = inspect_open(k, &c, e);
	if (err < 0)
		return err;
	if (kernel_doubts(k))
		say_error("%s: %s", o->dump, kernel_doubts(k));
	if (vmlinux_open(&vmlinux, k, o->vmlinux))
		c.lines = &vmlinux.lines;
	c.json = cli->json;
	if (!o->silent) {
		progress_terminal(&progress, 1);
		c.progress = &progress;
	}
	c.more = crash_commands;
	if (disassembler_open(&disassembler, NULL) == 0)
		c.disassembler = &disassembler;
	if (!o->silent && !o->execute_count && !o->word_count && !c.json)
		(void)run_line(&c, "sys");
	for (size_t i = 0; i < o->execute_count; i++)
		(void)run_line(&c, o->execute[i]);
	if (o->word_count)
		run_words(&c, o->word_count, o->words);
	if (o->input)
		err = run_input(&c, o->input, e);
	if (err == 0 && !o->execute_count && !o->word_count && !o->input) {
		if (isatty(STDIN_FILENO))
			prompt_loop(&c, run_line);
		else
			run_file(&c, stdin);
	}
	inspect_done(&c);
	return err;
}

/* No command begins with a dash: what does is an option behind the dump. */
static int parse(int argc, char **argv, struct options *ret)
{
	int status = read_options(argc, argv, ret);

	if (status >= 0)
		return status;
	if (optind == argc)
		return usage_error(&command_crash, "crash takes a dump");
	ret->dump = argv[optind++];
	if (optind < argc && argv[optind][0] == '-') {
		status = read_options(argc, argv, ret);
		if (status >= 0)
			return status;
	}
	ret->words = argv + optind;
	ret->word_count = argc - optind;
	return -1;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct options o = { 0 };
	struct error e = { 0 };
	int status = parse(argc, argv, &o);

	if (status >= 0)
		return status;
	/* A pager that was left must not end the prompt. */
	signal(SIGPIPE, SIG_IGN);
	if (o.osrelease)
		print_osrelease(&o);
	else if (crash(cli, &o, &e) < 0)
		complain(&e);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
