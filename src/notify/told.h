/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Who was told about which dump: /var/lib/lastword/notified, a line each, a SHA-256 of both; an address is often a secret. The
 * dump directory itself may be read-only.
 */
#include "arm/config/config.h"
#include "arm/image/digest.h"
#include "base/root.h"
#include "notify/dump.h"

#define TOLD_PATH "/var/lib/lastword/notified"

/* Enough for every dump a machine keeps; then the oldest are forgotten. */
#define TOLD_MAX 8192

struct told {
	struct digest *items;
	size_t count;
	bool first; /* nothing was ever told */
	int lock;   /* -1: none; nobody else tells meanwhile */
};

/*
 * Waits for another that tells. Fails where nothing could be noted down: better no message than one at every start. To look alone
 * changes nothing.
 */
int told_open(const struct root *root, bool look, struct told *ret, struct error *e) _must_check_;

bool told_has(const struct told *t, const struct config_notify *n, const struct notify_dump *d);
int told_add(struct told *t, const struct config_notify *n,
	     const struct notify_dump *d) _must_check_;

/* Durable. */
int told_save(const struct root *root, const struct told *t, struct error *e) _must_check_;

void told_done(struct told *t);
