/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/prometheus.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arm/doctor/look.h"
#include "base/io.h"

static void family(struct buf *to, int *r, const char *name, const char *help)
{
	if (*r == 0)
		*r = buf_printf(to, "# HELP lastword_%s %s\n# TYPE lastword_%s gauge\n", name, help,
				name);
}

static void sample(struct buf *to, int *r, const char *name, uint64_t value)
{
	if (*r == 0)
		*r = buf_printf(to, "lastword_%s %" PRIu64 "\n", name, value);
}

static void gauge(struct buf *to, int *r, const char *name, const char *help, uint64_t value)
{
	family(to, r, name, help);
	sample(to, r, name, value);
}

static uint64_t count_of(const struct doctor *d, const struct check *c, enum finding_level level)
{
	uint64_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += d->findings[i].check == c && d->findings[i].level == level;
	return n;
}

/* Each check has all its series on each run, so that one that is silent again is seen to be. Ids need no escapes. */
static void findings(const struct doctor *d, struct buf *to, int *r)
{
	static const enum finding_level levels[] = { FINDING_FAILURE, FINDING_WARNING,
						     FINDING_NOTE };
	const struct check *before = NULL;

	family(to, r, "doctor_findings", "Findings of lastword doctor, by check and level.");
	for (size_t i = 0; i < d->count; i++) {
		const struct check *c = d->findings[i].check;

		if (c == before)
			continue;
		before = c;
		for (size_t l = 0; l < ARRAY_SIZE(levels) && *r == 0; l++)
			if (levels[l] <= c->level)
				*r = buf_printf(to,
						"lastword_doctor_findings{check=\"%s\",level=\"%"
						"s\"} %" PRIu64 "\n",
						c->id, finding_level_name(levels[l]),
						count_of(d, c, levels[l]));
	}
	gauge(to, r, "doctor_skipped", "Checks that could not be done.",
	      doctor_count(d, FINDING_SKIPPED));
}

struct newest {
	const struct root *root;
	const char *dir;
	uint64_t when, bytes, count;
};

static void look_at_dump(void *user, const char *name)
{
	static const char *const cores[] = { "vmcore", "vmcore.flat", "vmcore.flat.enc" };
	struct newest *n = user;
	char path[1000];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(cores); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", root_relative(n->dir), name, cores[i]);
		if (fstatat(n->root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		n->count++;
		if ((uint64_t)st.st_mtime < n->when)
			continue;
		n->when = (uint64_t)st.st_mtime;
		n->bytes = (uint64_t)st.st_size;
	}
}

static void dumps(const struct facts *f, struct buf *to, int *r)
{
	struct newest n = { .root = f->root };

	for (size_t i = 0; i < f->targets_count; i++) {
		n.dir = f->targets[i].dir;
		if (n.dir)
			look_directory(f->root, n.dir, look_at_dump, &n);
	}
	gauge(to, r, "dumps", "Dumps on targets that can be seen from here.", n.count);
	gauge(to, r, "last_dump_timestamp_seconds",
	      "When the newest of them was saved; 0: there is none.", n.when);
	gauge(to, r, "last_dump_bytes", "Its size.", n.bytes);
}

int prometheus_format(const struct doctor *d, struct buf *ret)
{
	const struct facts *f = d->facts;
	char difference[300];
	bool ours = f->armed_r == 0, stale;
	int r = 0;

	stale = f->loaded &&
		(!ours || f->composed_r < 0 ||
		 record_differs(&f->armed, &f->composed.record, difference, sizeof(difference)));
	gauge(ret, &r, "armed", "1 where a crash now would be captured as configured.",
	      f->loaded && !stale);
	gauge(ret, &r, "armed_stale",
	      "1 where a capture kernel is loaded that is not what would be loaded now.", stale);
	gauge(ret, &r, "reserved_bytes", "Memory reserved for the capture kernel.",
	      f->reserved_r == 0 ? f->reservation.reserved : 0);
	gauge(ret, &r, "needed_bytes", "Memory that it needs; 0: not known.", f->needed);
	findings(d, ret, &r);
	dumps(f, ret, &r);
	gauge(ret, &r, "doctor_timestamp_seconds", "When this was found.", (uint64_t)f->now);
	return r;
}

int prometheus_write(const char *path, const struct buf *text, struct error *e)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (asprintf(&temporary, "%s.tmp", path) < 0) {
		temporary = NULL;
		return error_errno(e, -ENOMEM, "%s", path);
	}
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	r = fd < 0 ? -errno : write_all(fd, text->data, text->len);
	if (r == 0 && (fchmod(fd, 0644) < 0 || rename(temporary, path) < 0))
		r = -errno;
	if (r < 0 && fd >= 0)
		(void)unlink(temporary);
	return r < 0 ? error_errno(e, r, "write %s", path) : 0;
}
