/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/propagate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arm/place/place.h"
#include "arm/place/probe.h"
#include "base/io.h"
#include "base/process.h"

#define SSH_KEYGEN "/usr/bin/ssh-keygen"
#define SSH_COPY_ID "/usr/bin/ssh-copy-id"
#define KEYGEN_TIMEOUT (120 * USEC_PER_SEC)
#define PERSON_TIMEOUT (600 * USEC_PER_SEC) /* compares a key, types a password */

static int make_directory(const char *file, struct error *e)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(file, '/') - file), file);
	if (*dir && mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_errno(e, -errno, "make directory %s", dir);
	return 0;
}

/* RSA, as kdump-utils makes it: machines in FIPS mode take it. */
static int make_private(const char *key, struct error *e)
{
	const char *const argv[] = { SSH_KEYGEN, "-q", "-t", "rsa", "-b", "3072",
				     "-N",	 "",   "-f", key,   NULL };
	int r = make_directory(key, e);

	if (r < 0)
		return r;
	r = process_run(argv, NULL, clock_now() + KEYGEN_TIMEOUT, NULL, e);
	return r < 0 ? error_prefix(e, r, "ssh-keygen -f %s", key) : 0;
}

static int make_public(const char *key, const char *public, struct error *e)
{
	const char *const argv[] = { SSH_KEYGEN, "-y", "-f", key, NULL };
	_cleanup_buf_ struct buf text = { .limit = KIB(64) };
	_cleanup_close_ int fd = -1;
	int r = process_run(argv, NULL, clock_now() + KEYGEN_TIMEOUT, &text, e);

	if (r < 0)
		return error_prefix(e, r, "ssh-keygen -y -f %s", key);
	fd = open(public, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	r = fd < 0 ? -errno : write_all(fd, text.data ?: "", text.len);
	return r < 0 ? error_errno(e, r, "%s", public) : 0;
}

int propagate_key(const struct config_target *t, bool *ret_made, struct error *e)
{
	const char *key = t->sshkey;
	_cleanup_free_ char *public = NULL;
	bool made = access(key, F_OK) < 0;
	int r = 0;

	if (asprintf(&public, "%s.pub", key) < 0) {
		public = NULL;
		return error_errno(e, -ENOMEM, "ssh");
	}
	if (made)
		r = make_private(key, e);
	if (r == 0 && access(public, F_OK) < 0)
		r = make_public(key, public, e);
	if (r == 0)
		*ret_made = made;
	return r;
}

int propagate_copy(const struct config_target *t, bool accept_new, struct error *e)
{
	const char *const argv[] = {
		SSH_COPY_ID,
		"-f",
		"-i",
		t->sshkey,
		"-o",
		accept_new ? "StrictHostKeyChecking=accept-new" : "StrictHostKeyChecking=ask",
		t->device,
		NULL,
	};
	int r;

	if (access(SSH_COPY_ID, X_OK) < 0)
		return error_errno(e, -errno, SSH_COPY_ID);
	r = process_run(argv, NULL, clock_now() + PERSON_TIMEOUT, NULL, e);
	return r < 0 ? error_prefix(e, r, "ssh-copy-id -i %s %s", t->sshkey, t->device) : 0;
}

int propagate_login(const struct root *root, const struct config_target *t, struct error *e)
{
	_cleanup_place_ struct place p = { 0 };
	int r = place_find_login(root, t, &p, e);

	return r < 0 ? r : probe_login(&p, e);
}

int propagate_write(const struct root *root, const struct config_target *t, struct error *e)
{
	_cleanup_place_ struct place p = { 0 };
	int r = place_find_login(root, t, &p, e);

	return r < 0 ? r : probe_target(&p.target, &p, e);
}
