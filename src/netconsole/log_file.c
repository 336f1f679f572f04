/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "netconsole/text.h"

static void name_of(const struct log_file *l, uint64_t n, char ret[LOG_FILE_NAME + 32])
{
	if (n == 0)
		snprintf(ret, LOG_FILE_NAME + 32, "%s.log", l->name);
	else
		snprintf(ret, LOG_FILE_NAME + 32, "%s.log.%llu", l->name, (unsigned long long)n);
}

int log_file_open(struct log_file *l, int dir, bool make)
{
	const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	char name[LOG_FILE_NAME + 32];
	_cleanup_close_ int fd = -1;
	bool made = false;
	struct stat st;

	l->fd = -1;
	name_of(l, 0, name);
	fd = openat(dir, name, flags);
	if (fd < 0 && errno == ENOENT && make) {
		fd = openat(dir, name, flags | O_CREAT | O_EXCL, 0640);
		made = fd >= 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	l->size = (uint64_t)st.st_size;
	l->begun = l->size ? (uint64_t)st.st_mtim.tv_sec : 0;
	l->fd = TAKE_FD(fd);
	return made;
}

void log_file_close(struct log_file *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	buf_done(&l->waiting);
}

void log_file_begin(struct log_file *l, uint64_t received_us)
{
	char time[TEXT_TIME_SIZE];

	if (l->begun == 0)
		l->begun = received_us / USEC_PER_SEC;
	if (l->lost == 0 || l->waiting.len > 0)
		return;
	text_time(received_us, time);
	l->notes = buf_printf(&l->waiting, "%s -- lastword: %llu lines could not be written\n",
			      time, (unsigned long long)l->lost) == 0;
}

/* Of what was not written. */
static uint64_t lines_behind(const struct log_file *l, size_t done)
{
	uint64_t lines = output_count_lines(l->waiting.data + done, l->waiting.len - done);

	/* what tells of the lost is none of them */
	return lines - (l->notes && done == 0 && lines > 0);
}

/* 0 or a negative errno; *ret_done bytes were taken. */
static int write_some(const struct log_file *l, size_t *ret_done)
{
	while (*ret_done < l->waiting.len) {
		ssize_t n = write(l->fd, l->waiting.data + *ret_done, l->waiting.len - *ret_done);

		if (n < 0 && errno != EINTR)
			return -errno;
		*ret_done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

void log_file_write(struct log_file *l, int dir, struct output_stats *stats)
{
	size_t done = 0;
	uint64_t lost;
	int r = l->fd < 0 ? log_file_open(l, dir, true) : 0;

	if (r >= 0)
		r = write_some(l, &done);
	if (r < 0)
		output_failed(stats, r, l->name);
	if (done < l->waiting.len)
		done = output_cut_half_line(l->fd, l->waiting.data, done);
	lost = lines_behind(l, done);
	stats->dropped += lost;
	l->lost = (done ? 0 : l->lost) + lost;
	l->notes = false;
	l->size += done;
	buf_done(&l->waiting);
}

void log_file_rotate(struct log_file *l, int dir, uint64_t keep, struct output_stats *stats)
{
	char from[LOG_FILE_NAME + 32], to[LOG_FILE_NAME + 32];
	int r;

	log_file_write(l, dir, stats);
	if (keep == 0) {
		name_of(l, 0, from);
		(void)unlinkat(dir, from, 0);
	}
	for (uint64_t n = keep; n > 0; n--) {
		name_of(l, n - 1, from);
		name_of(l, n, to);
		if (renameat(dir, from, dir, to) < 0 && errno != ENOENT) {
			output_failed(stats, -errno, from);
			return;
		}
	}
	log_file_close(l);
	r = log_file_open(l, dir, true);
	if (r < 0)
		output_failed(stats, r, l->name);
}
