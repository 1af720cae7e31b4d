/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/ut.h>

#include <gpi/backing.h>
#include <gpi/cspace.h>
#include <sel4/sel4.h>

enum { UT_FREE = 1, UT_SPLIT, UT_TAKEN };

#define CLASSES (seL4_MaxUntypedBits + 1)

/* Pairs of records asked for before they run out: what it takes to get the memory for more may split some, too. */
#define FEW_PAIRS    256u
#define RECORD_BYTES 16384u

static struct {
    cspace_t *cspace;
    ut_t *pairs; /* unused records, two at a time, by `next` */
    size_t pair_count;
    ut_t *root; /* what the kernel gave, by address */
    size_t root_count;
    size_t bytes_free;
    seL4_Word occupied; /* sizes of which there is a free piece */
    ut_t *free[CLASSES];
    unsigned unmerged[CLASSES]; /* pairs of free halves of a size */
    size_t splits;              /* pieces that are halves now */
} table;

/* Pairs of a size that are kept as they are. */
static unsigned kept_pairs(const ut_t *half)
{
    return half->device ? 0 : half->size_bits <= seL4_LargePageBits ? 32 : 2;
}

/* The other half; null: it is none. */
static ut_t *buddy(ut_t *ut)
{
    return !ut->parent ? NULL : ut->paddr >> ut->size_bits & 1 ? ut - 1 : ut + 1;
}

static bool has_free_buddy(ut_t *ut)
{
    const ut_t *other = buddy(ut);
    return other && other->state == UT_FREE;
}

static void put(ut_t *ut)
{
    ut->state = UT_FREE;
    if (has_free_buddy(ut)) {
        table.unmerged[ut->size_bits] += !ut->device;
    }
    if (ut->device) {
        return; /* is found by its address only */
    }
    ut_t **list = &table.free[ut->size_bits];
    ut->prev = NULL;
    ut->next = *list;
    if (*list) {
        (*list)->prev = ut;
    }
    *list = ut;
    table.occupied |= 1ul << ut->size_bits;
    table.bytes_free += 1ul << ut->size_bits;
}

static void take(ut_t *ut)
{
    if (has_free_buddy(ut)) {
        table.unmerged[ut->size_bits] -= !ut->device;
    }
    ut->state = UT_TAKEN;
    if (ut->device) {
        return;
    }
    if (ut->next) {
        ut->next->prev = ut->prev;
    }
    if (ut->prev) {
        ut->prev->next = ut->next;
    } else {
        table.free[ut->size_bits] = ut->next;
        if (!ut->next) {
            table.occupied &= ~(1ul << ut->size_bits);
        }
    }
    ut->next = NULL;
    ut->prev = NULL;
    table.bytes_free -= 1ul << ut->size_bits;
}

static ut_t *new_pair(void)
{
    ut_t *pair = table.pairs;
    if (pair) {
        table.pairs = pair->next;
        table.pair_count--;
    }
    return pair;
}

static void free_pair(ut_t *pair)
{
    if (pair) {
        pair->next = table.pairs;
        table.pairs = pair;
        table.pair_count++;
    }
}

void ut_add_records(void *memory, size_t size)
{
    ut_t *record = memory;
    for (size_t i = 0; i + 1 < size / sizeof(ut_t); i += 2) {
        free_pair(&record[i]);
    }
}

/* Before something is split. */
static void want_records(void)
{
    if (table.pair_count < FEW_PAIRS && !gpi_backing_held()) {
        void *memory = gpi_backing_allocate(RECORD_BYTES);
        ut_add_records(memory, memory ? RECORD_BYTES : 0);
    }
}

/* Roots stand in the order of their addresses. */
static void add_root(const ut_t *new_root)
{
    size_t i = table.root_count++;
    for (; i > 0 && table.root[i - 1].paddr > new_root->paddr; i--) {
        table.root[i] = table.root[i - 1];
    }
    table.root[i] = *new_root;
}

void ut_init(const seL4_BootInfo *bi, struct cspace *cspace, void *memory, size_t size)
{
    size_t room = size / sizeof(ut_t), count = bi->untyped.end - bi->untyped.start;
    count = count < room ? count : room;
    table = (__typeof__(table)){.cspace = cspace, .root = memory};
    for (size_t i = 0; i < count; i++) {
        const seL4_UntypedDesc *desc = &bi->untypedList[i];
        ut_t root = {.cap = bi->untyped.start + i,
                     .paddr = desc->paddr,
                     .size_bits = desc->sizeBits,
                     .device = desc->isDevice != 0};
        add_root(&root);
    }
    for (size_t i = 0; i < count; i++) {
        put(&table.root[i]);
    }
    ut_add_records(table.root + count, (room - count) * sizeof(ut_t));
}

/* Turns a taken piece into two halves, both taken. */
static bool split(ut_t *ut)
{
    /* May grow the space, and so come back here for other pieces. */
    seL4_CPtr slots = cspace_alloc_slots(table.cspace, 2);
    ut_t *pair = slots == seL4_CapNull ? NULL : new_pair();
    size_t bits = ut->size_bits - 1u;
    if (!pair ||
        cspace_untyped_retype_many(table.cspace, ut->cap, slots, seL4_UntypedObject, bits, 2) != seL4_NoError) {
        free_pair(pair);
        cspace_free_slots(table.cspace, slots, 2);
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        pair[i] = (ut_t){.cap = slots + i,
                         .paddr = ut->paddr + ((seL4_Word)i << bits),
                         .parent = ut,
                         .size_bits = (seL4_Uint8)bits,
                         .state = UT_TAKEN,
                         .device = ut->device};
    }
    ut->halves = pair;
    ut->state = UT_SPLIT;
    table.splits++;
    return true;
}

/* Two free halves become `ut`, which is free then. */
static void join(ut_t *ut)
{
    ut_t *pair = ut->halves;
    take(&pair[0]);
    take(&pair[1]);
    ut_revoke(ut);
    cspace_free_slots(table.cspace, pair[0].cap, 2);
    free_pair(pair);
    table.splits--;
    put(ut);
}

/* Joins upwards where there are more pairs of free halves than are kept. */
static void join_upwards(ut_t *ut, bool all)
{
    while (has_free_buddy(ut) && (all || ut->device || table.unmerged[ut->size_bits] > kept_pairs(ut))) {
        ut = ut->parent;
        join(ut);
    }
}

void ut_merge(void)
{
    /* What is joined goes to a list of larger ones. */
    for (unsigned bits = seL4_MinUntypedBits; bits < CLASSES; bits++) {
        ut_t *next;
        for (ut_t *ut = table.free[bits]; ut && table.unmerged[bits]; ut = next) {
            next = ut->next;
            if (has_free_buddy(ut)) {
                next = next == buddy(ut) ? next->next : next;
                join(ut->parent);
            }
        }
    }
}

/* All of it becomes free and one piece, if nothing in it is taken. */
static bool make_whole(ut_t *ut)
{
    if (ut->state != UT_SPLIT) {
        return ut->state == UT_FREE;
    }
    ut_t *pair = ut->halves;
    if (!make_whole(&pair[0]) || !make_whole(&pair[1])) {
        return false;
    }
    join(ut);
    return true;
}

/* Splits a free piece until the part at `paddr` has 2^size_bits bytes, and takes that. */
static ut_t *take_part(ut_t *ut, seL4_Word paddr, size_t size_bits)
{
    take(ut);
    while (ut->size_bits > size_bits) {
        if (!split(ut)) {
            put(ut);
            join_upwards(ut, true);
            return NULL;
        }
        unsigned half = (paddr - ut->paddr) >> (ut->size_bits - 1u) & 1;
        put(&ut->halves[!half]);
        ut = &ut->halves[half];
    }
    return ut;
}

/* A free piece of at least this size. */
static ut_t *smallest(size_t size_bits)
{
    seL4_Word sizes = table.occupied >> size_bits;
    return sizes ? table.free[size_bits + (size_t)__builtin_ctzl(sizes)] : NULL;
}

static ut_t *alloc_by_splitting(size_t size_bits)
{
    want_records();
    ut_t *ut = smallest(size_bits);
    if (!ut) {
        ut_merge();
        ut = smallest(size_bits);
    }
    return ut ? take_part(ut, ut->paddr, size_bits) : NULL;
}

ut_t *ut_alloc(size_t size_bits, struct cspace *cspace)
{
    (void)cspace;
    size_bits = size_bits < seL4_MinUntypedBits ? seL4_MinUntypedBits : size_bits;
    if (size_bits > seL4_MaxUntypedBits || gpi_allocation_fails()) {
        return NULL;
    }
    ut_t *ut = table.free[size_bits];
    if (ut) {
        take(ut);
        return ut;
    }
    return alloc_by_splitting(size_bits);
}

ut_t *ut_alloc_4k_untyped(seL4_Word *paddr)
{
    ut_t *ut = ut_alloc(seL4_PageBits, table.cspace);
    if (ut && paddr) {
        *paddr = ut->paddr;
    }
    return ut;
}

/* What the kernel gave, if it has this address. */
static ut_t *root_of(seL4_Word paddr)
{
    size_t low = 0, high = table.root_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (table.root[middle].paddr <= paddr) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    ut_t *root = low ? &table.root[low - 1] : NULL;
    return root && (paddr - root->paddr) >> root->size_bits == 0 ? root : NULL;
}

ut_t *ut_alloc_at(seL4_Word paddr, size_t size_bits)
{
    size_bits = size_bits < seL4_MinUntypedBits ? seL4_MinUntypedBits : size_bits;
    if (size_bits > seL4_MaxUntypedBits || paddr & ((1ul << size_bits) - 1) || gpi_allocation_fails()) {
        return NULL;
    }
    want_records();
    ut_t *ut = root_of(paddr);
    while (ut && ut->state == UT_SPLIT && ut->size_bits > size_bits) {
        ut = &ut->halves[(paddr - ut->paddr) >> (ut->size_bits - 1u) & 1];
    }
    return ut && ut->size_bits >= size_bits && make_whole(ut) ? take_part(ut, paddr, size_bits) : NULL;
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

struct run {
    seL4_Word size, align;
    seL4_Word start, end; /* free so far, `start` aligned */
};

/* Walks free pieces in the order of addresses. True once there is enough. */
static bool extend_run(struct run *run, const ut_t *ut)
{
    if (ut->state == UT_SPLIT) {
        return extend_run(run, &ut->halves[0]) || extend_run(run, &ut->halves[1]);
    }
    if (ut->state != UT_FREE) {
        return false;
    }
    if (ut->paddr != run->end) {
        run->start = (ut->paddr + run->align - 1) & ~(run->align - 1);
    }
    run->end = ut->paddr + (1ul << ut->size_bits);
    return run->end >= run->start && run->end - run->start >= run->size;
}

bool ut_find_run(seL4_Word size, size_t align_bits, seL4_Word *paddr)
{
    struct run run = {.size = size, .align = 1ul << align_bits, .end = ~0ul};
    for (size_t i = 0; i < table.root_count; i++) {
        if (!table.root[i].device && extend_run(&run, &table.root[i])) {
            *paddr = run.start;
            return true;
        }
    }
    return false;
}

void ut_free(ut_t *ut, size_t size_bits)
{
    if (ut && ut->state == UT_TAKEN && (size_bits <= seL4_MinUntypedBits || size_bits == ut->size_bits)) {
        put(ut);
        join_upwards(ut, false);
    }
}

seL4_Error ut_revoke(const ut_t *ut)
{
    return cspace_revoke(table.cspace, ut->cap);
}

void ut_free_revoke(ut_t *ut, size_t size_bits)
{
    if (ut && ut->state == UT_TAKEN && ut_revoke(ut) == seL4_NoError) {
        ut_free(ut, size_bits);
    }
}

size_t ut_slots(void)
{
    return 2 * table.splits;
}

size_t ut_size_free(void)
{
    return table.bytes_free;
}
