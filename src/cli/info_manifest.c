/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/info_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "cli/progress.h"
#include "dumpfile/manifest_read.h"

static const struct {
	const char *name, *words;
} states[MANIFEST_STATES] = {
	[MANIFEST_AGREES] = { "agrees", "agrees" },
	[MANIFEST_SIZE_AGREES] = { "size_agrees", "its size agrees" },
	[MANIFEST_REMOVED] = { "removed", "was removed by lastword_keep" },
	[MANIFEST_EXTRA] = { "extra", "not in the manifest" },
	[MANIFEST_MISSING] = { "missing", "is missing" },
	[MANIFEST_SIZE_DIFFERS] = { "size_differs", "has another size than when it was saved" },
	[MANIFEST_SUM_DIFFERS] = { "sum_differs", "is not what was saved: its SHA-256 differs" },
	[MANIFEST_UNREADABLE] = { "unreadable", "cannot be read" },
};

static void print_finding(void *user, const struct manifest_finding *f)
{
	printf("  %-28s ", f->name);
	if (f->file)
		printf("%12llu bytes  ", (unsigned long long)f->file->bytes);
	else
		printf("%12s        ", "");
	printf("%s", states[f->state].words);
	if (f->state == MANIFEST_SIZE_DIFFERS)
		printf(": %llu", (unsigned long long)f->bytes);
	if (f->state == MANIFEST_UNREADABLE)
		printf(": %s", strerror(-f->error));
	printf("%s\n", f->file && !f->file->whole ? " (not whole)" : "");
}

static void json_finding(void *user, const struct manifest_finding *f)
{
	struct json *j = user;

	json_object(j);
	json_put_string(j, "name", f->name);
	json_put_string(j, "state", states[f->state].name);
	json_put_uint(j, "bytes", f->bytes);
	json_put_bool(j, "whole", f->file && f->file->whole);
	json_object_end(j);
}

static void print_head(const char *path, const struct manifest *m)
{
	time_t t = (time_t)m->crash_time;
	char when[64] = "";
	struct tm tm;

	if (t && gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	printf("%s: %s%s%s\n", path, m->dump_saved ? "dump saved" : "the dump is not whole",
	       m->why[0] ? ": " : "", m->why);
	if (m->release[0])
		printf("  %-28s %s\n", "kernel", m->release);
	if (when[0])
		printf("  %-28s %s\n", "crashed", when);
	if (m->codec[0] && m->level != m->level_asked)
		printf("  %-28s %u, asked was %u\n", "dump level", m->level, m->level_asked);
	else if (m->codec[0])
		printf("  %-28s %u\n", "dump level", m->level);
}

static int check_json(const char *path, int fd, const struct manifest *m, struct progress *p)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json j;
	bool right;

	json_document(&j, &text, "lastword.check/1");
	json_put_text(&j, "directory", path);
	json_put_text(&j, "result", m->dump_saved ? "saved" : "incomplete");
	json_put_text(&j, "why", m->why);
	json_put_array(&j, "files");
	right = manifest_check(fd, m, p, json_finding, &j);
	json_array_end(&j);
	json_put_bool(&j, "agrees", right);
	return say_json(&j, stdout, right ? EXIT_SUCCESS : EXIT_FAILURE);
}

int info_directory(const struct cli *cli, const char *path)
{
	_cleanup_free_ struct manifest *m = malloc(sizeof(*m));
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct progress progress;
	struct error e = { 0 };
	int r = fd < 0 ? -errno : m ? manifest_read_at(fd, m, &e) : -ENOMEM;

	if (r == -ENOENT)
		error_set(&e, r, "no " MANIFEST_NAME " there: nothing says what was saved");
	if (r < 0) {
		say_error("%s: %s", path, e.text[0] ? error_text(&e) : strerror(-r));
		return EXIT_FAILURE;
	}
	progress_terminal(&progress, 1);
	if (cli->json)
		return check_json(path, fd, m, &progress);
	print_head(path, m);
	return manifest_check(fd, m, &progress, print_finding, NULL) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool find_beside(const char *dump, bool sums, struct manifest *m,
			struct manifest_finding *ret)
{
	_cleanup_free_ char *copy = strdup(dump), *copy2 = strdup(dump);
	_cleanup_close_ int fd = -1;
	struct progress progress;
	const char *name;

	if (!copy || !copy2)
		return false;
	name = basename(copy2);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || manifest_read_at(fd, m, NULL) < 0)
		return false;
	progress_terminal(&progress, 1);
	for (size_t i = 0; i < MANIFEST_FILES_MAX && m->files[i].begun; i++) {
		if (strcmp(m->files[i].name, name) != 0)
			continue;
		progress_begin(&progress, "reading", sums ? m->files[i].bytes : 0);
		manifest_check_file(fd, &m->files[i], sums, &progress, ret);
		progress_end(&progress);
		return true;
	}
	return false;
}

bool info_beside(const char *dump, bool sums, struct json *json)
{
	_cleanup_free_ struct manifest *m = malloc(sizeof(*m));
	struct manifest_finding f = { 0 };
	bool found = m && find_beside(dump, sums, m, &f);

	if (json) {
		json_put_string(json, "manifest", found ? states[f.state].name : NULL);
	} else if (found) {
		printf("  %-14s %s\n", "manifest", states[f.state].words);
	}
	return !found || !manifest_state_is_wrong(f.state);
}
