/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Everything `arm` decides, before anything is written or loaded: from the configuration and the
 * machine to the plan, the content of the capture image, the command line, and the record of all of
 * it. It changes nothing, so `status` composes as well and compares.
 */
#include "arm/bzimage.h"
#include "arm/chain.h"
#include "arm/config.h"
#include "arm/image.h"
#include "arm/record.h"

struct composition {
	struct config config;
	bool config_missing; /* there is no kdump.conf; defaults hold */
	struct chain chain;
	struct modules modules;
	struct bzimage kernel;
	struct plan *plan;
	struct image image;
	struct record record; /* without boot id and the packed image */
};

/* append: words for the capture kernel's command line, or NULL. */
int compose(const struct root *root, const char *append, struct composition *ret,
	    struct error *e) _must_check_;

/* The configuration alone. */
int compose_config(const struct root *root, struct config *ret, bool *ret_missing,
		   struct error *e) _must_check_;

void composition_done(struct composition *c);

#define _cleanup_composition_ _cleanup_(composition_done)
