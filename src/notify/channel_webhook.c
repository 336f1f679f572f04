/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * curl(1), told everything through its standard input: an address is often a secret, and what a program is started with
 * everybody can see.
 */
#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "base/process.h"
#include "notify/channel.h"
#include "notify/message.h"

/* Not in a made-up root: it would be another program with other libraries. */
#define CURL "/usr/bin/curl"
#define CONNECT_SECONDS 10
#define SECONDS 30

/* In double quotes, as curl's configuration has them. */
static int add_option(struct buf *out, const char *name, const char *value)
{
	int r = buf_printf(out, "%s = \"", name);

	for (; *value && r == 0; value++) {
		if (*value == '\n')
			r = buf_append(out, "\\n", 2);
		else if (*value == '"' || *value == '\\')
			r = buf_printf(out, "\\%c", *value);
		else
			r = buf_append(out, value, 1);
	}
	return r < 0 ? r : buf_append(out, "\"\n", 2);
}

static int configuration(const struct notify_message *m, const char *url, struct buf *out)
{
	_cleanup_buf_ struct buf json = { 0 };
	int r = notify_json(m->dump, m->host, &json);

	if (r == 0)
		r = add_option(out, "url", url);
	if (r == 0)
		r = add_option(out, "header", "Content-Type: application/json");
	if (r == 0)
		r = add_option(out, "user-agent", "lastword/" LASTWORD_VERSION);
	return r < 0 ? r : add_option(out, "data-raw", json.data);
}

int notify_send_webhook(const struct notify_message *m, const char *to, struct error *e)
{
	/* -q: no ~/.curlrc; -g: no patterns in the address */
	static const char *const argv[] = { CURL,
					    "-q",
					    "-g",
					    "--silent",
					    "--show-error",
					    "--fail",
					    "--proto",
					    "=https,http",
					    "--connect-timeout",
					    STRINGIFY(CONNECT_SECONDS),
					    "--max-time",
					    STRINGIFY(SECONDS),
					    "--output",
					    "/dev/null",
					    "--config",
					    "-",
					    NULL };
	_cleanup_buf_ struct buf text = { 0 };
	struct process p;
	int r = configuration(m, to, &text), written;

	if (r < 0)
		return error_errno(e, r, "webhook");
	if (access(CURL, X_OK) < 0)
		return error_errno(e, -errno, "webhook: " CURL);
	r = process_start(argv, NULL, &p, e);
	if (r < 0)
		return r;
	written = write_all(p.in, text.data, text.len);
	r = process_finish(&p, clock_now() + 2 * SECONDS * USEC_PER_SEC, NULL, e);
	if (r < 0)
		return error_prefix(e, r, "webhook");
	return written < 0 ? error_errno(e, written, "webhook") : 0;
}
