/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A network target tried now, as the capture kernel will: mounted out of everybody's sight, written to, tidied up. */
#include "arm/config.h"
#include "base/error.h"
#include "plan/plan.h"

/* 0 where a dump would arrive; the error says what is in the way: the export, the permissions, the directory. */
int probe_target(const struct plan_target *t, bool path_must_exist, struct error *e) _must_check_;
