/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the files that find facts offer each other. */
#include "arm/doctor/facts.h"

/* Of f->config. Fails only without memory. */
int facts_find_targets(struct facts *f, struct error *e) _must_check_;
