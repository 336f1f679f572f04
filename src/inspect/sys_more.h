/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What sys tells beside the banner: one file each. */
#include "inspect/command.h"

/* sys -c: the system calls. word: a number, or a part of a name; NULL: all. */
int sys_calls(struct inspect *c, const char *word, struct error *e) _must_check_;

/* sys -i: what the firmware says of the machine. */
int sys_dmi(struct inspect *c, struct error *e) _must_check_;

/* sys config: the configuration that the kernel was built with. -ENOENT where it does not keep it. */
int sys_config(struct inspect *c, struct error *e) _must_check_;

/* The text in a compressed configuration of at most size bytes, which may have more behind it. The caller's to free. */
int sys_config_unpack(const void *data, size_t size, char **ret, size_t *ret_len,
		      struct error *e) _must_check_;
