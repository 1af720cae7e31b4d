/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/ut.h>

#include <gpi/cspace.h>
#include <sel4/sel4.h>

enum { UT_FREE = 1, UT_SPLIT, UT_TAKEN };

static struct {
    cspace_t *cspace;
    ut_t *records;                          /* unused records, by `next` */
    ut_t *free[seL4_MaxUntypedBits + 1];    /* by size */
    ut_t *devices[seL4_MaxUntypedBits + 1]; /* free device memory, by size */
    ut_t *roots;                            /* what the kernel gave, by `parent` */
} table;

static ut_t **list_of(const ut_t *ut)
{
    return ut->device ? &table.devices[ut->size_bits] : &table.free[ut->size_bits];
}

static void push_free(ut_t *ut)
{
    ut_t **list = list_of(ut);
    ut->state = UT_FREE;
    ut->prev = NULL;
    ut->next = *list;
    if (*list) {
        (*list)->prev = ut;
    }
    *list = ut;
}

static void take(ut_t *ut)
{
    if (ut->prev) {
        ut->prev->next = ut->next;
    } else {
        *list_of(ut) = ut->next;
    }
    if (ut->next) {
        ut->next->prev = ut->prev;
    }
    ut->next = NULL;
    ut->prev = NULL;
    ut->state = UT_TAKEN;
}

static ut_t *new_record(void)
{
    ut_t *record = table.records;
    if (record) {
        table.records = record->next;
        *record = (ut_t){0};
    }
    return record;
}

static void free_record(ut_t *record)
{
    if (record) {
        record->next = table.records;
        table.records = record;
    }
}

void ut_add_records(void *memory, size_t size)
{
    ut_t *record = memory;
    for (size_t i = 0; i < size / sizeof(ut_t); i++) {
        free_record(&record[i]);
    }
}

void ut_init(const seL4_BootInfo *bi, struct cspace *cspace, void *memory, size_t size)
{
    table = (__typeof__(table)){.cspace = cspace};
    ut_add_records(memory, size);
    for (seL4_Word i = 0; i < bi->untyped.end - bi->untyped.start; i++) {
        ut_t *ut = new_record();
        if (!ut) {
            return;
        }
        ut->cap = bi->untyped.start + i;
        ut->paddr = bi->untypedList[i].paddr;
        ut->size_bits = bi->untypedList[i].sizeBits;
        ut->device = bi->untypedList[i].isDevice != 0;
        /* A root has no parent; the field links the roots. */
        ut->parent = table.roots;
        table.roots = ut;
        push_free(ut);
    }
}

static bool is_root(const ut_t *ut)
{
    for (const ut_t *root = table.roots; root; root = root->parent) {
        if (root == ut) {
            return true;
        }
    }
    return false;
}

/* Turns a taken piece into two free halves. */
static bool split(ut_t *ut)
{
    seL4_CPtr slots = cspace_alloc_slots(table.cspace, 2);
    ut_t *low = new_record();
    ut_t *high = new_record();
    size_t bits = ut->size_bits - 1u;
    if (slots == seL4_CapNull || !low || !high ||
        cspace_untyped_retype_many(table.cspace, ut->cap, slots, seL4_UntypedObject, bits, 2) != seL4_NoError) {
        free_record(low);
        free_record(high);
        if (slots != seL4_CapNull) {
            cspace_free_slot(table.cspace, slots);
            cspace_free_slot(table.cspace, slots + 1);
        }
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        ut_t *half = i ? high : low;
        half->cap = slots + i;
        half->paddr = ut->paddr + ((seL4_Word)i << bits);
        half->size_bits = (seL4_Uint8)bits;
        half->device = ut->device;
        half->parent = ut;
        ut->half[i] = half;
        push_free(half);
    }
    ut->state = UT_SPLIT;
    return true;
}

/* If both halves are free, they become `ut` again, and so on upwards. */
static void merge(ut_t *ut)
{
    while (ut->half[0]->state == UT_FREE && ut->half[1]->state == UT_FREE) {
        for (unsigned i = 0; i < 2; i++) {
            take(ut->half[i]);
            cspace_delete(table.cspace, ut->half[i]->cap);
            cspace_free_slot(table.cspace, ut->half[i]->cap);
            free_record(ut->half[i]);
            ut->half[i] = NULL;
        }
        push_free(ut);
        if (is_root(ut)) {
            return;
        }
        ut = ut->parent;
    }
}

/* The free piece that holds a physical address and at least 2^size_bits bytes; null if there is none. */
static ut_t *find_at(seL4_Word paddr, size_t size_bits)
{
    for (size_t bits = size_bits; bits <= seL4_MaxUntypedBits; bits++) {
        for (unsigned device = 0; device < 2; device++) {
            for (ut_t *ut = device ? table.devices[bits] : table.free[bits]; ut; ut = ut->next) {
                if (paddr - ut->paddr < 1ul << bits) {
                    return ut;
                }
            }
        }
    }
    return NULL;
}

/* Splits a free piece until the part at `paddr` has 2^size_bits bytes, and takes that. */
static ut_t *take_part(ut_t *ut, seL4_Word paddr, size_t size_bits)
{
    take(ut);
    while (ut->size_bits > size_bits) {
        ut_t *whole = ut;
        if (!split(whole)) {
            push_free(whole);
            if (!is_root(whole)) {
                merge(whole->parent);
            }
            return NULL;
        }
        ut = whole->half[paddr - whole->paddr >= 1ul << (whole->size_bits - 1u)];
        take(ut);
    }
    return ut;
}

ut_t *ut_alloc(size_t size_bits, struct cspace *cspace)
{
    (void)cspace;
    for (size_t bits = size_bits < seL4_MinUntypedBits ? seL4_MinUntypedBits : size_bits; bits <= seL4_MaxUntypedBits;
         bits++) {
        if (table.free[bits]) {
            return take_part(table.free[bits], table.free[bits]->paddr,
                             size_bits < seL4_MinUntypedBits ? seL4_MinUntypedBits : size_bits);
        }
    }
    return NULL;
}

ut_t *ut_alloc_4k_untyped(seL4_Word *paddr)
{
    ut_t *ut = ut_alloc(seL4_PageBits, table.cspace);
    if (ut && paddr) {
        *paddr = ut->paddr;
    }
    return ut;
}

ut_t *ut_alloc_at(seL4_Word paddr, size_t size_bits)
{
    ut_t *ut = find_at(paddr, size_bits);
    return ut ? take_part(ut, paddr, size_bits) : NULL;
}

ut_t *ut_alloc_4k_device(seL4_Word paddr)
{
    ut_t *ut = ut_alloc_at(paddr, seL4_PageBits);
    if (ut && !ut->device) {
        ut_free(ut, seL4_PageBits);
        return NULL;
    }
    return ut;
}

void ut_free(ut_t *ut, size_t size_bits)
{
    if (!ut || ut->state != UT_TAKEN || (size_bits > seL4_MinUntypedBits && size_bits != ut->size_bits)) {
        return;
    }
    cspace_revoke(table.cspace, ut->cap);
    push_free(ut);
    if (!is_root(ut)) {
        merge(ut->parent);
    }
}

size_t ut_size_free(void)
{
    size_t sum = 0;
    for (size_t bits = 0; bits <= seL4_MaxUntypedBits; bits++) {
        for (const ut_t *ut = table.free[bits]; ut; ut = ut->next) {
            sum += 1ul << bits;
        }
    }
    return sum;
}
