/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The receiver: sockets in, outputs out, one thread, until a signal ends it. SIGTERM and SIGINT: what waits is written, then
 * it ends. SIGHUP: the configuration is read again; sockets stay open and sources remembered, outputs are opened anew before
 * the old ones are closed.
 */
#include "netconsole/listen_options.h"

struct receiver_calls {
	/* Reads the options again; on failure the old ones stay. */
	int (*reload)(void *user, struct listen_options *ret, struct error *e);
	/* A line for whoever runs it: "listening on …", an error that it goes on after. */
	void (*say)(void *user, const char *text);
	void *user;
};

/* Takes the options over. Returns when a signal ended it (0), or where it could not begin. */
int receiver_run(struct listen_options *o, const struct receiver_calls *calls,
		 struct error *e) _must_check_;
