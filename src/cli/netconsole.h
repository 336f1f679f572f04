/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The verbs of `lastword netconsole`: commands whose names have two words. argv[0] is the verb. */
#include "cli/command.h"

extern const struct command command_netconsole;

/* The systemd unit's, where `status` asks unless told otherwise. */
#define NETCONSOLE_CONTROL "/run/lastword-netconsole/control"
#define NETCONSOLE_FILES "/var/log/netconsole"

extern const struct command command_netconsole_listen, command_netconsole_remove,
	command_netconsole_setup, command_netconsole_status, command_netconsole_story;
