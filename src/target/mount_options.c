/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/mount_options.h"

#include <string.h>
#include <sys/mount.h>

/* VFS flags of mount(2); mount(8), section FILESYSTEM-INDEPENDENT MOUNT OPTIONS. */
static const struct {
	const char *word;
	unsigned long set, clear;
} vfs_words[] = {
	{ "async", 0, MS_SYNCHRONOUS },
	{ "atime", 0, MS_NOATIME },
	{ "dev", 0, MS_NODEV },
	{ "diratime", 0, MS_NODIRATIME },
	{ "dirsync", MS_DIRSYNC, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "iversion", MS_I_VERSION, 0 },
	{ "lazytime", MS_LAZYTIME, 0 },
	{ "noatime", MS_NOATIME, 0 },
	{ "nodev", MS_NODEV, 0 },
	{ "nodiratime", MS_NODIRATIME, 0 },
	{ "noexec", MS_NOEXEC, 0 },
	{ "noiversion", 0, MS_I_VERSION },
	{ "nolazytime", 0, MS_LAZYTIME },
	{ "norelatime", 0, MS_RELATIME },
	{ "nostrictatime", 0, MS_STRICTATIME },
	{ "nosuid", MS_NOSUID, 0 },
	{ "relatime", MS_RELATIME, 0 },
	{ "silent", MS_SILENT, 0 },
	{ "strictatime", MS_STRICTATIME, 0 },
	{ "suid", 0, MS_NOSUID },
	{ "sync", MS_SYNCHRONOUS, 0 },
};

static const char *const dropped_words[] = {
	"_netdev", "auto", "defaults", "group", "noauto", "nobootwait", "nofail",
	"nouser",  "ro",   "rw",       "user",	"users",  "loop",
};

static bool word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(word, name, len) == 0;
}

static bool is_dropped(const char *word, size_t len)
{
	if (len == 0 || (len >= 2 && (word[0] == 'x' || word[0] == 'X') && word[1] == '-') ||
	    (len > 8 && memcmp(word, "comment=", 8) == 0))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(dropped_words); i++)
		if (word_is(word, len, dropped_words[i]))
			return true;
	return false;
}

static bool take_vfs_word(const char *word, size_t len, unsigned long *flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(vfs_words); i++) {
		if (!word_is(word, len, vfs_words[i].word))
			continue;
		*flags = (*flags & ~vfs_words[i].clear) | vfs_words[i].set;
		return true;
	}
	return false;
}

/* A comma inside double quotes is part of the word, as in SELinux contexts. */
static size_t word_length(const char *p)
{
	bool quoted = false;
	size_t n = 0;

	for (; p[n] && (quoted || p[n] != ','); n++)
		if (p[n] == '"')
			quoted = !quoted;
	return n;
}

int mount_options_split(const char *options, unsigned long *ret_flags, struct buf *data)
{
	unsigned long flags = 0;
	const char *p = options;

	while (*p) {
		size_t len = word_length(p);

		if (!is_dropped(p, len) && !take_vfs_word(p, len, &flags)) {
			int r = data->len ? buf_append(data, ",", 1) : 0;

			if (r == 0)
				r = buf_append(data, p, len);
			if (r < 0)
				return r;
		}
		p += len + (p[len] == ',');
	}
	*ret_flags = flags;
	return 0;
}
