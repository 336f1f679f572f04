/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mail system's own program, which every one of them installs under this name. */
#include <errno.h>

#include "base/io.h"
#include "base/process.h"
#include "notify/channel.h"
#include "notify/message.h"

#define SENDMAIL "/usr/sbin/sendmail"
#define TIMEOUT (60 * USEC_PER_SEC)

int notify_send_mail(const struct notify_message *m, const char *to, struct error *e)
{
	_cleanup_free_ char *program = root_join(m->root, SENDMAIL);
	/* -oi: a line with one dot does not end the mail */
	const char *const argv[] = { program, "-t", "-oi", NULL };
	_cleanup_buf_ struct buf text = { 0 };
	struct process p;
	int r = program ? notify_mail(m->dump, m->host, to, &text) : -ENOMEM, written;

	if (r < 0)
		return error_errno(e, r, "mail");
	if (access(program, X_OK) < 0)
		return error_errno(e, -errno, "no mail system: " SENDMAIL);
	r = process_start(argv, NULL, &p, e);
	if (r < 0)
		return r;
	written = write_all(p.in, text.data, text.len);
	r = process_finish(&p, clock_now() + TIMEOUT, NULL, e);
	if (r < 0)
		return error_prefix(e, r, SENDMAIL);
	return written < 0 ? error_errno(e, written, SENDMAIL) : 0;
}
