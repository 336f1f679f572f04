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
#define PLAN_RECIPIENTS_MAX 16
#define PLAN_ROUTES_MAX 64
#define PLAN_VOLUMES_MAX 64
#define PLAN_PARTS_MAX 256
#define PLAN_ROWS_MAX 1024
#define PLAN_HOOKS_MAX 64
#define PLAN_FENCES_MAX 64
#define PLAN_RECEIVERS_MAX 16

enum plan_action {
	PLAN_REBOOT,
	PLAN_HALT,
	PLAN_POWEROFF,
	PLAN_SHELL, /* failure action only; the final action follows */
	PLAN_DUMP_TO_ROOTFS, /* failure action only: the target that is the last resort; the final action follows */
};

enum plan_collector {
	PLAN_COLLECT_MAKEDUMPFILE, /* filtered and compressed, as level, codec and threads say */
	PLAN_COLLECT_COPY,	   /* cp, cat, scp: /proc/vmcore as it is */
};

enum plan_target_kind {
	PLAN_TARGET_FS,
	PLAN_TARGET_RAW,
	PLAN_TARGET_NFS,
	PLAN_TARGET_SSH,
	PLAN_TARGET_VIRTIOFS,
};

struct plan_module {
	char *path;    /* in the image, such as "/lib/modules/virtio_blk.ko" */
	char *options; /* module parameters, "" for none */
	bool late; /* only the way to receivers needs it: whoever tells them loads it, nobody waits */
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

enum plan_volume_kind { PLAN_VOLUME_DM, PLAN_VOLUME_MD };

/* A block device that the capture kernel has to make of others; those come before it. A device whose place is below
 * virtual/block/NAME is the volume NAME or a partition of it. */
struct plan_volume {
	char *name; /* the kernel's: dm-3, md127; it gets the same again */
	enum plan_volume_kind kind;
	char *label;	/* DM: its name in /dev/mapper */
	char *uuid;	/* DM: device-mapper's, "" for none */
	char *level;	/* MD: "raid1" */
	char *metadata; /* MD: version of the superblocks, "1.2" */
	uint32_t disks; /* MD: how many it needs to be whole */
};

/* A device that a volume is made of. */
struct plan_part {
	char *volume;
	struct plan_device device; /* fs_uuid: that of its signature */
	char *signature; /* what it holds, as blkid calls it: LVM2_member; "" not looked at */
};

/* A row of a device-mapper table, in 512-byte sectors. */
struct plan_row {
	char *type; /* "linear" */
	char *volume;
	uint64_t start, length;
	char *parameters; /* @N stands for the volume's part N, counted from 0 */
};

struct plan_target {
	enum plan_target_kind kind;
	struct plan_device device; /* not of NFS */
	char *fstype;		   /* FS: ext4, xfs, … */
	char *mount_options;	   /* FS; NFS: whole, with vers= and addr= */
	char *path;		   /* directory inside the file system, absolute there */
	char *server;		   /* NFS, SSH: a numeric address */
	char *share;   /* NFS: what the server calls the directory to mount; VIRTIOFS: the tag */
	char *host;    /* SSH: the server's name, under which its key is known */
	char *user;    /* SSH */
	uint32_t port; /* SSH */
	char *key, *known_hosts; /* SSH: files in the image */
	bool last_resort;	 /* for the dump only when it is saved nowhere else; the last one */
};

enum plan_link_kind { PLAN_LINK_HARDWARE, PLAN_LINK_VLAN, PLAN_LINK_BOND, PLAN_LINK_BRIDGE };

/* A network interface as it was at arm time, in the order in which they are set up: lower ones first. */
struct plan_link {
	char *name; /* it gets this name */
	enum plan_link_kind kind;
	char *mac;		/* "52:54:00:12:34:56"; by it hardware is found */
	char *master;		/* bond or bridge that it belongs to, "" for none */
	char *lower;		/* VLAN: the link below */
	uint32_t mtu;		/* 0: the driver's own */
	uint32_t vlan;		/* VLAN: its number */
	uint32_t vlan_protocol; /* VLAN: linux/if_ether.h; 0: 802.1Q, the usual one */
	uint32_t bond_mode;	/* BOND: linux/if_bonding.h */
	uint32_t bond_miimon;	/* BOND: ms between looks at the links below */
	bool needs_carrier;	/* the way to the target: wait for it */
	bool late;		/* the way to receivers alone: as a late module */
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

enum plan_hook_when { PLAN_HOOK_PRE, PLAN_HOOK_POST, PLAN_HOOK_EMERGENCY };

/* A program in the image. Those of one kind run in the order of the list. */
struct plan_hook {
	enum plan_hook_when when;
	char *path;
	bool vetoes; /* its failure means that no dump is wanted */
};

/* A node of the cluster that is to hear that this one is saving its dump. */
struct plan_fence {
	char *address; /* numeric */
};

/* Who is told, in netconsole's format, the crashed kernel's last words and what becomes of the dump. */
struct plan_receiver {
	char *address;		 /* numeric */
	char *source;		 /* ours, "" for any */
	uint32_t port, our_port; /* ours 0: any */
};

/* Whoever holds the secret key to it can read what is saved. */
struct plan_recipient {
	char *key; /* public, as seal/key.h writes it */
};

/* Older dumps beside the new one: at most that many, bytes and days, this one counted; 0: no limit. Without a limit and
 * without room nothing is ever removed. */
#define PLAN_KEEP_MAX 100000

struct plan_keep {
	uint32_t dumps, days;
	uint64_t bytes;
	bool first; /* the oldest stays */
	bool room;  /* any may go for a dump that does not fit at the highest level */
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
	struct plan_volume *volumes;
	size_t volumes_count;
	struct plan_part *parts;
	size_t parts_count;
	struct plan_row *rows;
	size_t rows_count;
	struct plan_target *targets;
	size_t targets_count;
	struct plan_hook *hooks;
	size_t hooks_count;
	struct plan_fence *fences;
	size_t fences_count;
	struct plan_receiver *receivers;
	size_t receivers_count;
	struct plan_recipient *recipients; /* none: nothing is encrypted */
	size_t recipients_count;

	enum plan_collector collector;
	unsigned level;
	unsigned codec; /* enum codec_id as a number: plan does not know dumpfile */
	int codec_level;
	bool choose_codec; /* another level, or codec, may be taken where the dump is through sooner with it */
	uint64_t target_rate; /* for that: bytes a second, 0: as measured */
	unsigned threads;     /* 0: all */
	bool elf;	      /* ELF instead of kdump-compressed; codec is then none */
	bool unused_vmemmap;  /* struct pages of what is left out are left out, too */
	uint64_t limit;	      /* bytes of the dump, 0: none; more is left out until it fits */
	char *erase; /* file in the image: what must not be told, as makedumpfile.conf(5) has it; "" for none */

	enum plan_action failure_action, final_action;
	char *shell; /* program in the image, of PLAN_SHELL */

	uint32_t fence_port, fence_interval; /* UDP; seconds between messages */
	uint32_t fence_count;		     /* messages; 0: until the end */

	unsigned device_timeout; /* for a target's device to appear */
	unsigned log_timeout;	 /* for the log to be saved, mount included */
	unsigned report_timeout; /* for the report to be made; 0: none is */
	unsigned dump_timeout;	 /* without any progress */
	unsigned hook_timeout;	 /* for each hook */
	unsigned
		words_timeout; /* for the last words to be told, the network included; nothing waits for it */
	unsigned total_timeout; /* from the start of PID 1 to the final action */
	/* Of hardware watchdogs, which the supervisor keeps alive; 0: it leaves them alone. */
	unsigned watchdog_timeout;

	/* Where that many crashes, this one included, are within so many seconds, no dump is made. Count 0: always one. */
	unsigned crash_loop_count, crash_loop_window;
	enum plan_action crash_loop_action; /* reboot, halt or poweroff */

	struct plan_keep keep;
};

/* Hostile text in, whole plan out; the error names the line. Unknown words are errors: arm and
 * capture are one program. */
int plan_parse(const char *text, size_t len, struct plan **ret, struct error *e) _must_check_;
int plan_format(const struct plan *p, struct buf *out) _must_check_;
struct plan *plan_free(struct plan *p);
DEFINE_CLEANUP(struct plan *, plan_free)

const char *plan_hook_name(enum plan_hook_when when);
const char *plan_action_name(enum plan_action a);
bool plan_action_parse(const char *word, enum plan_action *ret);
