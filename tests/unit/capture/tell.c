/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What receivers get, over real sockets of this machine. */
#include "../test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/tell.h"

static int listen_on(uint32_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* The next datagram, "" where there is none; *ret_port: whose. */
static const char *hear(int fd, uint32_t *ret_port)
{
	static char datagram[2000];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, datagram, sizeof(datagram) - 1, 0, (struct sockaddr *)&from, &len);

	datagram[n > 0 ? n : 0] = '\0';
	*ret_port = n > 0 ? ntohs(from.sin_port) : 0;
	return datagram;
}

static void told(void **state)
{
	const struct encode_record record = {
		.seq = 900,
		.time_us = 12,
		.priority = 4,
		.caller = "T1",
		.text = "Kernel panic",
		.len = 12,
		.subsystem = "",
		.device = "",
	};
	uint32_t port, second_port, free_port, from;
	int first = listen_on(&port), second = listen_on(&second_port),
	    free_fd = listen_on(&free_port);
	char here[] = "127.0.0.1", none[] = "", wrong[] = "no address", wanted[300];
	struct plan_receiver receivers[] = {
		{ here, here, port, free_port },
		{ wrong, none, 1, 0 },
		{ here, none, second_port, 0 },
	};
	const struct plan p = { .receivers = receivers, .receivers_count = 3 };
	struct tell t;
	struct error e = { 0 };

	(void)state;
	close(free_fd);
	assert_int_equal(tell_open(&p, "web1", "b1", "6.1", &t, &e), 0);
	tell_record(&t, &record);
	assert_string_equal(hear(first, &from),
			    "6.1,4,900,12,-,caller=T1;Kernel panic\n host=web1\n boot=b1\n"
			    " lastword=resent\n");
	assert_int_equal(from, free_port);
	assert_string_not_equal(hear(second, &from), "");
	tell_stage(&t, ANNOUNCE_SAVED, "43 MiB");
	tell_stage(&t, ANNOUNCE_ACTION, "reboot");
	for (unsigned i = 0; i < 4; i++) {
		const char *datagram = hear(first, &from);

		assert_non_null(strstr(datagram, i < 2 ? ";43 MiB\n host=web1\n" : ";reboot\n"));
		snprintf(wanted, sizeof(wanted), " lastword=capture\n run=%s\n stage=%s\n", t.run,
			 i < 2 ? "saved" : "action");
		assert_non_null(strstr(datagram, wanted));
		assert_non_null(strstr(datagram, i < 2 ? "6.1,6,0," : "6.1,6,1,"));
	}
	assert_string_equal(hear(first, &from), "");
	assert_int_equal(t.sent, 10);
	/* a receiver that is gone costs nothing but its own */
	close(second);
	for (unsigned i = 0; i < 5; i++)
		tell_record(&t, &record);
	for (unsigned i = 0; i < 5; i++)
		assert_string_not_equal(hear(first, &from), "");
	tell_close(&t);
	close(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
