/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts of the command files. */
#include "inspect/path.h"

/* -p: word is the address of an inode. */
int files_show_pages(struct inspect *c, struct paths *paths, const char *word,
		     struct error *e) _must_check_;
