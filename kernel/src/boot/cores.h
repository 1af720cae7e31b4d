/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting cores: what each prepares for itself, and how the first brings up the others. */
#ifndef BOOT_CORES_H
#define BOOT_CORES_H

#include "platform/platform.h"
#include "types.h"

/** Prepares the calling core, which is number `index`. Null, or why it cannot be used. */
const char *core_init(unsigned index);
/** Starts the machine's other cores one by one; those that fail are told of on the console and left out. */
void cores_start(const struct platform *platform);

/** head.S: a further core, in the kernel's half of the address space. `start`: START_*. */
_Noreturn void secondary_main(unsigned index, unsigned start);

#endif
