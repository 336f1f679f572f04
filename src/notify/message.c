/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/message.h"

#include <string.h>
#include <time.h>

#include "base/json.h"

static const char *const what_is_there[NOTIFY_STATES] = {
	[NOTIFY_SAVED] = "the dump is in",
	[NOTIFY_INCOMPLETE] = "part of the dump is in",
	[NOTIFY_LOG_ONLY] = "the log, but no dump, is in",
};

void notify_host(const struct root *root, char ret[65])
{
	_cleanup_buf_ struct buf text = { 0 };

	*ret = '\0';
	if (root_read_file(root, "/proc/sys/kernel/hostname", 1024, &text) < 0 || !text.data)
		return;
	text.data[strcspn(text.data, "\n")] = '\0';
	notify_clean(text.data, ret, 65);
}

static const char *title_of(const struct notify_dump *d)
{
	if (*d->title)
		return d->title;
	return d->encrypted ? "why is encrypted" : "why is not known";
}

static const char *time_text(const struct notify_dump *d, char *buf, size_t size)
{
	time_t t = (time_t)d->time;
	struct tm tm;

	return gmtime_r(&t, &tm) && strftime(buf, size, "%Y-%m-%d %H:%M:%S UTC", &tm) ? buf : "?";
}

/* Directories have as many names as the kernel allows. */
static void path_text(const struct notify_dump *d, char *buf, size_t size)
{
	notify_clean(d->path, buf, size);
}

int notify_line(const struct notify_dump *d, const char *host, struct buf *out)
{
	char path[1000];

	path_text(d, path, sizeof(path));
	return buf_printf(out, "%s: kernel %s crashed: %s; %s %s", *host ? host : "this machine",
			  *d->release ? d->release : "(unknown)", title_of(d),
			  what_is_there[d->state], path);
}

int notify_mail(const struct notify_dump *d, const char *host, const char *address, struct buf *out)
{
	_cleanup_buf_ struct buf line = { 0 };
	char time[32], subject[150], path[900];
	int r = notify_line(d, host, &line);

	if (r < 0)
		return r;
	/* a header line has at most 998 bytes; people read the first hundred */
	notify_clean(title_of(d), subject, sizeof(subject));
	path_text(d, path, sizeof(path));
	return buf_printf(
		out,
		"To: %s\nSubject: %s: kernel crash: %s\nAuto-Submitted: auto-generated\n"
		"MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n"
		"Host       %s\nCrashed    %s\nKernel     %s\nTitle      %s\nDump       %s\n"
		"           %s%s\n\n"
		"'lastword report' explains a dump; report.txt beside it has what the\n"
		"capture kernel found.\n",
		address, *host ? host : "?", subject, *host ? host : "?",
		time_text(d, time, sizeof(time)), *d->release ? d->release : "?", title_of(d), path,
		notify_state_name(d->state), d->encrypted ? ", encrypted" : "");
}

int notify_json(const struct notify_dump *d, const char *host, struct buf *out)
{
	_cleanup_buf_ struct buf line = { 0 };
	char path[1000];
	struct json j;
	int r = notify_line(d, host, &line);

	if (r < 0)
		return r;
	path_text(d, path, sizeof(path));
	json_document(&j, out, "lastword.notify/1");
	json_put_text(&j, "host", host);
	json_put_text(&j, "kernel", d->release);
	json_put_text(&j, "title", d->title);
	json_put_int(&j, "crash_time", d->time);
	json_put_string(&j, "dump", path);
	json_put_string(&j, "state", notify_state_name(d->state));
	json_put_bool(&j, "encrypted", d->encrypted);
	json_put_string(&j, "text", line.data);
	json_object_end(&j);
	return json_end(&j);
}
