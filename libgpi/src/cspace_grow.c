/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A one-level space moves into a larger CNode. The new CNode is made beside the old one, capabilities move slot by slot,
 * the threads follow, the old CNode goes.
 *
 * A space that manages its own CNode (the root task's) is in use meanwhile. So each of the two CNodes has both in the same
 * two slots: itself in `root_cnode`, the other one in `other`, and the same calls work from both sides. What `set_space`
 * needs is in both until the threads have changed over; the originals follow then.
 */
#include "cspace.h"

#include <gpi/backing.h>
#include <sel4/sel4.h>

/* For splitting memory down to a CNode, and for some MiB of small pages for the records' heap. */
#define RESERVE 1024u

struct move {
    cspace_t *c;
    bool own; /* the space has its own CNode's capability */
    unsigned bits;
    ut_t *ut;
    seL4_CPtr other; /* slot of bootstrap: the new CNode; in the new CNode of an own space, the old one */
};

void cspace_set_growth(cspace_t *c, const cspace_growth_t *growth)
{
    c->growth = *growth;
    if (c->bootstrap == c) {
        c->reserve = c->map.size / 4 < RESERVE ? c->map.size / 4 : RESERVE;
    }
}

static seL4_Error set_first_thread(void *cookie, struct cspace *c, seL4_CPtr root)
{
    (void)cookie;
    (void)c;
    return seL4_TCB_SetSpace(seL4_CapInitThreadTCB, 0, root, 0, seL4_CapInitThreadVSpace, 0);
}

void cspace_set_growth_root(cspace_t *c)
{
    static const seL4_CPtr kept[] = {seL4_CapInitThreadTCB, seL4_CapInitThreadVSpace};
    static const cspace_growth_t growth = {
        .set_space = set_first_thread, .kept = kept, .kept_count = sizeof(kept) / sizeof(*kept)};
    cspace_set_growth(c, &growth);
}

/* The new CNode, in a slot of its own space too. `raw` is an empty slot for a moment. */
static seL4_Error make_own(const struct move *m, seL4_CPtr raw)
{
    cspace_t *c = m->c;
    seL4_Word guard = seL4_CNode_CapData_new(0, seL4_WordBits - m->bits).words[0];
    seL4_Error error = cspace_untyped_retype(c, m->ut->cap, raw, seL4_CapTableObject, m->bits);
    if (error == seL4_NoError) {
        error = cspace_mint(c, m->other, c, raw, seL4_AllRights, guard);
    }
    if (error == seL4_NoError) {
        error = seL4_CNode_Mutate(m->other, c->root_cnode, c->depth, c->root_cnode, raw, c->depth, guard);
    }
    if (error == seL4_NoError) {
        error = seL4_CNode_Copy(m->other, m->other, c->depth, c->root_cnode, c->root_cnode, c->depth, seL4_AllRights);
    }
    return error;
}

static seL4_Error make(struct move *m)
{
    cspace_t *c = m->c;
    if (!m->own) {
        return cspace_make_cnode(c->bootstrap, m->ut, m->bits, seL4_WordBits - m->bits, &m->other);
    }
    seL4_CPtr raw = cspace_alloc_slot(c);
    m->other = cspace_alloc_slot(c);
    seL4_Error error = raw && m->other ? make_own(m, raw) : seL4_NotEnoughMemory;
    /* After a failure the capability goes with the memory. */
    cspace_free_slot(c, raw);
    return error;
}

static bool is_kept(const struct move *m, seL4_CPtr slot)
{
    const cspace_growth_t *g = &m->c->growth;
    for (size_t i = 0; m->own && i < g->kept_count; i++) {
        if (g->kept[i] == slot) {
            return true;
        }
    }
    return m->own && (slot == m->c->root_cnode || slot == m->other);
}

/* Moves the capabilities in the slots below `end` from one CNode to the other. *stop: where that failed. */
static seL4_Error move_slots(const struct move *m, seL4_CPtr from, seL4_CPtr to, size_t end, size_t *stop)
{
    const cspace_t *c = m->c;
    for (size_t slot = 1; slot < end; slot++) {
        if (!slotmap_used(&c->map, slot) || is_kept(m, slot)) {
            continue;
        }
        seL4_Error error = seL4_CNode_Move(to, slot, c->depth, from, slot, c->depth);
        /* A slot that is taken may still be empty. */
        if (error != seL4_NoError && error != seL4_FailedLookup) {
            *stop = slot;
            return error;
        }
    }
    *stop = end;
    return seL4_NoError;
}

static seL4_Error copy_kept(const struct move *m)
{
    const cspace_t *c = m->c;
    for (size_t i = 0; m->own && i < c->growth.kept_count; i++) {
        seL4_CPtr slot = c->growth.kept[i];
        seL4_Error error = seL4_CNode_Copy(m->other, slot, c->depth, c->root_cnode, slot, c->depth, seL4_AllRights);
        if (error != seL4_NoError) {
            return error;
        }
    }
    return seL4_NoError;
}

/* Everything moves, and the threads. After an error all is where it was. */
static seL4_Error change_over(const struct move *m)
{
    cspace_t *c = m->c;
    size_t stop = 0, none;
    seL4_Error error = c->growth.begin ? c->growth.begin(c->growth.cookie, c) : seL4_NoError;
    if (error != seL4_NoError) {
        return error;
    }
    error = move_slots(m, c->root_cnode, m->other, c->map.size, &stop);
    if (error == seL4_NoError) {
        error = copy_kept(m);
    }
    if (error == seL4_NoError) {
        error = c->growth.set_space(c->growth.cookie, c, m->other);
    }
    if (error != seL4_NoError) {
        move_slots(m, m->other, c->root_cnode, stop, &none);
    }
    return error;
}

/* The threads use the new CNode: the old one goes. */
static void leave_old(const struct move *m)
{
    cspace_t *c = m->c;
    ut_t *old = c->root_ut;
    for (size_t i = 0; m->own && i < c->growth.kept_count; i++) {
        /* The original for the copy, which goes with the old CNode. */
        seL4_CPtr slot = c->growth.kept[i];
        seL4_CNode_Rotate(c->root_cnode, slot, c->depth, 0, m->other, slot, c->depth, 0, c->root_cnode, slot, c->depth);
    }
    c->root_ut = m->ut;
    c->root_bits = (seL4_Uint8)m->bits;
    if (!old) {
        /* The kernel's first CNode: its memory is nobody's. */
        seL4_CNode_Delete(m->other, c->root_cnode, c->depth);
        cspace_delete(c, m->other);
    } else if (ut_revoke(old) == seL4_NoError) {
        ut_free(old, old->size_bits);
    }
    if (m->own) {
        cspace_free_slot(c, m->other);
    } else {
        cspace_free_slot(c->bootstrap, c->root_cnode);
        c->root_cnode = m->other;
    }
}

static bool grow_to(cspace_t *c, unsigned bits)
{
    struct move m = {.c = c, .own = c->bootstrap == c, .bits = bits};
    seL4_Error error = seL4_NotEnoughMemory;
    struct slotmap map;
    size_t bytes = slotmap_bytes(1ul << bits);
    void *records = NULL;
    m.ut = ut_alloc(bits + seL4_SlotBits, c->bootstrap);
    if (m.ut) {
        records = gpi_backing_allocate(bytes);
    }
    if (records) {
        error = make(&m);
    }
    if (error == seL4_NoError) {
        error = change_over(&m);
        if (error == seL4_NoError) {
            void *old_records = c->records;
            size_t old_bytes = c->record_bytes;
            slotmap_init_larger(&map, records, 1ul << bits, &c->map);
            c->map = map;
            c->records = records;
            c->record_bytes = bytes;
            leave_old(&m);
            records = old_records;
            bytes = old_bytes;
        }
        if (c->growth.end) {
            c->growth.end(c->growth.cookie, c);
        }
    }
    if (error != seL4_NoError && m.ut) {
        ut_revoke(m.ut);
        ut_free(m.ut, m.ut->size_bits);
        cspace_free_slot(c->bootstrap, m.other);
    }
    gpi_backing_free(records, bytes);
    return error == seL4_NoError;
}

bool cspace_grow(cspace_t *c, size_t count)
{
    if (!c->growth.set_space || c->growing || gpi_backing_held()) {
        return false;
    }
    unsigned bits = c->root_bits + 1u;
    while (bits <= seL4_MaxUntypedBits - seL4_SlotBits && (1ul << bits) - c->map.size < count + c->reserve) {
        bits++;
    }
    if (bits > seL4_MaxUntypedBits - seL4_SlotBits) {
        return false;
    }
    c->growing = true;
    bool grown = grow_to(c, bits);
    c->growing = false;
    return grown;
}
