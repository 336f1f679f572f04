/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The directory of one dump inside a mounted file system, and the files in it: 0600 in 0700, never overwritten, "-incomplete"
 * in their names until they are whole, each step made durable before it is reported.
 */
#include "base/sink.h"

/*
 * Makes path (and its parents) below mount_fd and in it a new directory `name`; where that exists, name-1, name-2, ….
 * Links in path are resolved as if the file system were the root. *ret_dir is "path/name", newly allocated.
 */
int dump_dir_make(int mount_fd, const char *path, const char *name, int *ret_fd, char **ret_dir,
		  struct error *e) _must_check_;

/* The directory that dump_dir_make() made before. -ENOENT, without words, where it is not there. */
int dump_dir_open(int mount_fd, const char *path, const char *name, int *ret_fd, char **ret_dir,
		  struct error *e) _must_check_;

/* "vmcore" -> "vmcore-incomplete", "vmcore-dmesg.txt" -> "vmcore-dmesg-incomplete.txt"; size as for snprintf(). */
int dump_dir_incomplete_name(const char *name, char *buf, size_t size);

/* A new file under its incomplete name. The sink borrows `name`. */
int dump_dir_create(int dir_fd, const char *name, struct sink **ret, struct error *e) _must_check_;

/* One that is there under its incomplete name, to be read and written. */
int dump_dir_reopen(int dir_fd, const char *name, int *ret_fd, struct error *e) _must_check_;

/* Gives it its name. */
int dump_dir_commit(int dir_fd, const char *name, struct error *e) _must_check_;
