/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/trials.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/process.h"

#define CONNECT_LIMIT (5 * USEC_PER_SEC)
#define ASK_LIMIT (10 * USEC_PER_SEC)
#define LOG_MAX ((size_t)16 << 20)
#define PROBE_FILE ".lastword-doctor"

#define KLOG_READ_ALL 3
#define KLOG_SIZE 10

static int try_room(const struct root *root, const char *dir, struct room *ret)
{
	_cleanup_free_ char *path = root_join(root, dir);
	struct statvfs v;

	if (!path || statvfs(path, &v) < 0)
		return path ? -errno : -ENOMEM;
	*ret = (struct room){
		.bytes = (uint64_t)v.f_bfree * v.f_frsize,
		.total = (uint64_t)v.f_blocks * v.f_frsize,
		.files = v.f_ffree,
		.files_limited = v.f_files,
		.read_only = v.f_flag & ST_RDONLY,
	};
	return 0;
}

static int try_write(const struct root *root, const char *dir)
{
	_cleanup_close_ int at =
		openat(root->fd, root_relative(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = -1;
	int r = 0;

	if (at < 0)
		return -errno;
	fd = openat(at, PROBE_FILE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, "lastword\n", strlen("lastword\n"));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (unlinkat(at, PROBE_FILE, 0) < 0 && r == 0)
		r = -errno;
	return r;
}

static int try_connect(const char *address, unsigned port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	_cleanup_close_ int fd = -1;
	struct pollfd p;
	char service[16];
	int r, code = 0;
	socklen_t len = sizeof(code);

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &list) != 0)
		return -EINVAL;
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	r = fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) < 0 ? -errno : 0;
	freeaddrinfo(list);
	if (r != -EINPROGRESS)
		return r;
	p = (struct pollfd){ .fd = fd, .events = POLLOUT };
	r = poll_until(&p, 1, clock_now() + CONNECT_LIMIT);
	if (r < 0)
		return r;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0 ? -errno : -code;
}

static int read_log(const struct root *root, struct buf *ret)
{
	int size = klogctl(KLOG_SIZE, NULL, 0), n;
	char *to;

	ret->limit = LOG_MAX;
	if (size <= 0 || !(to = buf_reserve(ret, (size_t)size)))
		return size < 0 ? -errno : -ENOMEM;
	n = klogctl(KLOG_READ_ALL, to, size);
	if (n < 0)
		return -errno;
	ret->len = (size_t)n;
	ret->data[n] = '\0';
	return 0;
}

static int ask(const char *const argv[], struct buf *ret)
{
	return process_run(argv, NULL, clock_now() + ASK_LIMIT, ret, NULL);
}

static int read_saved_log(const struct root *root, struct buf *ret)
{
	ret->limit = LOG_MAX;
	return root_read_file(root, "/var/log/dmesg", LOG_MAX, ret);
}

static bool clock_synchronised(bool *ret_known)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	*ret_known = state >= 0;
	return state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

void trials_of(const struct root *root, struct trials *ret)
{
	static const struct trials here = {
		.place = place_find,
		.room = try_room,
		.write = try_write,
		.connect = try_connect,
		.nfs = trial_nfs,
		.ssh = trial_ssh,
		.log = read_log,
		.ask = ask,
		.clock_synchronised = clock_synchronised,
	};
	static const struct trials elsewhere = {
		.place = place_find,
		.room = try_room,
		.log = read_saved_log,
	};

	*ret = *root->path ? elsewhere : here;
	ret->root = geteuid() == 0;
}
