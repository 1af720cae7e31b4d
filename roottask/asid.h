/* SPDX-License-Identifier: BSD-2-Clause */
/* ASID pools: made as they are needed, given back when they are empty. */
#ifndef ROOTTASK_ASID_H
#define ROOTTASK_ASID_H

#include "memory.h"

struct asid_pool;

/** Gives a VSpace an ASID (or a VMID); null if there are none. */
struct asid_pool *asid_assign(seL4_CPtr vspace);
/** A VSpace with an ASID of this pool was deleted. */
void asid_release(struct asid_pool *pool);

#endif
