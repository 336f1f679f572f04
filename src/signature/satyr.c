/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include <nettle/sha1.h>

#include "signature/signature.h"

/* satyr 0.43, lib/koops_stacktrace.c and lib/generic_thread.c; abrt 2.17, src/lib/kernel.c. */

#define ABRT_FRAMES 6

static bool is_dropped(const struct signature_frame *f, const char *name)
{
	static const char *const dropped[] = {
		"do_softirq",
		"do_vfs_ioctl",
		"dump_stack",
		"flush_kthread_worker",
		"gs_change",
		"irq_exit",
		"kernel_thread_helper",
		"kthread",
		"process_one_work",
		"system_call_fastpath",
		"warn_slowpath_common",
		"warn_slowpath_fmt",
		"warn_slowpath_fmt_taint",
		"warn_slowpath_null",
		"worker_thread",
	};

	if (f->module && *f->module)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(dropped); i++)
		if (strcmp(dropped[i], name) == 0)
			return true;
	return false;
}

static void add_line(struct sha1_ctx *ctx, const char *name, size_t len)
{
	sha1_update(ctx, len, (const uint8_t *)name);
	sha1_update(ctx, 1, (const uint8_t *)"\n");
}

/* Does the frame count, and with how much of its name? */
static bool takes(enum satyr_hash which, const struct signature_frame *f, size_t *ret_len)
{
	char plain[SIGNATURE_NAME_SIZE];

	if (!f->function || !*f->function)
		return false;
	if (which == SATYR_ABRT) {
		*ret_len = strlen(f->function);
		return !f->uncertain;
	}
	*ret_len = strcspn(f->function, ".");
	snprintf(plain, sizeof(plain), "%.*s", (int)*ret_len, f->function);
	return !is_dropped(f, plain);
}

bool signature_satyr(enum satyr_hash which, const struct signature_frame *frames, size_t count,
		     char ret[SIGNATURE_SATYR_SIZE])
{
	uint8_t bytes[SHA1_DIGEST_SIZE];
	struct sha1_ctx ctx;
	size_t used = 0, len;

	sha1_init(&ctx);
	if (which == SATYR_DUPHASH)
		add_line(&ctx, "Thread", strlen("Thread"));
	for (size_t i = 0; i < count; i++) {
		if (!takes(which, &frames[i], &len))
			continue;
		add_line(&ctx, frames[i].function, len);
		if (++used == ABRT_FRAMES && which == SATYR_ABRT)
			break;
	}
	if (used == 0)
		return false;
	sha1_digest(&ctx, sizeof(bytes), bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return true;
}
