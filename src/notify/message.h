/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What is said about a dump. All of it is printable ASCII, so that no dump adds a header to a mail or a field to a journal. */
#include "base/buf.h"
#include "base/root.h"
#include "notify/dump.h"

/* The name of this machine, "" where unknown. */
void notify_host(const struct root *root, char ret[65]);

/* "web1: kernel 6.1.0-32-amd64 crashed: BUG in foo; the dump is in /var/crash/…" */
int notify_line(const struct notify_dump *d, const char *host, struct buf *out) _must_check_;

/* Headers and body, as `sendmail -t` takes them. address: as checked by the configuration. */
int notify_mail(const struct notify_dump *d, const char *host, const char *address,
		struct buf *out) _must_check_;

/* One object of schema lastword.notify/1; its member "text" is the line, which chat services show. */
int notify_json(const struct notify_dump *d, const char *host, struct buf *out) _must_check_;
