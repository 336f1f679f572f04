/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "arm/image/modules.h"
#include "arm/place/impl.h"

int place_find_server(const struct root *root, const char *host, struct names *names,
		      struct place *p, struct error *e)
{
	_cleanup_(names_freep) char **addresses = NULL;
	int r = names_look_up(names, host, &addresses, e);

	if (r < 0)
		return r;
	r = -EHOSTUNREACH;
	for (size_t i = 0; addresses[i] && r < 0; i++) {
		r = network_find(root, addresses[i], &p->network, e);
		if (r < 0)
			continue;
		p->target.server = strdup(addresses[i]);
		if (!p->target.server || names_remember(names, host, addresses[i]) < 0)
			return error_errno(e, -ENOMEM, "%s", host);
	}
	return r;
}
