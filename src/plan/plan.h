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

enum plan_target_kind { PLAN_TARGET_FS, PLAN_TARGET_RAW };

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
	struct plan_device device;
	char *fstype;	     /* FS: ext4, xfs, … */
	char *mount_options; /* FS */
	char *path;	     /* FS: directory inside the file system, absolute there */
};

struct plan {
	char *kernel_release; /* of the kernel and modules packed */
	char *host_ip;	/* first part of the dump directory's name; 127.0.0.1 for local targets */
	char *timezone; /* POSIX TZ string for the directory's local time; "" for UTC */

	struct plan_module *modules;
	size_t modules_count;
	struct plan_target targets[PLAN_TARGETS_MAX];
	size_t targets_count;

	enum plan_collector collector;
	unsigned level;
	unsigned codec; /* enum codec_id as a number: plan does not know dumpfile */
	int codec_level;
	unsigned threads; /* 0: all */

	enum plan_action failure_action, final_action;

	unsigned device_timeout; /* for a target's device to appear */
	unsigned log_timeout;	 /* for the log to be saved, mount included */
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
