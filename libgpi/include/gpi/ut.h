/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped memory: a buddy allocator over the untyped capabilities of the boot information. What it hands out is an
 * untyped capability of exactly the size asked for; the caller retypes it, and gives it back when the objects are
 * deleted. Two free halves become one again, but for a few of each size that are kept for the next allocation; where a
 * larger piece is missing they are merged, too. Nothing here is locked.
 */
#ifndef GPI_UT_H
#define GPI_UT_H

#include <sel4/types.h>
#include <stdbool.h>
#include <stddef.h>

struct cspace;

/** A piece of untyped memory. `cap` is what a user of it needs. */
typedef struct ut {
    seL4_CPtr cap;
    seL4_Word paddr;
    struct ut *parent; /**< what it is a half of; null: the kernel gave it */
    struct ut *next;   /**< the holder's while it is taken */
    union {
        struct ut *prev;
        struct ut *halves; /**< of a piece that is split: the low one, and behind it the high one */
    };
    seL4_Uint8 size_bits;
    seL4_Uint8 state; /**< see ut.c */
    bool device;
} ut_t;

/**
 * Takes over the untyped memory of `bi`. `memory` is where the allocator keeps its first records, one ut_t for each untyped
 * of the boot information and two for each split; more come from gpi/backing.h. Capabilities of pieces go to slots of
 * `cspace`.
 */
void ut_init(const seL4_BootInfo *bi, struct cspace *cspace, void *memory, size_t size);
/** More memory for records. */
void ut_add_records(void *memory, size_t size);

/** 2^size_bits bytes; null if there are none. `cspace`: where a piece's capability is to be (that of ut_init). */
ut_t *ut_alloc(size_t size_bits, struct cspace *cspace);
/** A page; its physical address in `*paddr`, if not null. */
ut_t *ut_alloc_4k_untyped(seL4_Word *paddr);
/** The piece of 2^size_bits bytes at a physical address, device memory included; null if it is not (all) free. */
ut_t *ut_alloc_at(seL4_Word paddr, size_t size_bits);
/** The page of device memory at a physical address. */
ut_t *ut_alloc_4k_device(seL4_Word paddr);
/** Where `size` bytes of memory in one run, aligned to 2^align_bits, are free. False if nowhere. */
bool ut_find_run(seL4_Word size, size_t align_bits, seL4_Word *paddr);

/** Gives a piece back. What was made of it has been deleted: else nothing can be made of it afterwards. */
void ut_free(ut_t *ut, size_t size_bits);
/** Deletes whatever was made of a piece, and all capabilities to that. */
seL4_Error ut_revoke(const ut_t *ut);
/** Both. */
void ut_free_revoke(ut_t *ut, size_t size_bits);
/** Merges what can be, and so gives slots back. */
void ut_merge(void);
/** Slots that hold halves: how many depends on where in memory the taken pieces lie. */
size_t ut_slots(void);
/** Bytes free, device memory not counted. */
size_t ut_size_free(void);

#endif
