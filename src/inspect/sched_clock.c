/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/sched_clock.h"

#include <inttypes.h>

int sched_clock_of(struct inspect *c, uint32_t cpu, uint64_t *ret, struct error *e)
{
	struct object_source source;
	struct object rq;
	int err = inspect_source(c, &source, e);

	if (err == 0)
		err = inspect_variable(c, "runqueues", cpu, &rq, e);
	return err < 0 ? err : object_number(&source, &rq, "clock", ret, e);
}

uint64_t sched_clock_latest(struct inspect *c)
{
	uint64_t clock, latest = 0;
	struct percpu *percpu;

	if (inspect_percpu(c, &percpu, NULL) < 0)
		return 0;
	for (uint32_t cpu = 0; cpu < percpu->count; cpu++)
		if (sched_clock_of(c, cpu, &clock, NULL) == 0)
			latest = MAX(latest, clock);
	return latest;
}

void sched_age(uint64_t ns, char ret[SCHED_AGE_SIZE])
{
	uint64_t ms = ns / 1000000, s = ms / 1000;

	snprintf(ret, SCHED_AGE_SIZE, "%" PRIu64 " %02u:%02u:%02u.%03u", s / 86400,
		 (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60), (unsigned)(s % 60),
		 (unsigned)(ms % 1000));
}
