/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/policy/platform.h"
#include "arm/policy/trigger.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_trigger = {
	.name = "trigger",
	.arguments = "[--how|--list|--dry-run] [--yes]",
	.summary = "crash this machine on purpose; or how to do it from outside",
	.run = run,
};

struct options {
	bool how, list, dry_run, yes, force;
};

static const struct option_row rows[] = {
	FLAG_ROW(struct options, how, 0, "how",
		 "change nothing; tell how to crash this machine from outside when it no longer "
		 "answers, and whether it would panic on that"),
	FLAG_ROW(struct options, list, 0, "list", "the same for all platforms lastword knows"),
	FLAG_ROW(struct options, dry_run, 'n', "dry-run", "only the checks"),
	FLAG_ROW(struct options, yes, 0, "yes", "do not ask"),
	FLAG_ROW(struct options, force, 0, "force", "although the checks say no"),
};

static const struct command_line usage = {
	.command = &command_trigger,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.about =
		"Panics this machine, so that it is dumped: all that runs is lost. First it checks "
		"that a dump would be taken, and asks for the machine's name.",
	.json = "with --how, --list or --dry-run: as JSON",
	.after = "Exit status: 1 where a check says no. A machine that panics gives none.",
};

static const char *const signal_names[] = {
	[SIGNAL_NMI] = "nmi",	  [SIGNAL_DIAG] = "nmi",  [SIGNAL_SYSRQ] = "sysrq",
	[SIGNAL_RESET] = "reset", [SIGNAL_DUMP] = "dump", [SIGNAL_LOOK] = "look",
};

static void print_verdict(enum platform_signal signal, enum platform_verdict verdict,
			  const char *set)
{
	if (signal == SIGNAL_LOOK)
		puts("    shows what it wrote to its console; crashes nothing");
	else if (signal == SIGNAL_DUMP)
		puts("    the host writes the memory, whatever state the kernel is in");
	else if (verdict == WOULD_PANIC)
		puts("    this kernel panics on it");
	else if (*set)
		printf("    this kernel would not panic on it: lastword sysctl set %s\n", set);
	else
		puts("    this kernel would not panic on it, and has no switch for it");
}

/* f NULL: of no machine in particular, without a verdict. */
static int show_way(const struct platform_found *f, const struct sysctl_state *s,
		    const struct platform_way *way, struct json *j)
{
	_cleanup_buf_ struct buf command = { 0 };
	enum platform_verdict verdict = ASKS_NO_KERNEL;
	char set[200] = "";
	int r = platform_command(f, way->command, &command);

	if (r < 0)
		return r;
	if (s)
		verdict = platform_verdict(way->signal, s, set, sizeof(set));
	if (!j) {
		printf("  %s\n", command.data);
		if (s)
			print_verdict(way->signal, verdict, set);
		return 0;
	}
	json_object(j);
	json_put_string(j, "command", command.data);
	json_put_string(j, "signal", signal_names[way->signal]);
	if (s && verdict != ASKS_NO_KERNEL) {
		json_put_bool(j, "panics", verdict == WOULD_PANIC);
		json_put_text(j, "set", set);
	}
	json_object_end(j);
	return 0;
}

/* What is not the platform's own: the consoles, and the machine itself. */
static int show_common(const struct platform_found *f, const struct sysctl_state *s, struct json *j)
{
	static const struct platform_way serial = { SIGNAL_SYSRQ,
						    "a break on the serial console, then c" };
	const struct sysctl_entry *panic = sysctl_find(s, "hardlockup_panic");
	const struct sysctl_entry *watchdog = sysctl_find(s, "nmi_watchdog");
	bool watched = panic->running && watchdog->running && strcmp(panic->running, "1") == 0 &&
		       strcmp(watchdog->running, "1") == 0;
	int r = f->serial_console ? show_way(f, s, &serial, j) : 0;

	if (r < 0 || j)
		return r;
	puts("  lastword trigger   (root, on this machine)");
	printf("\nNMI watchdog: a CPU that hangs with interrupts off %s\n",
	       watched ? "panics by itself"
		       : "is not noticed; needs kernel.nmi_watchdog=1 (and hardware for it) and "
			 "kernel.hardlockup_panic=1");
	return 0;
}

static int show_platform(const struct platform_found *f, const struct sysctl_state *s,
			 const struct platform *p, struct json *j)
{
	_cleanup_buf_ struct buf evidence = { 0 };
	int r = f ? platform_evidence(f, &evidence) : 0;

	if (j) {
		json_object(j);
		json_put_string(j, "platform", p->id);
		json_put_string(j, "title", p->title);
		json_put_string(j, "evidence", evidence.data);
		json_put_string(j, "note", p->note);
		json_put_array(j, "ways");
	} else {
		printf("%s%s%s\n", p->title, evidence.len ? ": " : "", evidence.data ?: "");
	}
	for (size_t i = 0; i < PLATFORM_WAYS && p->ways[i].command && r == 0; i++)
		r = show_way(f, s, &p->ways[i], j);
	if (!j && p->note)
		printf("  (%s)\n", p->note);
	if (f && r == 0)
		r = show_common(f, s, j);
	if (j) {
		json_array_end(j);
		json_object_end(j);
	}
	return r;
}

static int show_all(struct json *j)
{
	int r = 0;

	for (size_t i = 0; i < platforms_count && r == 0; i++) {
		/* One that is recognised in two ways has two rows. */
		if (i && strcmp(platforms[i].id, platforms[i - 1].id) == 0)
			continue;
		r = show_platform(NULL, NULL, &platforms[i], j);
		if (!j && i + 1 < platforms_count)
			puts("");
	}
	return r;
}

static int how(const struct root *root, bool list, struct json *j, struct error *e)
{
	_cleanup_platform_ struct platform_found f = { 0 };
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };
	int r = 0;

	if (j)
		json_put_array(j, "platforms");
	if (!list)
		r = platform_find(root, &f, e);
	if (r == 0 && !list)
		r = sysctl_read(root, &s, e);
	if (r < 0)
		return r;
	r = list ? show_all(j) : show_platform(&f, &s, f.platform, j);
	if (j)
		json_array_end(j);
	return r < 0 ? error_errno(e, r, "trigger") : 0;
}

static void show_checks(const struct trigger_checks *c, struct json *j)
{
	static const char *const weights[] = {
		[TRIGGER_GOOD] = "ok",
		[TRIGGER_NOTE] = "note",
		[TRIGGER_STOP] = "no",
	};

	if (j)
		json_put_array(j, "checks");
	for (size_t i = 0; i < c->count; i++) {
		if (!j) {
			printf("%-5s %s\n", weights[c->items[i].weight], c->items[i].text);
			continue;
		}
		json_object(j);
		json_put_string(j, "result", weights[c->items[i].weight]);
		json_put_string(j, "text", c->items[i].text);
		json_object_end(j);
	}
	if (j)
		json_array_end(j);
}

static bool confirmed(const char *host)
{
	char answer[300];

	if (!isatty(STDIN_FILENO)) {
		say_error("standard input is no terminal; --yes does without the question");
		return false;
	}
	printf("This crashes %s now. Type its name to go on: ", host);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	if (strcmp(answer, host) == 0)
		return true;
	say_error("'%s' is not '%s'; nothing was done", answer, host);
	return false;
}

/* 0 or an exit status. */
static int crash(const struct root *root, const struct options *o, struct json *j, struct error *e)
{
	_cleanup_trigger_checks_ struct trigger_checks c = { 0 };
	bool stop;
	int r = trigger_check(root, &c, e);

	if (r < 0)
		return r;
	show_checks(&c, j);
	stop = trigger_weight(&c) == TRIGGER_STOP;
	if (o->dry_run)
		return stop ? EXIT_FAILURE : EXIT_SUCCESS;
	if (stop && !o->force) {
		say_error("nothing was done: no dump would be taken; --force crashes it all the "
			  "same");
		return EXIT_FAILURE;
	}
	if (!o->yes && !confirmed(c.host))
		return EXIT_FAILURE;
	fflush(stdout);
	return trigger_crash(root, e);
}

static int run_options(const struct cli *cli, const struct options *o, struct error *e)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_buf_ struct buf text = { 0 };
	bool as_json = cli->json && (o->how || o->list || o->dry_run);
	struct json j;
	int status = arm_open_root(cli, &root);

	if (status != EXIT_SUCCESS)
		return status;
	json_document(&j, &text, "lastword.trigger/1");
	status = o->how || o->list ? how(&root, o->list, as_json ? &j : NULL, e)
				   : crash(&root, o, as_json ? &j : NULL, e);
	if (status < 0 || !as_json)
		return status;
	return say_json(&j, stdout, status);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct options o = { 0 };
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	status = run_options(cli, &o, &e);
	if (status >= 0)
		return status;
	say_error("%s", error_text(&e));
	return EXIT_FAILURE;
}
