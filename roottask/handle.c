/* SPDX-License-Identifier: BSD-2-Clause */
#include "handle.h"

#include "pdspace.h"
#include "resspc.h"

#include <sel4/sel4.h>

enum { CHUNK_BITS = 8, CHUNK = 1 << CHUNK_BITS, INDEX_BITS = 32 };

static struct {
    struct handle **chunk;
    size_t chunks, places;
    struct handle *free;
    uint64_t count;
    seL4_CPtr endpoint;
} table;

void handle_init(seL4_CPtr endpoint)
{
    table.endpoint = endpoint;
}

static bool add_chunk(void)
{
    struct handle **room = memory_make_room(table.chunk, &table.places, table.chunks + 1, sizeof(struct handle *));
    if (!room) {
        return false;
    }
    table.chunk = room;
    struct handle *chunk = memory_new(CHUNK * sizeof *chunk);
    if (!chunk) {
        return false;
    }
    for (size_t i = CHUNK; i-- > 0;) {
        /* Badge 0 is nobody's: the numbers begin at 1. */
        chunk[i].badge = (table.chunks << CHUNK_BITS | i) | 1ul << INDEX_BITS;
        chunk[i].next_free = table.free;
        table.free = &chunk[i];
    }
    table.chunk[table.chunks++] = chunk;
    return true;
}

struct handle *handle_of_badge(seL4_Word badge)
{
    size_t index = (uint32_t)badge;
    if (index >> CHUNK_BITS >= table.chunks) {
        return NULL;
    }
    struct handle *handle = &table.chunk[index >> CHUNK_BITS][index & (CHUNK - 1)];
    return handle->badge == badge && handle->kind != HANDLE_FREE ? handle : NULL;
}

static void link_to(struct handle *handle, struct object *object)
{
    handle->object = object;
    handle->next = object->handles;
    if (handle->next) {
        handle->next->prev = handle;
    }
    object->handles = handle;
}

static void unlink(struct handle *handle)
{
    *(handle->prev ? &handle->prev->next : &handle->object->handles) = handle->next;
    if (handle->next) {
        handle->next->prev = handle->prev;
    }
    handle->object = NULL;
    handle->next = NULL;
    handle->prev = NULL;
}

static struct handle *take(struct object *object, enum handle_kind kind, unsigned rights)
{
    if (memory_must_fail() || (!table.free && !add_chunk())) {
        return NULL;
    }
    struct handle *handle = table.free;
    table.free = handle->next_free;
    /* Everything else of it is 0, see put(). */
    handle->next_free = NULL;
    handle->kind = (uint8_t)kind;
    handle->rights = (uint8_t)rights;
    if (object) {
        link_to(handle, object_get(object));
    }
    table.count++;
    return handle;
}

static void put(struct handle *handle)
{
    struct object *object = handle->object;
    enum handle_kind kind = handle->kind;
    gpi_obj_id_t resource = handle->resource;
    if (object) {
        unlink(handle);
    }
    handle->badge += 1ul << INDEX_BITS;
    handle->space = NULL;
    handle->slot = seL4_CapNull;
    handle->resource = 0;
    handle->kind = HANDLE_FREE;
    handle->rights = 0;
    handle->listed = false;
    handle->shared = false;
    handle->next_free = table.free;
    table.free = handle;
    table.count--;
    if (object && kind == HANDLE_SERVED) {
        resspc_drop_holder(object_of(object, resspc), resource);
    }
    if (object) {
        object_put(object);
    }
}

/* Where a capability is copied from. */
struct source {
    cspace_t *cspace;
    seL4_CPtr slot;
    seL4_CapRights_t rights;
    bool badged; /* with the handle's badge */
};

static struct handle *new_from(struct pdspace *space, struct object *object, enum handle_kind kind, unsigned rights,
                               const struct source *from)
{
    struct handle *handle = take(object, kind, rights);
    if (!handle) {
        return NULL;
    }
    seL4_CPtr slot = pdspace_take_slot(space, handle);
    if (slot) {
        seL4_Error error =
            from->badged ? cspace_mint(&space->cspace, slot, from->cspace, from->slot, from->rights, handle->badge)
                         : cspace_copy(&space->cspace, slot, from->cspace, from->slot, from->rights);
        if (error == seL4_NoError) {
            handle->space = space;
            handle->slot = slot;
            return handle;
        }
        pdspace_put_slot(space, slot);
    }
    put(handle);
    return NULL;
}

struct handle *handle_new_for(struct pdspace *space, struct object *object, enum handle_kind kind, unsigned rights,
                              seL4_CPtr cap, seL4_CapRights_t cap_rights, bool badged)
{
    return new_from(space, object, kind, rights, &(struct source){&root_cspace, cap, cap_rights, badged});
}

struct handle *handle_copy_raw(const struct handle *handle, struct pdspace *target)
{
    struct source from = {&handle->space->cspace, handle->slot, seL4_AllRights, false};
    return new_from(target, handle->object, HANDLE_RAW, handle->rights, &from);
}

struct handle *handle_new(struct pdspace *space, struct object *object, enum handle_kind kind, unsigned rights)
{
    /* Grant: a client may pass capabilities on by its own calls; GrantReply: or it could not Call. */
    return handle_new_for(space, object, kind, rights, table.endpoint, seL4_CapRights_new(1, 0, 0, 1), true);
}

/* Of a thread that is no more, and so has no message on its way: number and capability are good for the next one. */
static struct handle *spare_fault;

struct handle *handle_new_fault(struct object *object, seL4_CPtr *slot)
{
    struct handle *handle = spare_fault;
    if (handle && !memory_must_fail()) {
        spare_fault = NULL;
        handle->kind = HANDLE_FAULT;
        link_to(handle, object);
        table.count++;
        *slot = handle->slot;
        return handle;
    }
    handle = take(object, HANDLE_FAULT, 0);
    if (handle) {
        /* The CPU holds its fault handle, not the other way round. */
        object->refs--;
        *slot = cspace_alloc_slot(&root_cspace);
        if (*slot && cspace_mint(&root_cspace, *slot, &root_cspace, table.endpoint, seL4_CapRights_new(1, 0, 0, 1),
                                 handle->badge) == seL4_NoError) {
            handle->slot = *slot;
            return handle;
        }
        cspace_free_slot(&root_cspace, *slot);
        object->refs++;
        put(handle);
    }
    return NULL;
}

void handle_keep_fault(struct handle *handle)
{
    if (spare_fault) {
        handle_free(handle);
        return;
    }
    unlink(handle);
    handle->kind = HANDLE_FREE;
    table.count--;
    spare_fault = handle;
}

size_t handle_spare_slots(void)
{
    return spare_fault != NULL;
}

void handle_redirect(struct handle *handle, seL4_CPtr endpoint)
{
    cspace_delete(&handle->space->cspace, handle->slot);
    cspace_mint(&handle->space->cspace, handle->slot, &root_cspace, table.endpoint, seL4_CapRights_new(1, 0, 0, 1),
                handle->badge);
    /* Those who wait at the other endpoint make their calls again, and come here. */
    seL4_CPtr all_rights = cspace_alloc_slot(&root_cspace);
    if (all_rights) {
        cspace_mint(&root_cspace, all_rights, &root_cspace, endpoint, seL4_AllRights, handle->badge);
        seL4_CNode_CancelBadgedSends(root_cspace.root_cnode, all_rights, root_cspace.depth);
        cspace_delete(&root_cspace, all_rights);
        cspace_free_slot(&root_cspace, all_rights);
    }
}

void handle_clear(struct handle *handle)
{
    cspace_delete(&handle->space->cspace, handle->slot);
    pdspace_forget_slot(handle->space, handle->slot);
    put(handle);
}

void handle_free(struct handle *handle)
{
    if (handle->shared) {
        handle->shared = false;
        return;
    }
    if (handle->space) {
        cspace_delete(&handle->space->cspace, handle->slot);
        pdspace_put_slot(handle->space, handle->slot);
    } else if (handle->kind == HANDLE_FAULT) {
        cspace_delete(&root_cspace, handle->slot);
        cspace_free_slot(&root_cspace, handle->slot);
        handle->object->refs++;
    }
    put(handle);
}

void handle_forget(struct handle *handle)
{
    handle->space->handle[handle->slot] = NULL;
    put(handle);
}

void handle_free_all(struct object *object)
{
    while (object->handles) {
        handle_free(object->handles);
    }
}

struct handle *handle_find(const struct pdspace *space, const struct object *object, enum handle_kind kind)
{
    struct handle *handle = object->handles;
    while (handle && (handle->space != space || handle->kind != kind)) {
        handle = handle->next;
    }
    return handle;
}

uint64_t handle_count(void)
{
    return table.count;
}
