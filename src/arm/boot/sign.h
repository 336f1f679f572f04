/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Signatures for Secure Boot, with the machine's own key where it has one: what its unified kernel images are signed with
 * signs an add-on of theirs, too. No key is made here, none is enrolled.
 */
#include <limits.h>

#include "base/error.h"
#include "base/root.h"

/* Paths of the system, not of the root. */
struct sign_key {
	char key[PATH_MAX], certificate[PATH_MAX];
};

/*
 * Where ukify, sbctl and their like keep it. False: this machine has none that can be read as a file; keys on tokens are left to
 * those who own them.
 */
bool sign_key_find(const struct root *root, struct sign_key *ret);

/* The places that sign_key_find() looks at, for messages. */
extern const char sign_key_places[];

/* A PE image, a path of the system, is replaced by itself with a signature. -ENOENT with words: no program that signs. */
int sign_image(const struct sign_key *k, const char *path, struct error *e) _must_check_;
