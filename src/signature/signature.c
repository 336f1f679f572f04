/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * nettle and not libsodium, which the first kernel's side uses: satyr's hash needs SHA-1, which libsodium has not, and of
 * the static program nettle takes 38 KiB, libsodium 196.
 */
#include <nettle/sha2.h>

#include "signature/title.h"

#define HASH_FRAMES 5 /* what calls them from further out differs from version to version */
#define HASH_DIGITS 32

static void add(struct sha256_ctx *ctx, const char *s)
{
	sha256_update(ctx, strlen(s), (const uint8_t *)s);
}

static void finish(struct sha256_ctx *ctx, const char *algorithm, char ret[SIGNATURE_HASH_SIZE])
{
	uint8_t bytes[SHA256_DIGEST_SIZE];
	size_t at = strlen(algorithm);

	sha256_digest(ctx, sizeof(bytes), bytes);
	memcpy(ret, algorithm, at);
	for (size_t i = 0; i < HASH_DIGITS / 2; i++, at += 2)
		snprintf(ret + at, 3, "%02x", bytes[i]);
}

/*
 * lw1: the kind, then the names of up to five functions: from the one that gives the title to the first that a dispatcher
 * called, without compilers' suffixes and without those that the title passes by, each followed by '\n'. Where no function
 * tells, the title instead.
 */
static void hash(const struct signature_input *in, size_t at, const char *kind, const char *title,
		 char ret[SIGNATURE_HASH_SIZE])
{
	char name[SIGNATURE_NAME_SIZE];
	struct sha256_ctx ctx;
	unsigned used = 0;

	sha256_init(&ctx);
	add(&ctx, kind);
	add(&ctx, "\n");
	for (size_t i = at; i < in->count && used < HASH_FRAMES; i++) {
		const struct signature_frame *f = &in->frames[i];

		if (f->uncertain || !f->function || !*f->function)
			continue;
		if (used > 0 && frames_is_dispatcher(f->function))
			break;
		if (used > 0 && signature_skips(f->function))
			continue;
		signature_plain_name(f->function, name);
		add(&ctx, name);
		add(&ctx, "\n");
		used++;
	}
	if (used == 0)
		add(&ctx, title);
	finish(&ctx, "lw1:", ret);
}

/* lw1x: the kind, then of each certain frame build id, function and offset. */
static void hash_exact(const struct signature_input *in, const char *kind,
		       char ret[SIGNATURE_HASH_SIZE])
{
	struct sha256_ctx ctx;
	char offset[24];
	bool any = false;

	sha256_init(&ctx);
	add(&ctx, kind);
	add(&ctx, "\n");
	for (size_t i = 0; i < in->count; i++) {
		const struct signature_frame *f = &in->frames[i];

		if (f->uncertain || !f->function || !*f->function)
			continue;
		snprintf(offset, sizeof(offset), "+0x%" PRIx64 "\n", f->offset);
		add(&ctx, f->build_id ? f->build_id : "");
		add(&ctx, " ");
		add(&ctx, f->function);
		add(&ctx, offset);
		any = true;
	}
	if (any)
		finish(&ctx, "lw1x:", ret);
}

void signature_make(const struct signature_input *in, struct signature *ret)
{
	static const struct death unknown = { .kind = "unknown", .title = "kernel crash%@" };
	struct pattern_group groups[PATTERN_GROUPS] = { 0 };
	const struct death *d = death_find(in->words ? in->words : "", groups);
	struct signature s = { 0 };
	size_t at;

	if (!d)
		d = &unknown;
	s.kind = d->kind;
	at = frames_find(in->frames, in->count, d->anchor);
	if (at < in->count) {
		const char *module = in->frames[at].module;

		signature_plain_name(in->frames[at].function, s.function);
		snprintf(s.module, sizeof(s.module), "%s", module ? module : "");
	}
	death_title(d, groups, s.function, s.title);
	if (d != &unknown || at < in->count)
		hash(in, at, s.kind, s.title, s.hash);
	hash_exact(in, s.kind, s.exact);
	*ret = s;
}
