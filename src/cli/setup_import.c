/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/setup_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm/boot/edit.h"
#include "arm/config/import.h"
#include "arm/config/sysconfig.h"
#include "base/json.h"
#include "cli/arm_output.h"

#define DEBIAN_PATH "/etc/default/kdump-tools"
#define BACKUPS_MAX 100
#define CONF_MODE 0644
#define COPY_MODE 0600 /* the old file's may have been tighter than ours */

struct options {
	const char *file; /* inside the root; NULL: whichever of the two is there */
	bool dry_run;	  /* print what would be written */
	bool force; /* put it in place of a kdump.conf that a person wrote; a copy of that stays */
};

struct job {
	const struct root *root;
	const struct options *options;
	const char *from;
	struct import import;
	struct edits edits;
};

static void job_done(struct job *j)
{
	import_done(&j->import);
	edits_done(&j->edits);
}

#define _cleanup_job_ _cleanup_(job_done)

static int read_source(struct job *j, struct buf *ret, enum import_kind *ret_kind, struct error *e)
{
	static const char *const places[] = { DEBIAN_PATH, SYSCONFIG_PATH };
	const char *wanted = j->options->file;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int r;

		j->from = wanted ?: places[i];
		r = root_read_file(j->root, j->from, SHELL_SIZE_MAX, ret);
		if (r == 0 && import_recognise(ret->data ?: "", ret->len, ret_kind) == 0)
			return 0;
		if (wanted)
			return r < 0 ? error_errno(e, r, "%s", wanted)
				     : error_set(e, -ENOENT,
						 "%s: neither Debian's kdump-tools nor SUSE's "
						 "sysconfig/kdump: none of their variables is set",
						 wanted);
		buf_done(ret);
		*ret = (struct buf){ 0 };
	}
	return error_set(e, -ENOENT,
			 "neither " DEBIAN_PATH " nor a " SYSCONFIG_PATH " of SUSE's is there");
}

/* A name beside it that is free. */
static int keep_copy(struct job *j, const char *path, const struct buf *text, struct error *e)
{
	char name[300];

	for (unsigned n = 0; n < BACKUPS_MAX; n++) {
		snprintf(name, sizeof(name), n ? "%s.before-import.%u" : "%s.before-import", path,
			 n);
		if (faccessat(j->root->fd, root_relative(name), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		return edits_put(j->root, &j->edits, name, text->data ?: "", text->len, COPY_MODE,
				 e);
	}
	return error_set(e, -EEXIST, "%s: %d copies of it are there already", path, BACKUPS_MAX);
}

/* What was made by an import before may be made again; what a person wrote may not. */
static int put_file(struct job *j, const char *path, const struct buf *text, struct error *e)
{
	_cleanup_buf_ struct buf old = { 0 };
	int r = root_read_file(j->root, path, SHELL_SIZE_MAX, &old);

	if (r < 0 && r != -ENOENT)
		return error_errno(e, r, "%s", path);
	if (r == 0 && old.len == text->len && memcmp(old.data, text->data, old.len) == 0)
		return 0;
	if (r == 0 && old.len && strncmp(old.data, IMPORT_MARK, strlen(IMPORT_MARK)) != 0 &&
	    !j->options->force)
		return error_set(
			e, -EEXIST,
			"%s is there and was not made by an import; look at 'lastword setup "
			"--import --dry-run', then give --force, which keeps a copy",
			path);
	if (r == 0 && old.len) {
		r = keep_copy(j, path, &old, e);
		if (r < 0)
			return r;
	}
	return edits_put(j->root, &j->edits, path, text->data, text->len, CONF_MODE, e);
}

static int collect(struct job *j, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	enum import_kind kind = IMPORT_DEBIAN;
	int r = read_source(j, &text, &kind, e);

	if (r == 0)
		r = import_parse(text.data ?: "", text.len, j->from, kind,
				 strcmp(j->from, SYSCONFIG_PATH) == 0, &j->import, e);
	if (r == 0)
		r = put_file(j, CONFIG_PATH, &j->import.conf, e);
	if (r == 0 && j->import.sysconfig.len)
		r = put_file(j, SYSCONFIG_PATH, &j->import.sysconfig, e);
	return r;
}

static void show_lines(const struct job *j)
{
	for (size_t i = 0; i < j->import.count; i++) {
		const struct import_line *l = &j->import.lines[i];

		printf("%s:%u: %s=%s\n    %s: %s\n", j->from, l->number, l->name, l->value,
		       import_fate_name(l->fate), l->text.data ?: "");
	}
}

static int show(const struct job *j)
{
	_cleanup_buf_ struct buf diff = { 0 };

	show_lines(j);
	if (edits_diff(&j->edits, &diff) < 0) {
		say_error("out of memory");
		return EXIT_FAILURE;
	}
	if (!j->edits.count)
		puts("\nNothing had to be changed.");
	else if (j->options->dry_run)
		printf("\n%s\nNothing was changed.\n", diff.data ?: "");
	for (size_t i = 0; i < j->edits.count && !j->options->dry_run; i++)
		printf("%swritten: %s\n", i ? "" : "\n", j->edits.list[i].path);
	return EXIT_SUCCESS;
}

static int show_json(const struct job *job)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, "lastword.import/1");
	json_put_string(&j, "from", job->from);
	json_put_string(&j, "system", job->import.kind == IMPORT_DEBIAN ? "Debian" : "SUSE");
	json_put_bool(&j, "dry_run", job->options->dry_run);
	json_put_array(&j, "lines");
	for (size_t i = 0; i < job->import.count; i++) {
		const struct import_line *l = &job->import.lines[i];

		json_object(&j);
		json_put_uint(&j, "line", l->number);
		json_put_string(&j, "name", l->name);
		json_put_string(&j, "value", l->value);
		json_put_string(&j, "fate", import_fate_name(l->fate));
		json_put_string(&j, "text", l->text.data);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_put_string(&j, "kdump_conf", job->import.conf.data);
	json_put_string(&j, "sysconfig", job->import.sysconfig.data);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

int setup_import(const struct cli *cli, const char *file, bool dry_run, bool force)
{
	const struct options o = { .file = file, .dry_run = dry_run, .force = force };
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_job_ struct job j = { .root = &root, .options = &o };
	struct error e = { 0 };
	int r, status = arm_open_root(cli, &root);

	if (status)
		return status;
	r = collect(&j, &e);
	if (r == 0 && !dry_run)
		r = edits_write(&root, &j.edits, &e);
	if (r < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return cli->json ? show_json(&j) : show(&j);
}
