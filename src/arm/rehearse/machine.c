/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

#define PROGRAM "qemu-system-x86_64"
#define LINE_LIMIT ((size_t)16384)
#define MESSAGES_LIMIT ((size_t)65536)

static const char *const accel_names[] = { [VM_TCG] = "tcg,thread=multi", [VM_KVM] = "kvm" };

const char *vm_accel_name(enum vm_accel a)
{
	return accel_names[a];
}

int vm_find(char ret[PATH_MAX], struct error *e)
{
	const char *path = getenv("PATH") ?: "/usr/sbin:/usr/bin:/sbin:/bin";

	while (*path) {
		size_t len = strcspn(path, ":");

		if (len && len + sizeof(PROGRAM) + 1 < PATH_MAX) {
			snprintf(ret, PATH_MAX, "%.*s/" PROGRAM, (int)len, path);
			if (access(ret, X_OK) == 0)
				return 0;
		}
		path += len + (path[len] == ':');
	}
	return error_set(e, -ENOENT,
			 PROGRAM
			 " is not installed: a machine to try the crash in needs it (Debian: "
			 "apt install qemu-system-x86, Fedora: dnf install qemu-system-x86-core)");
}

/* Grows an array that ends with NULL. */
static int add(char ***argv, size_t *count, const char *fmt, ...) _printf_(3, 4) _must_check_;

static int add(char ***argv, size_t *count, const char *fmt, ...)
{
	char **grown = reallocarray(*argv, *count + 2, sizeof(*grown));
	va_list ap;
	int r;

	if (!grown)
		return -ENOMEM;
	*argv = grown;
	grown[*count] = NULL;
	va_start(ap, fmt);
	r = vasprintf(&grown[*count], fmt, ap);
	va_end(ap);
	if (r < 0) {
		grown[*count] = NULL;
		return -ENOMEM;
	}
	grown[++*count] = NULL;
	return 0;
}

char **vm_argv(const char *qemu, enum vm_accel accel, const struct vm_spec *spec)
{
	static const char *const plain[] = {
		"-nodefaults",
		"-no-reboot",
		"-no-user-config",
		"-display",
		"none",
		"-chardev",
		"stdio,id=console,signal=off",
		"-serial",
		"chardev:console",
	};
	char **argv = NULL;
	size_t count = 0;
	int r = add(&argv, &count, "%s", qemu);

	for (size_t i = 0; i < ARRAY_SIZE(plain) && r == 0; i++)
		r = add(&argv, &count, "%s", plain[i]);
	if (r == 0)
		r = add(&argv, &count, "-accel") ?: add(&argv, &count, "%s", accel_names[accel]);
	if (r == 0 && accel == VM_KVM)
		r = add(&argv, &count, "-cpu") ?: add(&argv, &count, "host");
	if (r == 0)
		r = add(&argv, &count, "-m")
			    ?: add(&argv, &count, "%lluM",
				   (unsigned long long)(spec->memory >> 20));
	if (r == 0)
		r = add(&argv, &count, "-smp") ?: add(&argv, &count, "%u", MAX(spec->cpus, 1U));
	if (r == 0 && spec->kernel)
		r = add(&argv, &count, "-kernel") ?: add(&argv, &count, "%s", spec->kernel);
	if (r == 0 && spec->initrd)
		r = add(&argv, &count, "-initrd") ?: add(&argv, &count, "%s", spec->initrd);
	if (r == 0 && spec->cmdline)
		r = add(&argv, &count, "-append") ?: add(&argv, &count, "%s", spec->cmdline);
	for (size_t i = 0; spec->words && spec->words[i] && r == 0; i++)
		r = add(&argv, &count, "%s", spec->words[i]);
	return r < 0 ? vm_argv_free(argv) : argv;
}

char **vm_argv_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
	return NULL;
}

DEFINE_CLEANUP(char **, vm_argv_free)

/* In the child. */
__attribute__((noreturn)) static void become(char **argv, pid_t parent, int out, int err)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* A process group of its own: Ctrl-C is for us, and we end it. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && null >= 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 &&
	    dup2(err, 2) >= 0)
		execv(argv[0], argv);
	_exit(127);
}

int vm_start(const char *qemu, enum vm_accel accel, const struct vm_spec *spec, struct vm *ret,
	     struct error *e)
{
	_cleanup_(vm_argv_freep) char **argv = vm_argv(qemu, accel, spec);
	_cleanup_close_ int out = -1, err = -1, log = -1;
	pid_t parent = getpid(), pid;
	int a[2], b[2];

	if (!argv)
		return error_errno(e, -ENOMEM, PROGRAM);
	if (spec->log) {
		log = open(spec->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (log < 0)
			return error_errno(e, -errno, "%s", spec->log);
	}
	if (pipe2(a, O_CLOEXEC) < 0)
		return error_errno(e, -errno, PROGRAM);
	out = a[1];
	if (pipe2(b, O_CLOEXEC) < 0) {
		close(a[0]);
		return error_errno(e, -errno, PROGRAM);
	}
	err = b[1];
	pid = fork();
	if (pid == 0)
		become(argv, parent, out, err);
	if (pid < 0) {
		close(a[0]);
		close(b[0]);
		return error_errno(e, -errno, PROGRAM);
	}
	*ret = (struct vm){
		.pid = pid,
		.out = a[0],
		.err = b[0],
		.log = TAKE_FD(log),
		.started = clock_now(),
		.rest = { .limit = LINE_LIMIT },
		.messages = { .limit = MESSAGES_LIMIT },
	};
	return 0;
}

/* Escape sequences and control characters go. */
static void clean(char *line)
{
	char *to = line;

	for (const char *c = line; *c; c++) {
		if (*c == '\033' && c[1] == '[') {
			c += 2;
			while (*c && !(*c >= '@' && *c <= '~'))
				c++;
			if (!*c)
				break;
		} else if ((unsigned char)*c >= ' ' || *c == '\t') {
			*to++ = *c;
		}
	}
	*to = '\0';
}

struct listening {
	vm_listener *listener;
	void *user;
	bool stopped;
};

/* A line that is too long is cut. */
static void hand_over(struct vm *m, struct listening *l)
{
	usec_t when = clock_now() - m->started;

	if (!m->rest.len)
		return;
	clean(m->rest.data);
	if (*m->rest.data && !l->stopped && !l->listener(l->user, m->rest.data, when))
		l->stopped = true;
	if (m->log >= 0 && *m->rest.data)
		(void)!dprintf(m->log, "%9.3f %s\n", (double)when / (double)USEC_PER_SEC,
			       m->rest.data);
	m->rest.len = 0;
}

static void take_console(struct vm *m, const char *bytes, size_t len, struct listening *l)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			hand_over(m, l);
		else if (bytes[i] && m->rest.len < LINE_LIMIT - 1)
			(void)!buf_append(&m->rest, bytes + i, 1);
	}
}

/* Reads what is there; false at its end. */
static bool take(struct vm *m, int *fd, struct listening *l)
{
	char bytes[4096];
	ssize_t n = read(*fd, bytes, sizeof(bytes));

	if (n < 0)
		return errno == EINTR;
	if (n == 0) {
		close(*fd);
		*fd = -1;
		return false;
	}
	if (fd == &m->out)
		take_console(m, bytes, (size_t)n, l);
	else
		(void)!buf_append(&m->messages, bytes, (size_t)n);
	return true;
}

static void end_process(struct vm *m, int *ret_status)
{
	int status = 0;

	while (m->pid > 0 && waitpid(m->pid, &status, 0) < 0 && errno == EINTR)
		;
	m->pid = 0;
	if (ret_status)
		*ret_status = status;
}

/* Its console is at its end. */
static int ended(struct vm *m, struct listening *l, enum vm_ending *ret, struct error *e)
{
	char *words = m->messages.data;
	int status;

	hand_over(m, l);
	end_process(m, &status);
	*ret = l->stopped ? VM_STOPPED : VM_ENDED;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (words)
		words[strcspn(words, "\n")] = '\0';
	return error_set(e, -EIO, "QEMU: %s", words && *words ? words : "it failed");
}

static sigset_t interruptions(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

int vm_follow(struct vm *m, usec_t deadline, usec_t silence, vm_listener *listener, void *user,
	      enum vm_ending *ret, struct error *e)
{
	struct listening l = { .listener = listener, .user = user };
	_cleanup_close_ int signals = -1;
	usec_t heard = clock_now();
	sigset_t set = interruptions();

	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return error_errno(e, -errno, "signals");
	while (m->out >= 0 && !l.stopped) {
		usec_t quiet = silence ? heard + silence : UINT64_MAX;
		usec_t until = MIN(quiet, deadline ?: UINT64_MAX);
		struct pollfd fds[] = { { .fd = m->out, .events = POLLIN },
					{ .fd = m->err, .events = POLLIN },
					{ .fd = signals, .events = POLLIN } };
		int n = poll_until(fds, ARRAY_SIZE(fds), until);

		if (n == -ETIMEDOUT) {
			*ret = until == quiet ? VM_SILENT : VM_LATE;
			return 0;
		}
		if (n < 0)
			return error_errno(e, n, "QEMU's console");
		if (fds[2].revents)
			return error_set(e, -EINTR, "interrupted");
		if (fds[1].revents)
			(void)take(m, &m->err, &l);
		if (!fds[0].revents)
			continue;
		heard = clock_now();
		(void)take(m, &m->out, &l);
	}
	if (!l.stopped)
		return ended(m, &l, ret, e);
	*ret = VM_STOPPED;
	return 0;
}

void vm_stop(struct vm *m)
{
	if (m->pid > 0) {
		kill(m->pid, SIGKILL);
		end_process(m, NULL);
	}
	closep(&m->out);
	closep(&m->err);
	closep(&m->log);
	buf_done(&m->rest);
	buf_done(&m->messages);
	*m = VM_NONE;
}

void vm_interrupt_begin(struct vm_interrupt *i)
{
	sigset_t set = interruptions();

	i->begun = sigprocmask(SIG_BLOCK, &set, &i->before) == 0;
}

void vm_interrupt_end(struct vm_interrupt *i)
{
	if (i->begun)
		sigprocmask(SIG_SETMASK, &i->before, NULL);
	i->begun = false;
}
