/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A network target tried now, as the capture kernel will: mounted out of everybody's sight, written to, tidied up. */
#include "arm/place/place.h"

/* 0 where a dump would arrive, or a target is on this machine; the error says what is in the way: the export, the permissions, the directory. */
int probe_target(const struct plan_target *t, const struct place *p, struct error *e) _must_check_;

/* Of an SSH target the login alone, with the keys that the capture kernel will have. */
int probe_login(const struct place *p, struct error *e) _must_check_;

/* Run at an SSH target with the keys that go into the image and no others, for `limit` at most; ret: what it says, or NULL. */
int probe_command(const struct plan_target *t, const struct place *p, const char *command,
		  usec_t limit, struct buf *ret, struct error *e) _must_check_;
