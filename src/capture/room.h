/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Room on the open target: what there is, what lastword_keep lets go for more, and what is over its limits afterwards. */
#include "capture/worker.h"
#include "save/save.h"

/* For save_dump(); points into the worker. */
struct save_room room_of(struct worker *w);

/* The dump is saved: what is now beyond the limits goes. */
void room_after(struct worker *w);
