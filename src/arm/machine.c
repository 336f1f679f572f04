/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static bool has_modules(const struct root *root, const char *release)
{
	static const char *const places[] = { "lib/modules", "usr/lib/modules" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s/%s", places[i], release);
		if (readable(root, path))
			return true;
	}
	return false;
}

/* "6.12.1+debug" without its end; false where there is none. */
static bool cut_debug(char *release)
{
	static const char *const ends[] = { "+debug", "-debug" };
	size_t len = strlen(release);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strcmp(release + len - end, ends[i]) == 0) {
			release[len - end] = '\0';
			return true;
		}
	}
	return false;
}

int machine_capture_release(const struct root *root, const struct sysconfig *s, char **ret,
			    struct error *e)
{
	_cleanup_free_ char *running = NULL, *plain = NULL;
	int r;

	if (s->kernelver) {
		if (!has_modules(root, s->kernelver))
			return error_set(e, -ENOENT,
					 SYSCONFIG_PATH
					 ": KDUMP_KERNELVER: no /lib/modules/%s; is that kernel "
					 "installed?",
					 s->kernelver);
		*ret = strdup(s->kernelver);
		return *ret ? 0 : error_errno(e, -ENOMEM, "KDUMP_KERNELVER");
	}
	r = machine_release(root, &running, e);
	if (r < 0)
		return r;
	plain = strdup(running);
	if (!plain)
		return error_errno(e, -ENOMEM, "%s", running);
	*ret = cut_debug(plain) && has_modules(root, plain) ? TAKE_PTR(plain) : TAKE_PTR(running);
	return 0;
}

/* BOOT_IMAGE=(hd0,gpt2)/vmlinuz-…, relative to the file system of /boot or of /. It is the running kernel's. */
static bool from_boot_image(const struct root *root, const char *release, char *path, size_t size)
{
	_cleanup_free_ char *running = NULL;
	_cleanup_buf_ struct buf line = { 0 };
	const char *word;
	int len;

	if (machine_release(root, &running, NULL) < 0 || strcmp(running, release) != 0)
		return false;
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

/* NAME-RELEASE, and MACHINE-ID/RELEASE/NAME as the boot loader specification has it. */
static bool in_directory(const struct root *root, const struct sysconfig *s, const char *release,
			 const char *directory, char *path, size_t size)
{
	_cleanup_free_ char *id = NULL;
	const char *name = s->img ?: "vmlinuz";

	snprintf(path, size, "%s/%s-%s%s", directory, name, release, s->img_ext ?: "");
	if (readable(root, path))
		return true;
	if (read_word(root, "/etc/machine-id", &id, NULL) < 0 || !*id)
		return false;
	snprintf(path, size, "%s/%s/%s/%s", directory, id, release, name);
	return readable(root, path);
}

static bool beside_modules(const struct root *root, const char *release, char *path, size_t size)
{
	snprintf(path, size, "/lib/modules/%s/vmlinuz", release);
	if (readable(root, path))
		return true;
	snprintf(path, size, "/usr/lib/modules/%s/vmlinuz", release);
	return readable(root, path);
}

/* "ID-6.1.0-32-amd64.efi", "ID-6.1.0-32-amd64+3.efi": the boot loader counts tries in the name. */
static bool is_unified_of(const char *name, const char *release)
{
	const char *at = strstr(name, release);
	const char *end = at && at > name && at[-1] == '-' ? at + strlen(release) : "";

	if (*end == '+')
		end += 1 + strspn(end + 1, "0123456789-");
	return strcmp(end, ".efi") == 0;
}

/* Unified kernel images on the ESP or XBOOTLDR, and where kernel-install finds Fedora's. */
static bool unified(const struct root *root, const char *release, char *path, size_t size)
{
	static const char *const places[] = { "/boot/efi/EFI/Linux", "/efi/EFI/Linux",
					      "/boot/EFI/Linux" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int fd = openat(root->fd, root_relative(places[i]),
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		_cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
		const struct dirent *entry;

		if (!dir && fd >= 0)
			close(fd);
		while (dir && (entry = readdir(dir))) {
			if (!is_unified_of(entry->d_name, release))
				continue;
			snprintf(path, size, "%s/%s", places[i], entry->d_name);
			return true;
		}
	}
	snprintf(path, size, "/lib/modules/%s/vmlinuz-virt.efi", release);
	return readable(root, path);
}

int machine_kernel_image(const struct root *root, const struct sysconfig *s, const char *release,
			 char **ret, struct error *e)
{
	static const char *const usual[] = { "/boot", "/boot/efi", "/efi" };
	char path[PATH_MAX];
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(usual) && !found && !s->bootdir; i++)
		found = in_directory(root, s, release, usual[i], path, sizeof(path));
	if (s->bootdir)
		found = in_directory(root, s, release, s->bootdir, path, sizeof(path));
	if (!found && s->bootdir)
		return error_set(e, -ENOENT, SYSCONFIG_PATH ": KDUMP_BOOTDIR: no %s-%s%s in %s",
				 s->img ?: "vmlinuz", release, s->img_ext ?: "", s->bootdir);
	if (!found && !beside_modules(root, release, path, sizeof(path)) &&
	    !from_boot_image(root, release, path, sizeof(path)) &&
	    !unified(root, release, path, sizeof(path)))
		return error_set(e, -ENOENT,
				 "the image of kernel %s is not there: no /boot/%s-%s%s, no "
				 "/lib/modules/%s/vmlinuz, no EFI/Linux/*-%s.efi; is /boot "
				 "mounted?",
				 release, s->img ?: "vmlinuz", release, s->img_ext ?: "", release,
				 release);
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
