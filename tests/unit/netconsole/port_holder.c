/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a port, on a made-up root and on this machine. */
#include "../made_root.h"
#include "../test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netconsole/port_holder.h"

#define HEAD                                                                                       \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode ref pointer drops\n"

static void made_up(void **state)
{
	const struct root *root = *state;
	char who[PORT_HOLDER_SIZE];

	assert_int_equal(port_holder_find(root, 514, who), -ENOENT);
	made_file(root, "/proc/net/udp",
		  HEAD " 1146: 00000000:0202 00000000:0000 07 00000000:00000000 "
		       "00:00000000 00000000  1000        0 "
		       "77 2 0000000000000000 0\n"
		       " 1147: 00000000:1A0A 00000000:0000 07 00000000:00000000 "
		       "00:00000000 00000000     0        0 "
		       "78 2 0000000000000000 0\n"
		       "garbage\n");
	assert_int_equal(port_holder_find(root, 6667, who), -ENOENT);
	assert_int_equal(port_holder_find(root, 514, who), 0);
	assert_string_equal(who, "a process of user 1000");
	made_link(root, "/proc/612/fd/0", "/dev/null");
	made_link(root, "/proc/612/fd/5", "socket:[78]");
	assert_int_equal(port_holder_find(root, 6666, who), 0);
	assert_string_equal(who, "process 612");
	made_file(root, "/proc/612/comm", "rsyslogd\n");
	assert_int_equal(port_holder_find(root, 6666, who), 0);
	assert_string_equal(who, "rsyslogd (process 612)");
}

static void ours(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	char who[PORT_HOLDER_SIZE], wanted[32];
	_cleanup_root_ struct root root = { .fd = -1 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(root_open(NULL, &root), 0);
	assert_int_equal(port_holder_find(&root, ntohs(a.sin_port), who), 0);
	snprintf(wanted, sizeof(wanted), "(process %d)", (int)getpid());
	assert_non_null(strstr(who, wanted));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
						    made_up, made_root_setup, made_root_teardown),
					    cmocka_unit_test(ours) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
