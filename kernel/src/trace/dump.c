/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace/dump.h"

#include "arch/timer.h"
#include "cpu.h"
#include "lib/printf.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/reply.h"
#include "object/schedcontext.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include "object/vspace.h"

/* Capabilities in one go. A line is a hundred characters, each a few dozen instructions. */
enum { PART = 2 };

static const char *const type_names[CAP_NUM_TYPES] = {
    [CAP_NULL] = "nothing",
    [CAP_UNTYPED] = "untyped",
    [CAP_ENDPOINT] = "endpoint",
    [CAP_NOTIFICATION] = "notification",
    [CAP_REPLY] = "reply",
    [CAP_CNODE] = "CNode",
    [CAP_TCB] = "thread",
    [CAP_SCHED_CONTEXT] = "scheduling context",
    [CAP_SCHED_CONTROL] = "scheduling control",
    [CAP_IRQ_CONTROL] = "IRQ control",
    [CAP_IRQ_HANDLER] = "IRQ handler",
    [CAP_SGI_SIGNAL] = "SGI signal",
    [CAP_ZOMBIE] = "zombie",
    [CAP_DOMAIN] = "domain",
    [CAP_FRAME] = "frame",
    [CAP_PAGE_TABLE] = "page table",
    [CAP_VSPACE] = "space",
    [CAP_ASID_CONTROL] = "ASID control",
    [CAP_ASID_POOL] = "ASID pool",
    [CAP_VCPU] = "VCPU",
    [CAP_SMC] = "SMC",
    [CAP_TRACE] = "trace",
};

/* Addresses of objects and slots are printed as physical ones; slots in the kernel's image have none. */
static word_t address(const void *p)
{
    return (word_t)p & CAP_ADDRESS_MASK;
}

static uint32_t number(const struct tcb *t)
{
    return t ? t->number : 0;
}

static const char *state(const struct tcb *t)
{
    static const char *const names[] = {
        [THREAD_INACTIVE] = "stopped",
        [THREAD_RUNNING] = "runnable",
        [THREAD_BLOCKED_ON_RECEIVE] = "receives",
        [THREAD_BLOCKED_ON_SEND] = "sends",
        [THREAD_BLOCKED_ON_REPLY] = "calls",
        [THREAD_BLOCKED_ON_NOTIFICATION] = "waits",
        [THREAD_WFI] = "waits for an interrupt",
        [THREAD_IDLE] = "idles",
    };

    return t->in_fault ? "in a fault" : names[t->state];
}

static void print_thread(const struct tcb *t)
{
    bool native = !t->vcpu;

    kprintf("thread %u \"%s\": %s", t->number, t->name, state(t));
    if (tcb_is_blocked_on_endpoint(t) || t->state == THREAD_BLOCKED_ON_NOTIFICATION) {
        kprintf(" at %lx", address(t->blocking_object));
    }
    if (t->state == THREAD_BLOCKED_ON_REPLY && t->reply) {
        kprintf(" by reply %lx", address(t->reply));
    }
    kprintf(", core %u, priority %u, mcp %u, pc %lx, %s %lu", t->cpu->index, t->priority, t->mcp, t->pc,
            native ? "ASID" : "VMID", cap_vspace_asid(t->slots[TCB_VSPACE].cap));
    if (t->sc) {
        kprintf(", time %lx", address(t->sc));
    }
    if (t->vcpu) {
        kprintf(", VCPU %lx", address(t->vcpu));
    }
    kprintf("\n");
}

static void print_time(const struct sched_context *sc)
{
    if (!sc_is_active(sc)) {
        kprintf("time: not configured, thread %u\n", number(sc->tcb));
        return;
    }
    kprintf("time: %lu us every %lu us on core %u, thread %u, badge %lx\n", timer_ticks_to_us(sc->budget),
            timer_ticks_to_us(sc->period ? sc->period : sc->budget), sc->cpu->index, number(sc->tcb), sc->badge);
}

/* Said once an object, if there is more to say than its capabilities do. */
static void print_object(struct cap c)
{
    switch (cap_type(c)) {
    case CAP_ENDPOINT: {
        static const char *const states[] = {"idle", "senders from", "receivers from", "going"};
        const struct endpoint *ep = cap_object(c);
        kprintf("endpoint %lx: %s thread %u\n", cap_paddr(c).raw, states[endpoint_state(ep)], number(ep->head));
        break;
    }
    case CAP_NOTIFICATION: {
        const struct notification *n = cap_object(c);
        kprintf("notification %lx: signals %lx, waiting thread %u, bound to thread %u\n", cap_paddr(c).raw,
                n->state == NOTIFICATION_ACTIVE ? n->badge : 0, number(n->head), number(n->bound));
        break;
    }
    case CAP_REPLY:
        kprintf("reply %lx: of thread %u\n", cap_paddr(c).raw, number(((const struct reply *)cap_object(c))->tcb));
        break;
    case CAP_TCB:
        print_thread(cap_object(c));
        break;
    case CAP_SCHED_CONTEXT:
        print_time(cap_object(c));
        break;
    case CAP_VCPU:
        kprintf("VCPU %lx: of thread %u\n", cap_paddr(c).raw, number(((const struct vcpu *)cap_object(c))->tcb));
        break;
    case CAP_VSPACE:
        kprintf("space %lx: %s %lu\n", cap_paddr(c).raw, cap_vspace_is_stage2(c) ? "VMID" : "ASID", cap_vspace_asid(c));
        break;
    default:
        break;
    }
}

static void print_rights(unsigned write, unsigned read, unsigned grant, unsigned grant_reply)
{
    kprintf(" %s%s%s%s", read ? "r" : "-", write ? "w" : "-", grant ? "g" : "-", grant_reply ? "p" : "-");
}

static void print_frame(struct cap c)
{
    unsigned info = cap_info(c);

    print_rights(info & FRAME_WRITE, info & FRAME_READ, 0, 0);
    if (info & FRAME_DEVICE) {
        kprintf(" device");
    }
    switch (info & FRAME_HELD) {
    case FRAME_EXIT:
        kprintf(" exit frame of VCPU %lx", c.w1);
        break;
    case FRAME_IPC_BUFFER:
        kprintf(" IPC buffer");
        break;
    case FRAME_TRACE:
        kprintf(" trace buffer of core %lu", c.w1);
        break;
    default:
        break;
    }
}

static void print_details(struct cap c)
{
    unsigned info = cap_info(c);

    switch (cap_type(c)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
        print_rights(info & CAP_RIGHT_WRITE, info & CAP_RIGHT_READ, info & CAP_RIGHT_GRANT,
                     info & CAP_RIGHT_GRANT_REPLY);
        kprintf(" badge %lx", cap_badge(c));
        break;
    case CAP_UNTYPED:
        kprintf("%s, %lx used", cap_untyped_device(c) ? " device" : "", cap_untyped_free(c));
        break;
    case CAP_CNODE:
        kprintf(" guard %lx of %u bits", cap_cnode_guard(c), cap_cnode_guard_size(c));
        break;
    case CAP_IRQ_HANDLER:
        kprintf(" line %lu", c.w1);
        break;
    case CAP_FRAME:
        print_frame(c);
        break;
    default:
        break;
    }
    bool mappable = cap_type(c) == CAP_PAGE_TABLE || (cap_type(c) == CAP_FRAME && !(info & FRAME_HELD));
    if (mappable && cap_mapped_asid(c)) {
        kprintf(" at %lx of ASID %lu", vspace_mapped_at(c), cap_mapped_asid(c));
    }
}

static void print_cap(const struct slot *s)
{
    struct cap c = s->cap;

    if (!cap_same_object(slot_prev(s)->cap, c)) {
        print_object(c);
    }
    kprintf("  slot %lx: %s %lx", address(s), type_names[cap_type(c)], cap_paddr(c).raw);
    if (cap_object_bits(c)) {
        kprintf(" of 2^%u", cap_object_bits(c));
    }
    print_details(c);
    kprintf("\n");
}

static void print_cores(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        const struct cpu *cpu = &cpus[i];
        kprintf("core %u: thread %u \"%s\", VCPU of thread %u\n", i, cpu->current->number, cpu->current->name,
                cpu->vcpu ? number(cpu->vcpu->tcb) : 0);
    }
}

word_t dump_objects(word_t from)
{
    const struct slot *s = slot_next(&slot_list);
    word_t n = 0;

    if (from == 0) {
        print_cores();
    }
    for (; s && n < from; n++) {
        s = slot_next(s);
    }
    for (; s && n < from + PART; n++) {
        print_cap(s);
        s = slot_next(s);
    }
    return s ? n : 0;
}
