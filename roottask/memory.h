/* SPDX-License-Identifier: BSD-2-Clause */
/* Where everything comes from: untyped memory, slots of the root task's CSpace, and who pays for it. */
#ifndef ROOTTASK_MEMORY_H
#define ROOTTASK_MEMORY_H

#include <gpi/cspace.h>
#include <gpi/error.h>
#include <gpi/ut.h>
#include <sel4/types.h>
#include <stdbool.h>
#include <stdint.h>

/** A budget of memory. What is taken from one counts in all above it. */
struct account {
    struct account *parent;
    uint64_t used, limit; /**< bytes */
    unsigned refs;
};

/** A kernel object, and the untyped memory it is made of. */
struct kobject {
    ut_t *ut;
    seL4_CPtr cap;
};

/** Slots of the root task. */
extern cspace_t root_cspace;

/** Takes over the memory of the boot information, and gives malloc its first pages. */
void memory_init(const seL4_BootInfo *bi);

/** An account below `parent` (null: the first one) that may use `limit` bytes; null if there is no memory. */
struct account *account_new(struct account *parent, uint64_t limit);
/** Null is allowed everywhere: nobody pays. */
void account_get(struct account *account);
void account_put(struct account *account);
/** Counts `bytes`; false if that is over the limit of this account or one above. */
bool account_charge(struct account *account, uint64_t bytes);
void account_refund(struct account *account, uint64_t bytes);

/** An object of 2^bits bytes; `size_bits` is what Retype wants. */
gpi_error_t kobject_new(struct kobject *object, struct account *account, seL4_Word type, size_t bits, size_t size_bits);
/** Two objects that begin and end together: `second`, which is no larger, is part of `first`'s memory. */
gpi_error_t kobject_new_pair(struct kobject *first, seL4_Word type, struct kobject *second, seL4_Word second_type,
                             size_t bits, size_t second_size_bits, struct account *account);
void kobject_free_pair(struct kobject *first, struct kobject *second, struct account *account);
/** Deletes it and gives its memory back. Nothing happens if there is none. */
void kobject_free(struct kobject *object, struct account *account);

/** Zeroed memory for the root task's own books; null if there is none. */
void *memory_new(size_t size);
void memory_free(void *memory);
/** As realloc, and what is new is zero. */
void *memory_grow(void *memory, size_t old_size, size_t size);
/** The array `memory` of *places items of `size` bytes, with room for at least `count`; what is new is zero. Null if there is no
 *  memory: it stays as it is then. */
void *memory_make_room(void *memory, size_t *places, size_t count, size_t size);

/** Tests: the n-th allocation from now fails, once. 0: none. */
uint64_t memory_fail_after(uint64_t n);
/** To be called by whatever allocates: true if it is this one that has to fail. */
bool memory_must_fail(void);

/** Bytes of untyped memory that the machine has, and slots in use, but for what is kept for the next allocations. */
uint64_t memory_total(void);
uint64_t memory_slots_used(void);

#endif
