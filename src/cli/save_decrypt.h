/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* `lastword save --key`: what was encrypted in the capture kernel, in clear. */
#include "cli/command.h"

struct decrypt {
	const char *key; /* file of secret keys, "-" for standard input */
	const char *source;
	const char *destination; /* NULL: standard output */
	bool force;		 /* overwrite, and keep what is not whole */
	bool as_is;		 /* a flattened dump stays flattened */
};

/* The exit status. */
int save_decrypt(const struct cli *cli, const struct decrypt *d);
