/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/policy/trigger.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arm/policy/sysctl.h"
#include "arm/rehearse/past.h"
#include "arm/status.h"
#include "base/clock.h"
#include "base/io.h"

#define SYSRQ "/proc/sysrq-trigger"
#define SYNC_TIMEOUT (10 * USEC_PER_SEC)
#define ENVIRONMENT_MAX ((size_t)1 << 20)

static void add(struct trigger_checks *c, enum trigger_weight weight, const char *fmt, ...)
	_printf_(3, 4);

static void add(struct trigger_checks *c, enum trigger_weight weight, const char *fmt, ...)
{
	struct trigger_check *item = &c->items[c->count++];
	va_list ap;

	item->weight = weight;
	va_start(ap, fmt);
	vsnprintf(item->text, sizeof(item->text), fmt, ap);
	va_end(ap);
}

static bool exists(const struct root *root, const char *path)
{
	return faccessat(root->fd, root_relative(path), F_OK, 0) == 0;
}

static void check_armed(const struct status *s, struct trigger_checks *c)
{
	add(c, s->state == STATUS_ARMED ? TRIGGER_GOOD : TRIGGER_STOP, "%s: %s",
	    status_name(s->state), s->why);
}

/* A container shares the kernel with its host. */
static bool in_container(const struct root *root)
{
	static const char *const marks[] = { "/run/.containerenv", "/.dockerenv",
					     "/run/systemd/container",
					     "/run/host/container-manager" };
	_cleanup_buf_ struct buf environment = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (exists(root, marks[i]))
			return true;
	if (root_read_file(root, "/proc/1/environ", ENVIRONMENT_MAX, &environment) < 0)
		return false;
	for (size_t at = 0; at < environment.len; at += strlen(environment.data + at) + 1)
		if (strncmp(environment.data + at, "container=", 10) == 0)
			return true;
	return false;
}

static void check_sysrq(const struct root *root, struct trigger_checks *c)
{
	if (exists(root, SYSRQ))
		add(c, TRIGGER_GOOD, SYSRQ " is there; kernel.sysrq does not bind root");
	else
		add(c, TRIGGER_STOP,
		    "no " SYSRQ ": the kernel was built without CONFIG_MAGIC_SYSRQ");
}

static void check_post_notifiers(const struct root *root, struct trigger_checks *c)
{
	_cleanup_sysctl_state_ struct sysctl_state s = { 0 };

	if (sysctl_read(root, &s, NULL) == 0 && s.post_notifiers)
		add(c, TRIGGER_NOTE,
		    "crash_kexec_post_notifiers: the panic notifiers run before the dump");
}

static void check_rehearsed(const struct root *root, const struct status *s,
			    struct trigger_checks *c)
{
	const char *image = s->state == STATUS_ARMED ? s->record.image.hex : NULL;
	char words[sizeof(c->items[0].text)];
	struct past past;

	if (past_read(root, &past, NULL) < 0) {
		add(c, TRIGGER_NOTE,
		    "never rehearsed: 'lastword rehearse' proves it without a crash");
		return;
	}
	past_words(&past, image, time(NULL), words, sizeof(words));
	add(c, past.passed ? TRIGGER_GOOD : TRIGGER_NOTE, "%s", words);
}

int trigger_check(const struct root *root, struct trigger_checks *ret, struct error *e)
{
	_cleanup_trigger_checks_ struct trigger_checks c = { 0 };
	_cleanup_status_ struct status status = { 0 };
	_cleanup_buf_ struct buf name = { 0 };
	int r = root_read_file(root, "/proc/sys/kernel/hostname", 4096, &name);

	if (r < 0)
		return error_errno(e, r, "/proc/sys/kernel/hostname");
	c.host = strndup(name.data ?: "", strcspn(name.data ?: "", "\n"));
	if (!c.host)
		return error_errno(e, -ENOMEM, "trigger");
	status_read(root, &status);
	check_armed(&status, &c);
	if (in_container(root))
		add(&c, TRIGGER_STOP, "this is a container: it would be the host that crashes");
	check_sysrq(root, &c);
	check_post_notifiers(root, &c);
	check_rehearsed(root, &status, &c);
	*ret = c;
	c = (struct trigger_checks){ 0 };
	return 0;
}

enum trigger_weight trigger_weight(const struct trigger_checks *c)
{
	enum trigger_weight most = TRIGGER_GOOD;

	for (size_t i = 0; i < c->count; i++)
		most = MAX(most, c->items[i].weight);
	return most;
}

void trigger_checks_done(struct trigger_checks *c)
{
	free(c->host);
	*c = (struct trigger_checks){ 0 };
}

/* In a child: a disk that is gone may hold it up for ever, and is no reason not to crash. */
static void sync_for_a_while(void)
{
	usec_t deadline = clock_now() + SYNC_TIMEOUT;
	pid_t child = fork();

	if (child == 0) {
		sync();
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, WNOHANG) == 0 && clock_now() < deadline)
		usleep(20000);
}

int trigger_crash(const struct root *root, struct error *e)
{
	int r;

	if (*root->path)
		return error_set(e, -EINVAL, "with --root there is nothing to crash");
	sync_for_a_while();
	r = write_file_at(root->fd, root_relative(SYSRQ), "c");
	return r < 0 ? error_errno(e, r, SYSRQ)
		     : error_set(e, -EIO, SYSRQ ": the kernel took it and goes on");
}
