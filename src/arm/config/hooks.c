/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kdump_pre, kdump_post, kdump_emergency, extra_bins, fence_kdump_nodes, fence_kdump_args */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "arm/config/impl.h"
#include "base/parse.h"

/* fence_kdump_send(8) */
#define FENCE_PORT 7410
#define FENCE_INTERVAL 10

void config_hooks_defaults(struct config *c)
{
	c->fence = (struct config_fence){ .port = FENCE_PORT,
					  .interval = FENCE_INTERVAL,
					  .family = AF_UNSPEC };
}

void config_hooks_done(struct config *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->hooks); i++)
		free(c->hooks[i]);
	free(c->extra_bins);
	free(c->fence.nodes);
}

static int take(char **field, const struct config_directive *d, const char *value, struct error *e)
{
	*field = strdup(value);
	return *field ? 0 : error_errno(e, -ENOMEM, "%s", d->name);
}

static int check_path(const struct config_directive *d, const char *path, struct error *e)
{
	return *path == '/'
		       ? 0
		       : error_set(e, -EINVAL, "%s: '%s' does not begin with /", d->name, path);
}

int config_apply_hook(struct config_parser *p, const struct config_directive *d, const char *value,
		      struct error *e)
{
	enum plan_hook_when when = strcmp(d->name, "kdump_pre") == 0	? PLAN_HOOK_PRE
				   : strcmp(d->name, "kdump_post") == 0 ? PLAN_HOOK_POST
									: PLAN_HOOK_EMERGENCY;
	int r = check_path(d, value, e);

	return r < 0 ? r : take(&p->config->hooks[when], d, value, e);
}

int config_apply_extra_bins(struct config_parser *p, const struct config_directive *d,
			    const char *value, struct error *e)
{
	_cleanup_free_ char *words = strdup(value);
	char *rest = words, *word;
	int r = words ? 0 : error_errno(e, -ENOMEM, "%s", d->name);

	while (r == 0 && (word = strtok_r(rest, " \t", &rest)))
		r = check_path(d, word, e);
	return r < 0 ? r : take(&p->config->extra_bins, d, value, e);
}

int config_apply_fence_nodes(struct config_parser *p, const struct config_directive *d,
			     const char *value, struct error *e)
{
	return take(&p->config->fence.nodes, d, value, e);
}

static int set_family(const char *word, int *ret, struct error *e)
{
	static const struct {
		const char *word;
		int family;
	} families[] = { { "auto", AF_UNSPEC }, { "ipv4", AF_INET }, { "ipv6", AF_INET6 } };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strcmp(families[i].word, word) == 0) {
			*ret = families[i].family;
			return 0;
		}
	return error_set(e, -EINVAL, "'%s' is none of auto, ipv4 and ipv6", word);
}

static int set_number(const char *word, uint64_t min, uint64_t max, unsigned *ret, struct error *e)
{
	uint64_t number = 0;

	if (parse_decimal(word, max, &number) < 0 || number < min)
		return error_set(e, -EINVAL, "'%s' is no number from %llu to %llu", word,
				 (unsigned long long)min, (unsigned long long)max);
	*ret = (unsigned)number;
	return 0;
}

static int set_option(struct config_fence *f, int option, const char *value, struct error *e)
{
	switch (option) {
	case 'p':
		return set_number(value, 1, 65535, &f->port, e);
	case 'f':
		return set_family(value, &f->family, e);
	case 'c':
		return set_number(value, 0, UINT32_MAX, &f->count, e);
	case 'i':
		return set_number(value, 1, 3600, &f->interval, e);
	case 'v':
		return 0;
	default:
		return -ENOSYS;
	}
}

#define WORDS_MAX 16
#define NOT_AN_OPTION "'%s' is no option of fence_kdump_send"

/* Those of fence_kdump_send(8). */
int config_apply_fence_args(struct config_parser *p, const struct config_directive *d,
			    const char *value, struct error *e)
{
	static const struct option options[] = {
		{ "ipport", required_argument, NULL, 'p' },
		{ "family", required_argument, NULL, 'f' },
		{ "count", required_argument, NULL, 'c' },
		{ "interval", required_argument, NULL, 'i' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	_cleanup_free_ char *copy = strdup(value);
	char *argv[WORDS_MAX + 2] = { (char *)d->name }, *rest = copy;
	int argc = 1, option, r = copy ? 0 : error_errno(e, -ENOMEM, "%s", d->name);

	while (r == 0 && argc <= WORDS_MAX && (argv[argc] = strtok_r(rest, " \t", &rest)))
		argc++;
	argv[argc] = NULL;
	optind = 0;
	opterr = 0;
	while (r == 0 && (option = getopt_long(argc, argv, "+p:f:c:i:v", options, NULL)) != -1) {
		r = set_option(&p->config->fence, option, optarg, e);
		if (r == -ENOSYS)
			r = error_set(e, -EINVAL, NOT_AN_OPTION, argv[MAX(optind - 1, 1)]);
	}
	if (r == 0 && optind < argc)
		r = error_set(e, -EINVAL, NOT_AN_OPTION, argv[optind]);
	return r < 0 ? error_prefix(e, r, "%s", d->name) : 0;
}
