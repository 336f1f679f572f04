/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Why the kernel crashed, in its own words.
 */
#include "inspect/command.h"

#define PANIC_TEXT_SIZE 256

/* The log's line that says most, "" where none says anything. */
void panic_find_text(struct inspect *c, char ret[PANIC_TEXT_SIZE]);
