/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What `netconsole listen` was asked for: the same words on the command line and in its configuration file. */
#include "base/cleanup.h"
#include "netconsole/address.h"
#include "netconsole/outputs.h"

#define OPTIONS_LISTEN 8
#define OPTIONS_PORT 6666
#define OPTIONS_SOURCES 20000

struct listen_options {
	struct address listen[OPTIONS_LISTEN];
	size_t listen_count; /* 0: every address, at OPTIONS_PORT */
	uint16_t port;	     /* 0: OPTIONS_PORT */
	char *outputs[OUTPUTS_MAX];
	size_t output_count;
	struct allow allow;
	char *run_on_crash; /* an absolute path */
	bool has_metrics;
	struct address metrics;
	char *control; /* path of a socket */
	uint64_t sources, receive_buffer;
};

struct listen_options_row {
	const char *name;     /* "allow": --allow, or a line "allow …" */
	const char *argument; /* "CIDR" */
	const char *help;
	int (*set)(struct listen_options *o, const char *value, struct error *e);
};

/* Ends with a row without a name. */
extern const struct listen_options_row listen_options_table[];

/* Sets what stands unless somebody sets it. */
void listen_options_init(struct listen_options *o);

int listen_options_set(struct listen_options *o, const char *name, const char *value,
		       struct error *e) _must_check_;

/* Lines "name value", '#' before comments; text is cut as it is read, name stands in messages. */
int listen_options_parse(struct listen_options *o, char *text, const char *name,
			 struct error *e) _must_check_;
int listen_options_read(struct listen_options *o, const char *path, struct error *e) _must_check_;
void listen_options_done(struct listen_options *o);

#define _cleanup_listen_options_ _cleanup_(listen_options_done)
