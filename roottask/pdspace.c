/* SPDX-License-Identifier: BSD-2-Clause */
#include "pdspace.h"

#include "pd.h"

#include <sel4/sel4.h>

/*
 * Where slots are missing the CNode is replaced by a larger one. Its slots are found empty meanwhile, and a thread that waits
 * cannot be stopped without losing its call: so only if the space has one CPU, which is the one that calls just now, or
 * does not run. Where one of several spaces is the CPU's, only its PD knows in which it is.
 */
static seL4_Error may_grow(void *cookie, struct cspace *c)
{
    const struct pdspace *space = cookie;
    unsigned cpus = 0;
    (void)c;
    for (const struct pd *pd = space->pds; pd; pd = pd->next_in_space) {
        for (const struct cpu *cpu = pd->cpus; cpu; cpu = cpu->next_of_pd) {
            cpus += cpu->bound_count > 1 ? 2 : 1;
        }
    }
    return cpus > 1 ? seL4_IllegalOperation : seL4_NoError;
}

static seL4_Error follow(void *cookie, struct cspace *c, seL4_CPtr root)
{
    const struct pdspace *space = cookie;
    (void)c;
    for (const struct pd *pd = space->pds; pd; pd = pd->next_in_space) {
        if (pd->cpus && !cpu_set_cspace(pd->cpus, root)) {
            return seL4_IllegalOperation;
        }
    }
    return seL4_NoError;
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
    cspace_set_growth(&space->cspace, &(cspace_growth_t){.begin = may_grow, .set_space = follow, .cookie = space});
    return space;
}

void pdspace_free(struct pdspace *space)
{
    for (size_t slot = 0; slot < space->slots; slot++) {
        if (space->handle[slot]) {
            handle_free(space->handle[slot]);
        }
    }
    cspace_destroy(&space->cspace);
    account_refund(space->account, 1ul << seL4_PageBits);
    account_put(space->account);
    memory_free(space->handle);
    memory_free(space->rdes);
    memory_free(space);
}

seL4_CPtr pdspace_take_slot(struct pdspace *space, struct handle *handle)
{
    seL4_CPtr slot = memory_must_fail() ? 0 : cspace_alloc_slot(&space->cspace);
    if (slot >= space->slots) {
        size_t slots = space->slots ? space->slots * 2 : 32;
        slots = slots > slot ? slots : slot + 1;
        struct handle **grown =
            memory_grow(space->handle, space->slots * sizeof(struct handle *), slots * sizeof(struct handle *));
        if (!grown) {
            cspace_free_slot(&space->cspace, slot);
            return 0;
        }
        space->handle = grown;
        space->slots = slots;
    }
    if (slot) {
        space->handle[slot] = handle;
    }
    return slot;
}

void pdspace_forget_slot(struct pdspace *space, seL4_CPtr slot)
{
    if (space->handle[slot]) {
        pdspace_drop_rdes(space, space->handle[slot]);
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

struct handle *pdspace_handle(const struct pdspace *space, seL4_CPtr slot)
{
    return slot < space->slots ? space->handle[slot] : NULL;
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
    if (space->rde_count == space->rde_places) {
        size_t places = space->rde_places ? space->rde_places * 2 : 16;
        struct rde *grown = memory_grow(space->rdes, space->rde_places * sizeof *grown, places * sizeof *grown);
        if (!grown) {
            return GPI_ERR_NO_MEMORY;
        }
        space->rdes = grown;
        space->rde_places = places;
    }
    space->rdes[space->rde_count++] = (struct rde){type, id, handle};
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
