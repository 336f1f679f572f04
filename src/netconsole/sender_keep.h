/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Setup that outlives this start and changes of the network: the receivers stand in a file, and
 * lastword-netconsole-send.service sends to them, watching what routes, neighbours and interfaces do.
 */
#include "base/error.h"
#include "base/root.h"

#define SENDER_KEEP_PATH "/etc/lastword/netconsole-send.conf"
#define SENDER_KEEP_UNIT "lastword-netconsole-send.service"

/* words: what `setup` was called with. */
int sender_keep_write(const struct root *root, const char *const *words, size_t count,
		      struct error *e) _must_check_;

/* The words, one a line, in *ret. -ENOENT where there are none. */
int sender_keep_read(const struct root *root, struct buf *ret, struct error *e) _must_check_;

bool sender_keep_exists(const struct root *root);
int sender_keep_remove(const struct root *root, struct error *e) _must_check_;

/*
 * Has systemd start SENDER_KEEP_UNIT now and at each start, or neither. *ret_done: false where systemd does not run here.
 */
int sender_keep_enable(const struct root *root, bool *ret_done, struct error *e) _must_check_;
int sender_keep_disable(const struct root *root, struct error *e) _must_check_;
