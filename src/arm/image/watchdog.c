/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/image/watchdog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"

#define CLASS "/sys/class/watchdog"
#define VALUE_MAX 64
#define DRIVERS "kernel/drivers/watchdog/"
#define SOFTWARE_MODULE "softdog"

/* From a panic to the driver in the capture kernel a machine needs this long: drivers of other
 * devices are loaded behind it. */
#define BOOT_SECONDS 30

/* One line of a file in the device's directory; "" where it cannot be read. */
static void read_value(const struct root *root, const char *name, const char *file,
		       char ret[VALUE_MAX])
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[PATH_MAX];

	*ret = '\0';
	snprintf(path, sizeof(path), CLASS "/%s/%s", name, file);
	if (root_read_file(root, path, 4096, &text) < 0 || !text.len)
		return;
	snprintf(ret, VALUE_MAX, "%.*s", (int)strcspn(text.data, "\n"), text.data);
	for (char *c = ret; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/* The name that a link ends in, or all behind `mark` in it; NULL where there is none. */
static char *read_link(const struct root *root, const char *path, const char *mark)
{
	char link[PATH_MAX];
	const char *found;
	ssize_t len = readlinkat(root->fd, root_relative(path), link, sizeof(link) - 1);

	if (len < 0)
		return NULL;
	link[len] = '\0';
	found = mark ? strstr(link, mark) : strrchr(link, '/');
	return found ? strdup(found + (mark ? strlen(mark) : 1)) : NULL;
}

/* A warning before the reset is an NMI, which would be a panic in the middle of the dump; as kdump-utils has it. */
static int quiet(struct watchdogs_found *w, const char *driver)
{
	int r = buf_printf(&w->cmdline, "%s%s.pretimeout=0", w->cmdline.len ? " " : "", driver);

	if (r == 0 && strcmp(driver, "hpwdt") == 0)
		r = buf_printf(&w->cmdline, " hpwdt.kdumptimeout=0");
	return r;
}

static int add_driver(const struct root *root, const char *name, struct watchdogs_found *w)
{
	_cleanup_free_ char *driver = NULL;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), CLASS "/%s/device/driver/module", name);
	driver = read_link(root, path, NULL);
	return driver ? quiet(w, driver) : 0;
}

static bool is_loaded(const struct root *root, const char *module)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/module/%s", module);
	return faccessat(root->fd, path, F_OK, 0) == 0;
}

static int add_named(struct watchdogs_found *w, const char *module)
{
	if (w->named_count == WATCHDOGS_PACKED_MAX)
		return 0;
	w->named[w->named_count] = strdup(module);
	return w->named[w->named_count++] ? quiet(w, module) : -ENOMEM;
}

/* "kernel/drivers/watchdog/i6300esb.ko.xz: kernel/…" */
static int add_line(const struct root *root, const char *line, struct watchdogs_found *w)
{
	char module[VALUE_MAX];

	if (strncmp(line, DRIVERS, strlen(DRIVERS)) != 0)
		return 0;
	line += strlen(DRIVERS);
	snprintf(module, sizeof(module), "%.*s", (int)strcspn(line, "./:"), line);
	for (char *c = module; *c; c++)
		if (*c == '-')
			*c = '_';
	if (strcmp(module, "watchdog") == 0 || strcmp(module, SOFTWARE_MODULE) == 0 ||
	    !is_loaded(root, module))
		return 0;
	return add_named(w, module);
}

/* Some drivers, such as i6300esb, do not say which device theirs is: every watchdog's driver that
 * is loaded is meant. */
static int add_loaded(const struct root *root, const char *release, struct watchdogs_found *w)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[PATH_MAX], *rest, *line;
	int r;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	r = root_read_file(root, path, MIB(8), &text);
	rest = r < 0 ? NULL : text.data;
	while (r == 0 && rest && (line = strsep(&rest, "\n")))
		r = add_line(root, line, w);
	return r == -ENOENT ? 0 : r;
}

/* *virtual: one whose device is not known was among them. */
static int add(const struct root *root, const char *name, struct config *c,
	       struct watchdogs_found *w, bool *virtual)
{
	char path[PATH_MAX], identity[VALUE_MAX], state[VALUE_MAX], timeout[VALUE_MAX];
	_cleanup_free_ char *syspath = NULL;
	uint64_t seconds = UINT64_MAX;
	bool active, software;
	int r = 0;

	snprintf(path, sizeof(path), CLASS "/%s", name);
	syspath = read_link(root, path, "/devices/");
	read_value(root, name, "identity", identity);
	read_value(root, name, "state", state);
	read_value(root, name, "timeout", timeout);
	active = strcmp(state, "active") == 0;
	software = strcmp(identity, "Software Watchdog") == 0;
	if (!syspath || w->syspaths_count == WATCHDOGS_PACKED_MAX || (software && !active))
		return 0;
	if (!c->time.watchdog)
		return active && !software
			       ? buf_printf(&c->notes,
					    "%s (%s) is running and will reset the machine in the "
					    "middle of a dump: lastword_watchdog is no\n",
					    name, identity)
			       : 0;
	if (active && !software && parse_decimal(timeout, UINT32_MAX, &seconds) == 0 &&
	    seconds < BOOT_SECONDS)
		r = buf_printf(&c->notes,
			       "%s (%s) resets the machine after %s s, which may be before the "
			       "capture kernel can keep it alive; give it %d s or more\n",
			       name, identity, timeout, BOOT_SECONDS);
	if (r == 0)
		r = buf_printf(&w->words, "%s%s", w->words.len ? ", " : "", identity);
	if (r < 0)
		return r;
	if (software)
		return add_named(w, SOFTWARE_MODULE);
	if (strncmp(syspath, "virtual/", strlen("virtual/")) == 0) {
		*virtual = true;
		return 0;
	}
	w->syspaths[w->syspaths_count++] = TAKE_PTR(syspath);
	return add_driver(root, name, w);
}

int watchdogs_find(const struct root *root, const char *release, struct config *c,
		   struct watchdogs_found *ret, struct error *e)
{
	_cleanup_free_ char *class = root_join(root, CLASS);
	struct watchdogs_found found = { 0 };
	struct dirent **names = NULL;
	bool virtual = false;
	int count, r = class ? 0 : -ENOMEM;

	/* in order, so that the same machine makes the same image */
	count = r == 0 ? scandir(class, &names, NULL, alphasort) : 0;
	for (int i = 0; i < count; i++) {
		if (r == 0 && names[i]->d_name[0] != '.')
			r = add(root, names[i]->d_name, c, &found, &virtual);
		free(names[i]);
	}
	free(names);
	if (r == 0 && virtual)
		r = add_loaded(root, release, &found);
	if (r < 0) {
		watchdogs_done(&found);
		return error_errno(e, r, "watchdogs");
	}
	*ret = found;
	return 0;
}

void watchdogs_want_modules(const struct watchdogs_found *w, struct modules_wanted *to)
{
	for (size_t i = 0; i < w->syspaths_count; i++)
		to->first[i] = w->syspaths[i];
	for (size_t i = 0; i < w->named_count; i++)
		to->first_named[i] = w->named[i];
}

void watchdogs_done(struct watchdogs_found *w)
{
	for (size_t i = 0; i < w->syspaths_count; i++)
		free(w->syspaths[i]);
	for (size_t i = 0; i < w->named_count; i++)
		free(w->named[i]);
	buf_done(&w->cmdline);
	buf_done(&w->words);
	*w = (struct watchdogs_found){ 0 };
}
