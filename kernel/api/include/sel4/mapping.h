/* SPDX-License-Identifier: BSD-2-Clause */
/* Which page table was missing when a mapping failed. */
#ifndef SEL4_MAPPING_H
#define SEL4_MAPPING_H

#include <sel4/ipc.h>
#include <sel4/types.h>

/* Log2 of what the missing table would have covered an entry with; in the order in which tables are mapped. */
#define SEL4_MAPPING_LOOKUP_NO_PUD 39
#define SEL4_MAPPING_LOOKUP_NO_PD  30
#define SEL4_MAPPING_LOOKUP_NO_PT  21

/** The message word that tells it. */
#define SEL4_MAPPING_LOOKUP_LEVEL 2

/** After seL4_FailedLookup of a method that maps, before the next system call. */
static inline seL4_Word seL4_MappingFailedLookupLevel(void)
{
    return seL4_GetMR(SEL4_MAPPING_LOOKUP_LEVEL);
}

#endif
