/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of the trace capability: who may see what a core does, and where it is written. */
#include "arch/remote.h"
#include "arch/timer.h"
#include "arch/trace.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include "trace/trace.h"
#include <sel4/invocation.h>

#define US_PER_S 1000000ull

struct slot trace_buffers[MAX_CPUS];

/* Requests: run on the core itself. */

static void set_events(struct cpu *cpu, void *argument)
{
    struct trace *tr = &cpu->trace;
    uint64_t wanted = *(const uint64_t *)argument;
    ticks_t period = timer_us_to_ticks(wanted >> VESICLE_TRACE_PERIOD_SHIFT);
    uint32_t events = (uint32_t)(wanted | (period ? VESICLE_TRACE_EVENT(vesicle_Trace_Sample) : 0));

    if (!tr->events != !events) {
        tr->since = events ? timer_now() : ~0ull;
        if (cpu->vcpu) {
            cpu->vcpu->exit.time = 0; /* that of others: when they are loaded */
        }
    }
    tr->last = tr->records ? tr->last : cpu->current;
    tr->period = period;
    tr->sample_at = period ? timer_now() + period : ~0ull;
    cpu->timer_dirty = true;
    tr->events = events;
    tr->records = events & ~(uint32_t)VESICLE_TRACE_COUNT;
    arch_trace_vectors(events != 0, tr->records != 0);
}

struct buffer {
    struct vesicle_trace_ring *ring;
    uint64_t capacity;
};

static void attach(struct cpu *cpu, void *argument)
{
    const struct buffer *b = argument;
    struct trace *tr = &cpu->trace;

    tr->ring = b->ring;
    tr->next = b->ring->record;
    tr->end = b->ring->record + b->capacity;
    tr->written = 0;
}

static void detach(struct cpu *cpu, void *unused)
{
    uint64_t events = cpu->trace.events & VESICLE_TRACE_COUNT;

    (void)unused;
    set_events(cpu, &events);
    cpu->trace.ring = 0;
    cpu->trace.next = 0;
    cpu->trace.end = 0;
    cpu->trace.written = 0;
}

void trace_detach(struct cpu *cpu)
{
    remote_call(cpu, detach, 0);
}

/* What readers are told. The kernel does not look at it again. */
static struct buffer make_ring(struct cap frame, unsigned core)
{
    struct vesicle_trace_ring *ring = cap_object(frame);
    uint64_t size = 1ull << cap_frame_bits(frame);
    struct buffer b = {ring, (size - sizeof *ring) / sizeof(struct vesicle_trace_record)};

    *ring = (struct vesicle_trace_ring){
        .version = VESICLE_TRACE_VERSION,
        .record_size = sizeof(struct vesicle_trace_record),
        .capacity = b.capacity,
        .frequency = timer_us_to_ticks(US_PER_S),
        .core = core,
    };
    return b;
}

/* The core of message word 0; null if there is none such. */
static struct cpu *core_argument(const struct invocation *inv)
{
    word_t core = inv_word(inv, 0);

    return core < cpu_count ? &cpus[core] : 0;
}

static int core_error(struct invocation *inv)
{
    return inv_range_error(inv, 0, cpu_count - 1);
}

static int set_buffer(struct invocation *inv)
{
    struct cap c = inv_extra(inv, 0);
    struct cpu *cpu = core_argument(inv);

    if (!cpu) {
        return core_error(inv);
    }
    if (cap_type(c) != CAP_NULL && !cap_is_shareable(c)) {
        return inv_invalid_capability(inv, 2);
    }
    struct slot *held = &trace_buffers[cpu->index];
    slot_delete(held);
    if (cap_type(c) == CAP_NULL) {
        return seL4_NoError;
    }
    struct buffer buffer = make_ring(c, cpu->index);
    struct cap copy = cap_with_info(c, (cap_info(c) & ~FRAME_HELD) | FRAME_TRACE);
    copy.w1 = cpu->index;
    slot_insert_derived(copy, inv->extra[0], held);
    remote_call(cpu, attach, &buffer);
    return seL4_NoError;
}

static int set_events_method(struct invocation *inv)
{
    word_t argument = inv_word(inv, 1), events = (uint32_t)argument, period = argument >> VESICLE_TRACE_PERIOD_SHIFT;
    struct cpu *cpu = core_argument(inv);

    if (!cpu) {
        return core_error(inv);
    }
    if (events & ~VESICLE_TRACE_ALL) {
        return inv_range_error(inv, 0, VESICLE_TRACE_ALL);
    }
    if (period && (period < VESICLE_TRACE_PERIOD_MIN || period > VESICLE_TRACE_PERIOD_MAX)) {
        return inv_range_error(inv, VESICLE_TRACE_PERIOD_MIN, VESICLE_TRACE_PERIOD_MAX);
    }
    if ((events & ~VESICLE_TRACE_COUNT || period) && !cpu->trace.ring) {
        return seL4_IllegalOperation; /* nowhere to write to */
    }
    remote_call(cpu, set_events, &argument);
    return seL4_NoError;
}

static int get_events(struct invocation *inv)
{
    const struct cpu *cpu = core_argument(inv);

    if (!cpu) {
        return core_error(inv);
    }
    inv_reply(inv, 0, cpu->trace.events & VESICLE_TRACE_ALL);
    inv_reply(inv, 1, __atomic_load_n(&cpu->trace.written, __ATOMIC_RELAXED));
    return seL4_NoError;
}

static int get_thread(struct invocation *inv)
{
    struct cap c = inv_extra(inv, 0);

    if (cap_type(c) != CAP_TCB) {
        return inv_invalid_capability(inv, 1);
    }
    inv_reply(inv, 0, ((const struct tcb *)cap_object(c))->number);
    return seL4_NoError;
}

int trace_invoke(struct invocation *inv)
{
    static const struct {
        int (*method)(struct invocation *);
        uint8_t words, caps;
    } methods[] = {
        [vesicle_TraceSetBuffer] = {set_buffer, 1, 1},
        [vesicle_TraceSetEvents] = {set_events_method, 2, 0},
        [vesicle_TraceGetEvents] = {get_events, 1, 0},
        [vesicle_TraceGetThread] = {get_thread, 0, 1},
    };

    if (inv->label >= sizeof methods / sizeof *methods || !methods[inv->label].method) {
        return seL4_IllegalOperation;
    }
    if (inv->length < methods[inv->label].words || inv->extra_count < methods[inv->label].caps) {
        return seL4_TruncatedMessage;
    }
    return methods[inv->label].method(inv);
}
