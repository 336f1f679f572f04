/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 5424 over UDP (RFC 5426), TCP (RFC 6587, octet counting) or TLS (RFC 5425). A message a line; what waits for the server
 * is bounded.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "netconsole/output.h"
#include "netconsole/queue.h"
#include "netconsole/text.h"
#include "netconsole/transport.h"

#define NAME_MAX_LEN 255 /* RFC 5424, 6: HOSTNAME */
#define UDP_MAX 2048	 /* RFC 5426, 3.2: what receivers should take */
#define PRIORITY_MAX 191 /* facility 23 */
#define PRIORITY_INFO 6	 /* of the kernel, where nothing is said */
#define PRIORITY_WARNING 4
#define PRIORITY_CRITICAL 2

struct syslog {
	struct output_stats *stats;
	enum transport_kind kind;
	struct transport *transport;
	struct queue queue;
	uint64_t connections;
	struct buf message;
};

/* ---- opening ---- */

enum { OPT_CA, OPT_CERT, OPT_KEY, OPT_NAME, OPT_QUEUE, OPTIONS };

/* "HOST", "HOST:PORT", "[V6]:PORT": cut in place. */
static int split_server(char *server, char **ret_host, char **ret_port, struct error *e)
{
	char *bracket = *server == '[' ? strchr(server, ']') : NULL, *colon;

	if (*server == '[' && !bracket)
		return error_set(e, -EINVAL, "'%s': ']' is missing", server);
	colon = strchr(bracket ?: server, ':');
	if (colon && !bracket && strchr(colon + 1, ':'))
		return error_set(e, -EINVAL, "'%s': IPv6 addresses stand in brackets", server);
	if (colon) {
		*colon = '\0';
		*ret_port = colon + 1;
	}
	if (bracket)
		*bracket = '\0';
	*ret_host = server + (bracket != NULL);
	return **ret_host ? 0 : error_set(e, -EINVAL, "a server is wanted");
}

static int read_server(char *argument, struct transport_options *t, struct error *e)
{
	static const struct {
		const char *scheme, *port;
	} kinds[] = {
		[TRANSPORT_UDP] = { "udp://", "514" },
		[TRANSPORT_TCP] = { "tcp://", "601" },
		[TRANSPORT_TLS] = { "tls://", "6514" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].scheme);
		char *host = NULL, *port = (char *)kinds[i].port;
		int r;

		if (strncmp(argument, kinds[i].scheme, len) != 0)
			continue;
		r = split_server(argument + len, &host, &port, e);
		t->kind = (enum transport_kind)i;
		t->host = host;
		t->port = port;
		return r;
	}
	return error_set(e, -EINVAL, "'%s' does not begin with udp://, tcp:// or tls://", argument);
}

static int open_syslog(const char *argument, struct output_stats *stats, void **ret,
		       struct error *e)
{
	struct output_option o[OPTIONS] = { { "ca", NULL },
					    { "cert", NULL },
					    { "key", NULL },
					    { "name", NULL },
					    { "queue", NULL } };
	_cleanup_free_ struct syslog *s = calloc(1, sizeof(*s));
	_cleanup_free_ char *server = NULL;
	struct transport_options t = { 0 };
	uint64_t limit = QUEUE_LIMIT;
	int r = s ? output_split(argument, &server, o, OPTIONS, e)
		  : error_errno(e, -ENOMEM, "%s", argument);

	if (r < 0)
		return r;
	r = read_server(server, &t, e);
	if (r == 0)
		r = output_size(&o[OPT_QUEUE], &limit, e);
	t.ca = o[OPT_CA].value;
	t.cert = o[OPT_CERT].value;
	t.key = o[OPT_KEY].value;
	t.name = o[OPT_NAME].value;
	if (r == 0 && t.kind != TRANSPORT_TLS && (t.ca || t.cert || t.key || t.name))
		r = error_set(e, -EINVAL, "ca, cert, key and name are for tls://");
	if (r == 0)
		r = transport_new(&t, &s->transport, e);
	output_options_done(o, OPTIONS);
	if (r < 0)
		return r;
	s->kind = t.kind;
	s->stats = stats;
	s->queue.limit = limit;
	*ret = TAKE_PTR(s);
	return 0;
}

/* ---- messages ---- */

/* A word of the header: printable ASCII without blanks. */
static int put_word(struct buf *out, const char *word)
{
	char text[NAME_MAX_LEN + 1];
	size_t len = word ? strlen(word) : 0;

	len = MIN(len, (size_t)NAME_MAX_LEN);
	for (size_t i = 0; i < len; i++)
		text[i] = word[i] > ' ' && word[i] < 0x7f ? word[i] : '_';
	text[len] = '\0';
	return buf_printf(out, "%s ", len ? text : "-");
}

static unsigned priority_of(const struct record *r)
{
	if (r->kind == RECORD_CRASH)
		return PRIORITY_CRITICAL;
	if (r->kind != RECORD_TEXT)
		return PRIORITY_WARNING;
	if (!r->extended)
		return PRIORITY_INFO;
	return r->priority <= PRIORITY_MAX ? r->priority : r->priority & 7;
}

static int put_header(struct buf *out, const struct record *r)
{
	char time[TEXT_TIME_SIZE];
	int err;

	text_time(r->received_us, time);
	err = buf_printf(out, "<%u>1 %s ", priority_of(r), time);
	if (err == 0)
		err = put_word(out, r->host ?: r->address);
	if (err == 0)
		err = buf_printf(out, "kernel ");
	if (err == 0)
		err = put_word(out, r->caller);
	/* the address may hold '%', and nothing that ends a parameter */
	return err < 0 ? err
		       : buf_printf(out, "%s [origin ip=\"%s\"] ", record_kind_names[r->kind],
				    r->address);
}

static int put_text(struct buf *out, const struct record *r, const char *line, size_t len)
{
	return r->kind == RECORD_TEXT ? text_clean(out, line, len) : text_put_event(out, r);
}

static bool queue_message(struct syslog *s, const struct buf *m)
{
	char count[24];
	size_t len = s->kind == TRANSPORT_UDP ? MIN(m->len, (size_t)UDP_MAX) : m->len, before = 0;
	_cleanup_buf_ struct buf framed = { 0 };

	if (s->kind == TRANSPORT_UDP)
		return queue_put(&s->queue, m->data, len);
	before = (size_t)snprintf(count, sizeof(count), "%zu ", len);
	return buf_append(&framed, count, before) == 0 && buf_append(&framed, m->data, len) == 0 &&
	       queue_put(&s->queue, framed.data, framed.len);
}

static void put(void *user, const struct record *r, usec_t now)
{
	struct syslog *s = user;
	const char *line = r->text, *end = r->text + r->len;

	(void)now;
	s->stats->records++;
	do {
		const char *newline = memchr(line, '\n', (size_t)(end - line)) ?: end;

		s->message.len = 0;
		if (put_header(&s->message, r) < 0 ||
		    put_text(&s->message, r, line, (size_t)(newline - line)) < 0 ||
		    !queue_message(s, &s->message))
			s->stats->dropped++;
		line = newline + 1;
	} while (line < end);
	s->stats->waiting = queue_waiting(&s->queue);
}

/* ---- sending ---- */

static void run(void *user, usec_t now)
{
	struct syslog *s = user;
	int r = transport_run(s->transport, now);

	if (r < 0)
		output_failed(s->stats, r, r == -ENXIO ? "the server's name" : "connection");
	if (r <= 0)
		return;
	if (s->connections != transport_connections(s->transport)) {
		s->connections = transport_connections(s->transport);
		queue_again(&s->queue);
	}
	r = queue_flush(&s->queue, transport_write, s->transport);
	while (r < 0 && s->kind == TRANSPORT_UDP) {
		output_failed(s->stats, r, "send");
		/* that is the answer to an earlier one; this one goes now */
		if (r != -ECONNREFUSED) {
			s->stats->dropped++;
			queue_pop(&s->queue);
		}
		r = queue_flush(&s->queue, transport_write, s->transport);
	}
	s->stats->waiting = queue_waiting(&s->queue);
}

static usec_t deadline(const void *user)
{
	const struct syslog *s = user;

	return transport_deadline(s->transport);
}

static int wait_for(const void *user, uint32_t *ret_events)
{
	const struct syslog *s = user;

	return transport_wait(s->transport, queue_waiting(&s->queue) > 0, ret_events);
}

static void close_syslog(void *user, usec_t until)
{
	struct syslog *s = user;
	usec_t now = clock_now();

	run(s, now);
	while (queue_waiting(&s->queue) && now < until) {
		struct pollfd p = { .fd = -1 };
		uint32_t events = 0;
		usec_t next = MIN(until, transport_deadline(s->transport));

		p.fd = transport_wait(s->transport, true, &events);
		p.events = (short)events;
		if (poll_until(&p, 1, next) < 0 && clock_now() >= until)
			break;
		now = clock_now();
		run(s, now);
	}
	s->stats->dropped += queue_waiting(&s->queue) > 0;
	transport_free(s->transport);
	queue_done(&s->queue);
	buf_done(&s->message);
	free(s);
}

const struct output_ops output_syslog = {
	.name = "syslog",
	.argument =
		"udp|tcp|tls://HOST[:PORT][,ca=FILE][,cert=FILE,key=FILE][,name=HOST][,queue=4M]",
	.summary = "RFC 5424 to a syslog server",
	.open = open_syslog,
	.put = put,
	.run = run,
	.deadline = deadline,
	.wait = wait_for,
	.close = close_syslog,
};
