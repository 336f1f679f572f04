/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd's journal in its own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram of lines FIELD=VALUE; else
 * syslog(3).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include "notify/channel.h"
#include "notify/message.h"

#define JOURNAL "/run/systemd/journal/socket"
#define SYSLOG "/dev/log"
#define MESSAGE_ID "5f2c7a0be9c54ab2a0c3e1d7704c6a1e" /* man/lastword.8 has it */

static int send_fields(const char *socket_path, const struct buf *fields)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path) >=
	    sizeof(address.sun_path))
		return -ENAMETOOLONG;
	return sendto(fd, fields->data, fields->len, MSG_NOSIGNAL, (struct sockaddr *)&address,
		      sizeof(address)) < 0
		       ? -errno
		       : 0;
}

static int format(const struct notify_message *m, const char *line, struct buf *out)
{
	char path[1000];

	notify_clean(m->dump->path, path, sizeof(path));
	return buf_printf(out,
			  "MESSAGE=%s\nMESSAGE_ID=" MESSAGE_ID
			  "\nPRIORITY=2\nSYSLOG_IDENTIFIER=lastword\nLASTWORD_DUMP=%s\n"
			  "LASTWORD_STATE=%s\nLASTWORD_KERNEL=%s\nLASTWORD_TITLE=%s\n",
			  line, path, notify_state_name(m->dump->state), m->dump->release,
			  m->dump->title);
}

static int send_syslog(const struct root *root, const char *line, struct error *e)
{
	if (*root->path || access(SYSLOG, F_OK) < 0)
		return error_set(e, -ENOENT, "there is neither " JOURNAL " nor " SYSLOG);
	openlog("lastword", LOG_NDELAY, LOG_USER);
	syslog(LOG_CRIT, "%s", line);
	closelog();
	return 0;
}

int notify_send_journal(const struct notify_message *m, const char *to, struct error *e)
{
	_cleanup_free_ char *path = root_join(m->root, JOURNAL);
	_cleanup_buf_ struct buf line = { 0 }, fields = { 0 };
	int r = path ? notify_line(m->dump, m->host, &line) : -ENOMEM;

	if (r == 0)
		r = format(m, line.data, &fields);
	if (r < 0)
		return error_errno(e, r, "journal");
	r = send_fields(path, &fields);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return send_syslog(m->root, line.data, e);
	return r < 0 ? error_errno(e, r, JOURNAL) : 0;
}
