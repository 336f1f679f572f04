/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the kinds of places offer place.c. */
#include "arm/place.h"

int place_find_nfs(const struct root *root, const struct config_target *c, struct place *p,
		   struct error *e) _must_check_;
