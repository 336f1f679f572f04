/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* bt -L: the variables of a frame's functions, as lines of text. */
#include "inspect/command.h"

struct debuginfo;
struct trace;

void locals_print(struct debuginfo *d, struct inspect *c, const struct task *task,
		  const struct trace *trace, size_t index);
