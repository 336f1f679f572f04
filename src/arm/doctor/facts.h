/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What checks look at, found once before the first of them: of each thing either it, or in words why it is not known. */
#include <time.h>

#include "arm/doctor/trials.h"
#include "arm/image/compose.h"
#include "arm/kexec/reserve.h"
#include "arm/rehearse/past.h"

/* A target of the configuration, as it is now. */
struct target_facts {
	const struct config_target *config;
	char words[300]; /* as kdump.conf has it: "ext4 UUID=…" */
	int r;		 /* of place_find(), with `why` */
	struct error why;
	struct place place; /* where r is 0 */
	char *dir; /* of the dump directories on this machine; NULL: they cannot be seen now */
	struct error unseen;
	char fstype[32]; /* of what is mounted there; "" unknown */
	char mount_options
		[500]; /* of mount and file system, with commas around each: ",rw,relatime," */
	char mounted_at[300];
	char disk
		[64]; /* the block device's name in /sys/class/block, whether it can take a dump or not; "" none */

	/* of a server */
	bool connected_known; /* a connection was tried */
	int connected;	      /* what came of it */
	unsigned port;
	bool tried; /* and it let us try the rest: NFS's or SSH's own */
	struct nfs_trial nfs;
	int ssh_r;
	struct error ssh_why;
	struct buf ssh_answer;
};

/* What a server is asked about. */
struct server_question {
	uint64_t clients; /* machines that may dump at once; 0: not told */
	uint64_t ram;	  /* bytes of memory that one has */
	const char *
		user; /* who logs in for dumps; NULL: kdump, where there is such a user, else root */
};

struct facts {
	const struct root *root;
	struct server_question server; /* set by who asks */
	struct trials trials;
	time_t now;

	char *release;	    /* "" unknown */
	char *boot_id;	    /* "" unknown */
	struct buf cmdline; /* of the running kernel */
	struct buf iomem;   /* text of /proc/iomem */
	struct buf log;	    /* of the running kernel; empty where log_r < 0 */
	int log_r;
	struct buf kernel_config; /* empty where it is not known */
	char kernel_config_from[300];

	int reserved_r; /* of reservation_read() */
	struct error reserved_why;
	struct reservation reservation;
	uint64_t needed;  /* bytes of the reservation; 0 where nothing could be composed */
	struct need need; /* where that is from */

	int config_r;
	struct error config_why;
	bool config_missing;
	struct config config;

	struct target_facts targets[PLAN_TARGETS_MAX];
	size_t targets_count;

	int composed_r; /* of compose(), with the record of what is loaded */
	struct error composed_why;
	struct composition composed;

	bool loaded; /* some capture kernel is */
	int armed_r; /* 0: lastword loaded it in this boot, and `armed` tells of what */
	struct error armed_why;
	struct record armed;
	struct plan *
		armed_plan; /* of the image on disk, where it is the one that is loaded; else NULL */

	uint64_t dump_bytes; /* about as much as a dump takes, before it is compressed; 0 unknown */
};

/* Fails only without memory. trials: NULL for those of this machine. root is borrowed. */
int facts_find(const struct root *root, const struct trials *trials, time_t now, struct facts *ret,
	       struct error *e) _must_check_;
void facts_done(struct facts *f);

#define _cleanup_facts_ _cleanup_(facts_done)

/* "12.3 GiB" */
#define SIZE_TEXT 32
const char *size_text(uint64_t bytes, char text[SIZE_TEXT]);

/* Is there another target, which could take the dump where this one cannot? */
static inline bool facts_fallback(const struct facts *f)
{
	return f->targets_count > 1;
}
