/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netconsole_load PORT SOURCES RATE SECONDS [RUN [panic]]: what SOURCES kernels would send to 127.0.0.1 in extended format, RATE
 * messages a second in all (or as fast as it can), RUN (8) of one source in a row as kernels do; of machines that are well, or that all panic. The
 * sources are 127.x.y.z: the address is chosen for each datagram. Prints how many were sent, and the CPU seconds that took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"

#define RUN 8 /* messages of one source in a row, at most */
#define MESSAGE 400

struct run {
	struct mmsghdr headers[RUN];
	struct iovec parts[RUN];
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	char text[RUN][MESSAGE];
};

/* Like what a busy machine says: some 100 bytes, more than one kind. */
static const char *const texts[] = {
	"EXT4-fs (vda1): mounted filesystem 4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11 ro with ordered "
	"data mode",
	"usb 1-1: new high-speed USB device number 4 using xhci_hcd, and some words to make it "
	"longer",
	"IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready\n SUBSYSTEM=net\n DEVICE=n2",
	"audit: type=1400 audit(1700000000.123:42): apparmor=\\\"STATUS\\\" "
	"operation=\\\"profile_load\\\"",
};

static const char *const last_words[] = {
	"BUG: kernel NULL pointer dereference, address: 0000000000000008",
	"#PF: supervisor write access in kernel mode",
	"Oops: 0002 [#1] PREEMPT SMP NOPTI",
	"CPU: 0 PID: 187 Comm: insmod Tainted: G           OE      6.1.0-50-amd64 #1  Debian "
	"6.1.176-1",
	"RIP: 0010:death_null+0x9/0x19 [lastword_death]",
	"Code: 00 00 00 00 0f 1f 44 00 00 c7 04 25 08 00 00 00 01 00 00 00 31 c0 c3 cc cc cc cc "
	"<c7> 04 25 08 00 00 00 01 00 00 00",
	"RSP: 0018:ffffb2c5c0347c10 EFLAGS: 00010246",
	"Call Trace:",
	" <TASK>",
	" death_init+0xaf/0xba [lastword_death]",
	" do_one_initcall+0x5b/0x310",
	" do_init_module+0x4a/0x1f0",
	" __do_sys_finit_module+0xb4/0x130",
	" do_syscall_64+0x55/0xb0",
	" </TASK>",
	"---[ end Kernel panic - not syncing: Fatal exception ]---",
};

struct words {
	const char *const *lines;
	size_t count;
};

static const struct words well = { texts, ARRAY_SIZE(texts) },
			  dying = { last_words, ARRAY_SIZE(last_words) };

static void choose_source(struct run *r, uint32_t source)
{
	struct in_pktinfo info = { 0 };
	struct cmsghdr *c = (struct cmsghdr *)r->control;

	info.ipi_spec_dst.s_addr = htonl(0x7f010000U + (source / 250) * 256 + source % 250 + 1);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static size_t send_run(int fd, struct run *r, const struct sockaddr_in *to, uint32_t source,
		       const struct words *words, size_t count, uint64_t seq, uint64_t time_us)
{
	size_t sent = 0;

	choose_source(r, source);
	for (size_t i = 0; i < count; i++) {
		int len = snprintf(r->text[i], MESSAGE, "6,%" PRIu64 ",%" PRIu64 ",-;%s\n", seq + i,
				   time_us + i, words->lines[(seq + i) % words->count]);

		r->parts[i] = (struct iovec){ r->text[i], (size_t)len };
		r->headers[i].msg_hdr = (struct msghdr){
			.msg_name = (void *)to,
			.msg_namelen = sizeof(*to),
			.msg_iov = &r->parts[i],
			.msg_iovlen = 1,
			.msg_control = r->control,
			.msg_controllen = sizeof(r->control),
		};
	}
	while (sent < count) {
		int n = sendmmsg(fd, r->headers + sent, (unsigned)(count - sent), 0);

		if (n < 0 && errno != ECONNREFUSED && errno != ENOBUFS)
			break;
		sent += n > 0 ? (size_t)n : 0;
	}
	return sent;
}

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
	static struct run run;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t sent = 0, runs = 0, total;
	const struct words *words = &well;
	size_t count = RUN;
	uint32_t sources;
	double rate, seconds;
	usec_t start;

	if (argc > 5)
		count = strtoul(argv[5], NULL, 10);
	if (argc == 7)
		words = &dying;
	if (argc < 5 || argc > 7 || count < 1 || count > RUN || fd < 0) {
		fputs("usage: netconsole_load PORT SOURCES RATE SECONDS [RUN [panic]]\n", stderr);
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	sources = (uint32_t)atoi(argv[2]);
	rate = atof(argv[3]);
	seconds = atof(argv[4]);
	total = (uint64_t)(rate * seconds / (double)count);
	start = clock_now();
	while (runs < total) {
		usec_t now = clock_now();
		uint64_t due = (uint64_t)((double)(now - start) / 1e6 * rate / (double)count);

		for (; runs < MIN(due, total); runs++)
			sent += send_run(fd, &run, &to, (uint32_t)(runs % sources), words, count,
					 1008 + runs / sources * count, 5000000 + (now - start));
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
	}
	printf("{\"sent\": %" PRIu64 ", \"cpu\": %.3f}\n", sent, cpu_seconds());
	return 0;
}
