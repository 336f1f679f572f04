/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The verbs of `lastword netconsole`. argv[0] is the verb. Each returns the exit status. */
#include "cli/command.h"

extern const struct command command_netconsole;

/* The systemd unit's, where `status` asks unless told otherwise. */
#define NETCONSOLE_CONTROL "/run/lastword-netconsole/control"
#define NETCONSOLE_FILES "/var/log/netconsole"

int netconsole_listen(const struct cli *cli, int argc, char **argv);
int netconsole_remove(const struct cli *cli, int argc, char **argv);
int netconsole_setup(const struct cli *cli, int argc, char **argv);
int netconsole_story(const struct cli *cli, int argc, char **argv);
int netconsole_status(const struct cli *cli, int argc, char **argv);
