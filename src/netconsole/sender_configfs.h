/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * netconsole's targets in configfs: one directory each, of which those named "lastword…" are ours. What a kernel can do is
 * seen by the files it has.
 */
#include "base/root.h"
#include "netconsole/sender_target.h"

#define SENDER_CONFIGFS "/sys/kernel/config/netconsole"
#define SENDER_OURS "lastword"
#define SENDER_VALUE 64

/* As the kernel shows it. */
struct sender_shown {
	char name[64];
	bool ours, enabled;
	char device[SENDER_VALUE], local_ip[SENDER_VALUE], remote_ip[SENDER_VALUE];
	char local_port[SENDER_VALUE], remote_port[SENDER_VALUE], remote_mac[SENDER_VALUE],
		extended[SENDER_VALUE];
	uint64_t errors; /* of sending */
	bool has_errors; /* the kernel counts them */
};

bool sender_has_configfs(const struct root *root);

struct sender_names {
	const char *host, *boot; /* for userdata; NULL: none */
};

/* Makes or changes the target, and enables it. *ret_changed: it was not so before. */
int sender_enable(const struct root *root, const char *name, const struct sender_target *t,
		  const struct sender_names *names, bool *ret_changed,
		  struct error *e) _must_check_;

/* Why the kernel would not enable it, by its errno: the words it has for that are in its log alone. Returns code. */
int sender_refusal(const char *device, int code, struct error *e);

/* What would be written, a line each: "FILE VALUE". */
int sender_plan(const char *name, const struct sender_target *t, const struct sender_names *names,
		struct buf *out) _must_check_;

/* Disables it and takes it away. */
int sender_remove(const struct root *root, const char *name, struct error *e) _must_check_;

typedef int (*sender_visit)(void *user, const struct sender_shown *s);

/* Each target; what visit returns but 0 ends it and is returned. */
int sender_each(const struct root *root, sender_visit visit, void *user) _must_check_;
