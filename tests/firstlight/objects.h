/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel objects and mapped memory for the first-light root task. Everything lives until the machine is switched off. */
#ifndef FIRSTLIGHT_OBJECTS_H
#define FIRSTLIGHT_OBJECTS_H

#include <gpi/cspace.h>
#include <sel4/types.h>

/** Takes over slots and untyped memory of the boot information. */
void objects_init(const seL4_BootInfo *bi);

/** The root task's capability slots. */
cspace_t *objects_cspace(void);

/** Makes an object of 2^bits bytes. Ends the system with a message if there is no memory. */
seL4_CPtr objects_make(seL4_ObjectType type, unsigned bits);

/** Makes a page and maps it here; its capability goes to `*frame` if that is not null. */
void *objects_page(seL4_CPtr *frame);

/**
 * Maps physical memory that is no RAM of the kernel's: devices and the boot archive. Large pages where they fit. NULL
 * if it is not there or taken.
 */
void *objects_map_physical(seL4_Word paddr, seL4_Word size, seL4_ARM_VMAttributes attributes);

/**
 * Makes RAM of large pages, maps it here, and at `address` of another space.  NULL if there is not so much.
 */
void *objects_ram(seL4_CPtr vspace, seL4_Word address, seL4_Word size);

/** Ends the system if `error` is one, and says where. */
void objects_check(seL4_Error error, const char *what);

#endif
