/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/story_files.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "netconsole/address.h"

struct reader {
	int dir;
	const char *path;
	struct host_story story;
	struct story_read *result;
};

static void file_name(const char *name, size_t n, char ret[160])
{
	if (n == 0)
		snprintf(ret, 160, "%s.log", name);
	else
		snprintf(ret, 160, "%s.log.%zu", name, n);
}

static bool is_there(int dir, const char *name, size_t n)
{
	char file[160];

	file_name(name, n, file);
	return faccessat(dir, file, F_OK, 0) == 0;
}

static void take_line(struct reader *r, const char *line, size_t len)
{
	struct story_line l;

	if (len == 0)
		return;
	r->result->lines++;
	if (story_line_parse(line, len, &l))
		host_story_put(&r->story, &l, story_list_add, &r->result->list);
	else
		r->result->odd++;
}

/* The rest of a line that is longer than the buffer is passed over. */
static void take_lines(struct reader *r, FILE *f, char *line)
{
	bool inside = false;

	while (fgets(line, STORY_LINE_MAX, f)) {
		size_t len = strlen(line);
		bool ends = len > 0 && line[len - 1] == '\n';

		if (!inside)
			take_line(r, line, len - ends);
		inside = !ends;
	}
}

static int read_file(struct reader *r, size_t n, char *line, struct error *e)
{
	char name[160];
	struct stat st;
	FILE *f = NULL;
	int fd, err = 0;

	file_name(r->result->name, n, name);
	fd = openat(r->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return error_errno(e, -errno, "%s/%s", r->path, name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		err = error_set(e, -EINVAL, "%s/%s is no file", r->path, name);
	else if (!(f = fdopen(fd, "r")))
		err = error_errno(e, -errno, "%s/%s", r->path, name);
	if (err < 0) {
		close(fd);
		return err;
	}
	take_lines(r, f, line);
	if (ferror(f))
		err = error_set(e, -EIO, "%s/%s cannot be read", r->path, name);
	fclose(f);
	r->result->files++;
	return err;
}

/* What a receiver calls a file holds no '/', and does not begin with a dot. */
static bool is_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') && strlen(name) < 128;
}

/* A name is looked up only where no file is called so. */
static int choose_name(const struct reader *r, const char *host, struct error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *all = NULL;
	char *ret = r->result->name;
	bool found = false;

	if (is_name(host) && (is_there(r->dir, host, 0) || is_there(r->dir, host, 1))) {
		strcpy(ret, host);
		return 0;
	}
	if (getaddrinfo(host, NULL, &hints, &all) == 0) {
		for (const struct addrinfo *a = all; a && !found; a = a->ai_next) {
			struct sockaddr_in6 socket_address = { 0 };
			char text[ADDRESS_TEXT_SIZE];
			struct address address;

			memcpy(&socket_address, a->ai_addr,
			       MIN((size_t)a->ai_addrlen, sizeof(socket_address)));
			address_from_socket(&socket_address, &address);
			address_text(&address, text);
			found = is_there(r->dir, text, 0) || is_there(r->dir, text, 1);
			if (found)
				strcpy(ret, text);
		}
		freeaddrinfo(all);
	}
	return found ? 0
		     : error_set(e, -ENOENT,
				 "%s has no file of %s; files are called after addresses", r->path,
				 host);
}

/* Others have the address and maybe a name in each line, where nobody can tell a name from what was said. */
static int check_name(const struct reader *r, struct error *e)
{
	struct address address;

	if (address_parse(r->result->name, 1, &address, NULL) == 0)
		return 0;
	return error_set(e, -EOPNOTSUPP,
			 "%s/%s.log is not called after an address: of a file that several may "
			 "write to no story is told",
			 r->path, r->result->name);
}

static void leave_out_before(struct story_list *l, uint64_t since_us)
{
	size_t n = 0;

	while (n < l->count && l->entries[n].time_us < since_us)
		n++;
	if (n)
		memmove(l->entries, l->entries + n, (l->count - n) * sizeof(*l->entries));
	l->count -= n;
}

int story_read(const char *dir, const char *host, uint64_t since_us, struct story_read *ret,
	       struct error *e)
{
	struct reader r = { .path = dir, .result = ret };
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *line = malloc(STORY_LINE_MAX);
	size_t oldest = 0;
	int err;

	if (fd < 0)
		return error_errno(e, -errno, "%s", dir);
	if (!line)
		return error_errno(e, -ENOMEM, "%s", dir);
	*ret = (struct story_read){ 0 };
	r.dir = fd;
	err = choose_name(&r, host, e);
	if (err == 0)
		err = check_name(&r, e);
	while (err == 0 && oldest < STORY_FILES_MAX && is_there(fd, ret->name, oldest + 1))
		oldest++;
	for (size_t n = oldest; err == 0 && n > 0; n--)
		err = read_file(&r, n, line, e);
	if (err == 0 && is_there(fd, ret->name, 0))
		err = read_file(&r, 0, line, e);
	host_story_end(&r.story, story_list_add, &ret->list);
	if (err == 0 && ret->list.failed)
		err = error_errno(e, -ENOMEM, "%s", dir);
	if (err < 0) {
		story_read_done(ret);
		return err;
	}
	leave_out_before(&ret->list, since_us);
	return 0;
}

void story_read_done(struct story_read *r)
{
	story_list_done(&r->list);
}
