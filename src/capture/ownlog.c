/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/ownlog.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* The kernel's CONSOLE_EXT_LOG_MAX: a shorter read fails. */
#define RECORD_MAX 8192

/* More than any log buffer holds; ends the loop should records come faster than they are written. */
#define RECORDS_MAX 1000000

/* The third number is microseconds since boot, the text begins behind ';'. */
static bool parse_head(const char *record, size_t len, uint64_t *ret_usec, size_t *ret_text)
{
	const char *semicolon = memchr(record, ';', len);
	uint64_t usec = 0;
	unsigned commas = 0;

	if (!semicolon)
		return false;
	for (const char *p = record; p < semicolon; p++) {
		if (*p == ',')
			commas++;
		else if (commas == 2 && isdigit((unsigned char)*p))
			usec = usec * 10 + (uint64_t)(*p - '0');
	}
	if (commas < 2)
		return false;
	*ret_usec = usec;
	*ret_text = (size_t)(semicolon - record) + 1;
	return true;
}

size_t ownlog_format(const char *record, size_t len, char *line, size_t size)
{
	uint64_t usec;
	size_t at, out;
	int n;

	if (!parse_head(record, len, &usec, &at))
		return 0;
	n = snprintf(line, size, "[%5llu.%06llu] ", (unsigned long long)(usec / USEC_PER_SEC),
		     (unsigned long long)(usec % USEC_PER_SEC));
	if (n < 0 || (size_t)n + 1 >= size)
		return 0;
	out = (size_t)n;
	for (; at < len && record[at] != '\n' && out < size - 1; at++) {
		bool escaped = record[at] == '\\' && at + 3 < len && record[at + 1] == 'x';

		line[out++] = escaped ? '.' : record[at];
		at += escaped ? 3 : 0;
	}
	line[out++] = '\n';
	return out;
}

int ownlog_write(struct sink *s, struct error *e)
{
	char record[RECORD_MAX], line[RECORD_MAX];
	_cleanup_close_ int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, -errno, "/dev/kmsg");
	for (unsigned i = 0; i < RECORDS_MAX; i++) {
		ssize_t n = read(fd, record, sizeof(record));
		size_t len;
		int r;

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno != EPIPE && errno != EINTR)
			return error_errno(e, -errno, "/dev/kmsg");
		len = n > 0 ? ownlog_format(record, (size_t)n, line, sizeof(line)) : 0;
		r = len ? sink_append(s, line, len, e) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}
