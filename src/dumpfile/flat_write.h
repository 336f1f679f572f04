/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A seekable sink on top of one that only appends: each write becomes a record of the flattened format.
 * Several threads may write.
 */
#include "base/sink.h"

/* Writes the header. Takes inner, which is closed with the new sink; on failure it stays the caller's. */
int flat_write_new(struct sink *inner, struct sink **ret, struct error *e) _must_check_;

/*
 * Writes the end marker: what was written is complete, and nothing can be written any more. Sync afterwards.
 * A sink closed without it leaves a stream that shows as cut short.
 */
int flat_write_finish(struct sink *flat, struct error *e) _must_check_;
