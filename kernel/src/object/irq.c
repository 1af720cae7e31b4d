/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/irq.h"

#include "arch/irq.h"
#include "cpu.h"
#include "object/cnode.h"
#include "object/notification.h"
#include <sel4/invocation.h>

enum {
    IRQ_RESERVED = 1, /* the kernel's own */
    IRQ_ISSUED = 2,   /* there is a handler capability */
    IRQ_ACTIVE = 4,   /* delivered, not acknowledged: the GIC holds it back */
};

/* seL4's words: 0 level, 1 edge. */
enum { TRIGGER_LEVEL = 0, TRIGGER_EDGE = 1 };

#define SGI_TARGET_SHIFT 32
#define SGI_INTID_MASK   0xffffffffull

struct slot irq_slots[IRQ_LINES];
static uint8_t irq_state[IRQ_LINES];

/* Lines are INTIDs; the private ones of cores after the first come behind them. */
static unsigned line_of(unsigned intid, unsigned cpu)
{
    return intid < IRQ_ARCH_PRIVATE && cpu > 0 ? IRQ_MAX + (cpu - 1) * IRQ_ARCH_PRIVATE + intid : intid;
}
static unsigned intid_of(unsigned line)
{
    return line < IRQ_MAX ? line : (line - IRQ_MAX) % IRQ_ARCH_PRIVATE;
}
static unsigned cpu_of(unsigned line)
{
    return line < IRQ_MAX ? 0 : (line - IRQ_MAX) / IRQ_ARCH_PRIVATE + 1;
}

void irq_reserve(unsigned intid)
{
    for (unsigned i = 0; i < MAX_CPUS; i++) {
        irq_state[line_of(intid, i)] |= IRQ_RESERVED;
    }
}

static void enable(unsigned line)
{
    irq_arch_enable(intid_of(line), cpu_of(line));
}
static void disable(unsigned line)
{
    irq_arch_disable(intid_of(line), cpu_of(line));
}

static void end_active(unsigned line)
{
    if (irq_state[line] & IRQ_ACTIVE) {
        irq_state[line] &= (uint8_t)~IRQ_ACTIVE;
        irq_arch_deactivate(intid_of(line), cpu_of(line));
    }
}

void irq_begin(unsigned intid, unsigned line)
{
    irq_state[line] |= IRQ_ACTIVE;
    irq_arch_drop(intid);
}

void irq_deliver(unsigned intid, unsigned cpu)
{
    if (intid >= IRQ_MAX) {
        irq_arch_drop(intid);
        irq_arch_deactivate(intid, cpu);
        return;
    }
    unsigned line = line_of(intid, cpu);
    if (cap_type(irq_slots[line].cap) == CAP_NOTIFICATION) {
        struct cap c = irq_slots[line].cap;
        irq_begin(intid, line);
        notification_signal(cap_object(c), cap_badge(c));
        return;
    }
    irq_arch_drop(intid);
    /* Nobody would acknowledge it. It stays pending at the GIC, or is raised again, until somebody wants it. */
    disable(line);
    irq_arch_deactivate(intid, cpu);
}

bool irq_finalise(unsigned line)
{
    disable(line);
    end_active(line);
    if (!slot_delete(&irq_slots[line])) {
        return false;
    }
    irq_state[line] &= (uint8_t)~IRQ_ISSUED;
    return true;
}

/* Handlers: the arguments of Get, GetTrigger, GetTriggerCore, which differ in how many there are. */
struct handler_request {
    word_t intid, trigger, index, depth, target;
    bool has_trigger, has_target;
};

static int issue_handler(struct invocation *inv, const struct handler_request *r)
{
    struct slot *dest;

    if (inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    word_t limit = irq_arch_limit() < IRQ_MAX ? irq_arch_limit() : IRQ_MAX;
    if (r->intid >= limit) {
        return inv_range_error(inv, 0, limit - 1);
    }
    if (r->has_target && r->target >= cpu_count) {
        return inv_range_error(inv, 0, cpu_count - 1);
    }
    unsigned intid = (unsigned)r->intid, cpu = (unsigned)r->target, line = line_of(intid, cpu);
    if (irq_state[line] & (IRQ_RESERVED | IRQ_ISSUED)) {
        return seL4_RevokeFirst;
    }
    int error = cnode_lookup_empty(inv, inv_extra(inv, 0), r->index, r->depth, &dest);
    if (error) {
        return error;
    }

    /* Enabled when there is a notification to signal. */
    if (r->has_trigger) {
        irq_arch_set_trigger(intid, cpu, r->trigger != TRIGGER_LEVEL);
    }
    if (r->has_target) {
        irq_arch_set_target(intid, cpu);
    }
    irq_state[line] |= IRQ_ISSUED;
    slot_insert_child(cap_make(CAP_IRQ_HANDLER, (paddr_t){0}, 0, line), inv->slot, dest);
    return seL4_NoError;
}

static int get(struct invocation *inv)
{
    struct handler_request r = {
        .intid = inv_word(inv, 0),
        .index = inv_word(inv, 1),
        .depth = inv_word(inv, 2),
    };

    return inv->length < 3 ? (int)seL4_TruncatedMessage : issue_handler(inv, &r);
}

static int get_trigger(struct invocation *inv)
{
    bool has_target = inv->label == vesicle_IRQControlGetTriggerCore;
    struct handler_request r = {
        .intid = inv_word(inv, 0),
        .trigger = inv_word(inv, 1),
        .index = inv_word(inv, 2),
        .depth = inv_word(inv, 3),
        .target = has_target ? inv_word(inv, 4) : 0,
        .has_trigger = true,
        .has_target = has_target,
    };

    return inv->length < (r.has_target ? 5 : 4) ? (int)seL4_TruncatedMessage : issue_handler(inv, &r);
}

static int issue_sgi(struct invocation *inv)
{
    word_t intid = inv_word(inv, 0), target = inv_word(inv, 1);
    struct slot *dest;

    if (inv->length < 4 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    if (intid >= IRQ_ARCH_SGIS) {
        return inv_range_error(inv, 0, IRQ_ARCH_SGIS - 1);
    }
    if (target >= cpu_count) {
        return inv_range_error(inv, 0, cpu_count - 1);
    }
    if (irq_state[intid] & IRQ_RESERVED) {
        return seL4_RevokeFirst;
    }
    int error = cnode_lookup_empty(inv, inv_extra(inv, 0), inv_word(inv, 2), inv_word(inv, 3), &dest);
    if (error) {
        return error;
    }
    slot_insert_child(cap_make(CAP_SGI_SIGNAL, (paddr_t){0}, 0, target << SGI_TARGET_SHIFT | intid), inv->slot, dest);
    return seL4_NoError;
}

void irq_send_sgi(struct cap c)
{
    irq_arch_send_sgi((unsigned)(c.w1 & SGI_INTID_MASK), (unsigned)(c.w1 >> SGI_TARGET_SHIFT));
}

int irq_control_invoke(struct invocation *inv)
{
    switch (inv->label) {
    case vesicle_IRQControlGet:
        return get(inv);
    case vesicle_IRQControlGetTrigger:
    case vesicle_IRQControlGetTriggerCore:
        return get_trigger(inv);
    case vesicle_IRQControlIssueSGISignal:
        return issue_sgi(inv);
    default:
        return seL4_IllegalOperation;
    }
}

static int set_notification(struct invocation *inv, unsigned line)
{
    struct cap c = inv_extra(inv, 0);
    struct slot *slot = &irq_slots[line];

    if (inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    if (cap_type(c) != CAP_NOTIFICATION || !(cap_info(c) & CAP_RIGHT_WRITE)) {
        return inv_invalid_capability(inv, 1);
    }
    if (!slot_delete(slot)) {
        return INVOKE_PREEMPTED;
    }
    slot_insert_derived(c, inv->extra[0], slot);
    enable(line);
    return seL4_NoError;
}

static int clear(unsigned line)
{
    disable(line);
    return slot_delete(&irq_slots[line]) ? (int)seL4_NoError : INVOKE_PREEMPTED;
}

static int ack(unsigned line)
{
    end_active(line);
    if (!slot_is_empty(&irq_slots[line])) {
        enable(line);
    }
    return seL4_NoError;
}

/* The timer is the core's own: only there can its registers be reached. */
static int set_deadline(struct invocation *inv, unsigned line)
{
    if (inv->length < 1) {
        return seL4_TruncatedMessage;
    }
    if (!irq_arch_is_timer(intid_of(line)) || cpu_of(line) != inv->caller->cpu->index) {
        return seL4_IllegalOperation;
    }
    irq_arch_set_deadline(inv_word(inv, 0));
    return seL4_NoError;
}

int irq_handler_invoke(struct invocation *inv)
{
    unsigned line = (unsigned)inv->cap.w1;

    switch (inv->label) {
    case vesicle_IRQHandlerAck:
        return ack(line);
    case vesicle_IRQHandlerSetNotification:
        return set_notification(inv, line);
    case vesicle_IRQHandlerClear:
        return clear(line);
    case vesicle_IRQHandlerSetDeadline:
        return set_deadline(inv, line);
    default:
        return seL4_IllegalOperation;
    }
}
