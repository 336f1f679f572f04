/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/process.h"

#define SIGN_LIMIT (60 * USEC_PER_SEC)
#define SIGNED_MAX ((size_t)4 << 20)
#define UKI_CONF_MAX ((size_t)1 << 16)

/* ukify(1): its configuration, in the order in which kernel-install looks; what it reads there counts. */
static const char *const uki_confs[] = { "/etc/kernel/uki.conf", "/run/kernel/uki.conf",
					 "/usr/local/lib/kernel/uki.conf",
					 "/usr/lib/kernel/uki.conf" };

/* Where `ukify genkey`, sbctl (two ages of it) and Arch's howto put them. */
static const struct {
	const char *key, *certificate;
} usual[] = {
	{ "/etc/kernel/secure-boot-private-key.pem", "/etc/kernel/secure-boot-certificate.pem" },
	{ "/var/lib/sbctl/keys/db/db.key", "/var/lib/sbctl/keys/db/db.pem" },
	{ "/usr/share/secureboot/keys/db/db.key", "/usr/share/secureboot/keys/db/db.pem" },
	{ "/etc/efi-keys/db.key", "/etc/efi-keys/db.crt" },
};

const char sign_key_places[] = "SecureBootPrivateKey= and SecureBootCertificate= of "
			       "/etc/kernel/uki.conf, /etc/kernel/secure-boot-private-key.pem, "
			       "/var/lib/sbctl/keys/db";

static bool is_there(const struct root *root, const char *path)
{
	return *path == '/' && faccessat(root->fd, root_relative(path), R_OK, 0) == 0;
}

static bool take(const struct root *root, const char *key, const char *certificate,
		 struct sign_key *ret)
{
	if (!is_there(root, key) || !is_there(root, certificate))
		return false;
	return snprintf(ret->key, sizeof(ret->key), "%s%s", root->path, key) < PATH_MAX &&
	       snprintf(ret->certificate, sizeof(ret->certificate), "%s%s", root->path,
			certificate) < PATH_MAX;
}

/* "Name = value" of an ini file, the last of them; sections are not told apart, as no other has these names. */
static void get(const char *text, const char *name, char value[PATH_MAX])
{
	size_t len = strlen(name);

	*value = '\0';
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + strspn(line, " \t");

		if (strncasecmp(at, name, len) != 0)
			continue;
		at += len + strspn(at + len, " \t");
		if (*at != '=' && *at != ':')
			continue;
		at += 1 + strspn(at + 1, " \t");
		snprintf(value, PATH_MAX, "%.*s", (int)strcspn(at, " \t\r\n"), at);
	}
}

bool sign_key_find(const struct root *root, struct sign_key *ret)
{
	char key[PATH_MAX], certificate[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(uki_confs); i++) {
		_cleanup_buf_ struct buf text = { 0 };

		if (root_read_file(root, uki_confs[i], UKI_CONF_MAX, &text) < 0 || !text.len)
			continue;
		get(text.data, "SecureBootPrivateKey", key);
		get(text.data, "SecureBootCertificate", certificate);
		if (take(root, key, certificate, ret))
			return true;
		break;
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (take(root, usual[i].key, usual[i].certificate, ret))
			return true;
	return false;
}

/* systemd-sbsign(1) of systemd 257; sbsign(1). */
static const struct {
	const char *program, *verb, *key, *certificate;
} signers[] = {
	{ "/usr/lib/systemd/systemd-sbsign", "sign", "--private-key", "--certificate" },
	{ "/usr/bin/sbsign", NULL, "--key", "--cert" },
};

static int run(size_t i, const struct sign_key *k, const char *from, const char *to,
	       struct error *e)
{
	const char *argv[10];
	size_t n = 0;

	argv[n++] = signers[i].program;
	if (signers[i].verb)
		argv[n++] = signers[i].verb;
	argv[n++] = signers[i].key;
	argv[n++] = k->key;
	argv[n++] = signers[i].certificate;
	argv[n++] = k->certificate;
	argv[n++] = "--output";
	argv[n++] = to;
	argv[n++] = from;
	argv[n] = NULL;
	return process_run(argv, NULL, clock_now() + SIGN_LIMIT, NULL, e);
}

/* In a directory of our own: /tmp is everybody's. */
static int sign(size_t i, const struct sign_key *k, const char *path, struct error *e)
{
	char dir[] = "/tmp/lastword-sign-XXXXXX", to[sizeof(dir) + 16];
	_cleanup_buf_ struct buf image = { 0 };
	_cleanup_close_ int fd = -1;
	int r;

	if (!mkdtemp(dir))
		return error_errno(e, -errno, "%s", dir);
	snprintf(to, sizeof(to), "%s/addon.efi", dir);
	r = run(i, k, path, to, e);
	if (r == 0)
		r = read_file_at(AT_FDCWD, to, SIGNED_MAX, &image);
	unlink(to);
	rmdir(dir);
	if (r < 0)
		return error_prefix(e, r, "sign with %s", k->key);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	r = fd < 0 ? -errno : write_all(fd, image.data, image.len);
	return r < 0 ? error_errno(e, r, "%s", path) : 0;
}

int sign_image(const struct sign_key *k, const char *path, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(signers); i++)
		if (access(signers[i].program, X_OK) == 0)
			return sign(i, k, path, e);
	return error_set(e, -ENOENT,
			 "it is signed with systemd-sbsign (systemd 257) or sbsign (sbsigntool); "
			 "install one of them");
}
