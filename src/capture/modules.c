/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/console.h"

/* The file goes first: a worker after one that died here does not try what killed that. */
static int load(const struct plan_module *m, bool *ret_found)
{
	_cleanup_close_ int fd = open(m->path, O_RDONLY | O_CLOEXEC);

	*ret_found = fd >= 0;
	if (fd < 0)
		return -errno;
	unlink(m->path);
	if (syscall(SYS_finit_module, fd, m->options, 0) < 0)
		return -errno;
	return 0;
}

size_t modules_number(const struct plan *p, bool late)
{
	size_t n = 0;

	for (size_t i = 0; i < p->modules_count; i++)
		n += p->modules[i].late == late;
	return n;
}

size_t modules_load(const struct plan *p, bool late, modules_loaded loaded_one, void *user)
{
	size_t loaded = 0;

	for (size_t i = 0; i < p->modules_count; i++) {
		const struct plan_module *m = &p->modules[i];
		bool found;
		int r;

		if (m->late != late)
			continue;
		r = load(m, &found);
		if (r < 0 && r != -EEXIST)
			say("module %s: %s; passed over", m->path,
			    found && r == -ENOENT
				    ? "needs a symbol or an algorithm that is not there"
				    : strerror(-r));
		else
			loaded++;
		if (loaded_one)
			loaded_one(user, i + 1);
	}
	return loaded;
}
