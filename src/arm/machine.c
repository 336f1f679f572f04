/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/machine.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define INSTALLED_INIT "/usr/lib/lastword/lastword-init"
#define TIMEZONE_MAX 100

static int read_word(const struct root *root, const char *path, char **ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = root_read_file(root, path, 4096, &text);

	if (r < 0)
		return error_errno(e, r, "%s", path);
	*ret = strndup(text.data ?: "", strcspn(text.data ?: "", " \n"));
	if (!*ret)
		return error_errno(e, -ENOMEM, "%s", path);
	return 0;
}

int machine_release(const struct root *root, char **ret, struct error *e)
{
	_cleanup_free_ char *release = NULL;
	int r = read_word(root, "/proc/sys/kernel/osrelease", &release, e);

	if (r < 0)
		return r;
	if (!*release || strchr(release, '/'))
		return error_set(e, -EINVAL, "/proc/sys/kernel/osrelease: '%s' names no kernel",
				 release);
	*ret = TAKE_PTR(release);
	return 0;
}

int machine_boot_id(const struct root *root, char **ret, struct error *e)
{
	return read_word(root, "/proc/sys/kernel/random/boot_id", ret, e);
}

static bool readable(const struct root *root, const char *path)
{
	return faccessat(root->fd, root_relative(path), R_OK, 0) == 0;
}

/* BOOT_IMAGE=(hd0,gpt2)/vmlinuz-…, relative to the file system of /boot or of /. */
static bool from_boot_image(const struct root *root, char *path, size_t size)
{
	_cleanup_buf_ struct buf line = { 0 };
	const char *word;
	int len;

	if (root_read_file(root, "/proc/cmdline", 65536, &line) < 0 || !line.data)
		return false;
	word = strstr(line.data, "BOOT_IMAGE=");
	if (!word)
		return false;
	word += strlen("BOOT_IMAGE=");
	if (*word == '(')
		word += strcspn(word, ") \n") + 1;
	len = (int)strcspn(word, " \n");
	if (len == 0 || *word != '/')
		return false;
	snprintf(path, size, "%.*s", len, word);
	if (readable(root, path))
		return true;
	snprintf(path, size, "/boot%.*s", len, word);
	return readable(root, path);
}

int machine_kernel_image(const struct root *root, const char *release, char **ret, struct error *e)
{
	static const char *const places[] = { "/boot/vmlinuz-%s", "/lib/modules/%s/vmlinuz",
					      "/usr/lib/modules/%s/vmlinuz" };
	char path[PATH_MAX];
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(places) && !found; i++) {
		const char *mark = strstr(places[i], "%s");

		snprintf(path, sizeof(path), "%.*s%s%s", (int)(mark - places[i]), places[i],
			 release, mark + 2);
		found = readable(root, path);
	}
	if (!found && !from_boot_image(root, path, sizeof(path)))
		return error_set(e, -ENOENT,
				 "the image of the running kernel %s is not there: no "
				 "/boot/vmlinuz-%s and no "
				 "/lib/modules/%s/vmlinuz; is /boot mounted?",
				 release, release, release);
	*ret = strdup(path);
	return *ret ? 0 : error_errno(e, -ENOMEM, "%s", path);
}

int machine_init_program(const struct root *root, char **ret, struct error *e)
{
	const char *named = secure_getenv("LASTWORD_INIT");
	_cleanup_free_ char *installed = root_join(root, INSTALLED_INIT);
	char self[PATH_MAX], beside[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *candidates[] = { named, installed, NULL };

	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		snprintf(beside, sizeof(beside), "%s/lastword-init", self);
		candidates[2] = beside;
	}
	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		if (!candidates[i] || access(candidates[i], R_OK) < 0)
			continue;
		*ret = strdup(candidates[i]);
		return *ret ? 0 : error_errno(e, -ENOMEM, "lastword-init");
	}
	return error_set(e, -ENOENT, "lastword-init is not installed: no " INSTALLED_INIT);
}

int timezone_footer(const char *tzif, size_t len, char **ret)
{
	const char *end, *start;
	size_t n;

	/* Version 1 has no footer. */
	if (len < 45 || memcmp(tzif, "TZif", 4) != 0 || tzif[4] < '2')
		return -EINVAL;
	end = tzif + len - 1;
	if (*end != '\n')
		return -EINVAL;
	start = memrchr(tzif, '\n', len - 1);
	if (!start)
		return -EINVAL;
	n = (size_t)(end - ++start);
	if (n > TIMEZONE_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (start[i] <= ' ' || start[i] > '~')
			return -EINVAL;
	*ret = strndup(start, n);
	return *ret ? 0 : -ENOMEM;
}

int machine_timezone(const struct root *root, char **ret)
{
	_cleanup_buf_ struct buf tzif = { 0 };

	if (root_read_file(root, "/etc/localtime", 1 << 20, &tzif) == 0 && tzif.len &&
	    timezone_footer(tzif.data, tzif.len, ret) == 0)
		return 0;
	*ret = strdup("");
	return *ret ? 0 : -ENOMEM;
}
