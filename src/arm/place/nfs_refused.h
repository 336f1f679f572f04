/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Which of an NFS target's options it is that the running kernel does not take: mount(2) only says that one is wrong. */
#include "base/error.h"
#include "plan/plan.h"

/* r: what mount(2) said; returned, with words in e where the option was found. */
int nfs_name_refused(const struct plan_target *t, int r, struct error *e);
