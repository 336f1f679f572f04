/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A sink that encrypts what is appended to it, around one that is appended to. Nothing is ever encrypted twice under one nonce:
 * what is written stays as it is, so this sink is not seekable.
 */
#include "base/sink.h"
#include "seal/key.h"

/*
 * Writes the header. Takes inner, which is closed with the new sink; on failure it stays the caller's. A sink closed without
 * sink_finish() leaves a file that shows as cut short and can be read up to there, but for the last 64 KiB.
 */
int seal_sink_new(struct sink *inner, const struct seal_keys *to, struct sink **ret,
		  struct error *e) _must_check_;
