/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A test message and its answer: the sender's kernel is made to say "lastword: netconsole probe TOKEN", and a receiver that
 * reads this in a record sends "lastword: netconsole seen TOKEN" to where it came from. The answer is smaller than what
 * asked for it.
 */
#include "base/clock.h"
#include "netconsole/sender_target.h"

#define PROBE_WORDS "lastword: netconsole probe "
#define PROBE_ANSWER "lastword: netconsole seen "
#define PROBE_TOKEN_SIZE 17 /* 16 hexadecimal digits */

void probe_token(char ret[PROBE_TOKEN_SIZE]);

/* The token in a text; false where there is none. */
bool probe_find(const char *text, size_t len, char ret[PROBE_TOKEN_SIZE]);

/* The whole of it, the message said a few times. -ETIMEDOUT, with words on what may be in the way. */
int probe_try(const struct sender_target *t, struct error *e) _must_check_;

/* Where the answers come: bound before the message goes out. -EADDRINUSE and the like. */
int probe_open(const struct sender_target *t, int *ret_fd, struct error *e) _must_check_;

/* Makes the kernel say it. */
int probe_say(const char *token, struct error *e) _must_check_;

/* 0: the answer came; -ETIMEDOUT. */
int probe_wait(int fd, const char *token, usec_t deadline) _must_check_;

/* The receiver's part. */
void probe_answer(int fd, const struct address *to, const char *token);
