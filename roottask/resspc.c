/* SPDX-License-Identifier: BSD-2-Clause */
#include "resspc.h"

#include "call.h"
#include "cleanup.h"
#include "pd.h"

#include <sel4/sel4.h>
#include <string.h>

static const char *const core_names[GPICAP_TYPE_CORE_END] = {
    [GPICAP_TYPE_NONE] = "NONE", [GPICAP_TYPE_ADS] = "ADS", [GPICAP_TYPE_VMR] = "VMR", [GPICAP_TYPE_MO] = "MO",
    [GPICAP_TYPE_CPU] = "CPU",   [GPICAP_TYPE_PD] = "PD",   [GPICAP_TYPE_EP] = "EP",   [GPICAP_TYPE_RESSPC] = "RESSPC",
};
static struct resspc *core[GPICAP_TYPE_CORE_END];

/* Types made at run time; the code is GPICAP_TYPE_CORE_END and up. */
static char **names;
static size_t name_count, name_places;

gpi_cap_t resspc_type_code(const char *name, size_t length)
{
    for (gpi_cap_t type = 1; type < GPICAP_TYPE_CORE_END; type++) {
        if (strlen(core_names[type]) == length && memcmp(core_names[type], name, length) == 0) {
            return type;
        }
    }
    for (size_t i = 0; i < name_count; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            return GPICAP_TYPE_CORE_END + i;
        }
    }
    char **room = memory_make_room(names, &name_places, name_count + 1, sizeof(char *));
    if (!room) {
        return GPICAP_TYPE_NONE;
    }
    names = room;
    names[name_count] = memory_new(length + 1);
    if (!names[name_count]) {
        return GPICAP_TYPE_NONE;
    }
    memcpy(names[name_count], name, length);
    return GPICAP_TYPE_CORE_END + name_count++;
}

const char *resspc_type_name(gpi_cap_t type)
{
    return type < GPICAP_TYPE_CORE_END                ? core_names[type]
           : type - GPICAP_TYPE_CORE_END < name_count ? names[type - GPICAP_TYPE_CORE_END]
                                                      : NULL;
}

static void end(struct object *object)
{
    struct resspc *resspc = object_of(object, resspc);
    cleanup_dependents(resspc);
    memory_free(resspc->made_from);
    memory_free(resspc->resources);
    memory_free(resspc->edges);
    resspc->made_from = NULL;
    resspc->made_from_count = 0;
    resspc->resources = NULL;
    resspc->resource_count = 0;
    resspc->edges = NULL;
    resspc->edge_count = 0;
    resspc->server = NULL;
    if (resspc->server_ep) {
        object_put(&resspc->server_ep->object);
        resspc->server_ep = NULL;
    }
}

static struct resspc *new_space(struct account *account, gpi_cap_t type)
{
    struct resspc *resspc = memory_new(sizeof *resspc);
    if (resspc) {
        resspc->type = type;
        object_init(&resspc->object, GPICAP_TYPE_RESSPC, account);
    }
    return resspc;
}

void resspc_init(void)
{
    object_register(GPICAP_TYPE_RESSPC, end);
    struct account *account = account_new(NULL, UINT64_MAX);
    for (gpi_cap_t type = 1; type < GPICAP_TYPE_CORE_END; type++) {
        core[type] = new_space(account, type);
    }
    /* The first of the types made at run time is one that programs know without asking. */
    resspc_type_code("CONSOLE", sizeof "CONSOLE" - 1);
}

struct resspc *resspc_core(gpi_cap_t type)
{
    return type < GPICAP_TYPE_CORE_END ? core[type] : NULL;
}

struct resspc *resspc_find(gpi_space_id_t id)
{
    struct object *object = object_find(GPICAP_TYPE_RESSPC, id);
    return object ? object_of(object, resspc) : NULL;
}

struct resspc *resspc_served_by(const struct pd *server, gpi_cap_t type, gpi_space_id_t id)
{
    struct resspc *found = NULL;
    for (struct object *object = object_first(GPICAP_TYPE_RESSPC); object; object = object->next) {
        struct resspc *resspc = object_of(object, resspc);
        if (resspc->server == server && (type == GPICAP_TYPE_NONE || resspc->type == type) &&
            (id == BADGE_SPACE_ID_NULL || object->id == id)) {
            found = resspc; /* the list is from the youngest to the oldest */
        }
    }
    return found;
}

static bool is_of(const struct handle *handle, const struct pd *server)
{
    return handle && (handle->kind == HANDLE_RDE || handle->kind == HANDLE_SERVED) &&
           object_of(handle->object, resspc)->server == server;
}

bool resspc_may_give(const struct pd *server, struct pd *recipient)
{
    const struct pdspace *space = recipient->space;
    if (recipient == server || recipient->object.id == server->parent) {
        return true;
    }
    for (size_t i = 0; space && i < space->rde_count; i++) {
        if (is_of(space->rdes[i].handle, server)) {
            return true;
        }
    }
    for (size_t slot = 0; space && slot < space->slots; slot++) {
        if (is_of(space->handle[slot], server)) {
            return true;
        }
    }
    return false;
}

/* Of the root task's spaces the root task's endpoint, of others their servers'. */
static struct handle *new_handle(struct resspc *resspc, struct pdspace *space, enum handle_kind kind, unsigned rights)
{
    return resspc->server_ep ? handle_new_for(space, &resspc->object, kind, rights, resspc->server_ep->kernel.cap,
                                              seL4_CapRights_new(1, 1, 0, 1), true)
                             : handle_new(space, &resspc->object, kind, rights);
}

gpi_error_t resspc_give_rde(struct resspc *resspc, struct pdspace *space, unsigned rights, seL4_CPtr *slot)
{
    struct rde *rde = pdspace_find_rde(space, resspc->type, resspc->object.id);
    if (rde) {
        rde->handle->rights |= (uint8_t)rights;
        *slot = rde->handle->slot;
        return GPI_OK;
    }
    struct handle *handle = new_handle(resspc, space, HANDLE_RDE, rights);
    if (!handle) {
        return GPI_ERR_NO_MEMORY;
    }
    handle->resource = resspc->type;
    *slot = handle->slot;
    gpi_error_t error = pdspace_add_rde(space, resspc->type, resspc->object.id, handle);
    if (error != GPI_OK) {
        handle_free(handle);
    }
    return error;
}

/* Where an id is, or would be. */
static size_t place_of(const struct resspc *resspc, gpi_obj_id_t id)
{
    size_t low = 0, high = resspc->resource_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (resspc->resources[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Null if there is none. */
static struct resource *find(const struct resspc *resspc, gpi_obj_id_t id)
{
    size_t place = place_of(resspc, id);
    return place < resspc->resource_count && resspc->resources[place].id == id ? &resspc->resources[place] : NULL;
}

gpi_error_t resspc_give_resource(struct resspc *resspc, struct pdspace *space, gpi_obj_id_t resource, unsigned rights,
                                 seL4_CPtr *slot)
{
    struct resource *held = find(resspc, resource);
    if (!held) {
        return GPI_ERR_NOT_FOUND;
    }
    struct handle *handle = new_handle(resspc, space, HANDLE_SERVED, rights);
    if (!handle) {
        return GPI_ERR_NO_MEMORY;
    }
    handle->resource = resource;
    held->holders++;
    *slot = handle->slot;
    return GPI_OK;
}

void resspc_drop_holder(struct resspc *resspc, gpi_obj_id_t id)
{
    struct resource *resource = find(resspc, id);
    if (resource && --resource->holders == 0 && resspc->server) {
        pd_queue_work(resspc->server, WORK_FREED, resspc->object.id, id);
    }
}

bool resspc_is_held(gpi_space_id_t space, gpi_obj_id_t id)
{
    const struct resspc *resspc = resspc_find(space);
    const struct resource *resource = resspc ? find(resspc, id) : NULL;
    return resource && resource->holders > 0;
}

/* Whether `holder` has a capability for a resource, or serves it itself. */
static bool holds(const struct pdspace *holder, const struct resspc *from, gpi_obj_id_t id, const struct pd *server)
{
    if (!from->server) {
        const struct object *object = object_find(from->type, id);
        return object && handle_find(holder, object, HANDLE_OBJECT);
    }
    const struct handle *handle = from->object.handles;
    while (handle && (handle->kind != HANDLE_SERVED || handle->space != holder || handle->resource != id)) {
        handle = handle->next;
    }
    return handle || (from->server == server && find(from, id));
}

gpi_error_t resspc_map_resource(struct resspc *resspc, gpi_obj_id_t id, struct resspc *from, gpi_obj_id_t from_id,
                                const struct pdspace *holder)
{
    if (!find(resspc, id) || !holds(holder, from, from_id, resspc->server)) {
        return GPI_ERR_NOT_FOUND;
    }
    if (from == resspc && from_id == id) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    struct resource_edge *room =
        memory_make_room(resspc->edges, &resspc->edge_places, resspc->edge_count + 1, sizeof *room);
    if (!room) {
        return GPI_ERR_NO_MEMORY;
    }
    resspc->edges = room;
    resspc->edges[resspc->edge_count++] = (struct resource_edge){id, from->object.id, from_id};
    return GPI_OK;
}

static struct resspc *resspc_of(const struct call *call)
{
    return object_of(call->handle->object, resspc);
}

static gpi_error_t create(struct call *call)
{
    const struct resspc_create *in = CALL_IN(call, resspc_create);
    struct object *ep = call_argument(call, in->server_ep, GPICAP_TYPE_EP, GPI_RIGHT_SEND);
    struct object *server = call_argument(call, in->server_pd, GPICAP_TYPE_PD, GPI_RIGHT_MANAGE);
    if (!ep || !server) {
        return GPI_ERR_BAD_CAP;
    }
    struct object *client = in->client == BADGE_OBJ_ID_NULL ? NULL : object_find(GPICAP_TYPE_PD, in->client);
    if (in->client != BADGE_OBJ_ID_NULL && !client) {
        return GPI_ERR_NOT_FOUND;
    }
    if (client && !resspc_may_give(object_of(server, pd), object_of(client, pd))) {
        return GPI_ERR_RIGHTS;
    }
    if (object_of(server, pd)->state == PD_ENDED) {
        return GPI_ERR_GONE;
    }
    if (object_of(ep, ep)->kind != EP_KIND_ENDPOINT || in->type < GPICAP_TYPE_CORE_END || !resspc_type_name(in->type)) {
        return GPI_ERR_BAD_ARGUMENT;
    }
    struct resspc *resspc = new_space(call->space->account, in->type);
    if (!resspc) {
        return GPI_ERR_NO_MEMORY;
    }
    resspc->server = object_of(server, pd);
    resspc->server_ep = object_of(object_get(ep), ep);
    gpi_error_t error = GPI_OK;
    if (client) {
        seL4_CPtr slot;
        struct pdspace *space = pd_space(object_of(client, pd));
        error = space ? resspc_give_rde(resspc, space, GPI_RIGHTS_ALL, &slot) : GPI_ERR_NO_MEMORY;
    }
    if (error != GPI_OK) {
        object_end(&resspc->object);
        handle_free_all(&resspc->object);
        object_put(&resspc->object);
        return error;
    }
    /* The server's own capability for the space: to create resources, to end it. */
    object_get(&resspc->object);
    error = call_return_object(call, &resspc->object);
    if (error != GPI_OK) {
        object_end(&resspc->object);
        handle_free_all(&resspc->object);
    }
    object_put(&resspc->object);
    return error;
}

static gpi_error_t map(struct call *call)
{
    struct resspc *resspc = resspc_of(call), *source = resspc_find(call_word(call));
    if (!source || source == resspc) {
        return source ? GPI_ERR_BAD_ARGUMENT : GPI_ERR_NOT_FOUND;
    }
    gpi_space_id_t *grown = memory_grow(resspc->made_from, resspc->made_from_count * sizeof *grown,
                                        (resspc->made_from_count + 1) * sizeof *grown);
    if (!grown) {
        return GPI_ERR_NO_MEMORY;
    }
    resspc->made_from = grown;
    grown[resspc->made_from_count++] = source->object.id;
    return GPI_OK;
}

static gpi_error_t create_resource(struct call *call)
{
    struct resspc *resspc = resspc_of(call);
    gpi_obj_id_t id = call_word(call);
    if (id == BADGE_OBJ_ID_NULL || find(resspc, id)) {
        return id == BADGE_OBJ_ID_NULL ? GPI_ERR_BAD_ARGUMENT : GPI_ERR_EXISTS;
    }
    struct resource *room =
        memory_make_room(resspc->resources, &resspc->resource_places, resspc->resource_count + 1, sizeof *room);
    if (!room) {
        return GPI_ERR_NO_MEMORY;
    }
    resspc->resources = room;
    size_t place = place_of(resspc, id);
    memmove(&resspc->resources[place + 1], &resspc->resources[place],
            (resspc->resource_count - place) * sizeof *resspc->resources);
    resspc->resources[place] = (struct resource){.id = id};
    resspc->resource_count++;
    return GPI_OK;
}

/* Takes a resource away from one PD (0: from all). */
static void revoke(struct resspc *resspc, gpi_obj_id_t id, const struct pdspace *space)
{
    for (struct handle *handle = resspc->object.handles, *next; handle; handle = next) {
        next = handle->next;
        if (handle->kind == HANDLE_SERVED && handle->resource == id && (!space || handle->space == space)) {
            handle_free(handle);
        }
    }
}

void resspc_delete_resource(struct resspc *resspc, gpi_obj_id_t id)
{
    struct resource *resource = find(resspc, id);
    if (!resource) {
        return;
    }
    size_t kept = 0, behind = (size_t)(&resspc->resources[resspc->resource_count] - resource) - 1;
    memmove(resource, resource + 1, behind * sizeof *resource);
    resspc->resource_count--;
    for (size_t i = 0; i < resspc->edge_count; i++) {
        if (resspc->edges[i].id != id) {
            resspc->edges[kept++] = resspc->edges[i];
        }
    }
    resspc->edge_count = kept;
    revoke(resspc, id, NULL);
}

static gpi_error_t delete_resource(struct call *call)
{
    struct resspc *resspc = resspc_of(call);
    gpi_obj_id_t id = call_word(call);
    if (!find(resspc, id)) {
        return GPI_ERR_NOT_FOUND;
    }
    resspc_delete_resource(resspc, id);
    cleanup_resource(resspc, id);
    return GPI_OK;
}

static gpi_error_t revoke_resource(struct call *call)
{
    const struct resspc_revoke *in = CALL_IN(call, resspc_revoke);
    struct object *pd = in->pd == BADGE_OBJ_ID_NULL ? NULL : object_find(GPICAP_TYPE_PD, in->pd);
    if (!find(resspc_of(call), in->resource) || (in->pd != BADGE_OBJ_ID_NULL && !pd)) {
        return GPI_ERR_NOT_FOUND;
    }
    if (!pd || object_of(pd, pd)->space) {
        revoke(resspc_of(call), in->resource, pd ? object_of(pd, pd)->space : NULL);
    }
    return GPI_OK;
}

static gpi_error_t destroy(struct call *call)
{
    cleanup_space(resspc_of(call), 0, 0);
    return GPI_OK;
}

#define N(name) GPI_METHOD_NUMBER(name)
#define W(kind) GPI_WORDS(struct kind)
#define MANAGE(run, in)                                                                                                \
    {                                                                                                                  \
        run, CALL_ON_OBJECT, GPICAP_TYPE_RESSPC, GPI_RIGHT_MANAGE, in, 0                                               \
    }

static const struct method methods[] = {
    [N(RESSPC_CREATE)] = {create, CALL_ON_RDE, GPICAP_TYPE_RESSPC, 0, W(resspc_create), W(resspc_created)},
    [N(RESSPC_MAP)] = MANAGE(map, 1),
    [N(RESSPC_CREATE_RESOURCE)] = MANAGE(create_resource, 1),
    [N(RESSPC_DELETE_RESOURCE)] = MANAGE(delete_resource, 1),
    [N(RESSPC_REVOKE_RESOURCE)] = MANAGE(revoke_resource, W(resspc_revoke)),
    [N(RESSPC_DESTROY)] = MANAGE(destroy, 0),
};
const struct component resspc_component = {methods, sizeof methods / sizeof methods[0]};
