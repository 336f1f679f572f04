/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_decrypt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "cli/save_output.h"
#include "dumpfile/flat.h"
#include "dumpfile/flat_restore.h"
#include "seal/reader.h"

struct job {
	struct flat_input input; /* from the reader */
	const struct decrypt *args;
	struct seal_reader *reader;
	struct save_output out;
	bool dump;	     /* a flattened dump, to be restored */
	uint64_t bytes;	     /* decrypted */
	int ended;	     /* 0: all of it was there; else the reader's failure */
	struct error reason; /* of ended */
};

static int read_keys(const char *path, struct seal_keys *ret, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	bool standard = strcmp(path, "-") == 0;
	const char *name = standard ? "standard input" : path;
	int r = read_file_at(AT_FDCWD, standard ? "/dev/stdin" : path, SEAL_KEY_FILE_MAX, &text);

	if (r < 0)
		return error_errno(e, r, "--key %s", name);
	r = seal_keys_parse(SEAL_SECRET, text.data ?: "", text.len, name, ret, e);
	seal_wipe(text.data, text.len);
	return r < 0 ? error_prefix(e, r, "--key") : 0;
}

/* What is not whole ends where it ends: how is told after what there was is safe. */
static ssize_t read_content(struct flat_input *in, void *buf, size_t len)
{
	struct job *j = (struct job *)in;
	ssize_t n = j->ended ? 0 : seal_read(j->reader, buf, len, &j->reason);

	if (n < 0) {
		j->ended = (int)n;
		return 0;
	}
	j->bytes += (uint64_t)n;
	return n;
}

static int copy(struct job *j, struct error *e)
{
	static char chunk[SEAL_CHUNK];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read_content(&j->input, chunk, sizeof(chunk))) > 0)
		r = sink_append(j->out.sink, chunk, (size_t)n, e);
	return r;
}

static int restore(struct job *j, struct error *e)
{
	struct flat_restored done;
	int r;

	if (!j->out.sink->seekable)
		return error_set(e, -ESPIPE, "%s: cannot be written out of order; use -F",
				 j->args->destination);
	r = flat_restore_input(&j->input, j->args->source, j->out.sink, NULL, &done, e);
	if (r == 0 && !done.complete && !j->ended)
		j->ended = error_set(&j->reason, -ENODATA,
				     "%s: the dump in it is not whole: its writer was ended",
				     j->args->source);
	return r;
}

/* The beginning tells what it is. A file that is damaged there has nothing to give. */
static int look(struct job *j, struct error *e)
{
	const void *begin = NULL;
	ssize_t n = seal_peek(j->reader, &begin, e);

	if (n < 0)
		return (int)n;
	j->dump = !j->args->as_is && n >= FLAT_HEADER_SIZE && flat_header_is(begin);
	if (j->dump && !j->args->destination)
		return error_set(e, -ESPIPE, "standard output takes the flattened form; add -F");
	return 0;
}

/* 0 where DST has its name. */
static int finish(struct job *j, int r, struct error *e)
{
	if (r == 0 && (!j->ended || j->args->force || !j->out.incomplete))
		return save_output_commit(&j->out, e);
	save_output_abandon(&j->out, r == 0);
	return r < 0 ? r : -ENODATA;
}

static int decrypt(struct job *j, int fd, const struct seal_keys *keys, struct error *e)
{
	const struct decrypt *d = j->args;
	int r = seal_reader_new(fd, d->source, keys, &j->reader, e);

	if (r == 0)
		r = look(j, e);
	if (r == 0)
		r = save_output_open(d->destination, d->source, d->force, &j->out, e);
	if (r < 0)
		return r;
	r = j->dump ? restore(j, e) : copy(j, e);
	return finish(j, r, e);
}

static int show(const struct cli *cli, const struct job *j)
{
	_cleanup_buf_ struct buf text = { 0 };
	const struct decrypt *d = j->args;
	FILE *out = d->destination ? stdout : stderr;
	int status = j->ended ? EXIT_FAILURE : EXIT_SUCCESS;
	struct json json;

	if (!cli->json) {
		fprintf(out, "%s: decrypted, %.1f MiB%s\n", d->destination ?: "standard output",
			(double)j->bytes / (double)MIB(1), j->ended ? ", not whole" : "");
		return status;
	}
	json_document(&json, &text, "lastword.decrypt/1");
	json_put_string(&json, "source", d->source);
	json_put_string(&json, "destination", d->destination);
	json_put_bool(&json, "dump", j->dump);
	json_put_uint(&json, "decrypted_bytes", j->bytes);
	json_put_bool(&json, "whole", !j->ended);
	return say_json(&json, out, status);
}

static int say_end(const struct cli *cli, const struct job *j, int r, const struct error *e)
{
	if (j->ended)
		say_error("%s", error_text(&j->reason));
	if (j->ended && r < 0 && j->out.incomplete && !e->code)
		say_error("%s: holds the %.1f MiB before that; -f gives it the name it should have",
			  j->out.incomplete, (double)j->bytes / (double)MIB(1));
	else if (r < 0)
		say_error("%s", error_text(e));
	return r == 0 ? show(cli, j) : EXIT_FAILURE;
}

int save_decrypt(const struct cli *cli, const struct decrypt *d)
{
	_cleanup_seal_keys_ struct seal_keys keys = { 0 };
	_cleanup_close_ int fd = -1;
	struct job j = { .input = { read_content }, .args = d };
	struct error e = { 0 };
	int r = read_keys(d->key, &keys, &e), status;

	if (r == 0) {
		fd = open(d->source, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? error_errno(&e, -errno, "%s", d->source) : 0;
	}
	if (r == 0)
		r = decrypt(&j, fd, &keys, &e);
	status = say_end(cli, &j, r, &e);
	seal_reader_free(j.reader);
	save_output_done(&j.out);
	return status;
}
