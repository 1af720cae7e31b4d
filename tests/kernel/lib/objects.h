/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects of the running case: everything made here is deleted when the case ends. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include <gpi/cspace.h>
#include <gpi/ut.h>
#include <sel4/types.h>

/** The root task's own slots. Depth of a slot's number in it: seL4_WordBits. */
extern cspace_t root_cspace;
#define ROOT_CNODE seL4_CapInitThreadCNode
#define DEPTH      seL4_WordBits

/** Priority of the first thread. Above it a thread runs at once, below it only while the first one waits. */
#define MAIN_PRIORITY 100

/** The capability to give out a core's time. */
seL4_CPtr sched_control(unsigned core);

void objects_init(void);
/** Deletes what the case made. */
void objects_free(void);

/** What was made until now stays for good. */
void objects_keep(void);

/** An empty slot. */
seL4_CPtr new_slot(void);
/** `count` empty slots side by side. */
seL4_CPtr new_slots(unsigned count);
/** An object; size_bits as in Retype, for objects of variable size. Ends the case if it cannot be made. */
seL4_CPtr new_object(seL4_Word type, unsigned size_bits);
seL4_CPtr new_endpoint(void);
seL4_CPtr new_notification(void);
seL4_CPtr new_reply(void);
seL4_CPtr new_untyped(unsigned size_bits);
seL4_CPtr new_cnode(unsigned radix);
/** A frame of 2^size_bits bytes: 12, 21 or 30. */
seL4_CPtr new_frame(unsigned size_bits);
/** A native address space with an ASID. */
seL4_CPtr new_vspace(void);
/** Copy with less rights or a badge. */
seL4_CPtr new_copy(seL4_CPtr from, seL4_CapRights_t rights);
seL4_CPtr new_badged(seL4_CPtr from, seL4_Word badge);

/** An unused part of the root task's address space, 1 GiB long and aligned; pages tables in it come and go with the case. */
#define WINDOW 0x4000000000ul
/** Maps a frame in `vspace`, with whatever tables it needs. */
seL4_Error map_with_tables(seL4_CPtr frame, seL4_CPtr vspace, seL4_Word vaddr, seL4_CapRights_t rights,
                           seL4_ARM_VMAttributes attr);
/** A new page, mapped for reading and writing at `vaddr` of the root task's space. */
seL4_CPtr new_page_at(seL4_Word vaddr);
/** The page of device memory at `paddr`, mapped at `vaddr` of the root task's space. */
seL4_CPtr new_device_page_at(seL4_Word paddr, seL4_Word vaddr);
/** Slot `capability` holds: nothing (0), or something. */
bool slot_is_empty(seL4_CPtr slot);

/** Maps copies of the root task's own image into `vspace`, so that its functions run there too. */
void map_image(seL4_CPtr vspace);

#endif
