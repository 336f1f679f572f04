/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encryption: of the disk below a target, and of what is saved. */
#include <stdio.h>
#include <string.h>

#include "arm/doctor/below.h"
#include "arm/doctor/target.h"

/* The uuid that cryptsetup gives a device of device-mapper. */
static bool is_encrypted(const struct root *root, const char *device)
{
	char path[300], uuid[64];

	snprintf(path, sizeof(path), "%s/dm/uuid", device);
	return look_line(root, path, uuid, sizeof(uuid)) && strncmp(uuid, "CRYPT-", 6) == 0;
}

static void check_target(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		char device[256];

		if (!*t->disk ||
		    !below_find(f->root, t->disk, is_encrypted, device, sizeof(device)))
			continue;
		found(d, target_fault(f),
		      "'%s' is on an encrypted disk: its key is gone after a crash", t->words);
		evidence(d, "%s/dm/uuid begins with CRYPT-", device);
		fix(d, "name an unencrypted partition, NFS or SSH in " CONFIG_PATH
		       "; lastword_encrypt encrypts the dump itself");
	}
}

static void check_key(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (f->config_r < 0 || !f->config.encrypt || look_exists(f->root, f->config.encrypt))
		return;
	found(d, FINDING_FAILURE, "the public key for dumps is not there: nothing can be armed");
	evidence(d, "no %s (lastword_encrypt)", f->config.encrypt);
	fix(d, "lastword keygen dump.key; put dump.key.pub there, and dump.key far away; then "
	       "lastword arm");
}

/* A secret key on the machine that crashes makes encryption pointless. */
static void check_secret(struct doctor *d)
{
	const struct facts *f = d->facts;
	_cleanup_buf_ struct buf text = { 0 };

	if (f->config_r < 0 || !f->config.encrypt ||
	    root_read_file(f->root, f->config.encrypt, KIB(64), &text) < 0 || !text.len ||
	    !strstr(text.data, "AGE-SECRET-KEY-"))
		return;
	found(d, FINDING_FAILURE, "the file of public keys holds a secret key");
	evidence(d, "%s has a line AGE-SECRET-KEY-…", f->config.encrypt);
	fix(d,
	    "move it to another machine, and leave the public one (age1…) here; then lastword arm");
}

static void check_plain(struct doctor *d)
{
	const struct facts *f = d->facts;

	for_each_target(t, f)
	{
		if (t->config->kind != CONFIG_TARGET_NFS || f->config.encrypt)
			continue;
		found(d, FINDING_NOTE,
		      "dumps travel and lie on the server in clear: they hold keys and passwords");
		evidence(d, CONFIG_PATH ": %s, and no lastword_encrypt", t->words);
		fix(d, "lastword keygen dump.key; a line 'lastword_encrypt /etc/dump.pub' "
		       "in " CONFIG_PATH);
		return;
	}
}

const struct check checks_crypt[] = {
	{ "target-encrypted", "encryption", "no target is on an encrypted disk", FINDING_FAILURE,
	  check_target },
	{ "encrypt-key-missing", "encryption", "the public key for dumps is there", FINDING_FAILURE,
	  check_key },
	{ "encrypt-key-secret", "encryption", "no secret key is on this machine", FINDING_FAILURE,
	  check_secret },
	{ "encrypt-not", "encryption", "dumps on servers are encrypted", FINDING_NOTE,
	  check_plain },
	{ 0 },
};
