/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where records go: a table of operations, one file each. An output never blocks the receiver: what it cannot take now waits
 * in a bounded queue or is counted and dropped.
 */
#include "base/clock.h"
#include "base/error.h"
#include "netconsole/record.h"

struct output_stats {
	uint64_t records, dropped, errors;
	uint64_t waiting; /* bytes */
	bool over;	  /* nobody will ever read it */
	char last_error[160];
};

struct output_ops {
	const char *name;
	const char *argument; /* "DIRECTORY[,size=64M]…" */
	const char *summary;
	/* argument: behind "NAME:"; stats live as long as the output. */
	int (*open)(const char *argument, struct output_stats *stats, void **ret, struct error *e);
	void (*put)(void *o, const struct record *r, usec_t now);
	/* Does what is due, or what can be done now that one of its descriptors is ready. May be called at any time. */
	void (*run)(void *o, usec_t now);
	/* When run() is to be called; UINT64_MAX: not. */
	usec_t (*deadline)(const void *o);
	/* A descriptor to wait for, and the EPOLL… events; -1: none. NULL where there never is one. */
	int (*wait)(const void *o, uint32_t *ret_events);
	/* A child ended, with that status of waitpid(2). NULL where there never is one. */
	void (*child)(void *o, int pid, int status, usec_t now);
	/* The receiver's configuration was read again: files that others have moved are opened anew. NULL: nothing to do. */
	void (*reopen)(void *o, usec_t now);
	/* Writes what it can until the deadline of clock_now(). */
	void (*close)(void *o, usec_t deadline);
};

extern const struct output_ops output_file, output_json, output_journal, output_program,
	output_syslog, output_text;

/* Ends with NULL. */
extern const struct output_ops *const output_table[];

struct output {
	const struct output_ops *ops;
	void *state;
	char *spec; /* as given: "file:/var/log/netconsole" */
	struct output_stats stats;
};

/* "KIND:ARGUMENT". The struct must not move afterwards. */
int output_open(const char *spec, struct output *ret, struct error *e) _must_check_;
void output_close(struct output *o, usec_t deadline);

/* Counts an error and keeps its words. */
void output_failed(struct output_stats *s, int err, const char *what);

/* A disk that fills up takes half a line: it is cut off again. done: bytes written; returns those that stay. */
size_t output_cut_half_line(int fd, const char *data, size_t done);
uint64_t output_count_lines(const char *data, size_t len);

/* ---- arguments: "ARGUMENT,key=value,…" ---- */

struct output_option {
	const char *key;
	char *value; /* NULL: not given */
};

/* *ret_argument and the values are the caller's to free. */
int output_split(const char *argument, char **ret_argument, struct output_option *options,
		 size_t count, struct error *e) _must_check_;
void output_options_done(struct output_option *options, size_t count);

/* "64M" into bytes; *ret keeps its value where the option was not given. */
int output_size(const struct output_option *o, uint64_t *ret, struct error *e) _must_check_;
int output_number(const struct output_option *o, uint64_t max, uint64_t *ret,
		  struct error *e) _must_check_;
int output_seconds(const struct output_option *o, uint64_t *ret, struct error *e) _must_check_;
