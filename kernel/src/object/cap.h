/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities: two words that name an object and say what the holder may do with it.
 *
 *   w0  63..58 type | 57..48 per type | 47..0 physical address of the object
 *   w1  per type
 *
 *   type            57..48                                  w1
 *   Untyped         note of prepared memory 0               free offset in 16-byte units 63..7 | device 6 | size bits 5..0
 *   Endpoint        rights (CAP_RIGHT_*)                    badge
 *   Notification    rights                                  badge
 *   Reply           rights                                  -
 *   CNode           radix, in a TCB's slot: 6               guard 63..6 | guard size 5..0
 *   TCB             -                                       -
 *   SchedContext    size bits                               -
 *   SchedControl    -                                       core
 *   IRQHandler      -                                       INTID
 *   SGISignal       -                                       target core 63..32 | INTID 31..0
 *   Zombie          radix, or CAP_ZOMBIE_TCB; link          slots already cleared
 *                   CAP_ZOMBIE_LEAF, size bits              type it had 63..58 | first ASID
 *   Frame           size 1..0, device 2, write 3, read 4,   mapped address 63..16 | ASID 15..0, ASID 0 = not mapped;
 *                   exit frame 5, IPC buffer 6,             exit frame: physical address of its VCPU
 *                   trace buffer 7                          trace buffer: its core
 *   PageTable       -                                       mapped address 63..16 | ASID 15..0
 *   VSpace          stage 2: 0, in a TCB's slot: 1          ASID 15..0, 0 = none
 *   ASIDPool        -                                       first ASID
 *   VCPU            -                                       -
 *   Trace           -                                       -
 */
#ifndef OBJECT_CAP_H
#define OBJECT_CAP_H

#include "arch/memory.h"
#include "types.h"
#include <sel4/types.h>
#include <stdbool.h>

enum cap_type {
    CAP_NULL = 0,
    CAP_UNTYPED,
    CAP_ENDPOINT,
    CAP_NOTIFICATION,
    CAP_REPLY,
    CAP_CNODE,
    CAP_TCB,
    CAP_SCHED_CONTEXT,
    CAP_SCHED_CONTROL,
    CAP_IRQ_CONTROL,
    CAP_IRQ_HANDLER,
    CAP_SGI_SIGNAL,
    CAP_ZOMBIE,
    CAP_DOMAIN,
    CAP_FRAME,
    CAP_PAGE_TABLE,
    CAP_VSPACE,
    CAP_ASID_CONTROL,
    CAP_ASID_POOL,
    CAP_VCPU,
    CAP_SMC,
    CAP_TRACE,
    CAP_NUM_TYPES
};

struct cap {
    word_t w0, w1;
};

/* Rights, in the order of seL4_CapRights_t's word. */
#define CAP_RIGHT_WRITE       1u
#define CAP_RIGHT_READ        2u
#define CAP_RIGHT_GRANT       4u
#define CAP_RIGHT_GRANT_REPLY 8u
#define CAP_RIGHTS_ALL        15u

#define CAP_ADDRESS_MASK      0xffffffffffffull
#define CAP_INFO_SHIFT        48
#define CAP_INFO_MASK         0x3ffull
#define CAP_TYPE_SHIFT        58

static inline enum cap_type cap_type(struct cap c)
{
    return (enum cap_type)(c.w0 >> CAP_TYPE_SHIFT);
}
static inline paddr_t cap_paddr(struct cap c)
{
    return (paddr_t){c.w0 & CAP_ADDRESS_MASK};
}
static inline void *cap_object(struct cap c)
{
    return phys_to_virt(cap_paddr(c));
}
static inline unsigned cap_info(struct cap c)
{
    return (unsigned)(c.w0 >> CAP_INFO_SHIFT & CAP_INFO_MASK);
}
static inline struct cap cap_make(enum cap_type type, paddr_t object, unsigned info, word_t w1)
{
    return (struct cap){
        (word_t)type << CAP_TYPE_SHIFT | (word_t)info << CAP_INFO_SHIFT | (object.raw & CAP_ADDRESS_MASK), w1};
}
static inline struct cap cap_with_info(struct cap c, unsigned info)
{
    c.w0 = (c.w0 & ~(CAP_INFO_MASK << CAP_INFO_SHIFT)) | (word_t)info << CAP_INFO_SHIFT;
    return c;
}
static inline struct cap cap_null(void)
{
    return (struct cap){0, 0};
}

/* Untyped */
#define UNTYPED_NOTE   1u /* see untyped.c */
#define UNTYPED_ZEROED 2u /* it was zero when it was made; nothing was made of what lies beyond the watermark */
static inline unsigned cap_untyped_bits(struct cap c)
{
    return (unsigned)(c.w1 & 0x3f);
}
static inline bool cap_untyped_device(struct cap c)
{
    return c.w1 >> 6 & 1;
}
static inline word_t cap_untyped_free(struct cap c)
{
    return (c.w1 >> 7) << seL4_MinUntypedBits;
} /* bytes from its start */
static inline struct cap cap_untyped_make(paddr_t base, unsigned bits, bool device, word_t free_bytes)
{
    return cap_make(CAP_UNTYPED, base, 0, (free_bytes >> seL4_MinUntypedBits) << 7 | (word_t)device << 6 | bits);
}

/* Endpoint, Notification */
static inline word_t cap_badge(struct cap c)
{
    return c.w1;
}

/* CNode */
#define CNODE_IN_TCB 0x40u
static inline unsigned cap_cnode_radix(struct cap c)
{
    return cap_info(c) & 0x3f;
}
static inline unsigned cap_cnode_guard_size(struct cap c)
{
    return (unsigned)(c.w1 & 0x3f);
}
static inline word_t cap_cnode_guard(struct cap c)
{
    return c.w1 >> 6;
}

/* Zombie: a container whose slots are being cleared, or (a leaf) another object whose end takes long. See delete.c. */
#define CAP_ZOMBIE_TCB  0x40u
#define CAP_ZOMBIE_LINK 0x80u
#define CAP_ZOMBIE_LEAF 0x100u
#define CAP_ZOMBIE_SIZE 0x3fu

/* Frame */
enum frame_size { FRAME_SMALL = 0, FRAME_LARGE = 1, FRAME_HUGE = 2 };
#define FRAME_DEVICE     4u
#define FRAME_WRITE      8u
#define FRAME_READ       16u
#define FRAME_EXIT       32u  /* the copy a VCPU holds */
#define FRAME_IPC_BUFFER 64u  /* the copy in a thread's TCB_BUFFER slot */
#define FRAME_TRACE      128u /* the copy in a core's slot for its trace buffer */
#define FRAME_HELD       (FRAME_EXIT | FRAME_IPC_BUFFER | FRAME_TRACE)
static inline enum frame_size cap_frame_size(struct cap c)
{
    return (enum frame_size)(cap_info(c) & 3);
}
/** A frame that the kernel may share with its holder: of memory, to read and to write. */
static inline bool cap_is_shareable(struct cap c)
{
    return cap_type(c) == CAP_FRAME &&
           (cap_info(c) & (FRAME_DEVICE | FRAME_READ | FRAME_WRITE)) == (FRAME_READ | FRAME_WRITE);
}
static inline unsigned frame_bits(enum frame_size s)
{
    return seL4_PageBits + 9u * (unsigned)s;
}
static inline unsigned cap_frame_bits(struct cap c)
{
    return frame_bits(cap_frame_size(c));
}

/* Frame, PageTable: where it is mapped. */
static inline word_t cap_mapped_asid(struct cap c)
{
    return c.w1 & 0xffff;
}
static inline word_t cap_mapped_vaddr(struct cap c)
{
    return (word_t)((int64_t)c.w1 >> 16);
}
static inline struct cap cap_with_mapping(struct cap c, word_t asid, word_t vaddr)
{
    c.w1 = vaddr << 16 | asid;
    return c;
}

/* TCB */
#define TCB_SWITCH_ONLY 1u /* good for vesicle_TCB_SwitchVSpace only */
static inline bool cap_is_full_tcb(struct cap c)
{
    return cap_type(c) == CAP_TCB && !(cap_info(c) & TCB_SWITCH_ONLY);
}

/* VSpace */
#define VSPACE_STAGE2   1u
#define VSPACE_IN_TCB   2u
#define VSPACE_RUN_ONLY 4u /* threads may be put into it, nothing mapped */
static inline bool cap_vspace_is_stage2(struct cap c)
{
    return cap_info(c) & VSPACE_STAGE2;
}
static inline word_t cap_vspace_asid(struct cap c)
{
    return c.w1 & 0xffff;
}

static inline bool cap_is_leaf(struct cap c)
{
    return cap_type(c) == CAP_ZOMBIE && cap_info(c) & CAP_ZOMBIE_LEAF;
}
/** What becomes of the last capability of an object, and back again: its type, its object, an ASID pool's place. */
struct cap cap_make_leaf(struct cap c);
struct cap cap_of_leaf(struct cap leaf);

/** Size in bits of the memory behind a capability; 0 if there is none. */
unsigned cap_object_bits(struct cap c);
/** True if the capability stands for memory (and is covered by an untyped). */
bool cap_is_physical(struct cap c);
/** True if it does, of 2^bits bytes at most. */
bool cap_fits(struct cap c, unsigned bits);
/** True if b names memory, or an object in memory, of the untyped a. */
static inline bool cap_untyped_holds(struct cap a, struct cap b)
{
    /* Objects are aligned to their size: one that begins in the memory and is no larger lies in it. */
    return (cap_paddr(b).raw - cap_paddr(a).raw) >> cap_untyped_bits(a) == 0 && cap_fits(b, cap_untyped_bits(a));
}
/** True if b names the same object as a, or memory inside an untyped a. */
bool cap_same_region(struct cap a, struct cap b);
/** True if both name the same object (finality: the last such capability ends the object). */
bool cap_same_object(struct cap a, struct cap b);
/** c with its rights reduced to `rights` (bits CAP_RIGHT_*). */
struct cap cap_mask_rights(struct cap c, word_t rights);
/**
 * c with badge or CNode data set, as Mint and Mutate do. A badged capability cannot be badged again. Returns the null
 * capability where `data` does not fit.
 */
struct cap cap_set_data(struct cap c, word_t data);

#endif
