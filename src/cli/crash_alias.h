/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Short names of commands with their first words: those that crash has, and those that `alias` made.
 */
#include "inspect/line.h"

/*
 * The words, with what an alias at their start stands for in its place: *ret_count of them in ret, NULL behind. *storage, which
 * the caller ends with line_done(), holds some of them. -E2BIG, -ENOMEM. An alias is not looked for in what an alias stands for.
 */
int alias_expand(int count, char **words, char *ret[LINE_WORDS + 1], int *ret_count,
		 struct line *storage, struct error *e) _must_check_;
