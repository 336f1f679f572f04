/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/listen_options.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/parse.h"

#define FILE_MAX_SIZE KIB(256)

static int set_text(char **to, const char *value, struct error *e)
{
	char *copy = strdup(value);

	if (!copy)
		return error_errno(e, -ENOMEM, "%s", value);
	free(*to);
	*to = copy;
	return 0;
}

static int set_number(const char *value, uint64_t min, uint64_t max, uint64_t *ret, struct error *e)
{
	uint64_t v;

	if (parse_decimal(value, max, &v) < 0 || v < min)
		return error_set(e, -EINVAL, "'%s': a number from %llu to %llu is wanted", value,
				 (unsigned long long)min, (unsigned long long)max);
	*ret = v;
	return 0;
}

static int set_port(struct listen_options *o, const char *value, struct error *e)
{
	uint64_t port = 0;
	int r = set_number(value, 1, UINT16_MAX, &port, e);

	if (r == 0)
		o->port = (uint16_t)port;
	return r;
}

static int set_listen(struct listen_options *o, const char *value, struct error *e)
{
	int r;

	if (o->listen_count == OPTIONS_LISTEN)
		return error_set(e, -E2BIG, "at most %d addresses", OPTIONS_LISTEN);
	r = address_parse(value, 0, &o->listen[o->listen_count], e);
	o->listen_count += r == 0;
	return r;
}

static int add_output(struct listen_options *o, const char *spec, struct error *e)
{
	int r;

	if (o->output_count == OUTPUTS_MAX)
		return error_set(e, -E2BIG, "at most %d outputs", OUTPUTS_MAX);
	r = set_text(&o->outputs[o->output_count], spec, e);
	o->output_count += r == 0;
	return r;
}

static int set_dir(struct listen_options *o, const char *value, struct error *e)
{
	char spec[4096 + 8];

	if ((size_t)snprintf(spec, sizeof(spec), "file:%s", value) >= sizeof(spec))
		return error_set(e, -ENAMETOOLONG, "%s", value);
	return add_output(o, spec, e);
}

static int set_allow(struct listen_options *o, const char *value, struct error *e)
{
	return allow_add(&o->allow, value, e);
}

static int set_run(struct listen_options *o, const char *value, struct error *e)
{
	if (*value != '/')
		return error_set(e, -EINVAL, "'%s' is no absolute path", value);
	if (access(value, X_OK) < 0)
		return error_errno(e, -errno, "%s", value);
	return set_text(&o->run_on_crash, value, e);
}

/* Nobody else's business, unless an address says so. */
static int set_metrics(struct listen_options *o, const char *value, struct error *e)
{
	char local[32];
	int r;

	if (value[strspn(value, "0123456789")] == '\0' && strlen(value) < 8) {
		snprintf(local, sizeof(local), "127.0.0.1:%s", value);
		value = local;
	}
	r = address_parse(value, 0, &o->metrics, e);
	if (r == 0 && o->metrics.port == 0)
		r = error_set(e, -EINVAL, "'%s': a port is wanted", value);
	o->has_metrics = r == 0;
	return r;
}

static int set_control(struct listen_options *o, const char *value, struct error *e)
{
	return set_text(&o->control, value, e);
}

static int set_sources(struct listen_options *o, const char *value, struct error *e)
{
	return set_number(value, 16, 10000000, &o->sources, e);
}

static int set_buffer(struct listen_options *o, const char *value, struct error *e)
{
	return set_number(value, 4096, MIB(512), &o->receive_buffer, e);
}

const struct listen_options_row listen_options_table[] = {
	{ "port", "N", "the port to listen on (6666)", set_port },
	{ "listen", "ADDRESS[:PORT]",
	  "an address to listen on (all, IPv4 and IPv6); may be given again", set_listen },
	{ "dir", "DIRECTORY", "the same as --output file:DIRECTORY", set_dir },
	{ "output", "KIND:ARGUMENT", "where records go; may be given again", add_output },
	{ "allow", "CIDR", "who is heard (everybody); may be given again", set_allow },
	{ "run-on-crash", "PROGRAM", "run on each oops or panic, its text on standard input",
	  set_run },
	{ "metrics", "[ADDRESS:]PORT", "counters for Prometheus, over HTTP", set_metrics },
	{ "control", "PATH", "the socket that `netconsole status` asks", set_control },
	{ "sources", "N", "hosts remembered at once (20000)", set_sources },
	{ "receive-buffer", "BYTES", "of a socket (33554432, as far as it is allowed)",
	  set_buffer },
	{ 0 },
};

void listen_options_init(struct listen_options *o)
{
	*o = (struct listen_options){ .sources = OPTIONS_SOURCES, .receive_buffer = MIB(32) };
}

int listen_options_set(struct listen_options *o, const char *name, const char *value,
		       struct error *e)
{
	for (const struct listen_options_row *row = listen_options_table; row->name; row++)
		if (strcmp(row->name, name) == 0) {
			int r = row->set(o, value, e);

			return r < 0 ? error_prefix(e, r, "%s", name) : 0;
		}
	return error_set(e, -EINVAL, "there is no option '%s'", name);
}

static char *trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

int listen_options_parse(struct listen_options *o, char *text, const char *name, struct error *e)
{
	unsigned number = 1;
	char *line;
	int r = 0;

	for (; r == 0 && (line = strsep(&text, "\n")); number++) {
		char *value;

		line = trim(line);
		if (*line == '\0' || *line == '#')
			continue;
		value = line + strcspn(line, " \t=");
		if (*value)
			*value++ = '\0';
		r = listen_options_set(o, line, trim(value), e);
		if (r < 0)
			r = error_prefix(e, r, "%s:%u", name, number);
	}
	return r;
}

int listen_options_read(struct listen_options *o, const char *path, struct error *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = read_file_at(AT_FDCWD, path, FILE_MAX_SIZE, &b);

	return r < 0 ? error_errno(e, r, "%s", path) : listen_options_parse(o, b.data, path, e);
}

void listen_options_done(struct listen_options *o)
{
	for (size_t i = 0; i < o->output_count; i++)
		free(o->outputs[i]);
	allow_done(&o->allow);
	free(o->run_on_crash);
	free(o->control);
	*o = (struct listen_options){ 0 };
}
