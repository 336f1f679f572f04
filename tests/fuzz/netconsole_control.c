/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever somebody writes to the socket that tells the state, in parts: an answer that is whole, or the end. */
#include "netconsole/control.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool page(void *user, const char *path, struct buf *out, const char **ret_type)
{
	*ret_type = "text/plain";
	return strcmp(path, "/there") == 0 && buf_append(out, "it is there\n", 12) == 0;
}

static void check_answer(int fd)
{
	char answer[1024];
	ssize_t n = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
	char *body;

	if (n <= 0)
		return;
	answer[n] = '\0';
	body = strstr(answer, "\r\n\r\n");
	if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || !body ||
	    strtoul(strstr(answer, "Content-Length: ") + 16, NULL, 10) != strlen(body + 4))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control c;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return 0;
	control_init(&c, page, NULL);
	c.connections[0] = (struct control_connection){ .fd = ends[0], .deadline = 100 };
	/* each part: its length, its bytes */
	for (usec_t now = 0; size > 1 && c.connections[0].fd >= 0; now++) {
		size_t len = MIN((size_t)data[0] * 8, size - 1);

		if (len && send(ends[1], data + 1, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		data += 1 + len;
		size -= 1 + len;
		control_run(&c, now);
	}
	check_answer(ends[1]);
	control_run(&c, 100);
	if (c.connections[0].fd >= 0 || control_deadline(&c) != UINT64_MAX)
		abort();
	control_done(&c);
	close(ends[1]);
	return 0;
}
