/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where the dump goes, found from the configuration and the machine: the plan's target and what arm
 * itself wants to know of it.
 */
#include "arm/place/blockdev.h"
#include "arm/config/config.h"
#include "arm/place/names.h"
#include "arm/place/network.h"
#include "arm/place/volumes.h"
#include "plan/plan.h"

/* Where an SSH target's files are in the image. */
#define PLACE_SSH_KEY "/etc/ssh/lastword_key"
#define PLACE_SSH_KNOWN_HOSTS "/etc/ssh/lastword_known_hosts"

struct place {
	struct plan_target target; /* strings owned; whoever takes them clears it */
	struct blockdev device;	   /* of a target on one */
	char *called; /* the device, where people know it by another name than its node's */
	struct volumes *volumes;     /* what the device is made of; NULL without one */
	struct network network;	     /* the way to a target over the network */
	bool path_given;	     /* by a person: it must exist */
	struct buf key, known_hosts; /* of an SSH target: what goes into the image */
	const char *sshkey;	     /* the key\'s file here; the configuration\'s */
};

/* names is for a target over the network. Refuses what a capture kernel could not reach or must not overwrite; the words say what to do. */
int place_find(const struct root *root, const struct config_target *c, struct names *names,
	       struct place *ret, struct error *e) _must_check_;

/* Of an SSH target the login and the keys alone, without the way to the server, whose name stands for its address. */
int place_find_login(const struct root *root, const struct config_target *c, struct place *ret,
		     struct error *e) _must_check_;

/* "ext4 on /dev/vda1, /var/crash" */
int place_describe(const struct place *p, char *buf, size_t size);

void place_done(struct place *p);

#define _cleanup_place_ _cleanup_(place_done)
