/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/console.h"

static int load(const struct plan_module *m)
{
	_cleanup_close_ int fd = open(m->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, m->options, 0) < 0)
		return -errno;
	return 0;
}

size_t modules_load(const struct plan *p)
{
	size_t loaded = 0;

	for (size_t i = 0; i < p->modules_count; i++) {
		const struct plan_module *m = &p->modules[i];
		int r = load(m);

		if (r < 0 && r != -EEXIST)
			say("module %s: %s; passed over", m->path,
			    access(m->path, F_OK) == 0 && r == -ENOENT
				    ? "needs a symbol or an algorithm that is not there"
				    : strerror(-r));
		else
			loaded++;
		unlink(m->path);
	}
	return loaded;
}
