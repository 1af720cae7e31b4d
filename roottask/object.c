/* SPDX-License-Identifier: BSD-2-Clause */
#include "object.h"

static struct {
    object_end_fn end;
    gpi_obj_id_t next_id;
    struct object *all;
} types[GPICAP_TYPE_CORE_END];
static uint64_t count;

void object_register(gpi_cap_t type, object_end_fn end)
{
    types[type].end = end;
    types[type].next_id = 1;
}

void object_init(struct object *object, gpi_cap_t type, struct account *account)
{
    object->type = type;
    object->id = types[type].next_id++;
    object->refs = 1;
    object->account = account;
    account_get(account);
    object->next = types[type].all;
    if (object->next) {
        object->next->prev = object;
    }
    types[type].all = object;
    count++;
}

struct object *object_get(struct object *object)
{
    object->refs++;
    return object;
}

void object_end(struct object *object)
{
    if (object->ended) {
        return;
    }
    object->ended = true;
    object->refs++; /* what it lets go of may be the last that holds it */
    types[object->type].end(object);
    *(object->prev ? &object->prev->next : &types[object->type].all) = object->next;
    if (object->next) {
        object->next->prev = object->prev;
    }
    object->next = NULL;
    object->prev = NULL;
    count--;
    object_put(object);
}

void object_put(struct object *object)
{
    if (object->refs == 1 && !object->ended) {
        object_end(object);
    }
    if (--object->refs == 0) {
        account_put(object->account);
        memory_free(object);
    }
}

struct object *object_first(gpi_cap_t type)
{
    return types[type].all;
}

struct object *object_find(gpi_cap_t type, gpi_obj_id_t id)
{
    struct object *object = types[type].all;
    while (object && object->id != id) {
        object = object->next;
    }
    return object;
}

uint64_t object_count(void)
{
    return count;
}
