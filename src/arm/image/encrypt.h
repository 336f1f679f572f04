/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* For whom what is saved is encrypted: from lastword_encrypt to the plan. Only public keys go into the image. */
#include "arm/config/config.h"
#include "base/root.h"
#include "seal/key.h"

/* None where nothing is encrypted. Refused: a file with a secret key, a raw device as target. */
int encrypt_keys(const struct root *root, const struct config *c, struct seal_keys *ret,
		 struct error *e) _must_check_;

/* Into the plan, and behind the words that describe the target, which are replaced. */
int encrypt_give(const struct seal_keys *keys, struct plan *p, char **words,
		 struct error *e) _must_check_;
