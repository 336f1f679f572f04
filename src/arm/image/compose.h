/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Everything `arm` decides, before anything is written or loaded: from the configuration and the
 * machine to the plan, the content of the capture image, the command line, and the record of all of
 * it. It changes nothing, so `status` composes as well and compares.
 */
#include "arm/kexec/bzimage.h"
#include "arm/chain.h"
#include "arm/config/config.h"
#include "arm/config/sysconfig.h"
#include "arm/image/fences.h"
#include "arm/image/image.h"
#include "arm/image/program.h"
#include "arm/image/receivers.h"
#include "arm/record.h"
#include "arm/image/watchdog.h"

struct composition {
	struct config config;
	bool config_missing; /* there is no kdump.conf; defaults hold */
	struct sysconfig sysconfig;
	struct chain chain;
	struct watchdogs_found watchdogs;
	struct fences fences;
	struct receivers receivers;
	struct programs programs;
	unsigned cpus; /* of the capture kernel */
	struct modules modules;
	struct bzimage kernel;
	struct plan *plan;
	struct image image;
	struct buf unsure;    /* what could not be checked: names_look_up() */
	struct record record; /* without boot id and the packed image */
};

/*
 * append: words for the capture kernel's command line, or NULL. armed: what it is going to be compared with, or NULL; where
 * name servers are silent, servers are then taken to be where they were.
 */
int compose(const struct root *root, const char *append, const struct record *armed,
	    struct composition *ret, struct error *e) _must_check_;

/* The configuration alone. */
int compose_config(const struct root *root, struct config *ret, bool *ret_missing,
		   struct error *e) _must_check_;

void composition_done(struct composition *c);

#define _cleanup_composition_ _cleanup_(composition_done)
