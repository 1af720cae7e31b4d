/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

#include "pool.h"

#include <gpi/backing.h>
#include <gpi/frames.h>
#include <gpi/heap.h>
#include <gpi/mapping.h>
#include <sel4/sel4.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_RECORDS = 1024, HEAP_CHUNK = 16 * 4096 };
#define HEAP_START 0x4000000000ul
#define HEAP_END   0x6000000000ul

cspace_t root_cspace;

static ut_t first_records[FIRST_RECORDS];
static uint64_t total, fail_after;
static struct account machine = {.limit = UINT64_MAX, .refs = 1};

static bool map_heap(const struct gpi_frames *frames, seL4_Word vaddr)
{
    for (size_t i = 0; i < frames->count; i++) {
        if (map_frame(&root_cspace, frames->first + i, seL4_CapInitThreadVSpace, vaddr + (i << seL4_PageBits),
                      seL4_ReadWrite, seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever) != seL4_NoError) {
            return false;
        }
    }
    return true;
}

/* More pages at the end of the heap, for good. Called by sbrk: may not allocate from it. */
static size_t grow_heap(void *end, size_t size)
{
    struct gpi_frames frames;
    size_t pages = (size + (1ul << seL4_PageBits) - 1) >> seL4_PageBits, made = 0;
    gpi_backing_hold();
    if (pages <= (HEAP_END - (seL4_Word)end) >> seL4_PageBits &&
        gpi_frames_create(&frames, &root_cspace, pages, seL4_PageBits, GPI_FRAMES_ANYWHERE, 0) == seL4_NoError) {
        if (map_heap(&frames, (seL4_Word)end)) {
            made = pages << seL4_PageBits;
        } else {
            gpi_frames_destroy(&frames);
        }
    }
    gpi_backing_release();
    return made;
}

void memory_init(const seL4_BootInfo *bi)
{
    cspace_init_root(&root_cspace, bi);
    ut_init(bi, &root_cspace, first_records, sizeof first_records);
    for (seL4_Word i = 0; i < bi->untyped.end - bi->untyped.start; i++) {
        total += bi->untypedList[i].isDevice ? 0 : 1ul << bi->untypedList[i].sizeBits;
    }
    cspace_set_growth_root(&root_cspace);
    gpi_heap_set_growing((void *)HEAP_START, 0, HEAP_CHUNK, grow_heap);
}

bool memory_must_fail(void)
{
    return fail_after && --fail_after == 0;
}

uint64_t memory_fail_after(uint64_t n)
{
    uint64_t left = fail_after;
    fail_after = n;
    return left;
}

void *memory_new(size_t size)
{
    return memory_must_fail() ? NULL : pool_take(size);
}

void memory_free(void *memory)
{
    pool_give(memory);
}

void *memory_grow(void *memory, size_t old_size, size_t size)
{
    return memory_must_fail() ? NULL : pool_grow(memory, old_size, size);
}

void *memory_make_room(void *memory, size_t *places, size_t count, size_t size)
{
    if (count <= *places) {
        return memory;
    }
    size_t more = *places ? *places * 2 : 16;
    more = more > count ? more : count;
    void *grown = memory_grow(memory, *places * size, more * size);
    *places = grown ? more : *places;
    return grown;
}

struct account *account_new(struct account *parent, uint64_t limit)
{
    struct account *account = memory_new(sizeof *account);
    if (account) {
        account->parent = parent ? parent : &machine;
        account->limit = limit;
        account->refs = 1;
        account_get(account->parent);
    }
    return account;
}

void account_get(struct account *account)
{
    if (account) {
        account->refs++;
    }
}

void account_put(struct account *account)
{
    while (account && --account->refs == 0) {
        struct account *parent = account->parent;
        memory_free(account);
        account = parent;
    }
}

bool account_charge(struct account *account, uint64_t bytes)
{
    for (struct account *a = account; a; a = a->parent) {
        if (bytes > a->limit || a->used > a->limit - bytes) {
            for (struct account *undo = account; undo != a; undo = undo->parent) {
                undo->used -= bytes;
            }
            return false;
        }
        a->used += bytes;
    }
    return true;
}

void account_refund(struct account *account, uint64_t bytes)
{
    for (; account; account = account->parent) {
        account->used -= bytes;
    }
}

gpi_error_t kobject_new(struct kobject *object, struct account *account, seL4_Word type, size_t bits, size_t size_bits)
{
    *object = (struct kobject){0};
    if (memory_must_fail() || !account_charge(account, 1ul << bits)) {
        return GPI_ERR_NO_MEMORY;
    }
    object->cap = cspace_alloc_slot(&root_cspace);
    object->ut = object->cap ? ut_alloc(bits, &root_cspace) : NULL;
    if (object->ut && cspace_untyped_retype(&root_cspace, object->ut->cap, object->cap, type, size_bits) == 0) {
        return GPI_OK;
    }
    if (object->ut) {
        ut_free(object->ut, bits);
    }
    cspace_free_slot(&root_cspace, object->cap);
    account_refund(account, 1ul << bits);
    *object = (struct kobject){0};
    return GPI_ERR_NO_MEMORY;
}

gpi_error_t kobject_new_pair(struct kobject *first, seL4_Word type, struct kobject *second, seL4_Word second_type,
                             size_t bits, size_t second_size_bits, struct account *account)
{
    gpi_error_t error = kobject_new(first, account, type, bits + 1, 0);
    *second = (struct kobject){0};
    if (error == GPI_OK) {
        second->cap = memory_must_fail() ? seL4_CapNull : cspace_alloc_slot(&root_cspace);
        if (second->cap && cspace_untyped_retype(&root_cspace, first->ut->cap, second->cap, second_type,
                                                 second_size_bits) == seL4_NoError) {
            return GPI_OK;
        }
        kobject_free_pair(first, second, account);
        error = GPI_ERR_NO_MEMORY;
    }
    return error;
}

void kobject_free_pair(struct kobject *first, struct kobject *second, struct account *account)
{
    kobject_free(first, account); /* with all that was made of its memory */
    if (second->cap) {
        cspace_free_slot(&root_cspace, second->cap);
    }
    *second = (struct kobject){0};
}

void kobject_free(struct kobject *object, struct account *account)
{
    if (object->ut) {
        size_t bits = object->ut->size_bits;
        ut_free_revoke(object->ut, bits);
        cspace_free_slot(&root_cspace, object->cap);
        account_refund(account, 1ul << bits);
    }
    *object = (struct kobject){0};
}

uint64_t memory_total(void)
{
    return total;
}

uint64_t memory_slots_used(void)
{
    return cspace_slots_taken(&root_cspace) - ut_slots();
}
