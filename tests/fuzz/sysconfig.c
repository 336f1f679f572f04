/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/sysconfig/kdump: what is accepted has names that are names, values within their limit, and makes a command line. */
#include "arm/config/sysconfig.h"
#include "arm/kexec/cmdline.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINE_MAX_ ((size_t)2047)

static void check_line(const struct sysconfig *s)
{
	_cleanup_buf_ struct buf line = { 0 };
	struct cmdline_words w = { .running = s->commandline,
				   .remove = s->remove,
				   .usual = s->append };

	if (cmdline_build(&w, LINE_MAX_, &line, NULL) < 0)
		return;
	if (line.len > LINE_MAX_ || !strstr(line.data, " rdinit=/init"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_sysconfig_ struct sysconfig s = { 0 };
	_cleanup_shell_ struct shell_file f = { 0 };

	if (shell_parse((const char *)data, size, "f", &f, NULL) == 0)
		for (size_t i = 0; i < f.count; i++)
			if (!*f.items[i].name || strpbrk(f.items[i].name, "=+ \t\n'\"$") ||
			    strlen(f.items[i].value) > SHELL_VALUE_MAX || !f.items[i].line)
				abort();
	if (sysconfig_parse((const char *)data, size, &s, NULL) < 0)
		return 0;
	if ((s.kernelver && strchr(s.kernelver, '/')) || s.stdloglvl > 4)
		abort();
	check_line(&s);
	return 0;
}
