/* SPDX-License-Identifier: BSD-2-Clause */
#include "pdspace.h"

#include "pd.h"

#include <sel4/sel4.h>

/*
 * Where slots are missing the CNode is replaced by a larger one. Its slots are found empty meanwhile, so the threads that use
 * them are kept from running: their scheduling contexts are taken from them. A thread that waits goes on waiting, and is
 * answered. Where one of several address spaces is a CPU's, only its PD knows in which it is: those do not grow.
 */
static size_t bytes_of(const cspace_t *c)
{
    return c->map.size << seL4_SlotBits;
}

static seL4_Error growth_begin(void *cookie, struct cspace *c)
{
    struct pdspace *space = cookie;
    for (const struct pd *pd = space->pds; pd; pd = pd->next_in_space) {
        for (const struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
            if (cpu->bound_count > 1) {
                return seL4_IllegalOperation;
            }
        }
    }
    if (!account_charge(space->account, bytes_of(c))) {
        return seL4_NotEnoughMemory;
    }
    space->old_bytes = bytes_of(c);
    for (const struct pd *pd = space->pds; pd; pd = pd->next_in_space) {
        for (struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
            cpu_hold(cpu);
        }
    }
    return seL4_NoError;
}

static bool set_all(const struct pdspace *space, seL4_CPtr root)
{
    bool all = true;
    for (const struct pd *pd = space->pds; pd; pd = pd->next_in_space) {
        for (struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
            all = cpu_set_cspace(cpu, root) && all;
        }
    }
    return all;
}

static seL4_Error growth_set_space(void *cookie, struct cspace *c, seL4_CPtr root)
{
    if (set_all(cookie, root)) {
        return seL4_NoError;
    }
    set_all(cookie, c->root_cnode);
    return seL4_IllegalOperation;
}

static void growth_end(void *cookie, struct cspace *c)
{
    struct pdspace *space = cookie;
    if (space->old_bytes == 0) {
        return; /* it did not begin */
    }
    if (space->old_bytes == bytes_of(c)) {
        account_refund(space->account, bytes_of(c)); /* it failed */
    }
    space->old_bytes = 0;
    for (const struct pd *pd = space->pds; pd; pd = pd->next_in_space) {
        for (struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
            cpu_release(cpu);
        }
    }
}

struct pdspace *pdspace_new(struct account *account)
{
    struct pdspace *space = memory_new(sizeof *space);
    if (!space) {
        return NULL;
    }
    if (!account_charge(account, 1ul << seL4_PageBits)) {
        memory_free(space);
        return NULL;
    }
    if (memory_must_fail() || cspace_create_one_level(&root_cspace, &space->cspace) != 0) {
        account_refund(account, 1ul << seL4_PageBits);
        memory_free(space);
        return NULL;
    }
    space->account = account;
    account_get(account);
    cspace_growth_t growth = {.begin = growth_begin, .set_space = growth_set_space, .end = growth_end, .cookie = space};
    cspace_set_growth(&space->cspace, &growth);
    return space;
}

void pdspace_free(struct pdspace *space)
{
    for (size_t slot = 0; slot < space->slots; slot++) {
        if (space->handle[slot]) {
            handle_forget(space->handle[slot]); /* its capability goes with the CNode */
        }
    }
    size_t bytes = bytes_of(&space->cspace);
    cspace_destroy(&space->cspace);
    account_refund(space->account, bytes);
    account_put(space->account);
    memory_free(space->handle);
    memory_free(space->rdes);
    memory_free(space);
}

seL4_CPtr pdspace_take_slot(struct pdspace *space, struct handle *handle)
{
    seL4_CPtr slot = memory_must_fail() ? 0 : cspace_alloc_slot(&space->cspace);
    if (!slot) {
        return 0;
    }
    struct handle **room = memory_make_room(space->handle, &space->slots, slot + 1, sizeof(struct handle *));
    if (!room) {
        cspace_free_slot(&space->cspace, slot);
        return 0;
    }
    space->handle = room;
    space->handle[slot] = handle;
    return slot;
}

void pdspace_forget_slot(struct pdspace *space, seL4_CPtr slot)
{
    if (space->handle[slot]) {
        if (space->handle[slot]->listed) {
            pdspace_drop_rdes(space, space->handle[slot]);
        }
        space->handle[slot] = NULL;
    }
}

void pdspace_put_slot(struct pdspace *space, seL4_CPtr slot)
{
    pdspace_forget_slot(space, slot);
    cspace_free_slot(&space->cspace, slot);
}

bool pdspace_slot_taken(const struct pdspace *space, seL4_CPtr slot)
{
    return slot != seL4_CapNull && slot < space->slots && cspace_is_taken(&space->cspace, slot);
}

struct rde *pdspace_find_rde(const struct pdspace *space, gpi_cap_t type, gpi_space_id_t id)
{
    for (size_t i = 0; i < space->rde_count; i++) {
        struct rde *rde = &space->rdes[i];
        if (rde->type == type && (id == BADGE_SPACE_ID_NULL || rde->space == id)) {
            return rde;
        }
    }
    return NULL;
}

gpi_error_t pdspace_add_rde(struct pdspace *space, gpi_cap_t type, gpi_space_id_t id, struct handle *handle)
{
    struct rde *room = memory_make_room(space->rdes, &space->rde_places, space->rde_count + 1, sizeof *room);
    if (!room) {
        return GPI_ERR_NO_MEMORY;
    }
    space->rdes = room;
    space->rdes[space->rde_count++] = (struct rde){type, id, handle};
    handle->listed = true;
    pd_publish_rdes(space, space->rde_count - 1);
    return GPI_OK;
}

void pdspace_drop_rdes(struct pdspace *space, const struct handle *handle)
{
    size_t kept = 0;
    for (size_t i = 0; i < space->rde_count; i++) {
        if (space->rdes[i].handle != handle) {
            space->rdes[kept++] = space->rdes[i];
        }
    }
    if (kept != space->rde_count) {
        space->rde_count = kept;
        pd_publish_rdes(space, 0);
    }
}
