/* SPDX-License-Identifier: BSD-2-Clause */
#include "pd.h"

#include "call.h"
#include "cleanup.h"
#include "count.h"
#include "resspc.h"

#include <gpi/power.h>
#include <sel4/sel4.h>
#include <string.h>

enum { DEFAULT_PRIORITY_LIMIT = 250 };

struct ads root_ads;

static void end(struct object *object)
{
    struct pd *pd = object_of(object, pd);
    if (pd->state != PD_ENDED) {
        pd_end(pd, PD_TERMINATED, 0);
    }
}

void pd_init(void)
{
    object_register(GPICAP_TYPE_PD, end);
    root_ads.vspace.cap = seL4_CapInitThreadVSpace;
    object_init(&root_ads.object, GPICAP_TYPE_ADS, account_new(NULL, UINT64_MAX));
}

struct pd *pd_new(struct account *account, struct mo *osm_mo, gpi_obj_id_t parent, gpi_error_t *error)
{
    *error = GPI_ERR_NO_MEMORY;
    struct account *own = account_new(account, UINT64_MAX);
    struct pd *pd = own ? memory_new(sizeof *pd) : NULL;
    struct vmr *window = NULL;
    if (pd && osm_mo) {
        window =
            vmr_map(&root_ads, 0, 1, ads_attributes(SEL4UTILS_RES_TYPE_GENERIC, seL4_PageBits, 0), osm_mo, 0, error);
    }
    if (pd && (window || !osm_mo)) {
        *error = GPI_OK;
        object_init(&pd->object, GPICAP_TYPE_PD, own);
        account_put(own); /* the object holds it */
        pd->parent = parent;
        pd->priority_limit = DEFAULT_PRIORITY_LIMIT;
        pd->osm = window ? (osm_pd_shared_data_t *)window->vaddr : NULL;
        pd->osm_mo = osm_mo;
        pd->work_end = &pd->work;
        if (osm_mo) {
            object_get(&osm_mo->object);
            pd->osm->pd_conn.id = pd->object.id;
        }
        return pd;
    }
    memory_free(pd);
    if (own) {
        account_put(own);
    }
    return NULL;
}

struct pdspace *pd_space(struct pd *pd)
{
    if (!pd->space && pd->state != PD_ENDED) {
        pd->space = pdspace_new(pd->object.account);
        if (pd->space) {
            pd->space->pds = pd;
            pd->space->id = pd->object.id;
        }
    }
    return pd->space;
}

static void publish_rde(struct pd *pd, const struct pdspace *space, size_t i)
{
    if (i < OSM_RDES) {
        pd->osm->rde[i] = (struct osm_rde){space->rdes[i].type, space->rdes[i].space, space->rdes[i].handle->slot};
    }
}

void pd_publish_rdes(struct pdspace *space, size_t from)
{
    for (struct pd *pd = space->pds; pd; pd = pd->next_in_space) {
        if (!pd->osm) {
            continue;
        }
        for (size_t i = from; i < space->rde_count; i++) {
            publish_rde(pd, space, i);
        }
        size_t shown = space->rde_count < OSM_RDES ? space->rde_count : OSM_RDES;
        __atomic_store_n(&pd->osm->rde_count, shown, __ATOMIC_RELEASE);
        pd->osm->rde_total = space->rde_count;
    }
}

/*
 * A capability that a PD has to itself or its CPU; made if there is none. If its creator shares the CSpace, that has one, which
 * is good for both.
 */
static struct handle *own_handle(struct pd *pd, unsigned which, struct object *object, unsigned rights)
{
    struct handle *handle = pd->own_badges[which] ? handle_of_badge(pd->own_badges[which]) : NULL;
    if (handle) {
        return handle;
    }
    handle = handle_find(pd->space, object, HANDLE_OBJECT);
    if (handle && handle->rights == rights && !handle->shared) {
        handle->shared = true;
    } else {
        handle = handle_new(pd->space, object, HANDLE_OBJECT, rights);
    }
    pd->own_badges[which] = handle ? handle->badge : 0;
    return handle;
}

gpi_error_t pd_bind_ads(struct pd *pd, struct ads *ads)
{
    struct pdspace *space = pd_space(pd);
    struct handle *handle = space ? handle_find(space, &ads->object, HANDLE_OBJECT) : NULL;
    if (!handle && space) {
        handle = handle_new(space, &ads->object, HANDLE_OBJECT, GPI_RIGHTS_ALL);
    }
    if (!handle) {
        return GPI_ERR_NO_MEMORY;
    }
    if (!pdspace_find_rde(space, GPICAP_TYPE_VMR, ads->object.id)) {
        gpi_error_t error = pdspace_add_rde(space, GPICAP_TYPE_VMR, ads->object.id, handle);
        if (error != GPI_OK) {
            return error;
        }
    }
    if (pd->osm) {
        pd->osm->ads_conn.ep = handle->slot;
        pd->osm->ads_conn.id = ads->object.id;
    }
    return GPI_OK;
}

void pd_publish_switch(struct pd *pd, seL4_CPtr tcb, const struct ads *ads, seL4_CPtr vspace)
{
    osm_pd_shared_data_t *osm = pd->osm;
    const struct handle *handle = handle_find(pd->space, &ads->object, HANDLE_OBJECT);
    if (!osm || !handle) {
        return;
    }
    osm->switch_tcb = tcb;
    size_t i = 0;
    while (i < pd->osm_adses && osm->ads[i].id != ads->object.id) {
        i++;
    }
    if (i < OSM_ADSES) {
        osm->ads[i] = (struct osm_ads){ads->object.id, handle->slot, vspace};
        pd->osm_adses = i < pd->osm_adses ? pd->osm_adses : i + 1;
        osm->ads_count = pd->osm_adses;
    }
}

void pd_unpublish_switch(struct pd *pd, const struct ads *ads)
{
    for (size_t i = 0; pd->osm && i < pd->osm_adses; i++) {
        if (pd->osm->ads[i].id == ads->object.id) {
            pd->osm->ads[i] = pd->osm->ads[--pd->osm_adses];
            pd->osm->ads_count = pd->osm_adses;
        }
    }
}

gpi_error_t pd_add_cpu(struct pd *pd, struct cpu *cpu, struct ads *ads)
{
    struct pdspace *space = pd_space(pd);
    if (!space) {
        return pd->state == PD_ENDED ? GPI_ERR_GONE : GPI_ERR_NO_MEMORY;
    }
    struct handle *self = own_handle(pd, 0, &pd->object, GPI_RIGHTS_ALL | (pd->system ? GPI_RIGHT_SYSTEM : 0));
    struct handle *processor = own_handle(pd, 1, &cpu->object, GPI_RIGHTS_ALL);
    gpi_error_t error = self && processor ? pd_bind_ads(pd, ads) : GPI_ERR_NO_MEMORY;
    if (error != GPI_OK) {
        return error;
    }
    if (cpu->pd != pd) {
        object_get(&cpu->object);
        cpu->pd = pd;
        cpu->next_of_pd = pd->cpus;
        pd->cpus = cpu;
        count_begin(pd, cpu);
    }
    pd->state = PD_RUNNING;
    if (pd->osm) {
        pd->osm->pd_conn.ep = self->slot;
        pd->osm->cpu_conn.ep = processor->slot;
        pd->osm->cpu_conn.id = cpu->object.id;
        memcpy(pd->osm->name, pd->name, OSM_NAME_SIZE - 1);
    }
    return GPI_OK;
}

void pd_drop_cpu(struct pd *pd, struct cpu *cpu)
{
    struct cpu **link = &pd->cpus;
    while (*link && *link != cpu) {
        link = &(*link)->next_of_pd;
    }
    if (*link) {
        count_end(pd, cpu);
        *link = cpu->next_of_pd;
        cpu->pd = NULL;
        object_put(&cpu->object);
    }
}

void pd_queue_work(struct pd *pd, enum gpi_work kind, gpi_space_id_t space, gpi_obj_id_t id)
{
    if (pd->state == PD_ENDED) {
        return;
    }
    struct work *work = memory_new(sizeof *work);
    if (work) {
        work->what = (struct pd_work){kind, space, id};
        *pd->work_end = work;
        pd->work_end = &work->next;
    } else {
        pd->work_lost = true;
    }
    if (pd->work_signal) {
        seL4_Signal(pd->work_signal);
    }
}

struct pd_work pd_take_work(struct pd *pd)
{
    while (pd->work) {
        struct work *work = pd->work;
        struct pd_work what = work->what;
        pd->work = work->next;
        if (!pd->work) {
            pd->work_end = &pd->work;
        }
        memory_free(work);
        /* What nobody held may have been given to somebody since. */
        if (what.kind != WORK_FREED || !resspc_is_held(what.space, what.id)) {
            return what;
        }
    }
    struct pd_work none = {.kind = pd->work_lost ? WORK_LOST : WORK_NONE};
    pd->work_lost = false;
    return none;
}

void pd_answer_waiters(struct waiter **waiters, gpi_error_t error, const seL4_Word *words, unsigned count)
{
    while (*waiters) {
        struct waiter *waiter = *waiters;
        *waiters = waiter->next;
        call_answer_kept(&waiter->reply, error, words, count);
        memory_free(waiter);
    }
}

void pd_own_region(struct pd *pd, struct vmr *vmr)
{
    vmr->owner = pd;
    vmr->next_owned = pd->regions;
    pd->regions = vmr;
}

void pd_disown_region(struct pd *pd, struct vmr *vmr)
{
    struct vmr **link = &pd->regions;
    while (*link != vmr) {
        link = &(*link)->next_owned;
    }
    *link = vmr->next_owned;
    vmr->owner = NULL;
}

static void unlink_from_parent(struct pd *pd)
{
    if (pd->linked_to) {
        struct pd **link = &pd->linked_to->linked;
        while (*link != pd) {
            link = &(*link)->next_linked;
        }
        *link = pd->next_linked;
        pd->linked_to = NULL;
    }
}

static void leave_space(struct pd *pd)
{
    struct pdspace *space = pd->space;
    if (!space) {
        return;
    }
    struct pd **link = &space->pds;
    while (*link != pd) {
        link = &(*link)->next_in_space;
    }
    *link = pd->next_in_space;
    pd->space = NULL;
    if (!space->pds) {
        cleanup_client(space, pd);
        pdspace_free(space);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct handle *handle = pd->own_badges[i] ? handle_of_badge(pd->own_badges[i]) : NULL;
        if (handle) {
            handle_free(handle);
        }
    }
}

static void drop_work(struct pd *pd)
{
    while (pd_take_work(pd).kind != WORK_NONE) {
    }
    if (pd->work_signal) {
        cspace_delete(&root_cspace, pd->work_signal);
        cspace_free_slot(&root_cspace, pd->work_signal);
        pd->work_signal = 0;
    }
}

/* PDs that are to end. One is the reason of the next, perhaps thousands of times. */
static struct pd *ending, **ending_end = &ending;

void pd_end_later(struct pd *pd, enum gpi_end_reason reason, seL4_Word code)
{
    if (pd->state != PD_ENDED && !pd->ending) {
        object_get(&pd->object);
        pd->ending = true;
        pd->end = (struct pd_end){reason, code};
        pd->next_ending = NULL;
        *ending_end = pd;
        ending_end = &pd->next_ending;
    }
}

/* Who made it hears of it, if it listens. */
static void tell_parent(const struct pd *pd)
{
    struct object *parent = pd->parent != BADGE_OBJ_ID_NULL ? object_find(GPICAP_TYPE_PD, pd->parent) : NULL;
    if (parent && object_of(parent, pd)->work_signal) {
        pd_queue_work(object_of(parent, pd), WORK_CHILD_ENDED, 0, pd->object.id);
    }
}

static void end_now(struct pd *pd)
{
    pd->state = PD_ENDED;
    while (pd->cpus) {
        object_end(&pd->cpus->object);
    }
    count_leave(pd);
    unlink_from_parent(pd);
    while (pd->linked) {
        struct pd *child = pd->linked;
        unlink_from_parent(child);
        pd_end_later(child, PD_PARENT_ENDED, 0);
    }
    while (pd->regions) {
        object_end(&pd->regions->object);
    }
    cleanup_server(pd);
    leave_space(pd);
    drop_work(pd);
    if (pd->osm_mo) {
        object_end(&vmr_at(&root_ads, (seL4_Word)pd->osm)->object);
        object_put(&pd->osm_mo->object);
        pd->osm_mo = NULL;
        pd->osm = NULL;
    }
    if (pd->fault_ep) {
        object_put(&pd->fault_ep->object);
        pd->fault_ep = NULL;
    }
    pd_answer_waiters(&pd->waiters, GPI_OK, (const seL4_Word *)&pd->end, GPI_WORDS(struct pd_end));
    pd_answer_waiters(&pd->ready_waiters, GPI_ERR_GONE, NULL, 0);
    tell_parent(pd);
    if (pd->first) {
        /* Whatever it left behind ends with the machine. */
        gpi_power_off();
    }
}

void pd_end(struct pd *pd, enum gpi_end_reason reason, seL4_Word code)
{
    static bool busy;
    pd_end_later(pd, reason, code);
    if (busy) {
        return;
    }
    busy = true;
    while (ending) {
        struct pd *next = ending;
        ending = next->next_ending;
        ending_end = ending ? ending_end : &ending;
        end_now(next);
        object_put(&next->object);
    }
    busy = false;
}
