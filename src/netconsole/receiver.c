/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/receiver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "netconsole/control.h"
#include "netconsole/pages.h"
#include "netconsole/probe.h"
#include "netconsole/crash_programs.h"
#include "netconsole/socket.h"

#define CLOSE_TIME (5 * USEC_PER_SEC)
#define DRAIN_TIME USEC_PER_SEC
#define LISTEN_FDS_START 3

/* In a storm datagrams are let gather for a moment: many a call cost less than each its own. */
#define STORM 8
#define STORM_NAP_NS 1000000
/* Answers to test messages a second: nobody is flooded by way of us. */
#define PROBES_MAX 20
#define BATCHES 8 /* of a socket before the others have their turn */

#define POLL_MAX (1 + OPTIONS_LISTEN + CONTROL_POLL + OUTPUTS_MAX)

struct receiver {
	const struct receiver_calls *calls;
	struct listen_options options;
	struct udp_socket sockets[OPTIONS_LISTEN];
	size_t socket_count;
	struct socket_batch *batch;
	struct source_shared shared;
	struct hosts hosts;
	struct outputs outputs;
	struct crash_programs programs;
	struct control control;
	int signals;
	bool ends;
	unsigned inherited; /* sockets of systemd's */
	unsigned probes;    /* answered in that second */
	uint64_t probe_second;
	usec_t now, started;
	uint64_t wall; /* microseconds since 1970 */
};

static void say(const struct receiver *r, const char *fmt, ...) _printf_(2, 3);

static void say(const struct receiver *r, const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->calls->say(r->calls->user, text);
}

static void read_clocks(struct receiver *r)
{
	struct timespec t;

	r->now = clock_now();
	clock_gettime(CLOCK_REALTIME, &t);
	r->wall = (uint64_t)t.tv_sec * USEC_PER_SEC + (uint64_t)t.tv_nsec / 1000;
}

/* ---- what comes and goes ---- */

static void answer_probe(struct receiver *r, const struct record *record)
{
	char token[PROBE_TOKEN_SIZE];

	if (!probe_find(record->text, record->len, token))
		return;
	if (r->probe_second != r->now / USEC_PER_SEC)
		r->probes = 0;
	r->probe_second = r->now / USEC_PER_SEC;
	if (r->probes++ < PROBES_MAX && r->socket_count)
		probe_answer(r->sockets[0].fd, record->from, token);
}

static void hand_out(void *user, const struct record *record)
{
	struct receiver *r = user;

	outputs_put(&r->outputs, record, r->now);
	if (record->kind == RECORD_TEXT)
		answer_probe(r, record);
	if (record->kind == RECORD_CRASH)
		crash_programs_put(&r->programs, record, r->now);
}

static void take_datagram(void *user, const struct address *from, const char *bytes, size_t len)
{
	struct receiver *r = user;
	struct counters *n = &r->shared.counters;

	n->n[COUNT_DATAGRAMS]++;
	n->n[COUNT_BYTES] += len;
	if (!allow_has(&r->options.allow, &from->ip)) {
		n->n[COUNT_DROPPED_NOT_ALLOWED]++;
		return;
	}
	/* what cannot be taken is counted there */
	(void)!hosts_put(&r->hosts, from, bytes, len, r->now, r->wall);
}

enum load {
	LOAD_LIGHT,
	LOAD_STORM, /* so much at once that it is worth to wait for more */
	LOAD_MORE,  /* there is more in the socket */
};

static enum load receive(struct receiver *r, struct udp_socket *s)
{
	int count = SOCKET_BATCH, most = 0;

	for (unsigned i = 0; i < BATCHES && count == SOCKET_BATCH; i++) {
		read_clocks(r);
		count = udp_socket_receive(s, r->batch, take_datagram, r,
					   &r->shared.counters.n[COUNT_DROPPED_KERNEL]);
		most = MAX(most, count);
	}
	/* errors of a UDP socket are those of what somebody else sent: the next call goes on */
	return count == SOCKET_BATCH ? LOAD_MORE : most >= STORM ? LOAD_STORM : LOAD_LIGHT;
}

static bool page(void *user, const char *path, struct buf *out, const char **ret_type)
{
	static const struct {
		const char *path, *type;
		int (*write)(const struct pages_facts *f, struct buf *out);
	} pages[] = {
		{ "/metrics", "text/plain; version=0.0.4; charset=utf-8", pages_metrics },
		{ "/status", "application/json", pages_status },
		{ "/status.txt", "text/plain; charset=utf-8", pages_text },
	};
	struct receiver *r = user;
	struct pages_facts f = {
		.hosts = &r->hosts,
		.outputs = &r->outputs,
		.now = r->now,
		.started = r->started,
		.receive_buffer = INT32_MAX,
	};

	for (size_t i = 0; i < r->socket_count; i++)
		f.receive_buffer = MIN(f.receive_buffer, r->sockets[i].receive_buffer);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (strcmp(path, pages[i].path) == 0) {
			*ret_type = pages[i].type;
			return pages[i].write(&f, out) == 0;
		}
	return false;
}

/* ---- signals ---- */

static void reload(struct receiver *r)
{
	_cleanup_listen_options_ struct listen_options o = { 0 };
	struct error e = { 0 };
	int err = r->calls->reload(r->calls->user, &o, &e);

	if (err == 0)
		err = outputs_change(&r->outputs, o.outputs, o.output_count, r->now, &e);
	if (err < 0) {
		say(r, "reload: %s; what was set before stays", error_text(&e));
		return;
	}
	/* sockets stay as they are */
	allow_done(&r->options.allow);
	r->options.allow = o.allow;
	o.allow = (struct allow){ 0 };
	for (size_t i = 0; i < r->options.output_count; i++)
		free(r->options.outputs[i]);
	memcpy(r->options.outputs, o.outputs, sizeof(o.outputs));
	r->options.output_count = o.output_count;
	o.output_count = 0;
	free(r->options.run_on_crash);
	r->programs.path = r->options.run_on_crash = TAKE_PTR(o.run_on_crash);
	r->shared.counters.n[COUNT_RELOADS]++;
	say(r, "the configuration was read again");
}

static void reap(struct receiver *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (!crash_programs_child(&r->programs, pid, status, r->now))
			outputs_child(&r->outputs, pid, status, r->now);
	}
}

static void take_signals(struct receiver *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(r);
		else if (info.ssi_signo == SIGCHLD)
			reap(r);
		else
			r->ends = true;
	}
}

static int open_signals(struct receiver *r, struct error *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_errno(e, -errno, "signals");
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* who does not read our output any more is an error of that output */
	signal(SIGPIPE, SIG_IGN);
	return r->signals < 0 ? error_errno(e, -errno, "signals") : 0;
}

/* ---- the beginning and the end ---- */

/* sd_listen_fds(3): how many; programs that are started later do not get them. */
static unsigned inherited_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	unsigned n = 0;

	if (pid && count && strtoul(pid, NULL, 10) == (unsigned long)getpid())
		n = (unsigned)MIN(strtoul(count, NULL, 10), (unsigned long)OPTIONS_LISTEN);
	for (unsigned i = 0; i < n; i++)
		(void)fcntl(LISTEN_FDS_START + (int)i, F_SETFD, FD_CLOEXEC);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return n;
}

static int open_sockets(struct receiver *r, struct error *e)
{
	static const struct address every = { .ip = IN6ADDR_ANY_INIT };
	const struct listen_options *o = &r->options;
	size_t count = r->inherited ?: o->listen_count ?: 1;

	for (size_t i = 0; i < count; i++) {
		struct udp_socket *s = &r->sockets[i];
		struct address a = o->listen_count ? o->listen[i % OPTIONS_LISTEN] : every;
		char text[ADDRESS_TEXT_SIZE];
		int err;

		a.port = a.port ?: o->port ?: OPTIONS_PORT;
		err = r->inherited
			      ? udp_socket_take(LISTEN_FDS_START + (int)i, o->receive_buffer, s, e)
			      : udp_socket_open(&a, o->receive_buffer, s, e);
		if (err < 0)
			return err;
		r->socket_count++;
		address_text(&s->address, text);
		say(r, "listening on %s port %u", text, s->address.port);
		/* the kernel answers with twice what it grants */
		if ((size_t)s->receive_buffer / 2 < o->receive_buffer)
			say(r,
			    "its receive buffer holds %d KiB of the %zu wanted: "
			    "net.core.rmem_max, or the socket unit's ReceiveBuffer=",
			    s->receive_buffer / 2048, o->receive_buffer / 1024);
	}
	return 0;
}

static void raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int begin(struct receiver *r, struct error *e)
{
	const struct listen_options *o = &r->options;
	int err;

	r->inherited = inherited_sockets();
	raise_files();
	read_clocks(r);
	r->started = r->now;
	control_init(&r->control, page, r);
	r->shared.emit = hand_out;
	r->shared.user = r;
	r->programs.path = o->run_on_crash;
	r->programs.counters = &r->shared.counters;
	r->batch = socket_batch_new();
	if (!r->batch || source_shared_init(&r->shared) < 0 ||
	    hosts_init(&r->hosts, &r->shared, o->sources, r->now) < 0)
		return error_errno(e, -ENOMEM, "receiver");
	err = open_signals(r, e);
	if (err == 0)
		err = outputs_open(&r->outputs, o->outputs, o->output_count, e);
	if (err == 0 && o->has_metrics)
		err = control_open_tcp(&r->control, &o->metrics, e);
	if (err == 0 && o->control)
		err = control_open_path(&r->control, o->control, e);
	return err == 0 ? open_sockets(r, e) : err;
}

/* What is still in the sockets is taken, and what waits is written. */
static void end(struct receiver *r)
{
	usec_t until = clock_now() + DRAIN_TIME;

	for (size_t i = 0; i < r->socket_count; i++) {
		while (receive(r, &r->sockets[i]) == LOAD_MORE && r->now < until)
			;
		udp_socket_close(&r->sockets[i]);
	}
	if (r->hosts.buckets) {
		hosts_expire(&r->hosts, UINT64_MAX, r->wall);
		hosts_done(&r->hosts);
	}
	outputs_close(&r->outputs, clock_now() + CLOSE_TIME);
	crash_programs_done(&r->programs);
	if (r->options.control && r->control.listening[1] >= 0)
		unlink(r->options.control);
	control_done(&r->control);
	source_shared_done(&r->shared);
	socket_batch_free(r->batch);
	if (r->signals >= 0)
		close(r->signals);
	listen_options_done(&r->options);
}

/* ---- the loop ---- */

static usec_t next_deadline(const struct receiver *r)
{
	return MIN(MIN(hosts_deadline(&r->hosts), crash_programs_deadline(&r->programs)),
		   MIN(control_deadline(&r->control), outputs_deadline(&r->outputs)));
}

/* What to wait for: signals, sockets, then the others. Returns how many. */
static size_t prepare(const struct receiver *r, struct pollfd *fds)
{
	size_t n = 0;

	fds[n++] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
	for (size_t i = 0; i < r->socket_count; i++)
		fds[n++] = (struct pollfd){ .fd = r->sockets[i].fd, .events = POLLIN };
	n += outputs_poll(&r->outputs, fds + n);
	return n + control_poll(&r->control, fds + n);
}

/* ppoll(2) until the deadline. */
static int wait_for(struct pollfd *fds, size_t count, usec_t deadline, usec_t now)
{
	usec_t left = deadline > now ? deadline - now : 0;
	struct timespec t = { .tv_sec = (time_t)(left / USEC_PER_SEC),
			      .tv_nsec = (long)(left % USEC_PER_SEC) * 1000 };

	return ppoll(fds, count, deadline == UINT64_MAX ? NULL : &t, NULL);
}

static void loop(struct receiver *r)
{
	struct pollfd fds[POLL_MAX];

	while (!r->ends) {
		size_t count = prepare(r, fds);
		int ready = wait_for(fds, count, next_deadline(r), r->now);
		bool storm = false;

		read_clocks(r);
		for (size_t i = 0; ready > 0 && i < r->socket_count; i++)
			if (fds[1 + i].revents)
				storm |= receive(r, &r->sockets[i]) == LOAD_STORM;
		hosts_expire(&r->hosts, r->now, r->wall);
		outputs_run(&r->outputs, r->now);
		crash_programs_run(&r->programs, r->now);
		control_run(&r->control, r->now);
		if (ready > 0 && fds[0].revents)
			take_signals(r);
		if (outputs_over(&r->outputs)) {
			say(r, "nobody reads standard output any more");
			r->ends = true;
		}
		if (storm)
			nanosleep(&(struct timespec){ .tv_nsec = STORM_NAP_NS }, NULL);
	}
}

int receiver_run(struct listen_options *o, const struct receiver_calls *calls, struct error *e)
{
	struct receiver *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return error_errno(e, -ENOMEM, "receiver");
	r->calls = calls;
	r->options = *o;
	*o = (struct listen_options){ 0 };
	r->signals = -1;
	err = begin(r, e);
	if (err == 0)
		loop(r);
	end(r);
	free(r);
	return err;
}
