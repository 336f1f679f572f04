/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastword_netconsole */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arm/config/impl.h"
#include "base/parse.h"

/* Of each word of it: a name or an address, and maybe a port. */
int config_split_receiver(const char *word, char **ret_host, uint32_t *ret_port, struct error *e)
{
	bool bracket = *word == '[';
	const char *host = word + bracket, *end = bracket ? strchr(word, ']') : word + strlen(word);
	const char *colon = bracket ? (end ? end + 1 : NULL) : strchr(word, ':');
	uint64_t port = CONFIG_RECEIVER_PORT;

	/* an address of IPv6 has more than one */
	if (!bracket && colon && strchr(colon + 1, ':'))
		colon = NULL;
	if (!bracket && colon)
		end = colon;
	if (!end || end == host || (bracket && *colon && *colon != ':'))
		return error_set(e, -EINVAL, "'%s': write HOST, HOST:PORT or [IPV6]:PORT", word);
	if (colon && *colon && (parse_decimal(colon + 1, UINT16_MAX, &port) < 0 || port == 0))
		return error_set(e, -EINVAL, "'%s': '%s' is no port", word, colon + 1);
	*ret_host = strndup(host, (size_t)(end - host));
	if (!*ret_host)
		return error_errno(e, -ENOMEM, "%s", word);
	*ret_port = (uint32_t)port;
	return 0;
}

static int check(const char *value, struct error *e)
{
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *word;
	int r = copy ? 0 : error_errno(e, -ENOMEM, "'%s'", value);

	for (unsigned n = 1; r == 0 && (word = strtok_r(rest, " \t", &rest)); n++) {
		_cleanup_free_ char *host = NULL;
		uint32_t port;

		r = n > PLAN_RECEIVERS_MAX
			    ? error_set(e, -E2BIG, "more than %d receivers", PLAN_RECEIVERS_MAX)
			    : config_split_receiver(word, &host, &port, e);
	}
	return r;
}

int config_apply_netconsole(struct config_parser *p, const struct config_directive *d,
			    const char *value, struct error *e)
{
	int r;

	if (strcmp(value, "auto") == 0)
		return 0;
	if (strcmp(value, "no") == 0)
		return config_replace(&p->config->receivers, "", e);
	r = check(value, e);
	return r < 0 ? error_prefix(e, r, "%s", d->name)
		     : config_replace(&p->config->receivers, value, e);
}
