/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastword_fast, lastword_target_rate */
#include <errno.h>
#include <string.h>

#include "arm/config/impl.h"
#include "base/parse.h"

#define RATE_MAX (UINT64_C(1) << 50)

int config_apply_fast(struct config_parser *p, const struct config_directive *d, const char *value,
		      struct error *e)
{
	return config_set_yes(d, value, &p->config->fast, e);
}

/* "auto", or bytes a second: "200M" */
int config_apply_target_rate(struct config_parser *p, const struct config_directive *d,
			     const char *value, struct error *e)
{
	uint64_t rate = 0;

	if (strcmp(value, "auto") != 0 &&
	    (parse_scaled(value, "kMG", RATE_MAX >> 30, &rate) < 0 || !rate))
		return error_set(e, -EINVAL,
				 "%s: '%s': write bytes a second, such as 200M, or auto", d->name,
				 value);
	p->config->rate_wanted = true;
	p->config->rate = rate;
	return 0;
}
