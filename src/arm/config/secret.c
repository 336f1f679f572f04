/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastword_encrypt */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/impl.h"

int config_apply_encrypt(struct config_parser *p, const struct config_directive *d,
			 const char *value, struct error *e)
{
	if (strcmp(value, "no") == 0)
		return 0;
	if (*value != '/')
		return error_set(e, -EINVAL, "%s: '%s': write a file's absolute path, or no",
				 d->name, value);
	p->config->encrypt = strdup(value);
	return p->config->encrypt ? 0 : error_errno(e, -ENOMEM, "%s", d->name);
}
