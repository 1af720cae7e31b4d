/* SPDX-License-Identifier: BSD-2-Clause */
/* What people say of guests: "list", or "start", "stop", "pause", "resume", "reset", "destroy", "stat", "dump" and a guest's name. */
#ifndef SERVERS_VM_COMMAND_H
#define SERVERS_VM_COMMAND_H

#include <sel4/types.h>
#include <stdbool.h>

enum { VM_COMMAND_ERROR = 160 };

struct vm_command {
    seL4_CPtr init;                               /**< the directory entry for init */
    void (*line)(void *cookie, const char *line); /**< takes a line of the answer */
    void *cookie;
    char *error; /**< room for VM_COMMAND_ERROR bytes */
};

/** Does it. False: not done, and `error` has why in words. */
bool vm_command(const struct vm_command *command, int argc, char *const *argv);

#endif
