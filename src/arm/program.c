/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/modules.h"
#include "base/process.h"

#define FILES_MAX 128
#define TIMEOUT (20 * USEC_PER_SEC)

static int append(char **files, size_t *count, const char *path, size_t len)
{
	for (size_t i = 0; i < *count; i++)
		if (strlen(files[i]) == len && memcmp(files[i], path, len) == 0)
			return 0;
	if (*count == FILES_MAX)
		return -E2BIG;
	files[*count] = strndup(path, len);
	return files[(*count)++] ? 0 : -ENOMEM;
}

/* "\tlibc.so.6 => /lib/…/libc.so.6 (0x…)", "\t/lib64/ld-linux-x86-64.so.2 (0x…)" */
static int take_line(char **files, size_t *count, const char *line)
{
	const char *arrow = strstr(line, "=> "), *path = arrow ? arrow + 3 : line + 1;

	if (strstr(line, "not found"))
		return -ENOENT;
	return *path == '/' ? append(files, count, path, strcspn(path, " ")) : 0;
}

int program_files(const char *program, char ***ret, struct error *e)
{
	/* ld.so(8): the loader lists what it would load, and ends */
	static char *const environment[] = { (char *)"LD_TRACE_LOADED_OBJECTS=1", NULL };
	const char *const argv[] = { program, NULL };
	_cleanup_(names_freep) char **files = calloc(FILES_MAX + 1, sizeof(*files));
	_cleanup_buf_ struct buf text = { .limit = MIB(1) };
	char *line, *rest;
	size_t count = 0;
	int r;

	if (!files)
		return error_errno(e, -ENOMEM, "%s", program);
	r = process_run(argv, environment, clock_now() + TIMEOUT, &text, e);
	if (r < 0)
		return error_prefix(e, r, "%s", program);
	r = append(files, &count, program, strlen(program));
	rest = text.data;
	while (r == 0 && rest && (line = strsep(&rest, "\n")))
		if (*line == '\t')
			r = take_line(files, &count, line);
	if (r < 0)
		return error_errno(e, r, "%s: its libraries", program);
	*ret = TAKE_PTR(files);
	return 0;
}
