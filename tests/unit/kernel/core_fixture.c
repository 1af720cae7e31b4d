/* SPDX-License-Identifier: BSD-2-Clause */
#include "core_fixture.h"

#include "arch/timer.h"
#include "cpu.h"
#include "ipc/message.h"
#include "lib/unit.h"
#include "sched/scheduler.h"
#include <string.h>

enum { MAX_THREADS = 512, SLICE_US = 1000 };

static struct {
    struct tcb *tcb;
    seL4_CPtr cptr;
} threads[MAX_THREADS];
static _Alignas(1 << seL4_PageBits) char buffers[MAX_THREADS][1 << seL4_PageBits];
static unsigned thread_count;

void core_setup(void)
{
    core_setup_after(1ul << MACHINE_MEMORY_BITS);
}

void core_setup_after(size_t used)
{
    machine_setup_after(used);
    memset(buffers, 0, thread_count * sizeof *buffers);
    thread_count = 0;
    slot_insert_root(cap_make(CAP_SCHED_CONTROL, (paddr_t){0}, 0, 0), machine_slot(CPTR_SCHED_CONTROL));
    sched_reschedule(&cpus[0]);
    sched_run(&cpus[0]);
}

struct tcb *core_thread(unsigned priority)
{
    CHECK(thread_count < MAX_THREADS);
    seL4_CPtr cptr = machine_new(seL4_TCBObject);
    struct tcb *t = cap_object(machine_cap(cptr));

    slot_insert_derived(cap_with_info(machine_cap(CPTR_CNODE), CSPACE_BITS | CNODE_IN_TCB), machine_slot(CPTR_CNODE),
                        &t->slots[TCB_CSPACE]);
    tcb_update_cspace(t);
    machine_give_buffer(t, buffers[thread_count]);
    t->priority = (uint8_t)priority;
    t->mcp = seL4_MaxPrio;
    t->pc = 0x10000;
    threads[thread_count].tcb = t;
    threads[thread_count++].cptr = cptr;
    return t;
}

struct tcb *core_active_thread(unsigned priority)
{
    struct tcb *t = core_thread(priority);

    sc_bind_tcb(core_sc(core_sched_context(SLICE_US, SLICE_US, 0, 0)), t);
    tcb_restart(t);
    sched_run(&cpus[0]);
    return t;
}

seL4_CPtr core_cptr(const struct tcb *t)
{
    for (unsigned i = 0; i < thread_count; i++) {
        if (threads[i].tcb == t) {
            return threads[i].cptr;
        }
    }
    CHECK(!"a thread of the fixture");
    return 0;
}

seL4_CPtr core_sched_context(word_t budget, word_t period, word_t extra_refills, word_t flags)
{
    seL4_CPtr sc = machine_retype(CPTR_UNTYPED, seL4_SchedContextObject, 10, 1);

    CHECK_EQ(
        invoke(CPTR_SCHED_CONTROL, SchedControlConfigureFlags, CAPS(sc), WORDS(budget, period, extra_refills, 0, flags))
            .error,
        seL4_NoError);
    return sc;
}

struct endpoint *core_endpoint(seL4_CPtr cptr)
{
    return cap_object(machine_cap(cptr));
}

struct notification *core_notification(seL4_CPtr cptr)
{
    return cap_object(machine_cap(cptr));
}

struct reply *core_reply(seL4_CPtr cptr)
{
    return cap_object(machine_cap(cptr));
}

struct sched_context *core_sc(seL4_CPtr cptr)
{
    return cap_object(machine_cap(cptr));
}

seL4_CPtr core_mint(seL4_CPtr src, seL4_CapRights_t rights, word_t badge)
{
    seL4_CPtr dest = machine_empty_slot();

    CHECK_EQ(invoke(CPTR_CNODE, CNodeMint, CAPS(CPTR_CNODE),
                    WORDS(dest, seL4_WordBits, src, seL4_WordBits, rights.words[0], badge))
                 .error,
             seL4_NoError);
    return dest;
}

void core_trap(struct tcb *t, word_t number, struct core_call call)
{
    word_t *x = t->regs->x;

    x[REG_BADGE] = call.cap;
    x[REG_INFO] = seL4_MessageInfo_new(call.label, 0, call.caps, call.length).words[0];
    for (unsigned i = 0; i < 4; i++) {
        x[REG_MSG + i] = call.word[i];
    }
    x[REG_REPLY] = call.reply;
    x[REG_SYSCALL] = number;
    x[REG_DEST] = call.dest;
    t->pc += 4;
    syscall_handle(t);
    sched_run(&cpus[0]);
}

word_t core_badge(const struct tcb *t)
{
    return t->regs->x[REG_BADGE];
}

word_t core_label(const struct tcb *t)
{
    return seL4_MessageInfo_get_label((seL4_MessageInfo_t){{t->regs->x[REG_INFO]}});
}

word_t core_word(const struct tcb *t, unsigned i)
{
    return message_word(t, i);
}

struct tcb *core_current(void)
{
    return cpus[0].current == cpus[0].idle ? 0 : cpus[0].current;
}

void core_pass(ticks_t ticks)
{
    ticks_t end = fake_now + ticks;

    while (fake_deadline <= end) {
        fake_now = fake_deadline > fake_now ? fake_deadline : fake_now;
        timer_stop();
        sched_tick(&cpus[0]);
        sched_run(&cpus[0]);
    }
    fake_now = end;
}
