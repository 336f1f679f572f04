/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A login without a password for an SSH target, in steps: a key, the key on the server, proof. */
#include "arm/config/config.h"
#include "base/root.h"

/* Makes what is missing of the pair, without a passphrase. *ret_made: there was no private key. */
int propagate_key(const struct config_target *t, bool *ret_made, struct error *e) _must_check_;

/* Does the key open the door already, with nobody there, at a server whose own key is known? */
int propagate_login(const struct root *root, const struct config_target *t,
		    struct error *e) _must_check_;

/*
 * By ssh-copy-id, which asks on the terminal for the password, and whether the server's key is the right one where it is not
 * known yet; accept_new: an unknown one is taken without asking. For a key that the server has not: it does not look.
 */
int propagate_copy(const struct config_target *t, bool accept_new, struct error *e) _must_check_;

/* What arm will try: the path is made, and can be written to. */
int propagate_write(const struct root *root, const struct config_target *t,
		    struct error *e) _must_check_;
