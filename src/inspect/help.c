/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>

static void json_command(struct json *j, const struct inspect_command *command)
{
	json_object(j);
	json_put_string(j, "name", command->name);
	json_put_string(j, "usage", command->usage);
	json_put_string(j, "summary", command->summary);
	json_object_end(j);
}

static int run_json(struct inspect *c, const struct inspect_command *one, struct error *e)
{
	const struct inspect_command *command;
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	inspect_json_begin(c, &j, &buf, "help");
	json_put_array(&j, "commands");
	for (size_t i = 0; (command = inspect_command_at(c, i)); i++)
		if (!one || one == command)
			json_command(&j, command);
	json_array_end(&j);
	return inspect_json_end(c, &j, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	const struct inspect_command *command = NULL;

	if (argc > 1) {
		command = inspect_find(c, argv[1]);
		if (!command)
			return error_set(e, -ENOENT, "%s: no such command", argv[1]);
	}
	if (c->json)
		return run_json(c, command, e);
	if (command) {
		fprintf(c->out, "%s - %s\n\nusage: %s %s\n", command->name, command->summary,
			command->name, command->usage);
		if (command->details[0])
			fprintf(c->out, "\n%s", command->details);
		return 0;
	}
	for (size_t i = 0; (command = inspect_command_at(c, i)); i++)
		fprintf(c->out, "%-10s %s\n", command->name, command->summary);
	fputs("\n'help COMMAND' tells its options. Output goes to a program with | and to a file "
	      "with > or >>; a line after ! is the shell's.\n",
	      c->out);
	return 0;
}

const struct inspect_command inspect_help = {
	.name = "help",
	.usage = "[command]",
	.summary = "what commands there are, and their options",
	.details = "",
	.run = run,
};
