/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where `lastword save` writes: a new file that has its name only when it is whole, a device or a pipe, standard output.
 */
#include <sys/stat.h>

#include "base/sink.h"

struct save_output {
	struct sink *sink;
	char *path;	  /* the final name */
	char *incomplete; /* the name until then; NULL where the sink has no such stage */
	bool replace;
};

/*
 * path NULL is standard output. An existing regular file is an error unless replace is set; other things that exist
 * are written in place. source_fd_path is the dump read, which the output may not be.
 */
int save_output_open(const char *path, const char *source, bool replace, struct save_output *ret,
		     struct error *e) _must_check_;

/* From then on the file is known to be written, which resuming and repairing it must know. -EBUSY: somebody does already. */
int save_output_lock(int fd, struct error *e);

/* Is the file the dump that is read? */
bool save_output_is_source(const struct stat *to, const char *source);

/* Syncs, closes, gives the final name. */
int save_output_commit(struct save_output *o, struct error *e) _must_check_;

/* The path of a file while it is not whole: beside the final one, so that a rename is enough. NULL: too long, or no memory. */
char *save_output_incomplete(const char *path);

/* Gives a file that is whole and on the disk its final name. */
int save_output_name(const char *incomplete, const char *path, bool replace,
		     struct error *e) _must_check_;

/* Closes; keeps what was written under the incomplete name, or removes it. */
void save_output_abandon(struct save_output *o, bool keep);

void save_output_done(struct save_output *o);
#define _cleanup_save_output_ _cleanup_(save_output_done)
