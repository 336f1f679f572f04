/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The prompt of `lastword crash`: lines with a history, kept in ~/.lastword_history, and completion.
 */
#include "inspect/command.h"

/* Runs one line; false ends the prompt. */
typedef bool (*prompt_run)(struct inspect *c, const char *line);

/* Until run() says so, or the input ends. */
void prompt_loop(struct inspect *c, prompt_run run);
