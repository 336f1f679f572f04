/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The ways to tell, as a table: one file each. */
#include "arm/config/config.h"
#include "base/root.h"
#include "notify/dump.h"

struct notify_message {
	const struct root *root;
	const struct notify_dump *dump;
	const char *host;
};

/* to: the address, or "" of the journal. Returns when whoever passes it on has taken it, or within a minute with an error. */
typedef int notify_send(const struct notify_message *m, const char *to, struct error *e);

notify_send notify_send_journal, notify_send_mail, notify_send_webhook;
