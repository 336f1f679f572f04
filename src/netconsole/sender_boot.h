/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Messages of the start: what netconsole has to be told before anybody can write to configfs. A netconsole that is built in
 * takes netconsole= from the kernel's command line, and finds only drivers that are built in, too; a module takes it from
 * modprobe, and the driver has to be loaded before. Either way the log so far is sent when it begins.
 */
#include "base/root.h"
#include "netconsole/sender_target.h"

struct sender_boot {
	bool built_in;	 /* netconsole is */
	char driver[64]; /* the module of the interface's driver; "": it is built in */
};

/* -EOPNOTSUPP, with words, where nothing early can come of it. */
int sender_boot_look(const struct root *root, const char *device, struct sender_boot *ret,
		     struct error *e) _must_check_;

/* What is to be written, and where: for a person, or a shell. */
int sender_boot_text(const struct sender_boot *b, const char *targets,
		     struct buf *out) _must_check_;

/* Lines on when it works and when not. */
int sender_boot_notes(const struct sender_boot *b, const char *device,
		      struct buf *notes) _must_check_;
