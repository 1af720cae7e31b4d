/* SPDX-License-Identifier: BSD-2-Clause */
/* Where capabilities stand: in CNodes, threads, VCPUs, at interrupts, at cores, in what is being deleted. Nowhere else, and all in the list. */
#include "check/check.h"

#include "cpu.h"
#include "object/irq.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include "trace/trace.h"

typedef bool may_hold(const struct slot *s, unsigned index);

/* Marks of a capability that say where it stands. */
static bool is_bound_to_place(struct cap c)
{
    return (cap_type(c) == CAP_CNODE && cap_info(c) & CNODE_IN_TCB) ||
           (cap_type(c) == CAP_VSPACE && cap_info(c) & VSPACE_IN_TCB) ||
           (cap_type(c) == CAP_FRAME && cap_info(c) & FRAME_HELD);
}

static bool cnode_may_hold(const struct slot *s, unsigned index)
{
    (void)index;
    return !is_bound_to_place(s->cap);
}

static bool is_handler(struct cap c)
{
    return cap_type(c) == CAP_ENDPOINT && cap_info(c) & CAP_RIGHT_WRITE &&
           cap_info(c) & (CAP_RIGHT_GRANT | CAP_RIGHT_GRANT_REPLY);
}

/* An object whose deletion was preempted. */
static bool was(struct cap c, enum cap_type type)
{
    return cap_is_leaf(c) && cap_type(cap_of_leaf(c)) == type;
}

static bool tcb_may_hold(const struct slot *s, unsigned index)
{
    struct cap c = s->cap;

    switch (index) {
    case TCB_CSPACE: /* a zombie: its deletion was preempted */
        return (cap_type(c) == CAP_CNODE && cap_info(c) & CNODE_IN_TCB) || cap_type(c) == CAP_ZOMBIE;
    case TCB_VSPACE:
        return cap_type(c) == CAP_VSPACE && cap_info(c) & VSPACE_IN_TCB;
    case TCB_BUFFER:
        return cap_type(c) == CAP_FRAME && cap_info(c) & FRAME_IPC_BUFFER && !(cap_info(c) & FRAME_DEVICE);
    default:
        return is_handler(c) || was(c, CAP_ENDPOINT);
    }
}

/* What is being cleared may hold the way back to what else is. */
static bool zombie_may_hold(const struct slot *s, unsigned index)
{
    return !is_bound_to_place(s->cap) || tcb_may_hold(s, index);
}

static bool vcpu_may_hold(const struct slot *s, unsigned index)
{
    const struct vcpu *v = (const struct vcpu *)((const char *)s - __builtin_offsetof(struct vcpu, exit_frame));
    struct cap c = s->cap;

    (void)index;
    return cap_type(c) == CAP_FRAME && cap_info(c) & FRAME_EXIT && !(cap_info(c) & FRAME_DEVICE) &&
           cap_info(c) & FRAME_READ && cap_info(c) & FRAME_WRITE && c.w1 == virt_to_phys(v).raw;
}

static bool irq_may_hold(const struct slot *s, unsigned index)
{
    (void)index;
    return (cap_type(s->cap) == CAP_NOTIFICATION && cap_info(s->cap) & CAP_RIGHT_WRITE) ||
           was(s->cap, CAP_NOTIFICATION);
}

static bool trace_may_hold(const struct slot *s, unsigned core)
{
    struct cap c = s->cap;

    return cap_type(c) == CAP_FRAME && cap_info(c) & FRAME_TRACE && !(cap_info(c) & FRAME_DEVICE) &&
           cap_info(c) & FRAME_READ && cap_info(c) & FRAME_WRITE && c.w1 == core;
}

static bool check_slots(const struct slot *slots, word_t count, may_hold *may, const void *holder)
{
    for (word_t i = 0; i < count; i++) {
        const struct slot *s = &slots[i];
        if (slot_is_empty(s)) {
            continue;
        }
        if (!check(slot_prev(s) && slot_next(slot_prev(s)) == s, "a capability is not in the list", s, holder) ||
            !check(may(s, (unsigned)i), "a capability where it must not be", s, holder)) {
            return false;
        }
        check_unrelate(RELATION_SLOTS, s, 0);
    }
    return true;
}

static bool check_slots_of(const struct slot *s)
{
    const void *object = cap_is_physical(s->cap) ? cap_object(s->cap) : 0;

    switch (cap_type(s->cap)) {
    case CAP_CNODE:
        return check_slots(object, 1ull << cap_cnode_radix(s->cap), cnode_may_hold, object);
    case CAP_TCB:
        return check_slots(object, TCB_NUM_SLOTS, tcb_may_hold, object);
    case CAP_ZOMBIE:
        if (cap_is_leaf(s->cap)) {
            return true;
        }
        return check_slots(object, cap_info(s->cap) & CAP_ZOMBIE_TCB ? TCB_NUM_SLOTS : 1ull << cap_cnode_radix(s->cap),
                           zombie_may_hold, object);
    case CAP_VCPU:
        return check_slots(&((const struct vcpu *)object)->exit_frame, 1, vcpu_may_hold, object);
    default:
        return true;
    }
}

/* Interrupts that signal somebody have a handler. */
static bool check_interrupts(void)
{
    word_t handled[IRQ_LINES / 64 + 1] = {0};

    for (const struct slot *s = 0; (s = check_next_object(CAP_IRQ_HANDLER, s));) {
        handled[s->cap.w1 / 64] |= 1ull << s->cap.w1 % 64;
    }
    for (unsigned i = 0; i < IRQ_LINES; i++) {
        bool has_handler = handled[i / 64] >> i % 64 & 1;
        if (!check(has_handler || slot_is_empty(&irq_slots[i]), "an interrupt without handler signals", &irq_slots[i],
                   0)) {
            return false;
        }
    }
    return check_slots(irq_slots, IRQ_LINES, irq_may_hold, irq_slots);
}

/* A core writes into its buffer, or nowhere. */
static bool check_trace(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        const struct trace *tr = &cpus[i].trace;
        struct cap c = trace_buffers[i].cap;
        bool has_buffer = !slot_is_empty(&trace_buffers[i]);
        const char *end = has_buffer ? (const char *)cap_object(c) + (1ull << cap_frame_bits(c)) : 0;

        if (!check((has_buffer ? cap_object(c) : 0) == tr->ring, "a core's trace ring is not its buffer", tr,
                   tr->ring) ||
            !check(tr->ring || !(tr->events & ~VESICLE_TRACE_COUNT), "a core records without a buffer", tr, 0) ||
            !check(!tr->ring || (tr->next >= tr->ring->record && tr->next < tr->end && (const char *)tr->end <= end),
                   "a core records beside its buffer", tr, tr->next)) {
            return false;
        }
    }
    return check_slots(trace_buffers, MAX_CPUS, trace_may_hold, trace_buffers);
}

bool check_containers(void)
{
    for (const struct slot *s = slot_next(&slot_list); s; s = slot_next(s)) {
        if (check_is_first(s) && !check_slots_of(s)) {
            return false;
        }
    }
    return check_interrupts() && check_trace() &&
           check_balanced(RELATION_SLOTS,
                          "a capability of the list stands in no container, or one that is not stands in one");
}
