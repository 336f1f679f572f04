/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * manifest.json, the last file of a dump directory: what was saved, with sizes and SHA-256, what was not and why. docs/manifest.md
 * has the schema.
 *
 * The struct holds no pointers: in the capture kernel it is shared memory that the worker fills, so that another process can
 * write what is known when the worker is dead. It may then hold anything: strings are ended by manifest_write() itself.
 */
#include "base/buf.h"
#include "base/sink_hash.h"

#define MANIFEST_NAME "manifest.json"
/* Beside what is left where lastword_keep removed the dump. */
#define MANIFEST_REMOVED_NAME "vmcore-removed.txt"
#define MANIFEST_SCHEMA "lastword.manifest/1"

#define MANIFEST_FILES_MAX 64
#define MANIFEST_TARGETS_MAX 8
#define MANIFEST_PHASES_MAX 16
#define MANIFEST_SKIPPED_MAX 16
#define MANIFEST_REMOVED_MAX 16
#define MANIFEST_CLASSES_MAX 8
#define MANIFEST_WHY_MAX 200

/* Of a file: the sums of its parts, which follow each other and are all of it. One part: the sum of the file. */
struct manifest_file {
	char name[64];
	uint32_t target; /* whose directory it is in */
	bool begun;	 /* false: this place is free */
	bool whole;
	uint64_t bytes;
	uint32_t parts_count; /* 0: not hashed */
	struct sink_hash_sum parts[2];
};

struct manifest_target {
	char what[128]; /* "/dev/vda (ext4)"; "" while it was not opened */
	bool log, dump;
	char why[MANIFEST_WHY_MAX]; /* it has no dump */
};

struct manifest_phase {
	char name[16];
	uint32_t target;
	uint64_t begun_ms, ended_ms; /* since the capture kernel's start; ended 0: it did not */
	bool failed;
	char why[MANIFEST_WHY_MAX];
};

struct manifest_skipped {
	char what[32];
	char why[MANIFEST_WHY_MAX];
};

struct manifest_removed {
	char dump[80];
	uint64_t bytes;
};

struct manifest_class {
	char name[24];
	bool kept;
	uint64_t pages;
};

struct manifest {
	char directory[64];
	char release[65], machine[16];
	int64_t crash_time;	    /* seconds since the epoch, 0 unknown */
	bool dump_saved;	    /* on any target */
	char why[MANIFEST_WHY_MAX]; /* it is not */

	/* The dump that was written last. codec "": none was filtered. */
	char codec[16];
	int32_t codec_level;  /* 0: the codec's own */
	uint64_t target_rate; /* bytes a second that the codec was chosen for; 0: it was not */
	uint32_t level_asked, level, threads, page_size;
	uint64_t ram_pages, kept_pages, zero_pages, lost_pages, source_excluded_pages;
	struct manifest_class classes[MANIFEST_CLASSES_MAX];

	uint64_t memory_given_kib; /* to the capture kernel, itself included; 0 unknown */
	uint64_t memory_total_kib, lowest_available_kib, lowest_free_kib, worker_peak_kib;

	struct manifest_target targets[MANIFEST_TARGETS_MAX];
	struct manifest_phase phases[MANIFEST_PHASES_MAX];
	uint32_t phases_count;
	struct manifest_skipped skipped[MANIFEST_SKIPPED_MAX];
	uint32_t skipped_count; /* may be more than there is room for */
	struct manifest_removed removed[MANIFEST_REMOVED_MAX];
	uint32_t removed_count; /* as well */
	struct manifest_file files[MANIFEST_FILES_MAX];
};

/* The entry of a file, a new one where there is none yet; NULL where there is no room. */
struct manifest_file *manifest_file(struct manifest *m, uint32_t target, const char *name);

void manifest_add_skipped(struct manifest *m, const char *what, const char *why);
void manifest_add_removed(struct manifest *m, const char *dump, uint64_t bytes);

/* As JSON, for the directory on that target. */
int manifest_write(const struct manifest *m, uint32_t target, struct buf *out) _must_check_;
