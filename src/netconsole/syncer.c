/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The lock is for all that stands behind it. Who is the last of the two frees it. */
struct syncer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	int waiting[SYNCER_WAITING];
	size_t first, count;
	int failure;
	bool ends, idle, left;
};

static void free_syncer(struct syncer *s)
{
	pthread_cond_destroy(&s->change);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Called and left with the lock. */
static void sync_first(struct syncer *s)
{
	int fd = s->waiting[s->first], err;

	s->first = (s->first + 1) % SYNCER_WAITING;
	s->count--;
	pthread_mutex_unlock(&s->lock);
	err = fdatasync(fd) < 0 ? -errno : 0;
	close(fd);
	pthread_mutex_lock(&s->lock);
	if (err < 0)
		s->failure = err;
}

static void *run(void *user)
{
	struct syncer *s = user;
	bool left;

	pthread_mutex_lock(&s->lock);
	while (!s->ends || s->count) {
		s->idle = s->count == 0;
		if (s->idle)
			pthread_cond_wait(&s->change, &s->lock);
		else
			sync_first(s);
	}
	s->idle = true;
	left = s->left;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
	if (left)
		free_syncer(s);
	return NULL;
}

int syncer_new(struct syncer **ret)
{
	struct syncer *s = calloc(1, sizeof(*s));
	pthread_condattr_t attributes;
	int r;

	if (!s)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&s->change, &attributes);
	pthread_condattr_destroy(&attributes);
	r = pthread_create(&s->thread, NULL, run, s);
	if (r != 0) {
		free_syncer(s);
		return -r;
	}
	*ret = s;
	return 0;
}

bool syncer_put(struct syncer *s, int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	bool room;

	if (own < 0)
		return false;
	pthread_mutex_lock(&s->lock);
	room = s->count < SYNCER_WAITING;
	if (room)
		s->waiting[(s->first + s->count++) % SYNCER_WAITING] = own;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
	if (!room)
		close(own);
	return room;
}

int syncer_failure(struct syncer *s)
{
	int failure;

	pthread_mutex_lock(&s->lock);
	failure = s->failure;
	s->failure = 0;
	pthread_mutex_unlock(&s->lock);
	return failure;
}

void syncer_close(struct syncer *s, usec_t until)
{
	const struct timespec deadline = { .tv_sec = (time_t)(until / USEC_PER_SEC),
					   .tv_nsec = (long)(until % USEC_PER_SEC) * 1000 };
	bool done;

	pthread_mutex_lock(&s->lock);
	s->ends = true;
	pthread_cond_signal(&s->change);
	while (!(s->idle && s->count == 0) &&
	       pthread_cond_timedwait(&s->change, &s->lock, &deadline) == 0)
		;
	done = s->idle && s->count == 0;
	s->left = !done;
	pthread_mutex_unlock(&s->lock);
	if (done) {
		pthread_join(s->thread, NULL);
		free_syncer(s);
	} else {
		pthread_detach(s->thread);
	}
}
