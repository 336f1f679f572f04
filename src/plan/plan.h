/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The plan: everything the capture kernel has to do, decided at arm time. Written by arm as text
 * into the image (/lastword.plan), obeyed by capture. docs/plan.md has the grammar; version 1.
 *
 * Strings are owned by the plan. Times are seconds; 0 means no limit only where it is said.
 */
#include "base/buf.h"
#include "base/error.h"

#define PLAN_PATH "/lastword.plan"
#define PLAN_MODULES_MAX 512
#define PLAN_TARGETS_MAX 8
#define PLAN_LINKS_MAX 64
#define PLAN_ADDRESSES_MAX 64
#define PLAN_ROUTES_MAX 64

enum plan_action {
	PLAN_REBOOT,
	PLAN_HALT,
	PLAN_POWEROFF,
	PLAN_SHELL,	     /* failure action only; later issue */
	PLAN_DUMP_TO_ROOTFS, /* failure action only; later issue */
};

enum plan_collector {
	PLAN_COLLECT_MAKEDUMPFILE, /* filtered and compressed, as level, codec and threads say */
	PLAN_COLLECT_COPY,	   /* cp, cat, scp: /proc/vmcore as it is */
};

enum plan_target_kind { PLAN_TARGET_FS, PLAN_TARGET_RAW, PLAN_TARGET_NFS, PLAN_TARGET_SSH };

struct plan_module {
	char *path;    /* in the image, such as "/lib/modules/virtio_blk.ko" */
	char *options; /* module parameters, "" for none */
};

/* How the capture side knows the device when the kernel names disks differently. Checked in this
 * order; what is "" is not known. At least one is set. */
struct plan_device {
	char *fs_uuid;	    /* as blkid prints it */
	char *syspath;	    /* below /sys/devices, of the partition or disk: a hint tried first */
	char *serial;	    /* of the disk */
	char *name;	    /* kernel name at arm time, such as vda1: the last resort for raw */
	uint32_t partition; /* number, 0 for the whole disk */
	uint64_t size;	    /* bytes, 0 unknown: a raw target must match exactly */
};

struct plan_target {
	enum plan_target_kind kind;
	struct plan_device device; /* not of NFS */
	char *fstype;		   /* FS: ext4, xfs, … */
	char *mount_options;	   /* FS; NFS: whole, with vers= and addr= */
	char *path;		   /* directory inside the file system, absolute there */
	char *server;		   /* NFS, SSH: a numeric address */
	char *share;		   /* NFS: what the server calls the directory to mount */
	char *host;		   /* SSH: the server's name, under which its key is known */
	char *user;		   /* SSH */
	uint32_t port;		   /* SSH */
	char *key, *known_hosts;   /* SSH: files in the image */
};

enum plan_link_kind { PLAN_LINK_HARDWARE, PLAN_LINK_VLAN, PLAN_LINK_BOND, PLAN_LINK_BRIDGE };

/* A network interface as it was at arm time, in the order in which they are set up: lower ones first. */
struct plan_link {
	char *name; /* it gets this name */
	enum plan_link_kind kind;
	char *mac;	      /* "52:54:00:12:34:56"; by it hardware is found */
	char *master;	      /* bond or bridge that it belongs to, "" for none */
	char *lower;	      /* VLAN: the link below */
	uint32_t mtu;	      /* 0: the driver's own */
	uint32_t vlan;	      /* VLAN: its number */
	uint32_t bond_mode;   /* BOND: linux/if_bonding.h */
	uint32_t bond_miimon; /* BOND: ms between looks at the links below */
	bool needs_carrier;   /* the way to the target: wait for it */
};

struct plan_address {
	char *address; /* "10.0.2.15/24", "fd00::2/64" */
	char *link;
};

struct plan_route {
	char *to;     /* "default", "10.1.0.0/16", or one address */
	char *via;    /* the gateway, "" where it is on the link */
	char *source; /* preferred source address, "" for none */
	char *link;
};

struct plan {
	char *kernel_release; /* of the kernel and modules packed */
	char *host_ip;	/* first part of the dump directory's name; 127.0.0.1 for local targets */
	char *timezone; /* POSIX TZ string for the directory's local time; "" for UTC */

	struct plan_module *modules;
	size_t modules_count;
	struct plan_link *links;
	size_t links_count;
	struct plan_address *addresses;
	size_t addresses_count;
	struct plan_route *routes;
	size_t routes_count;
	struct plan_target *targets;
	size_t targets_count;

	enum plan_collector collector;
	unsigned level;
	unsigned codec; /* enum codec_id as a number: plan does not know dumpfile */
	int codec_level;
	unsigned threads; /* 0: all */

	enum plan_action failure_action, final_action;

	unsigned device_timeout; /* for a target's device to appear */
	unsigned log_timeout;	 /* for the log to be saved, mount included */
	unsigned report_timeout; /* for the report to be made; 0: none is */
	unsigned dump_timeout;	 /* without any progress */
	unsigned total_timeout;	 /* from the start of PID 1 to the final action */
};

/* Hostile text in, whole plan out; the error names the line. Unknown words are errors: arm and
 * capture are one program. */
int plan_parse(const char *text, size_t len, struct plan **ret, struct error *e) _must_check_;
int plan_format(const struct plan *p, struct buf *out) _must_check_;
struct plan *plan_free(struct plan *p);
DEFINE_CLEANUP(struct plan *, plan_free)

const char *plan_action_name(enum plan_action a);
bool plan_action_parse(const char *word, enum plan_action *ret);
