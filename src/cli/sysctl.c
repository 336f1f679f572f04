/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/policy/sysctl.h"
#include "base/table.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_sysctl = {
	.name = "sysctl",
	.arguments = "list|set|preset|undo|diff …",
	.summary = "what makes this machine panic: each switch, presets, undo",
	.run = run,
};

static const struct option_row rows[] = {
	FLAG_ROW(struct sysctl_options, dry_run, 'n', "dry-run", "only say what would be done"),
	FLAG_ROW(struct sysctl_options, force, 0, "force",
		 "a preset takes over what you set elsewhere"),
};

static const struct command_line usage = {
	.command = &command_sysctl,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.most = INT_MAX,
	.usage = "sysctl list [NAME…]\n"
		 "       lastword sysctl set NAME=VALUE…\n"
		 "       lastword sysctl preset [NAME]\n"
		 "       lastword sysctl diff [PRESET]\n"
		 "       lastword sysctl undo",
	.about = "list    every panic switch: as it runs, as lastword set it, what it does\n"
		 "set     now and at each boot; a number, or names of bits: "
		 "panic_print=tasks,locks\n"
		 "preset  the same for a whole policy; without a name, what each sets. It leaves "
		 "alone what\n"
		 "        a file of yours in sysctl.d says otherwise (--force: it does not)\n"
		 "diff    where running values or the next boot's differ from what lastword set;\n"
		 "        with a preset, what that would change\n"
		 "undo    puts the values of before back and removes " SYSCTL_FILE,
	.json = "the result as JSON",
};

struct output {
	bool as_json;
	struct buf text;
	struct json json;
};

static struct json *output_begin(struct output *o, const struct cli *cli, const char *schema)
{
	o->as_json = cli->json;
	if (!cli->json)
		return NULL;
	json_document(&o->json, &o->text, schema);
	return &o->json;
}

static int output_end(struct output *o)
{
	if (!o->as_json)
		return EXIT_SUCCESS;
	return say_json(&o->json, stdout, EXIT_SUCCESS);
}

static void output_done(struct output *o)
{
	buf_done(&o->text);
}

#define _cleanup_output_ _cleanup_(output_done)

static const struct column list_columns[] = {
	{ "name", "SWITCH", COLUMN_TEXT, -35 },
	{ "group", NULL, COLUMN_TEXT, 0 },
	{ NULL, "RUNNING", COLUMN_TEXT, 8 },
	{ "running", NULL, COLUMN_TEXT, 0 },
	{ "running_bits", NULL, COLUMN_TEXT, 0 },
	{ "lastword", "LASTWORD", COLUMN_TEXT, 8 },
	{ "boot", NULL, COLUMN_TEXT, 0 },
	{ "boot_place", NULL, COLUMN_TEXT, 0 },
	{ "explains", "WHAT IT DOES", COLUMN_TEXT, -1 },
};

static void show_entry(struct table *t, const struct sysctl_entry *entry)
{
	char bits[200] = "";

	if (entry->running)
		policy_value_explain(entry->about, entry->running, bits, sizeof(bits));
	table_row(t, (union cell[]){
			     { .text = entry->about->name },
			     { .text = switch_group_names[entry->about->group] },
			     { .text = !entry->running	  ? "absent"
				       : !*entry->running ? "none"
							  : entry->running },
			     { .text = entry->running },
			     { .text = *bits ? bits : NULL },
			     { .text = entry->ours ?: (t->json ? NULL : "-") },
			     { .text = entry->boot },
			     { .text = entry->boot_place },
			     { .text = entry->about->explains },
		     });
}

static bool overridden(const struct sysctl_entry *entry)
{
	return entry->ours && !entry->boot_ours && entry->boot &&
	       strcmp(entry->boot, entry->ours) != 0;
}

static int show_notes(const struct sysctl_state *s, struct json *j)
{
	_cleanup_buf_ struct buf notes = { 0 };
	int r = 0;

	for (size_t i = 0; i < s->count && r == 0; i++)
		if (overridden(&s->entries[i]))
			r = buf_printf(&notes,
				       "%s: %s sets %s at the next boot, after lastword's file\n",
				       s->entries[i].about->name, s->entries[i].boot_place,
				       s->entries[i].boot);
	if (r == 0)
		r = sysctl_notes(s, &notes);
	if (r < 0)
		return r;
	if (!j) {
		fputs(notes.len ? "\n" : "", stdout);
		fputs(notes.data ?: "", stdout);
		return 0;
	}
	json_put_array(j, "notes");
	for (char *rest = notes.data, *line; rest && (line = strsep(&rest, "\n")) && *line;)
		json_string(j, line);
	json_array_end(j);
	return 0;
}

static int list(const struct cli *cli, const struct root *root, int argc, char **argv,
		struct error *e)
{
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };
	_cleanup_output_ struct output o = { 0 };
	struct json *j = output_begin(&o, cli, "lastword.sysctl/1");
	struct table t;
	int r = sysctl_read(root, &s, e);

	for (int i = 0; i < argc && r == 0; i++)
		if (!policy_switch_find(argv[i]))
			r = error_set(e, -ENOENT,
				      "'%s' is no panic switch; 'lastword sysctl list' "
				      "has all",
				      argv[i]);
	if (r < 0)
		return r;
	if (j)
		json_put_array(j, "switches");
	table_begin(&t, list_columns, ARRAY_SIZE(list_columns), stdout, j);
	for (size_t i = 0; i < (argc ? (size_t)argc : s.count); i++)
		show_entry(&t, argc ? sysctl_find(&s, argv[i]) : &s.entries[i]);
	if (j)
		json_array_end(j);
	if (show_notes(&s, j) < 0)
		return error_errno(e, -ENOMEM, "sysctl");
	return output_end(&o);
}

static const struct column change_columns[] = {
	{ "name", "", COLUMN_TEXT, -35 }, { "outcome", "", COLUMN_TEXT, -8 },
	{ "before", "", COLUMN_TEXT, 6 }, { "after", "", COLUMN_TEXT, 6 },
	{ "why", "", COLUMN_TEXT, -1 },
};

static int show_changes(const struct cli *cli, const struct sysctl_changes *changes)
{
	_cleanup_output_ struct output o = { 0 };
	struct json *j = output_begin(&o, cli, "lastword.sysctl-changes/1");
	struct table t;

	if (j) {
		json_put_array(j, "changes");
	} else if (!changes->count) {
		puts("nothing to do");
	}
	table_begin(&t, change_columns, ARRAY_SIZE(change_columns), stdout, j);
	for (size_t i = 0; i < changes->count; i++) {
		const struct sysctl_change *c = &changes->items[i];

		table_row(&t, (union cell[]){ { .text = c->about->name },
					      { .text = sysctl_outcome_name(c->outcome) },
					      { .text = c->before },
					      { .text = c->after },
					      { .text = c->why } });
	}
	if (j)
		json_array_end(j);
	return output_end(&o);
}

/* A matrix of what each sets. */
static int show_presets(const struct cli *cli)
{
	static const struct column columns[] = {
		{ "name", "", COLUMN_TEXT, -35 },	{ "default", "default", COLUMN_TEXT, 7 },
		{ "server", "server", COLUMN_TEXT, 7 }, { "hpc", "hpc", COLUMN_TEXT, 7 },
		{ "strict", "strict", COLUMN_TEXT, 7 },
	};
	_cleanup_output_ struct output o = { 0 };
	struct json *j = output_begin(&o, cli, "lastword.sysctl-presets/1");
	struct table t;

	for (size_t i = 0; i < PRESETS && !j; i++)
		printf("%-8s %s\n", presets[i].name, presets[i].summary);
	if (j) {
		json_put_array(j, "switches");
	} else {
		puts("");
	}
	table_begin(&t, columns, ARRAY_SIZE(columns), stdout, j);
	for (size_t i = 0; i < policy_switches_count; i++) {
		union cell cells[1 + PRESETS] = { { .text = policy_switches[i].name } };
		bool any = false;

		for (size_t p = 0; p < PRESETS; p++) {
			cells[1 + p].text = policy_switches[i].preset[p] ?: (j ? NULL : "-");
			any |= policy_switches[i].preset[p] != NULL;
		}
		if (any)
			table_row(&t, cells);
	}
	if (j)
		json_array_end(j);
	return output_end(&o);
}

static int apply_preset(const struct cli *cli, const struct root *root, const char *name,
			const struct sysctl_options *options, struct error *e)
{
	_cleanup_sysctl_changes_ struct sysctl_changes changes = { 0 };
	enum preset preset;
	int r = preset_find(name, &preset, e);

	if (r == 0)
		r = sysctl_preset(root, preset, options, &changes, e);
	return r < 0 ? r : show_changes(cli, &changes);
}

/* Where what runs, or what the next boot will make of it, is not what lastword set. */
static int diff(const struct cli *cli, const struct root *root, struct error *e)
{
	static const struct column columns[] = {
		{ "name", "SWITCH", COLUMN_TEXT, -35 },
		{ "lastword", "LASTWORD", COLUMN_TEXT, 8 },
		{ "running", "RUNNING", COLUMN_TEXT, 8 },
		{ "boot", "AT BOOT", COLUMN_TEXT, 8 },
		{ "boot_place", "FROM", COLUMN_TEXT, -1 },
	};
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };
	_cleanup_output_ struct output o = { 0 };
	struct json *j = output_begin(&o, cli, "lastword.sysctl-diff/1");
	struct table t;
	int r = sysctl_read(root, &s, e);

	if (r < 0)
		return r;
	if (j)
		json_put_array(j, "switches");
	table_begin(&t, columns, ARRAY_SIZE(columns), stdout, j);
	for (size_t i = 0; i < s.count; i++) {
		const struct sysctl_entry *entry = &s.entries[i];

		if (!entry->ours || !entry->running ||
		    (strcmp(entry->ours, entry->running) == 0 && !overridden(entry)))
			continue;
		table_row(&t, (union cell[]){ { .text = entry->about->name },
					      { .text = entry->ours },
					      { .text = entry->running },
					      { .text = entry->boot },
					      { .text = entry->boot_place } });
	}
	if (j)
		json_array_end(j);
	return output_end(&o);
}

/* argv[0] is the verb's own verb. */
static int run_verb(const struct cli *cli, struct sysctl_options *options, int argc, char **argv,
		    struct error *e)
{
	_cleanup_sysctl_changes_ struct sysctl_changes changes = { 0 };
	_cleanup_root_ struct root root = { .fd = -1 };
	const char *verb = argv[0];
	int r = arm_open_root(cli, &root);

	if (r != EXIT_SUCCESS)
		return r;
	if (strcmp(verb, "list") == 0)
		return list(cli, &root, argc - 1, argv + 1, e);
	if (strcmp(verb, "preset") == 0)
		return argc == 1 ? show_presets(cli)
				 : apply_preset(cli, &root, argv[1], options, e);
	if (strcmp(verb, "diff") == 0) {
		options->dry_run = true;
		return argc == 1 ? diff(cli, &root, e)
				 : apply_preset(cli, &root, argv[1], options, e);
	}
	if (strcmp(verb, "set") == 0)
		r = sysctl_set(&root, (const char *const *)argv + 1, (size_t)argc - 1, options,
			       &changes, e);
	else
		r = sysctl_undo(&root, options, &changes, e);
	return r < 0 ? r : show_changes(cli, &changes);
}

static const struct {
	const char *name;
	int min, max; /* words behind it */
} verbs[] = {
	{ "list", 0, 1000 }, { "set", 1, 1000 }, { "preset", 0, 1 },
	{ "diff", 0, 1 },    { "undo", 0, 0 },
};

static bool verb_fits(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs) && argc; i++)
		if (strcmp(verbs[i].name, argv[0]) == 0)
			return argc - 1 >= verbs[i].min && argc - 1 <= verbs[i].max;
	return false;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct sysctl_options o = { 0 };
	struct error e = { 0 };
	int r = command_line_read(&usage, argc, argv, &o);

	if (r >= 0)
		return r;
	if (!verb_fits(argc - optind, argv + optind))
		return usage_error(&command_sysctl, "see lastword sysctl --help");
	r = run_verb(cli, &o, argc - optind, argv + optind, &e);
	if (r >= 0)
		return r;
	say_error("%s", error_text(&e));
	return EXIT_FAILURE;
}
