/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Methods for who looks at the whole system from outside: what cores record and count, and whose threads are whose. Nothing is kept
 * here: a core's ring is a frame of the caller's memory, and ends with it, as does the recording.
 */
#include "pd_calls.h"

#include <sel4/sel4.h>
#include <string.h>

static gpi_error_t result(seL4_Error error)
{
    switch (error) {
    case seL4_NoError:
        return GPI_OK;
    case seL4_RangeError:
        return GPI_ERR_BAD_ARGUMENT;
    case seL4_IllegalOperation:
        return GPI_ERR_STATE;
    default:
        return GPI_ERR_KERNEL;
    }
}

gpi_error_t pd_call_trace_buffer(struct call *call)
{
    const struct pd_trace_buffer *in = CALL_IN(call, pd_trace_buffer);
    seL4_CPtr frame = seL4_CapNull;
    if (in->mo) {
        struct object *object = call_argument(call, in->mo, GPICAP_TYPE_MO, GPI_RIGHT_READ | GPI_RIGHT_WRITE);
        if (!object) {
            return GPI_ERR_BAD_CAP;
        }
        struct mo *mo = object_of(object, mo);
        if (mo->device || mo->read_only) {
            return GPI_ERR_BAD_ARGUMENT;
        }
        frame = mo_frame(mo, 0);
    }
    return result(vesicle_Trace_SetBuffer(vesicle_CapTrace, in->core, frame));
}

gpi_error_t pd_call_trace_events(struct call *call)
{
    const struct pd_trace_events *in = CALL_IN(call, pd_trace_events);
    return result(vesicle_Trace_SetEvents(vesicle_CapTrace, in->core, in->events));
}

static seL4_Word number(seL4_CPtr tcb)
{
    return vesicle_Trace_GetThread(vesicle_CapTrace, tcb).thread;
}

/* The CPU with the least id above one that somebody has. */
static struct cpu *next_cpu(gpi_obj_id_t after)
{
    struct cpu *found = NULL;
    for (struct object *object = object_first(GPICAP_TYPE_CPU); object && object->id > after; object = object->next) {
        struct cpu *cpu = object_of(object, cpu);
        if (cpu->pd && !object->ended) {
            found = cpu; /* the list is from the youngest to the oldest */
        }
    }
    return found;
}

/* Which of its PD's, in the order in which they were made. */
static seL4_Word index_of(const struct cpu *cpu)
{
    seL4_Word index = 0;
    for (const struct cpu *other = cpu->pd->cpus; other; other = other->next_of_pd) {
        index += other->object.id < cpu->object.id;
    }
    return index;
}

gpi_error_t pd_call_trace_thread(struct call *call)
{
    struct pd_trace_thread *out = CALL_OUT(call, pd_trace_thread);
    gpi_obj_id_t after = call_word(call);
    if (after == PD_TRACE_ROOT) {
        *out = (struct pd_trace_thread){.cpu = BADGE_OBJ_ID_NULL, .thread = number(seL4_CapInitThreadTCB)};
        memcpy(out->name.text, "roottask", sizeof "roottask");
        return GPI_OK;
    }
    struct cpu *cpu = next_cpu(after);
    if (!cpu) {
        return GPI_ERR_NOT_FOUND;
    }
    *out = (struct pd_trace_thread){
        .cpu = cpu->object.id,
        .thread = number(cpu->tcb.cap),
        .pd = cpu->pd->object.id,
        .parent = cpu->pd->parent,
        .index = index_of(cpu),
        .guest = cpu->vcpu.ut != NULL,
    };
    memcpy(out->name.text, cpu->pd->name, GPI_NAME_SIZE);
    return GPI_OK;
}

gpi_error_t pd_call_trace_counters(struct call *call)
{
    struct pd_trace_counters *out = CALL_OUT(call, pd_trace_counters);
    struct object *object = object_find(GPICAP_TYPE_CPU, call_word(call));
    if (!object || object->ended) {
        return GPI_ERR_NOT_FOUND;
    }
    struct cpu *cpu = object_of(object, cpu);
    if (!cpu->vcpu.ut) {
        return GPI_ERR_STATE;
    }
    for (unsigned i = 0; i < vesicle_NumExitReasons; i++) {
        vesicle_VCPU_ReadCounters_t read = vesicle_VCPU_ReadCounters(cpu->vcpu.cap, i);
        out->reason[i] =
            (struct pd_trace_counter){read.kernel_exits, read.kernel_ticks, read.vmm_exits, read.vmm_ticks};
    }
    return GPI_OK;
}
