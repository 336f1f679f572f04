/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The pages of control.h: the counters as Prometheus wants them, and the state as JSON and for people. */
#include "base/buf.h"
#include "netconsole/hosts.h"
#include "netconsole/outputs.h"

#define PAGES_SOURCES 1000 /* listed in the state */
#define PAGES_STATUS_SCHEMA "lastword.netconsole-status/1"

struct pages_facts {
	const struct hosts *hosts;
	const struct outputs *outputs;
	int receive_buffer; /* bytes, the least of the sockets */
	usec_t now, started;
};

int pages_metrics(const struct pages_facts *f, struct buf *out) _must_check_;
int pages_text(const struct pages_facts *f, struct buf *out) _must_check_;
int pages_status(const struct pages_facts *f, struct buf *out) _must_check_;
