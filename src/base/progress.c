/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/progress.h"

#include <stdio.h>

void progress_begin(struct progress *p, const char *phase, uint64_t total)
{
	if (!p)
		return;
	p->phase = phase;
	p->total = total;
	p->started = p->shown = clock_now();
	atomic_store(&p->done, 0);
}

void progress_step(struct progress *p)
{
	usec_t now;

	if (!p || !p->show)
		return;
	now = clock_now();
	if (now - p->shown < USEC_PER_SEC)
		return;
	p->shown = now;
	p->show(p, now, false);
}

void progress_end(struct progress *p)
{
	if (p && p->show)
		p->show(p, clock_now(), true);
}

int progress_format(const struct progress *p, usec_t now, uint64_t unit, char *buf, size_t size)
{
	uint64_t done = atomic_load(&((struct progress *)p)->done);
	double seconds = (double)(now - p->started) / USEC_PER_SEC;
	double rate = seconds > 0 ? (double)done / seconds : 0;
	double mib = rate * (double)unit / (double)MIB(1);

	if (!p->total || done > p->total)
		return snprintf(buf, size, "%s: %.0f MiB, %.0f MiB/s", p->phase,
				(double)done * (double)unit / (double)MIB(1), mib);
	if (done == p->total)
		return snprintf(buf, size, "%s: 100.0 %%, %.0f MiB/s, %.1f s", p->phase, mib,
				seconds);
	return snprintf(buf, size, "%s: %5.1f %%, %.0f MiB/s, %.0f s left", p->phase,
			100.0 * (double)done / (double)p->total, mib,
			rate > 0 ? (double)(p->total - done) / rate : 0);
}
