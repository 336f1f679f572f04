/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A dump directory, ours or kdump-utils', as far as a message about it needs to know it. What is in it may come from anybody:
 * texts are printable ASCII here, files are read only where they are regular, and up to a limit.
 */
#include "base/error.h"
#include "base/macro.h"

#define NOTIFY_REPORT_MAX ((size_t)8 << 20)

enum notify_state {
	NOTIFY_SAVED,
	NOTIFY_INCOMPLETE,
	NOTIFY_LOG_ONLY,
	NOTIFY_STATES,
};

struct notify_dump {
	char *name;				/* of the directory, as it is */
	char *path;				/* of it, inside the root */
	char title[200], release[65], host[65]; /* "" where unknown */
	int64_t time;				/* of the crash, seconds since the epoch */
	enum notify_state state;
	bool encrypted;
};

/* "saved", "incomplete", "log only" */
const char *notify_state_name(enum notify_state s);

/* -ENOENT: no dump directory; other errors of the system. where: path of parent_fd, for path. */
int notify_dump_read(int parent_fd, const char *where, const char *name, struct notify_dump *ret,
		     struct error *e) _must_check_;

/* to has size bytes; what is no printable ASCII becomes '?', what does not fit is cut. */
void notify_clean(const char *from, char *to, size_t size);

void notify_dump_done(struct notify_dump *d);
#define _cleanup_notify_dump_ _cleanup_(notify_dump_done)
