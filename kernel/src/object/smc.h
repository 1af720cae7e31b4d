/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to the machine's firmware. */
#ifndef OBJECT_SMC_H
#define OBJECT_SMC_H

#include "syscall.h"

/** Methods of seL4_ARM_SMC: eight words in, eight words out, by the conduit of the machine's tree (DEN 0028). */
int smc_invoke(struct invocation *inv);

#endif
