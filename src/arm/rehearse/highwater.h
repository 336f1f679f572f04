/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What this machine's own crashes took: the worst moment of each capture kernel, as the manifest.json beside the dump tells it
 * (docs/manifest.md). Kept in the state directory, because dumps go away and file systems are not always mounted.
 */
#include "arm/config/config.h"
#include "base/error.h"
#include "base/root.h"

#define HIGHWATER_PATH "/var/lib/lastword/highwater.json"
#define HIGHWATER_SCHEMA "lastword.highwater/1"

/* Of the crash that took most. Bytes. */
struct highwater {
	int64_t time; /* of the crash, seconds since the epoch */
	char release[128];
	char dump[300];			  /* its directory */
	uint64_t given;			  /* to the capture kernel, itself included */
	uint64_t total, lowest_available; /* of what the kernel left */
};

/*
 * How much of a reservation was in use at the worst moment. What the kernel would have used less of in a smaller one (data that
 * waits to be written) is not in it.
 */
uint64_t highwater_used(uint64_t given, uint64_t total, uint64_t lowest_available);

/* One manifest.json. -ENODATA: of another kernel, no saved dump, or it does not tell. text: hostile. */
int highwater_parse(const char *text, size_t len, const char *release,
		    struct highwater *ret) _must_check_;

int highwater_write(const struct root *root, const struct highwater *h,
		    struct error *e) _must_check_;

/* -ENOENT: no crash of this kernel is known. */
int highwater_read(const struct root *root, const char *release,
		   struct highwater *ret) _must_check_;

/*
 * Looks at the dumps that can be seen from here now and keeps what took most. servers: also at those on NFS, which may not
 * answer. What cannot be looked at is passed over.
 */
int highwater_refresh(const struct root *root, const struct config *c, const char *release,
		      bool servers, struct error *e) _must_check_;
