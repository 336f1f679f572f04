/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/meminfo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* MemTotal, MemFree and MemAvailable are the first three lines; oom_kill is in the midst of vmstat's 5 to 8 KiB. */
#define TEXT_MAX 12288

bool meminfo_get(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		char *end;
		uint64_t v;

		line += *line == '\n';
		if (strncmp(line, key, len) != 0 || (line[len] != ':' && line[len] != ' '))
			continue;
		v = strtoull(line + len + 1, &end, 10);
		if (end == line + len + 1)
			return false;
		*ret = v;
		return true;
	}
	return false;
}

static bool read_text(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = pread(fd, text + len, size - 1 - len, (off_t)len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return len > 0;
}

uint64_t meminfo_given(const char *iomem)
{
	static const char name[] = " : System RAM\n";
	uint64_t bytes = 0;

	for (const char *line = iomem; line && *line; line = strchr(line, '\n')) {
		unsigned long long start, end;
		char *at;

		line += *line == '\n';
		start = strtoull(line, &at, 16);
		if (at == line || *at != '-')
			continue;
		end = strtoull(at + 1, &at, 16);
		if (end > start && end < UINT64_MAX && strncmp(at, name, strlen(name)) == 0)
			bytes += end + 1 - start;
	}
	return bytes >> 10;
}

static uint64_t read_given(void)
{
	static char text[TEXT_MAX];
	_cleanup_close_ int fd = open("/proc/iomem", O_RDONLY | O_CLOEXEC);

	return read_text(fd, text, sizeof(text)) ? meminfo_given(text) : 0;
}

void meminfo_begin(struct meminfo_mark *m)
{
	*m = (struct meminfo_mark){
		.meminfo_fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC),
		.vmstat_fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC),
		.given = read_given(),
		.lowest_available = UINT64_MAX,
		.lowest_free = UINT64_MAX,
	};
	meminfo_sample(m);
}

void meminfo_sample(struct meminfo_mark *m)
{
	static char text[TEXT_MAX];
	uint64_t available = UINT64_MAX, free = UINT64_MAX;

	if (read_text(m->meminfo_fd, text, sizeof(text))) {
		(void)meminfo_get(text, "MemTotal", &m->total);
		(void)meminfo_get(text, "MemAvailable", &available);
		(void)meminfo_get(text, "MemFree", &free);
	}
	m->lowest_available = MIN(m->lowest_available, available);
	m->lowest_free = MIN(m->lowest_free, free);
	if (read_text(m->vmstat_fd, text, sizeof(text)))
		(void)meminfo_get(text, "oom_kill", &m->oom_kills);
}
