/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A sink in which a table never runs ahead of the data it points to, whenever the power goes: what is written into the table's
 * place waits in memory until all that was written elsewhere before is on the disk.
 */
#include "base/sink.h"

/*
 * Around inner, which stays the caller's. [start, end) is the table. sink_sync() writes what waits; so does every so many bytes
 * of either. Closing does not: what still waits is dropped.
 */
int sink_ordered_new(struct sink *inner, uint64_t start, uint64_t end, struct sink **ret,
		     struct error *e) _must_check_;
