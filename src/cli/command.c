/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>

extern const struct command command_arm;
extern const struct command command_crash;
extern const struct command command_disarm;
extern const struct command command_dmesg;
extern const struct command command_info;
extern const struct command command_rebuild;
extern const struct command command_reload;
extern const struct command command_report;
extern const struct command command_save;
extern const struct command command_status;

/* One row a sub-command, in the order of `lastword help`: first kernel, dumps. */
/* clang-format off */
const struct command *const commands[] = {
	&command_arm,
	&command_disarm,
	&command_status,
	&command_rebuild,
	&command_reload,
	&command_save,
	&command_info,
	&command_dmesg,
	&command_report,
	&command_crash,
	NULL,
};
/* clang-format on */

void say_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("lastword: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

int usage_error(const struct command *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("lastword: ", stderr);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\nusage: lastword %s %s\n", c->name, c->arguments);
	va_end(ap);
	return EXIT_USAGE;
}
