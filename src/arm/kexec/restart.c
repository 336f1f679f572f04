/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/restart.h"

#include <errno.h>
#include <linux/reboot.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

void restart_links_down(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *links = fd < 0 ? NULL : if_nameindex();

	for (size_t i = 0; links && links[i].if_name; i++) {
		struct ifreq request = { 0 };

		strncpy(request.ifr_name, links[i].if_name, sizeof(request.ifr_name) - 1);
		if (ioctl(fd, SIOCGIFFLAGS, &request) < 0 || (request.ifr_flags & IFF_LOOPBACK) ||
		    !(request.ifr_flags & IFF_UP))
			continue;
		request.ifr_flags &= (short)~IFF_UP;
		(void)ioctl(fd, SIOCSIFFLAGS, &request);
	}
	if (links)
		if_freenameindex(links);
}

int restart_now(struct error *e)
{
	(void)syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC,
		      NULL);
	return error_set(e, -errno, "%s", strerror(errno));
}

int restart_by_shutdown(struct error *e)
{
	static const char *const places[] = { "/sbin/shutdown", "/usr/sbin/shutdown",
					      "/bin/shutdown" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		execl(places[i], "shutdown", "-r", "now", NULL);
	return error_set(e, -errno, "shutdown: %s", strerror(errno));
}
