/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A seekable sink on top of one that only appends: each write becomes a record of the flattened format.
 * Several threads may write.
 */
#include "base/sink.h"

/*
 * Writes the header. Takes inner, which is closed with the new sink; on failure it stays the caller's. sink_finish() writes the
 * end marker: nothing can be written any more. A sink closed without it leaves a stream that shows as cut short.
 */
int flat_write_new(struct sink *inner, struct sink **ret, struct error *e) _must_check_;

/*
 * As above behind the last record of a file that is there already, where fd, which inner owns, stands. seal is of its header, NULL
 * where it has none. A record that fails leaves nothing behind.
 */
int flat_write_continue(struct sink *inner, int fd, const uint8_t *seal, struct sink **ret,
			struct error *e) _must_check_;
