/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/process.h"

#define FILES_MAX 1024
#define TIMEOUT (20 * USEC_PER_SEC)

/* An interpreter may be a script itself; the kernel follows five. */
#define DEPTH_MAX 5

#define HEADERS_MAX 64

/* Where the loader looks first: ld.so(8). */
#define CACHE "/etc/ld.so.cache"

static int add_file(struct programs *p, const char *name, const char *from, const char *link,
		    struct error *e)
{
	struct program_file f = { 0 }, *grown;

	if (programs_have(p, name))
		return 0;
	if (p->count == FILES_MAX)
		return error_set(e, -E2BIG, "more than %d files", FILES_MAX);
	grown = reallocarray(p->files, p->count + 1, sizeof(*grown));
	if (grown)
		p->files = grown;
	f.name = strdup(name);
	f.from = from ? strdup(from) : NULL;
	f.link = link ? strdup(link) : NULL;
	if (!grown || !f.name || (from && !f.from) || (link && !f.link)) {
		free(f.name);
		free(f.from);
		free(f.link);
		return error_errno(e, -ENOMEM, "%s", name);
	}
	p->files[p->count++] = f;
	return 0;
}

bool programs_have(const struct programs *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->files[i].name, name) == 0)
			return true;
	return false;
}

void programs_done(struct programs *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->files[i].name);
		free(p->files[i].from);
		free(p->files[i].link);
	}
	free(p->files);
	*p = (struct programs){ 0 };
}

/* The next word of the line; false at its end. */
static bool next_word(const char **at, const char *end, char ret[INTERPRETER_MAX])
{
	size_t len = 0;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	while (*at < end && **at != ' ' && **at != '\t' && len < INTERPRETER_MAX - 1)
		ret[len++] = *(*at)++;
	ret[len] = '\0';
	return len > 0;
}

void interpreter_parse(const char *head, size_t len, struct interpreter *ret)
{
	const char *at = head + 2, *end, *base;
	char word[INTERPRETER_MAX];

	*ret = (struct interpreter){ 0 };
	if (len < 2 || memcmp(head, "#!", 2) != 0)
		return;
	end = memchr(head, '\n', len) ?: head + len;
	if (!next_word(&at, end, ret->path))
		return;
	base = strrchr(ret->path, '/');
	if (!base || strcmp(base, "/env") != 0)
		return;
	while (next_word(&at, end, word))
		if (*word != '-' && !strchr(word, '=')) {
			memcpy(ret->name, word, sizeof(word));
			return;
		}
}

/* Newly allocated, inside the root. -ENOENT. */
static int real_path(const struct root *root, const char *path, char **ret)
{
	_cleanup_free_ char *joined = root_join(root, path), *real = NULL;
	size_t prefix = strlen(root->path);

	if (!joined)
		return -ENOMEM;
	real = realpath(joined, NULL);
	if (!real || strncmp(real, root->path, prefix) != 0)
		return -ENOENT;
	*ret = strdup(real[prefix] ? real + prefix : "/");
	return *ret ? 0 : -ENOMEM;
}

/*
 * Where the file goes: /bin/x is /usr/bin/x where /bin is a link to usr/bin, so that either name finds it. Other directories are
 * made as they are called.
 */
static int place_in_image(struct programs *p, const struct root *root, const char *path, char **ret,
			  struct error *e)
{
	bool merged = strncmp(path, "/bin/", 5) == 0 || strncmp(path, "/sbin/", 6) == 0;
	const char *slash = strchr(path + 1, '/');
	_cleanup_free_ char *top = merged ? strndup(path, (size_t)(slash - path)) : NULL;
	char to[PATH_MAX];
	ssize_t n = top ? readlinkat(root->fd, root_relative(top), to, sizeof(to) - 1) : -1;
	int r;

	if (n <= 0) {
		*ret = strdup(path);
		return *ret ? 0 : error_errno(e, -ENOMEM, "%s", path);
	}
	to[n] = '\0';
	r = add_file(p, top, NULL, to, e);
	if (r < 0)
		return r;
	if (asprintf(ret, "/%s%s", to + (*to == '/'), slash) < 0)
		return error_errno(e, -ENOMEM, "%s", path);
	return 0;
}

/* Is it a binary that a loader starts? */
static bool is_dynamic(const char *head, size_t len)
{
	Elf64_Ehdr h;

	if (len < sizeof(h))
		return false;
	memcpy(&h, head, sizeof(h));
	for (unsigned i = 0; i < h.e_phnum && i < HEADERS_MAX; i++) {
		Elf64_Phdr ph;
		uint64_t at;

		if (add_overflow(h.e_phoff, (uint64_t)i * h.e_phentsize, &at) ||
		    !range_inside(at, sizeof(ph), len))
			return false;
		memcpy(&ph, head + at, sizeof(ph));
		if (ph.p_type == PT_INTERP)
			return true;
	}
	return false;
}

/* The cache changes with every library that is installed; without it fewer changes make the image stale. */
static bool found_without_cache(const char *library)
{
	static const char *const dirs[] = { "/lib", "/lib64", "/lib/x86_64-linux-gnu" };
	const char *dir = strncmp(library, "/usr/", 5) == 0 ? library + 4 : library;
	size_t len = (size_t)(strrchr(dir, '/') - dir);

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (strlen(dirs[i]) == len && memcmp(dirs[i], dir, len) == 0)
			return true;
	return strstr(library, "/glibc-hwcaps/");
}

/* "\tlibc.so.6 => /lib/…/libc.so.6 (0x…)", "\t/lib64/ld-linux-x86-64.so.2 (0x…)", "\tlibx.so => not found" */
static int take_line(struct programs *p, char *line, struct error *e)
{
	char *arrow = strstr(line, "=> "), *path = arrow ? arrow + 3 : line + 1;
	int r;

	if (arrow && strncmp(path, "not found", 9) == 0) {
		line[strcspn(line, " ")] = '\0';
		return error_set(e, -ENOENT, "its library %s is not there", line + 1);
	}
	path[strcspn(path, " ")] = '\0';
	if (*path != '/')
		return 0;
	r = found_without_cache(path) ? 0 : add_file(p, CACHE, CACHE, NULL, e);
	return r < 0 ? r : add_file(p, path, path, NULL, e);
}

/* ld.so(8): the loader lists what it would load, and ends. */
static int add_libraries(struct programs *p, const struct root *root, const char *program,
			 struct error *e)
{
	static char *const environment[] = { (char *)"LD_TRACE_LOADED_OBJECTS=1", NULL };
	const char *const argv[] = { program, NULL };
	_cleanup_buf_ struct buf text = { .limit = MIB(1) };
	char *line, *rest;
	int r;

	if (*root->path)
		return error_set(e, -EOPNOTSUPP,
				 "programs with libraries cannot be packed from another root");
	r = process_run(argv, environment, clock_now() + TIMEOUT, &text, e);
	rest = text.data;
	while (r == 0 && rest && (line = strsep(&rest, "\n")))
		if (*line == '\t')
			r = take_line(p, line, e);
	return r;
}

static int add_program(struct programs *p, const struct root *root, const char *path,
		       unsigned depth, struct error *e);

int program_find(const struct root *root, const char *name, char ret[PATH_MAX])
{
	static const char *const dirs[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					    "/usr/bin",	       "/sbin",		 "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(ret, PATH_MAX, "%s/%s", dirs[i], name);
		if (faccessat(root->fd, root_relative(ret), X_OK, 0) == 0)
			return 0;
	}
	return -ENOENT;
}

static int add_by_name(struct programs *p, const struct root *root, const char *name,
		       unsigned depth, struct error *e)
{
	char path[PATH_MAX];

	return program_find(root, name, path) == 0
		       ? add_program(p, root, path, depth, e)
		       : error_set(e, -ENOENT, "%s is in none of the directories of PATH", name);
}

static int add_needs(struct programs *p, const struct root *root, const char *path, unsigned depth,
		     struct error *e)
{
	_cleanup_close_ int fd = openat(root->fd, root_relative(path), O_RDONLY | O_CLOEXEC);
	struct interpreter interpreter;
	char head[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	int r;

	if (n < 0)
		return error_errno(e, -errno, "read");
	if (n > EI_CLASS && memcmp(head, ELFMAG, SELFMAG) == 0 && head[EI_CLASS] != ELFCLASS64)
		return error_set(e, -ENOEXEC, "it is no 64-bit program");
	if (n >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
		return is_dynamic(head, (size_t)n) ? add_libraries(p, root, path, e) : 0;
	interpreter_parse(head, (size_t)MIN(n, (ssize_t)INTERPRETER_MAX), &interpreter);
	if (interpreter.path[0] != '/')
		return error_set(
			e, -ENOEXEC,
			"it is neither a binary nor a script that begins with #! and a path");
	r = add_program(p, root, interpreter.path, depth + 1, e);
	if (r == 0 && interpreter.name[0])
		r = add_by_name(p, root, interpreter.name, depth + 1, e);
	return r < 0 ? error_prefix(e, r, "its interpreter") : 0;
}

static int check_executable(const struct root *root, const char *path, struct error *e)
{
	struct stat st;

	if (fstatat(root->fd, root_relative(path), &st, 0) < 0)
		return error_set(e, -ENOENT, "it is not there");
	if (!S_ISREG(st.st_mode))
		return error_set(e, -EACCES, "it is no file");
	if (!(st.st_mode & 0111))
		return error_set(e, -EACCES, "it is not executable; run 'chmod +x %s'", path);
	return 0;
}

/* A name that is a link, such as sh or awk, leads to the file itself. */
static int add_program(struct programs *p, const struct root *root, const char *path,
		       unsigned depth, struct error *e)
{
	_cleanup_free_ char *name = NULL, *real = NULL;
	struct stat st;
	int r = depth < DEPTH_MAX ? check_executable(root, path, e)
				  : error_set(e, -ELOOP, "too many interpreters");

	if (r == 0)
		r = place_in_image(p, root, path, &name, e);
	if (r < 0 || programs_have(p, name))
		return r < 0 ? error_prefix(e, r, "%s", path) : 0;
	if (fstatat(root->fd, root_relative(path), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode)) {
		r = real_path(root, path, &real);
		if (r < 0)
			return error_errno(e, r, "%s", path);
		r = add_file(p, name, NULL, real, e);
		return r < 0 ? r : add_program(p, root, real, depth + 1, e);
	}
	r = add_file(p, name, path, NULL, e);
	if (r == 0)
		r = add_needs(p, root, path, depth, e);
	return r < 0 ? error_prefix(e, r, "%s", path) : 0;
}

int programs_add(struct programs *p, const struct root *root, const char *path, struct error *e)
{
	return add_program(p, root, path, 0, e);
}

/* Every name that busybox answers to is a link to it. */
static int add_applets(struct programs *p, const struct root *root, const char *busybox,
		       struct error *e)
{
	const char *const argv[] = { busybox, "--list-full", NULL };
	_cleanup_buf_ struct buf text = { .limit = MIB(1) };
	char *applet, *rest;
	int r = process_run(argv, NULL, clock_now() + TIMEOUT, &text, e);

	rest = text.data;
	while (r == 0 && rest && (applet = strsep(&rest, "\n"))) {
		_cleanup_free_ char *name = NULL, *path = NULL;

		if (!*applet)
			continue;
		if (asprintf(&path, "/%s", applet) < 0) {
			path = NULL;
			return error_errno(e, -ENOMEM, "%s", busybox);
		}
		r = place_in_image(p, root, path, &name, e);
		if (r == 0)
			r = add_file(p, name, NULL, busybox, e);
	}
	return r < 0 ? error_prefix(e, r, "%s", busybox) : 0;
}

static const char *find_first(const struct root *root, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (faccessat(root->fd, root_relative(paths[i]), X_OK, 0) == 0)
			return paths[i];
	return NULL;
}

int programs_add_shell(struct programs *p, const struct root *root, char **ret_shell,
		       struct error *e)
{
	static const char *const busyboxes[] = { "/usr/bin/busybox", "/bin/busybox",
						 "/usr/sbin/busybox", "/sbin/busybox" };
	static const char *const tools[] = { "ls", "cat",  "mount", "umount", "dmesg",
					     "cp", "sync", "df",    "sleep",  "ip" };
	const char *busybox = find_first(root, busyboxes, ARRAY_SIZE(busyboxes));
	const char *shell = busybox ?: "/bin/sh";
	int r = *root->path ? error_set(e, -EOPNOTSUPP, "cannot be prepared for another root")
			    : programs_add(p, root, shell, e);

	if (r == 0 && busybox)
		r = add_applets(p, root, busybox, e);
	for (size_t i = 0; i < ARRAY_SIZE(tools) && r == 0 && !busybox; i++) {
		r = add_by_name(p, root, tools[i], 0, e);
		r = r == -ENOENT ? 0 : r;
	}
	if (r < 0)
		return error_prefix(e, r, "failure_action shell");
	*ret_shell = strdup(shell);
	return *ret_shell ? 0 : error_errno(e, -ENOMEM, "shell");
}
