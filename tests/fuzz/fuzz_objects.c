/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's objects on the fake architecture. The input is a row of steps: methods and system calls with any capabilities and words,
 * faults, exits of a guest, interrupts, preemptions, time. The kernel's invariants hold all the time; in the end objects to which
 * there was no capability are as they were, and all memory can be had back.
 */
#include "../../kernel/src/arch/fake/fake.h"
#include "arch/irq.h"
#include "arch/pmu.h"
#include "arch/preempt.h"
#include "arch/timer.h"
#include "arch/vcpu.h"
#include "check/invariants.h"
#include "core_fixture.h"
#include "cpu.h"
#include "ipc/message.h"
#include "lib/fuzz.h"
#include "object/cnode.h"
#include "object/irq.h"
#include "object/untyped.h"
#include "object/vcpu.h"
#include "object/vspace.h"
#include "sched/scheduler.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The checker takes longer than a few steps; 1 finds the step that went wrong. */
enum { MAX_STEPS = 64, MAX_REPEATS = 100000, CHECK_EVERY = 8 };
#define SPACE_ADDRESS 0x400000ull /* where page tables and a frame are mapped */
#define LARGE_ADDRESS (SPACE_ADDRESS + (1ull << seL4_LargePageBits))

/* The unit tests' checks, as the fixture makes them, end the run. */
_Noreturn void unit_fail(const char *file, int line, const char *what);
_Noreturn void unit_fail(const char *file, int line, const char *what)
{
    fuzz_fail(file, line, what);
}
void unit_check_eq(const char *file, int line, const char *what, uint64_t actual, uint64_t expected);
void unit_check_eq(const char *file, int line, const char *what, uint64_t actual, uint64_t expected)
{
    if (actual != expected) {
        fuzz_fail(file, line, what);
    }
}

/* Objects to which nobody in the fuzzed system has a capability, in memory of their own; their capabilities are in a CNode of theirs. */

enum { HIDDEN_RADIX = 4, HIDDEN_BITS = 15 };
enum hidden {
    HIDDEN_CNODE,
    HIDDEN_UNTYPED,
    HIDDEN_TCB,
    HIDDEN_SC,
    HIDDEN_ENDPOINT,
    HIDDEN_NOTIFICATION,
    HIDDEN_REPLY,
    HIDDEN_FRAME,
    HIDDEN_TABLE,
    HIDDEN_VCPU,
    /* So that the thread and the CSpace the steps are made with never end. */
    HIDDEN_MACHINE_TCB,
    HIDDEN_MACHINE_CNODE,
    HIDDEN_COUNT
};
static _Alignas(sizeof(struct slot) << HIDDEN_RADIX) struct slot hidden[1 << HIDDEN_RADIX];
static _Alignas(1 << HIDDEN_BITS) char hidden_memory[1 << HIDDEN_BITS];
static size_t hidden_used;
static struct cap caps_before[HIDDEN_COUNT];
static char memory_before[1 << HIDDEN_BITS];

static void *hide(enum hidden which, word_t type, unsigned bits)
{
    size_t size = 1ull << bits;

    hidden_used = (hidden_used + size - 1) & ~(size - 1);
    MUST(hidden_used + size <= sizeof hidden_memory);
    char *object = hidden_memory + hidden_used;
    hidden_used += size;
    hidden[HIDDEN_UNTYPED].cap = cap_untyped_make(virt_to_phys(hidden_memory), HIDDEN_BITS, false, hidden_used);
    slot_insert_child(untyped_make_object(type, virt_to_phys(object), bits, false), &hidden[HIDDEN_UNTYPED],
                      &hidden[which]);
    return object;
}

/* The capability at `cptr` becomes a copy of a hidden one, which it cannot revoke. */
static void keep(seL4_CPtr cptr, enum hidden which)
{
    slot_move(machine_cap(cptr), machine_slot(cptr), &hidden[which]);
    slot_insert_derived(hidden[which].cap, &hidden[which], machine_slot(cptr));
}

static void make_hidden(void)
{
    memset(hidden, 0, sizeof hidden);
    memset(hidden_memory, 0, sizeof hidden_memory);
    hidden_used = 0;
    struct cap node = cap_make(CAP_CNODE, virt_to_phys(hidden), HIDDEN_RADIX, seL4_WordBits - HIDDEN_RADIX);
    slot_insert_root(node, &hidden[HIDDEN_CNODE]);
    slot_insert_root(cap_untyped_make(virt_to_phys(hidden_memory), HIDDEN_BITS, false, 0), &hidden[HIDDEN_UNTYPED]);
    keep(CPTR_TCB, HIDDEN_MACHINE_TCB);
    keep(CPTR_CNODE, HIDDEN_MACHINE_CNODE);

    struct tcb *t = hide(HIDDEN_TCB, seL4_TCBObject, seL4_TCBBits);
    struct sched_context *sc = hide(HIDDEN_SC, seL4_SchedContextObject, seL4_MinSchedContextBits);
    hide(HIDDEN_ENDPOINT, seL4_EndpointObject, seL4_EndpointBits);
    struct notification *n = hide(HIDDEN_NOTIFICATION, seL4_NotificationObject, seL4_NotificationBits);
    hide(HIDDEN_REPLY, seL4_ReplyObject, seL4_ReplyBits);
    memset(hide(HIDDEN_FRAME, seL4_ARM_SmallPageObject, seL4_PageBits), 0x5a, 1 << seL4_PageBits);
    hide(HIDDEN_TABLE, seL4_ARM_PageTableObject, seL4_PageTableBits);
    hide(HIDDEN_VCPU, seL4_ARM_VCPUObject, seL4_VCPUBits);
    slot_insert_derived(cap_with_info(node, HIDDEN_RADIX | CNODE_IN_TCB), &hidden[HIDDEN_CNODE], &t->slots[TCB_CSPACE]);
    tcb_update_cspace(t);
    sc_bind_tcb(sc, t);
    notification_bind(n, t);
}

/* Capabilities have neighbours in the list of all, which may change. */
static void without_links(char *memory)
{
    for (unsigned i = 0; i < TCB_NUM_SLOTS; i++) {
        struct slot *s =
            &((struct tcb *)(memory + ((char *)cap_object(hidden[HIDDEN_TCB].cap) - hidden_memory)))->slots[i];
        *s = (struct slot){.cap = s->cap};
    }
}

static void note_hidden(void)
{
    for (unsigned i = 0; i < HIDDEN_COUNT; i++) {
        caps_before[i] = hidden[i].cap;
    }
    memcpy(memory_before, hidden_memory, sizeof hidden_memory);
    without_links(memory_before);
}

static void check_hidden(void)
{
    static char memory_now[sizeof hidden_memory];

    for (unsigned i = 0; i < HIDDEN_COUNT; i++) {
        MUST(memcmp(&hidden[i].cap, &caps_before[i], sizeof caps_before[i]) == 0);
    }
    memcpy(memory_now, hidden_memory, sizeof hidden_memory);
    without_links(memory_now);
    MUST(memcmp(memory_now, memory_before, sizeof memory_now) == 0);
}

/*
 * The system that is fuzzed: one of everything at fixed addresses, so that an input can name it by one byte. Behind them slots are empty.
 */
enum {
    AT_DOMAIN = 9,
    AT_SMC,
    AT_UNTYPED = CPTR_FREE, /* 128 KiB without children; the machine's own has many */
    AT_ENDPOINT,            /* two, and a badged copy of the first */
    AT_NOTIFICATION = AT_ENDPOINT + 3,
    AT_REPLY = AT_NOTIFICATION + 3, /* two */
    AT_CONTEXT = AT_REPLY + 2,      /* two, the first configured */
    AT_CNODE = AT_CONTEXT + 2,      /* of 16 slots */
    AT_FRAME, /* two, the first mapped; a large one, mapped by small entries, and a huge one of device memory */
    AT_SPACE = AT_FRAME + 4, /* native, stage 2: each with an ASID */
    AT_TABLE = AT_SPACE + 2, /* four mapped, one not */
    AT_VCPU = AT_TABLE + 5,  /* bound to the guest; another */
    AT_IRQ_HANDLER = AT_VCPU + 2,
    AT_SGI,
    AT_THREADS /* with their scheduling contexts */
};
enum { UNTYPED_BITS = 17, CONTEXT_BITS = 9, NODE_RADIX = 4, INTID = 40, THREADS = 3 };

static struct tcb *guest;

static void succeeded(struct answer a)
{
    MUST(a.error == seL4_NoError);
}

static void make(word_t cptr, word_t type, word_t size_bits, unsigned count)
{
    MUST(machine_retype(CPTR_UNTYPED, type, size_bits, count) == cptr);
}

static void make_memory_objects(void)
{
    word_t attributes = seL4_ARM_Default_VMAttributes;

    make(AT_FRAME, seL4_ARM_SmallPageObject, 0, 2);
    MUST(machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_LargePageObject, 0, 1) == AT_FRAME + 2);
    MUST(machine_retype(CPTR_DEVICE_UNTYPED, seL4_ARM_HugePageObject, 0, 1) == AT_FRAME + 3);
    MUST(machine_new_space() == AT_SPACE);
    MUST(machine_new_stage2() == AT_SPACE + 1);
    make(AT_TABLE, seL4_ARM_PageTableObject, 0, 5);
    for (unsigned level = 0; level < 3; level++) {
        succeeded(invoke(AT_TABLE + level, PageTableMap, CAPS(AT_SPACE), WORDS(SPACE_ADDRESS, attributes)));
    }
    succeeded(invoke(AT_FRAME, PageMap, CAPS(AT_SPACE), WORDS(SPACE_ADDRESS, CAP_RIGHTS_ALL, attributes)));
    succeeded(invoke(AT_TABLE + 3, PageTableMap, CAPS(AT_SPACE), WORDS(LARGE_ADDRESS, attributes)));
    succeeded(invoke(AT_FRAME + 2, PageMap, CAPS(AT_SPACE),
                     WORDS(LARGE_ADDRESS, CAP_RIGHTS_ALL, attributes | vesicle_ARM_SmallEntries)));
}

static void make_threads(void)
{
    static const uint8_t priorities[THREADS] = {50, 60, 70};
    struct tcb *t[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        t[i] = core_thread(priorities[i]);
    }
    guest = t[2];
    succeeded(invoke(AT_VCPU, VCPUSetTCB, CAPS(core_cptr(guest))));
    for (unsigned i = 0; i < THREADS; i++) {
        seL4_CPtr space = t[i] == guest ? AT_SPACE + 1 : AT_SPACE;
        succeeded(invoke(core_cptr(t[i]), TCBSetSpace, CAPS(AT_ENDPOINT, CPTR_CNODE, space), WORDS(0, 0)));
        sc_bind_tcb(core_sc(core_sched_context(1000, 1000 + 1000 * i, i, 0)), t[i]);
        tcb_restart(t[i]);
        sched_run(&cpus[0]);
    }
}

/* Bytes of the machine's memory that have been used in this run. */
static size_t memory_used = 1ull << MACHINE_MEMORY_BITS;

static void note_used(paddr_t memory)
{
    struct cap c = machine_cap(CPTR_UNTYPED);
    bool known = cap_type(c) == CAP_UNTYPED && cap_paddr(c).raw == memory.raw && !(cap_info(c) & UNTYPED_NOTE);
    size_t used = known ? cap_untyped_free(c) : 1ull << MACHINE_MEMORY_BITS;

    memory_used = used > memory_used ? used : memory_used;
}

static void make_system(void)
{
    core_setup_after(memory_used);
    memory_used = 0;
    machine_thread.priority = machine_thread.mcp = seL4_MaxPrio;
    slot_insert_root(cap_make(CAP_DOMAIN, (paddr_t){0}, 0, 0), machine_slot(AT_DOMAIN));
    slot_insert_root(cap_make(CAP_SMC, (paddr_t){0}, 0, 0), machine_slot(AT_SMC));
    make(AT_UNTYPED, seL4_UntypedObject, UNTYPED_BITS, 1);
    make(AT_ENDPOINT, seL4_EndpointObject, 0, 2);
    core_mint(AT_ENDPOINT, seL4_AllRights, 7);
    make(AT_NOTIFICATION, seL4_NotificationObject, 0, 2);
    core_mint(AT_NOTIFICATION, seL4_AllRights, 9);
    make(AT_REPLY, seL4_ReplyObject, 0, 2);
    make(AT_CONTEXT, seL4_SchedContextObject, CONTEXT_BITS, 2);
    succeeded(invoke(CPTR_SCHED_CONTROL, SchedControlConfigureFlags, CAPS(AT_CONTEXT), WORDS(500, 2000, 2, 0, 0)));
    make(AT_CNODE, seL4_CapTableObject, NODE_RADIX, 1);
    make_memory_objects();
    make(AT_VCPU, seL4_ARM_VCPUObject, 0, 2);
    machine_empty_slot(), machine_empty_slot();
    succeeded(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(INTID, AT_IRQ_HANDLER, seL4_WordBits)));
    succeeded(invoke(AT_IRQ_HANDLER, IRQHandlerSetNotification, CAPS(AT_NOTIFICATION)));
    succeeded(invoke(CPTR_IRQ_CONTROL, IRQControlIssueSGISignal, CAPS(CPTR_CNODE), WORDS(3, 0, AT_SGI, seL4_WordBits)));
    make_threads();
    make_hidden();
}

/* FUZZ_TRACE in the environment: each step is told, and checked. */
static bool tracing;

static void tell(const char *what, const struct tcb *t, uint64_t a, uint64_t b)
{
    if (tracing) {
        fprintf(stderr, "%s %s: 0x%llx 0x%llx\n",
                t == &machine_thread ? "machine"
                : t == guest         ? "guest"
                                     : "thread",
                what, (unsigned long long)a, (unsigned long long)b);
    }
}

static void tell_message(const struct tcb *t)
{
    seL4_MessageInfo_t info = {{t->regs->x[REG_INFO]}};

    tell("capability, label", t, t->regs->x[REG_BADGE], seL4_MessageInfo_get_label(info));
    for (unsigned i = 0; tracing && i < seL4_MessageInfo_get_length(info); i++) {
        tell("  word", t, i, message_word(t, i));
    }
    for (unsigned i = 0; tracing && t->buffer && i < seL4_MessageInfo_get_extraCaps(info); i++) {
        tell("  capability", t, i, t->buffer->caps_or_badges[i]);
    }
}

/* Steps */

static unsigned long done[vesicle_NumInvocations]; /* methods that succeeded */

/* Registers and buffer for a system call. */
static void fill_message(struct input *in, struct tcb *t)
{
    word_t *x = t->regs->x;
    seL4_IPCBuffer *buffer = t->buffer;

    x[REG_BADGE] = input_word(in);
    word_t label = input_word(in);
    unsigned counts = input_byte(in), caps = counts & 3, words = counts >> 2 & 15;
    word_t length = counts >> 6 == 3 ? (word_t)(input_byte(in) & 0x7f) : words;
    x[REG_INFO] = seL4_MessageInfo_new(label, 0, caps, length).words[0];
    for (unsigned i = 0; i < caps; i++) {
        word_t cptr = input_word(in);
        if (buffer) {
            buffer->caps_or_badges[i] = cptr;
        }
    }
    for (unsigned i = 0; i < words || i < seL4_FastMessageRegisters; i++) {
        message_set_word(t, i, i < words ? input_word(in) : 0);
    }
    if (counts >> 6 == 2 && buffer) {
        buffer->receiveCNode = input_word(in);
        buffer->receiveIndex = input_word(in);
        buffer->receiveDepth = input_word(in);
    }
    tell_message(t);
}

/* A method, by the machine's own thread, which has no time and is not scheduled. */
static void method(struct input *in)
{
    struct tcb *t = &machine_thread;
    struct lookup_failure failure;

    if (t->sc) {
        return; /* it was given some: it runs when its turn comes */
    }
    if (!tcb_is_runnable(t)) {
        tcb_restart(t);
    }
    if (t->yield_to) {
        sc_complete_yield_to(t); /* as when it is chosen again */
    }
    fill_message(in, t);
    word_t cptr = t->regs->x[REG_BADGE],
           label = seL4_MessageInfo_get_label((seL4_MessageInfo_t){{t->regs->x[REG_INFO]}});
    const struct slot *s = cspace_lookup(t, cptr, &failure);
    enum cap_type type = s ? cap_type(s->cap) : CAP_NULL;
    bool has_methods = type != CAP_NULL && type != CAP_ENDPOINT && type != CAP_NOTIFICATION && type != CAP_REPLY &&
                       type != CAP_SGI_SIGNAL;
    t->regs->x[REG_SYSCALL] = vesicle_SysCall;
    unsigned repeats = 0;
    while (!machine_attempt() && tcb_is_runnable(t)) {
        MUST(++repeats < MAX_REPEATS);
    }
    if (has_methods && tcb_is_runnable(t)) {
        word_t error = seL4_MessageInfo_get_label((seL4_MessageInfo_t){{t->regs->x[REG_INFO]}});
        tell("  answer", t, error, repeats);
        MUST(error < seL4_NumErrors);
        if (error == seL4_NoError && label < vesicle_NumInvocations) {
            done[label]++;
        }
    }
}

/* What a guest does to a list register: what is pending becomes active, what is active ends. */
static void take_or_end(uint64_t *lr)
{
    const uint64_t pending = 1ull << 62, active = 1ull << 63;

    if (*lr & active) {
        *lr &= ~active;
    } else if (*lr & pending) {
        *lr ^= pending | active;
    }
}

static void guest_exit(struct input *in, struct tcb *t)
{
    word_t x = input_word(in), kind = input_byte(in) % 6;

    tell("exit", t, kind, x);
    switch (kind) {
    case 0:
        vcpu_wfi(t);
        break;
    case 1:
        vcpu_maintenance_irq(&cpus[0]);
        break;
    case 2:
        vcpu_vtimer_irq(&cpus[0]);
        break;
    case 3:
        take_or_end(&fake_vcpu.lr[x % FAKE_LIST_REGISTERS]);
        fake_vcpu.vtimer_asserted = x & 64;
        break;
    case 4:
        vcpu_send_notice(t);
        break;
    default:
        fake_pmu.counts = x >> 32, fake_pmu.fresh = (uint32_t)(x >> 32);
        if (vcpu_pmu_access(&cpus[0], t, x)) {
            break;
        }
        vcpu_exit(t, x, (struct vcpu_abort){.far = x, .ipa = x, .flags = VESICLE_EXIT_IPA_VALID});
        break;
    }
}

static void system_call(struct input *in, struct tcb *t)
{
    word_t number = input_byte(in), reply = input_word(in), dest = input_word(in);

    fill_message(in, t);
    t->regs->x[REG_REPLY] = reply;
    t->regs->x[REG_DEST] = dest;
    tell("system call, reply", t, number, reply);
    t->regs->x[REG_SYSCALL] = number;
    t->pc += 4;
    syscall_handle(t);
}

static void fault(struct input *in, struct tcb *t)
{
    static const uint8_t types[] = {seL4_Fault_UserException, seL4_Fault_VMFault, seL4_Fault_DebugException};

    t->in_syscall = false;
    t->fault = (struct fault){.type = types[input_byte(in) % sizeof types], .word = {input_word(in), input_word(in)}};
    tell("fault", t, t->fault.type, t->fault.word[0]);
    fault_send(t);
}

static void interrupt(struct input *in)
{
    unsigned intid = IRQ_ARCH_PRIVATE + input_byte(in) % (FAKE_IRQS - IRQ_ARCH_PRIVATE);

    if (fake_irq.enabled[intid]) {
        tell("interrupt", 0, intid, 0);
        irq_deliver(intid, 0);
    }
}

/* Somebody, whom the input says, goes on: else all could soon be stopped. */
static void restart(struct input *in)
{
    unsigned n = input_byte(in) % (2 * THREADS);
    struct cap c = machine_cap(AT_THREADS + n);

    tell("restarts", &machine_thread, AT_THREADS + n, 0);
    if (cap_type(c) == CAP_TCB) {
        tcb_restart(cap_object(c));
    } else {
        tcb_restart(&machine_thread);
    }
}

/* The fake architecture's switch to a guest leaves out what this one does. */
static void leave_kernel(void)
{
    sched_run(&cpus[0]);
    struct tcb *t = core_current();
    if (t && t->vcpu) {
        vcpu_load(&cpus[0], t->vcpu);
        vcpu_enable_vtimer(&cpus[0], t->vcpu);
    }
}

static void step(struct input *in)
{
    unsigned kind = input_byte(in) % 16;
    struct tcb *t = core_current();

    if (kind < 8) {
        method(in);
    } else if (kind < 12 && t) {
        (t->vcpu ? guest_exit : system_call)(in, t);
    } else if (kind == 12 && t) {
        (t->vcpu ? guest_exit : fault)(in, t);
    } else if (kind == 13) {
        interrupt(in);
    } else if (kind == 14) {
        fake_preempt_after = input_byte(in) % 8;
        return;
    } else if (kind == 15) {
        word_t ticks = input_word(in) % 10000;
        tell("time", t, ticks, 0);
        core_pass(ticks);
    } else {
        restart(in);
    }
    leave_kernel();
}

/* Checks */

static void check_invariants(void)
{
    struct violation found;

    if (!invariants_hold(&found)) {
        fprintf(stderr, "objects %p, %p\n", found.object, found.other);
        fuzz_fail(__FILE__, __LINE__, found.what);
    }
}

/* The machine's memory, wherever its capability has gone. */
static struct slot *find_memory(paddr_t base)
{
    for (struct slot *s = slot_next(&slot_list); s; s = slot_next(s)) {
        if (cap_type(s->cap) == CAP_UNTYPED && cap_paddr(s->cap).raw == base.raw &&
            cap_untyped_bits(s->cap) == MACHINE_MEMORY_BITS) {
            return s;
        }
    }
    return 0;
}

static void reclaim(paddr_t base)
{
    struct slot *s = find_memory(base);

    fake_preempt_after = -1;
    if (s) {
        while (!slot_revoke(s)) {
        }
        MUST(!slot_has_children(s));
        sched_run(&cpus[0]);
        check_invariants();
    }
}

static void tell_methods(void)
{
    for (unsigned i = 1; i < vesicle_NumInvocations; i++) {
        printf("method %u succeeded %lu times\n", i, done[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct input in = {data, size};

    if (!started) {
        started = true;
        tracing = getenv("FUZZ_TRACE");
        if (getenv("FUZZ_METHODS")) {
            atexit(tell_methods);
        }
    }
    make_system();
    paddr_t memory = cap_paddr(machine_cap(CPTR_UNTYPED));
    check_invariants();
    note_hidden();
    note_used(memory);
    for (unsigned i = 0; i < MAX_STEPS && in.left > 0; i++) {
        step(&in);
        note_used(memory);
        if (tracing || i % CHECK_EVERY == CHECK_EVERY - 1) {
            check_invariants();
        }
    }
    check_invariants();
    check_hidden();
    reclaim(memory);
    check_hidden();
    return 0;
}
