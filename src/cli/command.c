/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

#include <stdarg.h>
#include <stdlib.h>

extern const struct command command_arm;
extern const struct command command_crash;
extern const struct command command_disarm;
extern const struct command command_dmesg;
extern const struct command command_doctor;
extern const struct command command_estimate;
extern const struct command command_info;
extern const struct command command_kdumpctl;
extern const struct command command_kexec;
extern const struct command command_keygen;
extern const struct command command_mkdumprd;
extern const struct command command_netconsole;
extern const struct command command_notify;
extern const struct command command_propagate;
extern const struct command command_makedumpfile;
extern const struct command command_rebuild;
extern const struct command command_reload;
extern const struct command command_rehearse;
extern const struct command command_report;
extern const struct command command_reset_crashkernel;
extern const struct command command_save;
extern const struct command command_setup;
extern const struct command command_status;
extern const struct command command_sysctl;
extern const struct command command_trigger;

/* One row a sub-command, in the order of `lastword help`: first kernel, dumps. */
/* clang-format off */
const struct command *const commands[] = {
	&command_setup,
	&command_arm,
	&command_disarm,
	&command_status,
	&command_doctor,
	&command_rehearse,
	&command_estimate,
	&command_rebuild,
	&command_reload,
	&command_reset_crashkernel,
	&command_sysctl,
	&command_propagate,
	&command_kdumpctl,
	&command_mkdumprd,
	&command_kexec,
	&command_trigger,
	&command_notify,
	&command_keygen,
	&command_netconsole,
	&command_save,
	&command_makedumpfile,
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

int say_json(struct json *j, FILE *to, int status)
{
	json_object_end(j);
	if (json_end(j) < 0) {
		say_error("out of memory");
		return EXIT_FAILURE;
	}
	fputs(j->out->data, to);
	return status;
}

int usage_error(const struct command *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("lastword: ", stderr);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\nusage: lastword %s%s%s\n", c->name, *c->arguments ? " " : "",
		c->arguments);
	va_end(ap);
	return EXIT_USAGE;
}
