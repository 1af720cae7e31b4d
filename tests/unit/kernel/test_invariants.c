/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker: it finds nothing wrong with what is right, and each thing that is made wrong. */
#include "core_fixture.h"

#include "check/invariants.h"
#include "cpu.h"
#include "lib/unit.h"
#include "object/irq.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include "sched/scheduler.h"
#include "trace/trace.h"
#include <stdio.h>
#include <string.h>

static void check_good(void)
{
    struct violation found;

    if (!invariants_hold(&found)) {
        unit_fail(__FILE__, __LINE__, found.what);
    }
}

static void check_found(const char *what, int line)
{
    struct violation found = {0};

    CHECK(!invariants_hold(&found));
    if (strcmp(found.what, what) != 0) {
        printf("found: %s; expected: %s\n", found.what, what);
        unit_fail(__FILE__, line, "something else was found");
    }
}

/* For as long as the field has this value, this is what is found. */
#define BREAK(field, value, what)                                                                                      \
    do {                                                                                                               \
        __typeof__(field) good = (field);                                                                              \
        (field) = (value);                                                                                             \
        check_found(what, __LINE__);                                                                                   \
        (field) = good;                                                                                                \
        check_good();                                                                                                  \
    } while (0)

static void derivation(void)
{
    seL4_CPtr ep = machine_new(seL4_EndpointObject), badged = core_mint(ep, seL4_AllRights, 5);
    struct slot *first = machine_slot(ep), *copy = machine_slot(badged), *untyped = machine_slot(CPTR_UNTYPED);
    struct cap c = first->cap;

    check_good();
    BREAK(copy->prev, (word_t)untyped, "a link back leads elsewhere");
    BREAK(copy->next, (word_t)slot_next(copy) | SLOT_REVOCABLE, "unknown flags of a slot");
    BREAK(first->cap, cap_with_info(c, 0x3f), "a malformed capability");
    BREAK(first->cap, cap_make(CAP_ENDPOINT, (paddr_t){cap_paddr(c).raw + 8}, cap_info(c), 0),
          "an object is not aligned");
    BREAK(copy->cap, cap_make(CAP_REPLY, cap_paddr(c), 0, 0), "objects overlap, or are out of order");
    BREAK(untyped->cap, cap_untyped_make(cap_paddr(untyped->cap), MACHINE_MEMORY_BITS, false, 0),
          "an object lies beyond its untyped's watermark");
    BREAK(untyped->cap,
          cap_untyped_make(cap_paddr(untyped->cap), MACHINE_MEMORY_BITS, true, cap_untyped_free(untyped->cap)),
          "an object in a device's memory");
    BREAK(machine_slot(CPTR_ASID_POOL)->cap, cap_make(CAP_ASID_POOL, cap_paddr(untyped->cap), 0, 0),
          "what belongs together stands apart, or objects overlap");
}

/* A copy stands apart from the original, with other objects in between: each would be taken for the last of its object. */
static void finality(void)
{
    seL4_CPtr ep = machine_retype(CPTR_UNTYPED, seL4_EndpointObject, 0, 3), copy = machine_copy(ep, seL4_AllRights);

    struct cap other = machine_cap(ep + 2);
    machine_slot(ep + 2)->cap = machine_cap(copy);
    machine_slot(copy)->cap = other;
    check_found("objects overlap, or are out of order", __LINE__);
}

static void containers(void)
{
    seL4_CPtr node = machine_retype(CPTR_UNTYPED, seL4_CapTableObject, 4, 1), ep = machine_new(seL4_EndpointObject);
    struct tcb *t = core_active_thread(1);
    struct slot *in_node = cap_object(machine_cap(node));

    slot_insert_derived(machine_cap(ep), machine_slot(ep), in_node);
    check_good();
    BREAK(in_node[1].cap, machine_cap(ep), "a capability is not in the list");
    BREAK(in_node[0].cap, cap_null(), "a malformed capability");
    BREAK(machine_slot(CPTR_CNODE)->cap, cap_with_info(machine_cap(CPTR_CNODE), CSPACE_BITS | CNODE_IN_TCB),
          "a capability where it must not be");
    BREAK(t->slots[TCB_CSPACE].cap, cap_with_info(t->slots[TCB_CSPACE].cap, CSPACE_BITS),
          "a capability where it must not be");

    struct slot outside = {0};
    slot_move(in_node[0].cap, &in_node[0], &outside);
    check_found("a capability of the list stands in no container, or one that is not stands in one", __LINE__);
    slot_move(outside.cap, &outside, &irq_slots[40]);
    check_found("an interrupt without handler signals", __LINE__);
    slot_clear(&irq_slots[40]);
    check_good();
}

static void threads(void)
{
    struct tcb *t = core_active_thread(5), *low = core_active_thread(3);
    struct tcb *idle = cpus[0].idle;

    CHECK(core_current() == t);
    check_good();
    BREAK(t->fast_limit, 7, "a thread's short way into its CSpace leads elsewhere");
    BREAK(t->vspace, (struct vspace *)t, "a thread runs in a space it has no capability of");
    BREAK(t->buffer, low->buffer, "a thread's IPC buffer is not in its frame");
    BREAK(t->state, 99, "a thread in an unknown state");
    BREAK(t->cpu, &cpus[3], "a thread runs on no core");
    BREAK(t->state, THREAD_BLOCKED_ON_SEND, "a thread waits for nothing");
    BREAK(t->mode.word, MODE_RUNNING | 1u << 8, "a fault that nobody is told of");
    BREAK(t->pstate, 5, "a thread is above EL0");
    BREAK(low->queued_ready, false, "a thread that may run is in no queue, or one that may not is");
    BREAK(low->queued_release, true, "a thread is in two queues");
    BREAK(low->sc->tcb, t, "a thread's scheduling context has another thread");
    BREAK(cpus[0].sc, low->sc, "another scheduling context than the running thread's pays");
    BREAK(cpus[0].fp_owner, &machine_thread + 1, "a core knows a thread that is no more");
    BREAK(idle->state, THREAD_RUNNING, "the idle thread does something");
}

static void scheduling(void)
{
    struct tcb *t = core_active_thread(5), *low = core_active_thread(3), *waiting = core_thread(4),
               *later = core_thread(4);
    struct sched_context *sc = core_sc(core_sched_context(100, 1000, 2, 0));

    sc_bind_tcb(sc, waiting);
    sc_bind_tcb(core_sc(core_sched_context(100, 5000, 2, 0)), later);
    tcb_restart(waiting);
    tcb_restart(later);
    tcb_set_priority(waiting, 7);
    sched_run(&cpus[0]);
    core_pass(100);
    tcb_set_priority(later, 7);
    sched_run(&cpus[0]);
    core_pass(100);
    CHECK(cpus[0].release_head == waiting && waiting->queue_next == later);
    check_good();
    BREAK(sc->refill_count, 9, "a ring of refills that cannot be");
    BREAK(sc->refills[sc->refill_head].amount, 1, "refills are not what the budget says");
    BREAK(sc->cpu, &cpus[2], "a scheduling context of no core");
    BREAK(sc->refills[sc->refill_head].time, 1ull << 40, "the release queue is not in order");
    BREAK(waiting->queue_next, 0, "a thread waits where nobody finds it, or one that is no more is in a queue");
    BREAK(later->queue_prev, 0, "a queue's link back leads elsewhere");
    BREAK(low->priority, 4, "a thread is in the wrong ready queue");
    BREAK(cpus[0].ready_map[0], 0, "the map of ready queues is wrong");
    BREAK(cpus[0].ready_map[0], 1ull << 3 | 1ull << 9, "a ready queue is empty and marked, or neither");
    BREAK(cpus[0].ready[3].tail, t, "a ready queue ends elsewhere");

    /* A context that was deleted, but not by its thread's knowledge. */
    struct slot *s = slot_next(&slot_list);
    while (!(cap_type(s->cap) == CAP_SCHED_CONTEXT && cap_object(s->cap) == t->sc)) {
        s = slot_next(s);
    }
    slot_clear(s);
    check_found("a thread has a scheduling context that is no more, or the reverse", __LINE__);
}

static void ipc(void)
{
    seL4_CPtr ep = machine_new(seL4_EndpointObject), n = machine_new(seL4_NotificationObject),
              reply = machine_new(seL4_ReplyObject);
    struct tcb *server = core_active_thread(9), *client = core_active_thread(8), *two = core_active_thread(7),
               *three = core_active_thread(6), *waits = core_active_thread(5);
    struct reply *r = core_reply(reply);

    trap(server, Recv, .cap = ep, .reply = reply);
    sc_unbind_tcb(server->sc);
    trap(client, Call, .cap = ep);
    trap(two, Send, .cap = ep);
    trap(three, Send, .cap = ep);
    trap(waits, Wait, .cap = n);
    struct sched_context *sc = server->sc;
    CHECK(sc && sc->reply == r);
    check_good();
    BREAK(core_endpoint(ep)->tail_state, (word_t)three | ENDPOINT_RECEIVE,
          "a thread is in a queue it does not wait in");
    BREAK(core_endpoint(ep)->tail_state, (word_t)three, "an endpoint's state is not that of its queue");
    BREAK(core_endpoint(ep)->tail_state, (word_t)two | ENDPOINT_SEND, "a queue ends elsewhere");
    BREAK(core_endpoint(ep)->tail_state, (word_t)three | ENDPOINT_DYING,
          "an endpoint's state is not that of its queue");
    BREAK(two->priority, 2, "a queue is not in order");
    BREAK(two->cancelled_by, waits, "a cancellation goes on at a thread that does not know, or the reverse");
    BREAK(waits->cancel_at, two, "a cancellation goes on at a thread that does not know, or the reverse");
    tcb_set_priority(two, three->priority);
    check_good();
    BREAK(two->wait_jump, waits, "the ends of a priority do not point to each other");
    BREAK(three->wait_jump, three, "the ends of a priority do not point to each other");
    tcb_set_priority(two, three->priority + 1);
    BREAK(two->blocking_object, core_notification(n), "a thread is in a queue it does not wait in");
    BREAK(core_notification(n)->state, NOTIFICATION_IDLE, "a notification's state is not that of its queue");
    BREAK(core_notification(n)->badge, 4, "signals that were taken are there");
    BREAK(core_notification(n)->bound, two, "a notification's thread is bound to another");
    BREAK(r->tcb, two, "a call without caller");
    BREAK(r->next, 0, "a call does not know the newer one");
    BREAK(sc->reply, 0, "a call is in no stack of calls, or its reply object is no more");
    BREAK(client->reply, 0, "a thread waits for no reply");
    BREAK(two->reply, r, "a thread has a reply object though it neither calls nor receives");
    slot_clear(machine_slot(reply));
    check_found("a thread has a reply object that is no more, or the reverse", __LINE__);
}

static void vcpus(void)
{
    seL4_CPtr vcpu = machine_new(seL4_ARM_VCPUObject), frame = machine_new(seL4_ARM_SmallPageObject);
    struct vcpu *v = cap_object(machine_cap(vcpu));
    struct tcb *t = core_thread(5);

    CHECK_EQ(invoke(vcpu, VCPUSetTCB, CAPS(core_cptr(t))).error, seL4_NoError);
    CHECK_EQ(invoke(vcpu, VCPUSetExitFrame, CAPS(frame)).error, seL4_NoError);
    check_good();
    vcpu_load(&cpus[0], v);
    check_good();
    BREAK(t->regs, &t->context, "a thread's registers are not where they should be");
    BREAK(t->quick_exits, 0, "a guest's exits are quick and must not be, or the reverse");
    BREAK(v->pmu.user, 1, "a guest counts though its VCPU knows nothing of it");
    BREAK(cpus[0].pmu_loaded, true, "a core counts and does not know it, or the reverse");
    BREAK(v->exit_frame.cap.w1, 0x1000, "a capability where it must not be");
    BREAK(v->tcb, &machine_thread, "a thread's VCPU has another thread");
    BREAK(cpus[0].vcpu, 0, "a VCPU is resident where another is");
    BREAK(v->cpu, 0, "a VCPU that is resident is no more, or is so nowhere");
    BREAK(cpus[0].const_calls, 0, "calls are answered from another VCPU's table");
    BREAK(v->vtimer_cpu, &cpus[0], "a timer nobody watches, or of a VCPU that is no more");
    BREAK(cpus[0].last_vcpu[7], v + 1, "a core knows a VCPU that is no more");
    BREAK(v->lr_used, 1, "a VCPU's list registers are not those in use");
    v->queue[1] = v->queue[0] = 33;
    BREAK(v->queue_count, 2, "a virtual interrupt stands in two places");
}

static void map(seL4_CPtr object, word_t label, seL4_CPtr space, word_t vaddr)
{
    CHECK_EQ(machine_call(object, label,
                          (struct arguments){CAPS(space), WORDS(vaddr, label == vesicle_PageMap ? CAP_RIGHTS_ALL : 0,
                                                                seL4_ARM_Default_VMAttributes)})
                 .error,
             seL4_NoError);
}

static void spaces(void)
{
    seL4_CPtr space = machine_new_space(), other = machine_new_space(),
              table = machine_retype(CPTR_UNTYPED, seL4_ARM_PageTableObject, 0, 4),
              frame = machine_new(seL4_ARM_SmallPageObject);
    struct space found;
    const word_t vaddr = 0x40000000;

    check_good();
    for (unsigned i = 0; i < 3; i++) {
        map(table + i, vesicle_PageTableMap, space, vaddr);
    }
    map(frame, vesicle_PageMap, space, vaddr);
    check_good();
    CHECK(vspace_of_cap(machine_cap(space), &found));
    unsigned level = PGTABLE_LAST_LEVEL;
    pte_t *entry = pgtable_walk(found.root, found.stage, vaddr, &level),
          *free_table = cap_object(machine_cap(table + 3));
    struct slot *s = machine_slot(frame);

    seL4_CPtr large = machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_LargePageObject, 0, 1);
    const word_t next = vaddr + (1ul << seL4_LargePageBits);
    map(machine_new(seL4_ARM_PageTableObject), vesicle_PageTableMap, space, next);
    CHECK_EQ(invoke(large, PageMap, CAPS(space), WORDS(next, CAP_RIGHTS_ALL, vesicle_ARM_SmallEntries)).error,
             seL4_NoError);
    check_good();
    pte_t *part = pgtable_walk(found.root, found.stage, next, &level);

    BREAK(part[7], part[8], "a frame's entries lead elsewhere");
    BREAK(part[511], part[511] & ~PTE_S1_PXN, "a frame is the kernel's, too");
    BREAK(part[0], 0, "a frame is mapped where no capability says");
    BREAK(machine_slot(large)->cap.w1, 0, "a frame is mapped where no capability says");
    BREAK(entry[3], entry[0], "a frame is mapped where no capability says");
    BREAK(s->cap.w1, 0, "a frame is mapped where no capability says");
    BREAK(s->cap, cap_with_info(s->cap, FRAME_READ), "a frame is writable without right");
    BREAK(s->cap, cap_with_info(s->cap, FRAME_WRITE), "a frame is readable without right");
    BREAK(s->cap, cap_with_info(s->cap, cap_info(s->cap) | FRAME_DEVICE), "a frame of the wrong kind of memory");
    BREAK(*entry, *entry & ~PTE_S1_PXN, "a frame is the kernel's, too");
    BREAK(free_table[5], 1, "a table that is not mapped maps something");
    BREAK(found.root[9], pte_table(cap_paddr(machine_cap(table + 3))),
          "a table is mapped where its capability does not say");
    BREAK(found.root[9], pte_table(cap_paddr(machine_cap(frame))), "a table leads to a table that is no more");
    BREAK(cpus[0].vspace, (struct vspace *)free_table, "a core is in a space that is no more");
    BREAK(machine_slot(space)->cap.w1, machine_cap(other).w1, "an ASID's space is no more, or has another ASID");
    BREAK(asid_table[0]->entry[0], (uint64_t)found.root, "ASID 0 was given");
    BREAK(asid_table[3], asid_table[0], "the table of pools has one that is no more");
    BREAK(asid_table[0], 0, "a pool's place in the table is another's");
}

static void tracing(void)
{
    seL4_CPtr frame = machine_new(seL4_ARM_SmallPageObject), trace = machine_empty_slot();
    struct trace *tr = &cpus[0].trace;
    struct slot *held = &trace_buffers[0];

    slot_insert_root(cap_make(CAP_TRACE, (paddr_t){0}, 0, 0), machine_slot(trace));
    CHECK_EQ(invoke(trace, TraceSetBuffer, CAPS(frame), WORDS(0)).error, seL4_NoError);
    check_good();
    BREAK(tr->ring, 0, "a core's trace ring is not its buffer");
    BREAK(tr->next, tr->end, "a core records beside its buffer");
    BREAK(tr->end, tr->end + 1, "a core records beside its buffer");
    BREAK(held->cap.w1, 1, "a malformed capability");
    BREAK(held->cap, cap_with_info(held->cap, cap_info(held->cap) & ~FRAME_WRITE), "a capability where it must not be");
    CHECK_EQ(invoke(trace, TraceSetBuffer, CAPS(0), WORDS(0)).error, seL4_NoError);
    check_good();
    BREAK(tr->events, 2, "a core records without a buffer");
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"derivation", derivation}, {"finality", finality},     {"containers", containers},
        {"threads", threads},       {"scheduling", scheduling}, {"ipc", ipc},
        {"vcpus", vcpus},           {"spaces", spaces},         {"tracing", tracing},
    };

    return unit_run("invariants", cases, UNIT_COUNT(cases), core_setup);
}
