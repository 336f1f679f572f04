/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/crash_programs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/io.h"
#include "netconsole/text.h"

extern char **environ;

struct crash_programs_job {
	struct crash_programs_job *next;
	char *text; /* the block */
	size_t count;
	char *environment[16]; /* ours, behind the inherited */
};

static void free_job(struct crash_programs_job *j)
{
	for (size_t i = 0; i < j->count; i++)
		free(j->environment[i]);
	free(j->text);
	free(j);
}

/* "NAME=value", the value made harmless for shells' displays. */
static int add(struct crash_programs_job *j, const char *name, const char *value)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r;

	if (!value || j->count == ARRAY_SIZE(j->environment))
		return 0;
	r = buf_printf(&b, "LASTWORD_%s=", name);
	if (r == 0)
		r = text_clean(&b, value, strlen(value));
	if (r < 0)
		return r;
	j->environment[j->count++] = TAKE_PTR(b.data);
	return 0;
}

static int describe(struct crash_programs_job *j, const struct record *r)
{
	char time[TEXT_TIME_SIZE];
	const struct signature *s = &r->crash->signature;
	const struct {
		const char *name, *value;
	} facts[] = {
		{ "ADDRESS", r->address },
		{ "HOST", r->host },
		{ "TIME", time },
		{ "TITLE", s->title },
		{ "KIND", s->kind },
		{ "PANIC", r->crash->panic ? "1" : "0" },
		{ "SIGNATURE", s->hash },
		{ "EXACT", s->exact },
		{ "RELEASE", r->release ?: r->crash->release },
	};
	int err = 0;

	text_time(r->received_us, time);
	for (size_t i = 0; i < ARRAY_SIZE(facts) && err == 0; i++)
		err = add(j, facts[i].name, facts[i].value);
	return err;
}

/* A file in memory: whoever does not read it holds nobody up. */
static int make_input(const char *text)
{
	int fd = memfd_create("crash", MFD_CLOEXEC);

	if (fd >= 0 && (write_all(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

void crash_programs_put(struct crash_programs *p, const struct record *r, usec_t now)
{
	struct crash_programs_job **last = &p->first, *j;

	if (!p->path)
		return;
	if (p->waiting == PROGRAMS_WAITING) {
		p->counters->n[COUNT_PROGRAMS_DROPPED]++;
		return;
	}
	j = calloc(1, sizeof(*j));
	if (!j) {
		p->counters->n[COUNT_PROGRAMS_DROPPED]++;
		return;
	}
	j->text = strdup(r->crash->text);
	if (!j->text || describe(j, r) < 0) {
		p->counters->n[COUNT_PROGRAMS_DROPPED]++;
		free_job(j);
		return;
	}
	while (*last)
		last = &(*last)->next;
	*last = j;
	p->waiting++;
	crash_programs_run(p, now);
}

__attribute__((noreturn)) static void run(const char *path, int input, char **all)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	(void)setpgid(0, 0);
	if (dup2(input, STDIN_FILENO) >= 0)
		execve(path, (char *const[]){ (char *)path, NULL }, all);
	_exit(127);
}

/* Ours behind what we inherited. */
static char **join_environment(const struct crash_programs_job *j)
{
	size_t inherited = 0;
	char **all;

	while (environ[inherited])
		inherited++;
	all = calloc(inherited + j->count + 1, sizeof(*all));
	if (!all)
		return NULL;
	memcpy(all, environ, inherited * sizeof(*all));
	memcpy(all + inherited, j->environment, j->count * sizeof(*all));
	return all;
}

static void start(struct crash_programs *p, struct crash_programs_running *slot, usec_t now)
{
	struct crash_programs_job *j = p->first;
	_cleanup_free_ char **all = join_environment(j);
	_cleanup_close_ int input = make_input(j->text);
	pid_t pid = all && input >= 0 ? fork() : -1;

	if (pid == 0)
		run(p->path, input, all);
	p->first = j->next;
	p->waiting--;
	free_job(j);
	if (pid < 0) {
		p->counters->n[COUNT_PROGRAMS_FAILED]++;
		return;
	}
	p->counters->n[COUNT_PROGRAMS_RUN]++;
	*slot = (struct crash_programs_running){ .pid = pid, .deadline = now + PROGRAMS_TIME };
}

void crash_programs_run(struct crash_programs *p, usec_t now)
{
	for (size_t i = 0; i < PROGRAMS_AT_ONCE; i++) {
		struct crash_programs_running *slot = &p->running[i];

		if (slot->pid && slot->deadline <= now && !slot->killed) {
			slot->killed = true;
			(void)kill(-slot->pid, SIGKILL);
			(void)kill(slot->pid, SIGKILL);
		}
		if (!slot->pid && p->first)
			start(p, slot, now);
	}
}

bool crash_programs_child(struct crash_programs *p, pid_t pid, int status, usec_t now)
{
	for (size_t i = 0; i < PROGRAMS_AT_ONCE; i++)
		if (p->running[i].pid == pid) {
			p->running[i].pid = 0;
			p->counters->n[COUNT_PROGRAMS_FAILED] +=
				!WIFEXITED(status) || WEXITSTATUS(status) != 0;
			crash_programs_run(p, now);
			return true;
		}
	return false;
}

usec_t crash_programs_deadline(const struct crash_programs *p)
{
	usec_t deadline = UINT64_MAX;

	for (size_t i = 0; i < PROGRAMS_AT_ONCE; i++)
		if (p->running[i].pid && !p->running[i].killed)
			deadline = MIN(deadline, p->running[i].deadline);
	return deadline;
}

void crash_programs_done(struct crash_programs *p)
{
	while (p->first) {
		struct crash_programs_job *j = p->first;

		p->first = j->next;
		free_job(j);
	}
	*p = (struct crash_programs){ 0 };
}
