/* SPDX-License-Identifier: BSD-2-Clause */
#include "cspace.h"

#include <gpi/backing.h>
#include <sel4/sel4.h>
#include <string.h>

/* The root task's first map, made before there is memory: for the 2^15 slots of the kernel's CNode. */
#define BOOT_SLOTS 32768u
static seL4_Word boot_map[BOOT_SLOTS / 64 + BOOT_SLOTS / 4096 + 1];

/* A two-level space has records for this many CNodes at first. */
#define FIRST_LEAVES 4u

void cspace_init_root(cspace_t *c, const seL4_BootInfo *bi)
{
    *c = (cspace_t){
        .root_cnode = seL4_CapInitThreadCNode,
        .bootstrap = c,
        .depth = seL4_WordBits,
        .root_bits = (seL4_Uint8)bi->initThreadCNodeSizeBits,
    };
    memset(boot_map, 0, sizeof(boot_map));
    slotmap_init(&c->map, boot_map, bi->empty.end < BOOT_SLOTS ? bi->empty.end : BOOT_SLOTS);
    slotmap_use_run(&c->map, 0, bi->empty.start < c->map.size ? bi->empty.start : c->map.size);
}

bool cspace_new_records(cspace_t *c, size_t slots)
{
    size_t leaves = c->two_level ? slots >> c->leaf_bits : 0;
    size_t bytes = leaves * sizeof(*c->leaf) + slotmap_bytes(slots);
    struct cspace_leaf *leaf = gpi_backing_allocate(bytes);
    struct slotmap map;
    if (!leaf) {
        return false;
    }
    slotmap_init_larger(&map, leaf + leaves, slots, &c->map);
    if (c->leaf) {
        memcpy(leaf, c->leaf, (c->map.size >> c->leaf_bits) * sizeof(*leaf));
    }
    gpi_backing_free(c->records, c->record_bytes);
    c->leaf = c->two_level ? leaf : NULL;
    c->map = map;
    c->records = leaf;
    c->record_bytes = bytes;
    return true;
}

seL4_Error cspace_make_cnode(cspace_t *bootstrap, ut_t *ut, unsigned radix, unsigned guard_bits, seL4_CPtr *cnode)
{
    seL4_CPtr raw = cspace_alloc_slot(bootstrap);
    seL4_CPtr slot = cspace_alloc_slot(bootstrap);
    seL4_Error error = seL4_NotEnoughMemory;
    if (raw != seL4_CapNull && slot != seL4_CapNull) {
        error = cspace_untyped_retype(bootstrap, ut->cap, raw, seL4_CapTableObject, radix);
        if (error == seL4_NoError) {
            error = cspace_mutate(bootstrap, slot, bootstrap, raw, seL4_CNode_CapData_new(0, guard_bits).words[0]);
        }
        if (error != seL4_NoError) {
            cspace_delete(bootstrap, raw);
        }
    }
    cspace_free_slot(bootstrap, raw);
    if (error == seL4_NoError) {
        *cnode = slot;
    } else {
        cspace_free_slot(bootstrap, slot);
    }
    return error;
}

/* Memory of a CNode. The caller's pages where they fit. */
static bool from_pages(const cspace_t *c, unsigned radix)
{
    return c->alloc.alloc_4k_ut && radix == CSPACE_RADIX;
}

static ut_t *take_memory(cspace_t *c, unsigned radix)
{
    return from_pages(c, radix) ? c->alloc.alloc_4k_ut(c->alloc.cookie) : ut_alloc(radix + seL4_SlotBits, c->bootstrap);
}

/* With the CNode, if one was made, and all capabilities to it. */
static void free_memory(cspace_t *c, ut_t *ut, unsigned radix)
{
    if (ut && ut_revoke(ut) == seL4_NoError) {
        if (from_pages(c, radix)) {
            c->alloc.free_4k_ut(c->alloc.cookie, ut);
        } else {
            ut_free(ut, radix + seL4_SlotBits);
        }
    }
}

/* `target` has its sizes. */
static int create(cspace_t *bootstrap, cspace_t *target)
{
    unsigned bits = target->root_bits + (target->two_level ? target->leaf_bits : 0u);
    size_t slots = 1ul << bits;
    if (target->two_level && target->root_bits > 2) {
        slots = (size_t)FIRST_LEAVES << target->leaf_bits;
    }
    seL4_Error error = seL4_NotEnoughMemory;
    target->bootstrap = bootstrap;
    target->depth = seL4_WordBits;
    if (cspace_new_records(target, slots)) {
        slotmap_use(&target->map, 0);
        target->root_ut = take_memory(target, target->root_bits);
        if (target->root_ut) {
            error = cspace_make_cnode(bootstrap, target->root_ut, target->root_bits, seL4_WordBits - bits,
                                      &target->root_cnode);
        }
    }
    if (error != seL4_NoError) {
        free_memory(target, target->root_ut, target->root_bits);
        gpi_backing_free(target->records, target->record_bytes);
        *target = (cspace_t){0};
    }
    return (int)error;
}

int cspace_create_one_level_bits(cspace_t *bootstrap, cspace_t *target, unsigned radix)
{
    if (radix < 1 || radix > seL4_MaxUntypedBits - seL4_SlotBits) {
        return seL4_RangeError;
    }
    *target = (cspace_t){.root_bits = (seL4_Uint8)radix};
    return create(bootstrap, target);
}

int cspace_create_one_level(cspace_t *bootstrap, cspace_t *target)
{
    return cspace_create_one_level_bits(bootstrap, target, CSPACE_RADIX);
}

int cspace_create_two_level(cspace_t *bootstrap, cspace_t *target, cspace_alloc_t cspace_alloc)
{
    *target =
        (cspace_t){.two_level = true, .root_bits = CSPACE_RADIX, .leaf_bits = CSPACE_RADIX, .alloc = cspace_alloc};
    return create(bootstrap, target);
}

int cspace_create_two_level_bits(cspace_t *bootstrap, cspace_t *target, unsigned root_bits, unsigned leaf_bits)
{
    /* All slots together are no more than memory could hold. */
    if (root_bits < 1 || leaf_bits < 6 || root_bits > seL4_MaxUntypedBits || leaf_bits > seL4_MaxUntypedBits ||
        root_bits + leaf_bits > seL4_MaxUntypedBits - seL4_SlotBits) {
        return seL4_RangeError;
    }
    *target = (cspace_t){.two_level = true, .root_bits = (seL4_Uint8)root_bits, .leaf_bits = (seL4_Uint8)leaf_bits};
    return create(bootstrap, target);
}

void cspace_destroy(cspace_t *c)
{
    for (size_t i = 0; c->two_level && i < c->map.size >> c->leaf_bits; i++) {
        if (c->leaf[i].cnode) {
            free_memory(c, c->leaf[i].ut, c->leaf_bits);
            cspace_free_slot(c->bootstrap, c->leaf[i].cnode);
        }
    }
    free_memory(c, c->root_ut, c->root_bits);
    cspace_free_slot(c->bootstrap, c->root_cnode);
    gpi_backing_free(c->records, c->record_bytes);
    *c = (cspace_t){0};
}

/* Makes sure that the CNode of this slot exists. */
static bool have_leaf(cspace_t *c, seL4_Word slot)
{
    seL4_Word i = slot >> c->leaf_bits;
    if (c->leaf[i].cnode) {
        return true;
    }
    ut_t *ut = take_memory(c, c->leaf_bits);
    seL4_CPtr cnode = seL4_CapNull;
    if (ut && cspace_make_cnode(c->bootstrap, ut, c->leaf_bits, 0, &cnode) == seL4_NoError &&
        seL4_CNode_Copy(c->root_cnode, i, seL4_WordBits - c->leaf_bits, c->bootstrap->root_cnode, cnode,
                        c->bootstrap->depth, seL4_AllRights) == seL4_NoError) {
        c->leaf[i] = (struct cspace_leaf){cnode, ut};
        return true;
    }
    free_memory(c, ut, c->leaf_bits);
    cspace_free_slot(c->bootstrap, cnode);
    return false;
}

/* Slots up to here may be given. Growth itself, and memory for records, may take the last ones. */
static size_t limit(const cspace_t *c)
{
    return c->growing || gpi_backing_held() ? c->map.size : c->map.size - c->reserve;
}

static seL4_CPtr find(cspace_t *c, size_t count)
{
    size_t end = limit(c);
    size_t block = c->two_level ? 1ul << c->leaf_bits : 0;
    size_t first = count == 1 ? slotmap_first(&c->map) : slotmap_run(&c->map, count, end, block);
    return first < end ? first : seL4_CapNull;
}

/* Records for more slots, or a larger CNode. */
static bool extend(cspace_t *c, size_t count)
{
    if (!c->two_level) {
        return cspace_grow(c, count);
    }
    size_t all = 1ul << (c->root_bits + c->leaf_bits);
    return count <= 1ul << c->leaf_bits && c->map.size < all && cspace_new_records(c, 2 * c->map.size);
}

static seL4_CPtr alloc_slots(cspace_t *c, size_t count)
{
    seL4_CPtr first = find(c, count);
    if (first == seL4_CapNull && extend(c, count)) {
        first = find(c, count);
    }
    if (first == seL4_CapNull || (c->two_level && !have_leaf(c, first))) {
        return seL4_CapNull;
    }
    slotmap_use_run(&c->map, first, count);
    return first;
}

seL4_CPtr cspace_alloc_slots(cspace_t *c, size_t count)
{
    return count == 0 || gpi_allocation_fails() ? seL4_CapNull : alloc_slots(c, count);
}

seL4_CPtr cspace_alloc_slot(cspace_t *c)
{
    if (gpi_allocation_fails()) {
        return seL4_CapNull;
    }
    size_t first = slotmap_first(&c->map);
    if (c->two_level || first >= c->map.size - c->reserve) {
        return alloc_slots(c, 1);
    }
    slotmap_use(&c->map, first);
    return first;
}

bool cspace_is_taken(const cspace_t *c, seL4_CPtr slot)
{
    return slot != seL4_CapNull && slot < c->map.size && slotmap_used(&c->map, slot);
}

size_t cspace_slots_taken(const cspace_t *c)
{
    return slotmap_count(&c->map);
}

void cspace_free_slot(cspace_t *c, seL4_CPtr slot)
{
    if (slot != seL4_CapNull && slot < c->map.size) {
        slotmap_free(&c->map, slot);
    }
}

void cspace_free_slots(cspace_t *c, seL4_CPtr first, size_t count)
{
    if (first != seL4_CapNull && first < c->map.size && count <= c->map.size - first) {
        slotmap_free_run(&c->map, first, count);
    }
}
