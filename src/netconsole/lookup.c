/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct lookup {
	struct addrinfo hints;
	struct gaicb request;
	bool asked;
	char *host, *port;
};

int lookup_new(const char *host, const char *port, int socktype, struct lookup **ret)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->hints.ai_socktype = socktype;
	l->host = strdup(host);
	l->port = strdup(port);
	if (!l->host || !l->port) {
		lookup_free(l);
		return -ENOMEM;
	}
	l->request.ar_name = l->host;
	l->request.ar_service = l->port;
	l->request.ar_request = &l->hints;
	*ret = l;
	return 0;
}

static int ask(struct lookup *l, struct addrinfo **ret)
{
	struct addrinfo hints = { .ai_socktype = l->hints.ai_socktype,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct gaicb *list[] = { &l->request };

	if (getaddrinfo(l->host, l->port, &hints, ret) == 0)
		return 1;
	l->request.ar_result = NULL;
	if (getaddrinfo_a(GAI_NOWAIT, list, ARRAY_SIZE(list), NULL) != 0)
		return -ENXIO;
	l->asked = true;
	return 0;
}

int lookup_run(struct lookup *l, struct addrinfo **ret)
{
	int r;

	if (!l->asked)
		return ask(l, ret);
	r = gai_error(&l->request);
	if (r == EAI_INPROGRESS)
		return 0;
	l->asked = false;
	if (r != 0)
		return -ENXIO;
	*ret = l->request.ar_result;
	return 1;
}

struct lookup *lookup_free(struct lookup *l)
{
	/* a thread that still waits for a name server goes on using it: it is lost at the program's end or a reload */
	if (l->asked && gai_cancel(&l->request) == EAI_NOTCANCELED)
		return NULL;
	if (l->asked && l->request.ar_result)
		freeaddrinfo(l->request.ar_result);
	free(l->host);
	free(l->port);
	free(l);
	return NULL;
}
