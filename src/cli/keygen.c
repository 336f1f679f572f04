/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "cli/command_line.h"
#include "cli/new_file.h"
#include "seal/key.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_keygen = {
	.name = "keygen",
	.arguments = "FILE",
	.summary = "make a pair of keys for encrypted dumps",
	.run = run,
};

static const struct command_line usage = {
	.command = &command_keygen,
	.least = 1,
	.most = 1,
	.operands = "one file to make",
	.about = "Makes FILE, a secret key that only its owner can read, and FILE.pub, the public "
		 "key "
		 "to it. Nothing is overwritten. Keep FILE where dumps are read, never on the "
		 "machine that may crash; 'lastword_encrypt FILE.pub' in kdump.conf encrypts what "
		 "is "
		 "saved. The keys are those of age.",
	.json = "the names of both, and the public key",
};

static int format(struct buf *secret_file, struct buf *public_file, char public[SEAL_PUBLIC_TEXT])
{
	_cleanup_seal_keys_ struct seal_keys pair = { .count = 2 };
	char secret[SEAL_SECRET_TEXT], date[32];
	time_t now = time(NULL);
	struct tm tm;
	int r;

	seal_key_make(&pair.keys[0]);
	seal_key_public(&pair.keys[0], &pair.keys[1]);
	seal_secret_format(&pair.keys[0], secret);
	seal_public_format(&pair.keys[1], public);
	if (!gmtime_r(&now, &tm) || !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return -EOVERFLOW;
	r = buf_printf(secret_file, "# created: %s\n# public key: %s\n%s\n", date, public, secret);
	seal_wipe(secret, sizeof(secret));
	return r < 0 ? r : buf_printf(public_file, "%s\n", public);
}

static int make(const char *path, const char *public_path, char public[SEAL_PUBLIC_TEXT],
		struct error *e)
{
	_cleanup_buf_ struct buf secret_file = { 0 }, public_file = { 0 };
	int r = seal_init(e);

	if (r < 0)
		return r;
	r = format(&secret_file, &public_file, public);
	if (r < 0)
		return error_errno(e, r, "%s", path);
	if (access(public_path, F_OK) == 0 || access(path, F_OK) == 0)
		return error_set(e, -EEXIST, "%s or %s exists; no key is ever overwritten", path,
				 public_path);
	r = write_new_file(path, false, &secret_file, e);
	seal_wipe(secret_file.data, secret_file.len);
	return r < 0 ? r : write_new_file(public_path, false, &public_file, e);
}

static int show(const struct cli *cli, const char *path, const char *public_path,
		const char *public)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json j;

	if (!cli->json) {
		printf("%s: the secret key; keep it off the machine whose dumps it opens\n"
		       "%s: the public key, for lastword_encrypt in kdump.conf: %s\n",
		       path, public_path, public);
		return EXIT_SUCCESS;
	}
	json_document(&j, &text, "lastword.keygen/1");
	json_put_string(&j, "secret_file", path);
	json_put_string(&j, "public_file", public_path);
	json_put_string(&j, "public_key", public);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_free_ char *public_path = NULL;
	char public[SEAL_PUBLIC_TEXT];
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, NULL);

	if (status >= 0)
		return status;
	if (asprintf(&public_path, "%s.pub", argv[optind]) < 0) {
		public_path = NULL;
		say_error("out of memory");
		return EXIT_FAILURE;
	}
	if (make(argv[optind], public_path, public, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return show(cli, argv[optind], public_path, public);
}
