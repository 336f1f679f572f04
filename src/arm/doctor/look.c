/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/look.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define FILE_MAX ((size_t)4 << 20)
#define BLANKS " \t\r\n"

bool look_exists(const struct root *root, const char *path)
{
	return faccessat(root->fd, root_relative(path), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool look_line(const struct root *root, const char *path, char *ret, size_t size)
{
	_cleanup_buf_ struct buf text = { 0 };
	size_t len;

	*ret = '\0';
	if (root_read_file(root, path, FILE_MAX, &text) < 0 || !text.len)
		return false;
	snprintf(ret, size, "%.*s", (int)strcspn(text.data + strspn(text.data, BLANKS), "\n"),
		 text.data + strspn(text.data, BLANKS));
	for (len = strlen(ret); len && strchr(BLANKS, ret[len - 1]); len--)
		ret[len - 1] = '\0';
	return *ret;
}

bool look_is(const struct root *root, const char *path, const char *text)
{
	char line[256];

	return look_line(root, path, line, sizeof(line)) && strcmp(line, text) == 0;
}

bool look_contains(const struct root *root, const char *path, const char *text)
{
	_cleanup_buf_ struct buf content = { 0 };

	return root_read_file(root, path, FILE_MAX, &content) == 0 && content.len &&
	       strstr(content.data, text);
}

unsigned look_find_line(const char *text, const char *wanted, char *ret, size_t size)
{
	const char *at = strstr(text, wanted), *start;
	unsigned number = 1;

	*ret = '\0';
	if (!at)
		return 0;
	for (const char *c = text; c < at; c++)
		number += *c == '\n';
	for (start = at; start > text && start[-1] != '\n'; start--)
		;
	snprintf(ret, size, "%.*s", (int)strcspn(start, "\n"), start);
	return number;
}

bool look_next_word(const char **pos, struct word *ret)
{
	const char *p = *pos + strspn(*pos, BLANKS);
	bool quoted = false;
	size_t n = 0;

	for (; p[n] && (quoted || !strchr(BLANKS, p[n])); n++)
		if (p[n] == '"')
			quoted = !quoted;
	*pos = p + n;
	*ret = (struct word){ .at = p, .len = n, .name_len = n, .value = p + n };
	for (size_t i = 0; i < n && ret->name_len == n; i++) {
		if (p[i] != '=')
			continue;
		ret->name_len = i;
		ret->value = p + i + 1;
		ret->value_len = n - i - 1;
	}
	return n;
}

static bool same_letter(char a, char b)
{
	return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

bool look_is_named(const struct word *w, const char *name)
{
	size_t i;

	for (i = 0; name[i] && name[i] != '*'; i++)
		if (i >= w->name_len || !same_letter(w->at[i], name[i]))
			return false;
	return name[i] == '*' || i == w->name_len;
}

bool look_word(const char *cmdline, const char *name, struct word *ret)
{
	struct word w;
	bool seen = false;

	while (look_next_word(&cmdline, &w)) {
		if (w.len == 2 && memcmp(w.at, "--", 2) == 0)
			break;
		if (!look_is_named(&w, name))
			continue;
		*ret = w;
		seen = true;
	}
	return seen;
}

static const char *const unit_directories[] = { "/etc/systemd/system", "/run/systemd/system",
						"/usr/local/lib/systemd/system",
						"/usr/lib/systemd/system", "/lib/systemd/system" };

struct wanted {
	const struct root *root;
	const char *directory, *unit;
	bool found;
};

static void look_wants(void *user, const char *name)
{
	struct wanted *w = user;
	size_t len = strlen(name);
	char path[PATH_MAX];

	if (len < 6 || (strcmp(name + len - 6, ".wants") != 0 &&
			(len < 9 || strcmp(name + len - 9, ".requires") != 0)))
		return;
	snprintf(path, sizeof(path), "%s/%s/%s", w->directory, name, w->unit);
	w->found |= look_exists(w->root, path);
}

enum unit_state look_unit(const struct root *root, const char *name)
{
	struct wanted w = { .root = root, .unit = name };
	enum unit_state state = UNIT_MISSING;
	char path[PATH_MAX], link[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(unit_directories); i++) {
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", unit_directories[i], name);
		n = readlinkat(root->fd, root_relative(path), link, sizeof(link) - 1);
		if (n > 0 && (size_t)n == strlen("/dev/null") && memcmp(link, "/dev/null", n) == 0)
			return UNIT_MASKED;
		if (look_exists(root, path))
			state = UNIT_DISABLED;
		w.directory = unit_directories[i];
		look_directory(root, w.directory, look_wants, &w);
	}
	return state == UNIT_DISABLED && w.found ? UNIT_ENABLED : state;
}

/* "   0: 00000000:0801 00000000:0000 0A …": local address and port in hexadecimal, then the peer's, then LISTEN. */
static bool listens_in(const struct root *root, const char *path, unsigned port)
{
	_cleanup_buf_ struct buf text = { 0 };
	char wanted[32];
	const char *at;

	if (root_read_file(root, path, FILE_MAX, &text) < 0 || !text.len)
		return false;
	snprintf(wanted, sizeof(wanted), ":%04X ", port);
	for (at = strstr(text.data, wanted); at; at = strstr(at + 1, wanted)) {
		const char *peer = at + strlen(wanted), *state = peer + strcspn(peer, " \n");

		if (strncmp(state, " 0A ", 4) == 0)
			return true;
	}
	return false;
}

bool look_listens(const struct root *root, unsigned port)
{
	return listens_in(root, "/proc/net/tcp", port) || listens_in(root, "/proc/net/tcp6", port);
}

bool look_systemd(const struct root *root)
{
	return look_exists(root, "/run/systemd/system") ||
	       look_exists(root, "/usr/lib/systemd/systemd") ||
	       look_exists(root, "/lib/systemd/systemd");
}

void look_directory(const struct root *root, const char *path,
		    void (*each)(void *user, const char *name), void *user)
{
	_cleanup_free_ char *joined = root_join(root, path);
	struct dirent **names = NULL;
	int count = joined ? scandir(joined, &names, NULL, alphasort) : 0;

	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.')
			each(user, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}
