/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes random system calls, for ever. What it makes of them it tells in the memory it shares with the root task. */
#include "engine.h"

#include "methods.h"
#include <stdbool.h>

/* loops.S. x0 to x8 of a system call; x0 to x5 come back. */
struct trap {
    seL4_Word cap, info, mr[4], reply, number, second;
};
void engine_trap(struct trap *t);
void engine_use_fp(seL4_Word value);
_Noreturn void engine_main(struct engine *e);

static seL4_Word random_word(struct engine *e)
{
    seL4_Word z = e->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static unsigned below(struct engine *e, unsigned n)
{
    return (unsigned)(random_word(e) >> 32) % n;
}

static bool one_in(struct engine *e, unsigned n)
{
    return below(e, n) == 0;
}

/* Numbers that limits are made of. */
static seL4_Word any_word(struct engine *e)
{
    switch (below(e, 8)) {
    case 0:
        return 0;
    case 1:
        return ~0ul >> below(e, 64);
    case 2:
        return 1ul << below(e, 64);
    case 3:
        return random_word(e);
    case 4:
        return ENGINE_PLAY + below(e, 0x100000);
    case 5:
        return below(e, WORLD_SLOTS);
    case 6:
        return -(seL4_Word)below(e, 0x2000);
    default:
        return below(e, 16);
    }
}

/* Slots */

/* Where each kind was in the beginning; most of it is there for long. */
static const struct {
    seL4_Uint8 first, count;
} homes[KINDS] = {
    [KIND_UNTYPED] = {SLOT_UNTYPEDS, WORLD_UNTYPEDS},
    [KIND_TCB] = {SLOT_TCBS, SLOT_CONTEXTS - SLOT_TCBS},
    [KIND_CNODE] = {SLOT_SELF, 3},
    [KIND_ENDPOINT] = {SLOT_ENDPOINTS, WORLD_EACH},
    [KIND_NOTIFICATION] = {SLOT_NOTIFICATIONS, WORLD_EACH},
    [KIND_REPLY] = {SLOT_REPLIES, WORLD_EACH},
    [KIND_SCHED_CONTEXT] = {SLOT_CONTEXTS, SLOT_VSPACE - SLOT_CONTEXTS},
    [KIND_FRAME] = {SLOT_STACKS, SLOT_ENDPOINTS - SLOT_STACKS},
    [KIND_TABLE] = {SLOT_TABLES, SLOT_STACKS - SLOT_TABLES},
    [KIND_VSPACE] = {SLOT_VSPACE, SLOT_TABLES - SLOT_VSPACE},
    [KIND_ASID_POOL] = {SLOT_POOL, 2},
    [KIND_VCPU] = {SLOT_VCPUS, SLOT_UNTYPEDS - SLOT_VCPUS},
    [KIND_IRQ_HANDLER] = {SLOT_IRQ_HANDLERS, 2},
    [KIND_SGI_SIGNAL] = {SLOT_SGIS, 2},
    [KIND_SCHED_CONTROL] = {SLOT_SCHED_CONTROLS, MAX_CORES},
    [KIND_ASID_CONTROL] = {SLOT_ASID_CONTROL, 1},
    [KIND_DOMAIN] = {SLOT_DOMAIN, 1},
};

/* What those who run need: mostly left alone, or they would be built anew all the time. */
static bool is_vital(seL4_Word slot)
{
    return slot == SLOT_SELF || (slot >= SLOT_TCBS && slot < SLOT_LOOPS) ||
           (slot >= SLOT_CONTEXTS && slot < SLOT_CONTEXTS + WORLD_ENGINES) || slot == SLOT_VSPACE ||
           (slot >= SLOT_TABLES && slot < SLOT_GUEST_TABLES) || (slot >= SLOT_STACKS && slot < SLOT_EXIT_FRAMES);
}

static seL4_Word slot_of_kind(struct engine *e, enum kind kind)
{
    seL4_Word slot = below(e, WORLD_SLOTS);

    if (homes[kind].count && !one_in(e, 3)) {
        slot = homes[kind].first + below(e, homes[kind].count);
    }
    for (unsigned i = 0; i < 64 && e->world->guess[slot] != kind; i++) {
        slot = (slot + 1) % WORLD_SLOTS;
    }
    return slot;
}

/* The same, but rarely one that would end the fun. */
static seL4_Word slot_of(struct engine *e, enum kind kind)
{
    seL4_Word slot = slot_of_kind(e, kind);

    for (unsigned i = 0; i < 4 && is_vital(slot) && !one_in(e, 12); i++) {
        slot = slot_of_kind(e, kind);
    }
    return slot;
}

/* Calls */

static void record(struct engine *e, const struct trap *t)
{
    seL4_Word n = e->count % RECORDS;

    e->record[n] = (struct call_record){
        t->number,
        t->cap,
        t->info,
        {t->mr[0], t->mr[1], t->mr[2], t->mr[3]},
        e->buffer ? e->buffer->caps_or_badges[0] | t->reply << 16 | t->second << 32 : 0,
    };
}

static void trap(struct engine *e, struct trap *t)
{
    record(e, t);
    engine_trap(t);
    e->count++;
}

static enum kind look(struct engine *e, seL4_Word slot)
{
    struct trap t = {.cap = slot, .number = vesicle_SysDebugCapIdentify};

    engine_trap(&t);
    return e->world->guess[slot] = e->world->kind_of_type[t.cap % 64];
}

/* Arguments */

/* What is needed of one argument by the next. */
struct arguments {
    struct trap *trap;
    seL4_Word caps[seL4_MsgMaxExtraCaps];
    unsigned words, nodes; /* so far */
    seL4_Word service, type, indices;
};

static void add_word(struct engine *e, struct arguments *a, seL4_Word word)
{
    unsigned n = a->words++;

    if (one_in(e, 40)) {
        word = any_word(e);
    }
    if (n < seL4_FastMessageRegisters) {
        a->trap->mr[n] = word;
    } else if (n < seL4_MsgMaxLength) {
        e->buffer->msg[n] = word;
    }
}

/* Of a CNode that addresses are resolved in: what is invoked for the first index of a call, then the capabilities given. */
static seL4_Word depth_in(struct engine *e, const struct arguments *a)
{
    seL4_Word node = a->indices <= 1 && e->world->guess[a->service % WORLD_SLOTS] == KIND_CNODE ? a->service
                     : a->indices <= 2                                                          ? a->caps[0]
                                                                                                : a->caps[1];
    return node == SLOT_SELF ? seL4_WordBits : NODE_RADIX;
}

static seL4_Word any_slot(struct engine *e)
{
    seL4_Word slot = below(e, SLOT_FREE + 16);

    return is_vital(slot) && !one_in(e, 12) ? SLOT_FREE + below(e, 16) : slot;
}

static seL4_Word any_address(struct engine *e)
{
    switch (below(e, 10)) {
    case 0:
        return GUEST_CODE + (seL4_Word)below(e, 512) * 0x1000;
    case 1:
        return (seL4_Word)below(e, 512) << 30;
    case 2:
        return ENGINE_END + (seL4_Word)below(e, 4) * 0x200000;
    case 3:
        return (seL4_Word)below(e, 1024) << 39;
    case 4:
        return ENGINE_STACKS + (seL4_Word)below(e, 0x80) * 0x1000;
    default:
        return ENGINE_PLAY + (seL4_Word)below(e, 32) * 0x1000;
    }
}

static seL4_Word size_of_type(struct engine *e, seL4_Word type)
{
    switch (type) {
    case seL4_UntypedObject:
        return 4 + below(e, 12);
    case seL4_CapTableObject:
        return NODE_RADIX - 1 + below(e, 2);
    case seL4_SchedContextObject:
        return seL4_MinSchedContextBits + below(e, 3);
    default:
        return 0;
    }
}

static seL4_Word time_us(struct engine *e)
{
    static const seL4_Uint16 usual[] = {200, 500, 1000, 2000, 5000, 5000, 10000, 50000};

    return one_in(e, 30) ? random_word(e) % (4000ul * 1000 * 1000) : usual[below(e, 8)];
}

static seL4_Word function_id(struct engine *e)
{
    return 0x84000000 + below(e, 3);
}

/* A place to go on at, with what it needs in x0 and x1; or any number of registers of any value. */
static void add_registers(struct engine *e, struct arguments *a)
{
    unsigned entry = below(e, ENTRIES);
    bool guest = entry >= ENTRY_GUEST_HVC;
    seL4_Word x0 = entry == ENTRY_ENGINE ? (seL4_Word)&e->world->engine[below(e, WORLD_ENGINES)]
                   : entry == ENTRY_SERVE || entry == ENTRY_CALL || entry == ENTRY_SEND ? slot_of(e, KIND_ENDPOINT)
                                                                                        : slot_of(e, KIND_NOTIFICATION);

    unsigned count = one_in(e, 4) ? below(e, 38) : 5;
    add_word(e, a, count);
    for (unsigned i = 0; i < count && a->words < seL4_MsgMaxLength; i++) {
        switch (i) {
        case 0:
            add_word(e, a, (guest && one_in(e, 2) ? GUEST_CODE : ENGINE_CODE) + 4 * entry);
            break;
        case 2:
            add_word(e, a, guest ? 0x3c5 : 0);
            break;
        case 3:
            add_word(e, a, x0);
            break;
        case 4:
            add_word(e, a, slot_of(e, KIND_REPLY));
            break;
        default:
            add_word(e, a, any_word(e));
            break;
        }
    }
}

static seL4_Word ordinary_word(struct engine *e, struct arguments *a, char what)
{
    switch (what) {
    case 'i':
        a->indices++;
        return depth_in(e, a) == seL4_WordBits ? any_slot(e) : below(e, 1 << NODE_RADIX);
    case 'e':
        a->indices++;
        return depth_in(e, a) == seL4_WordBits ? slot_of(e, KIND_EMPTY) : below(e, 1 << NODE_RADIX);
    case 'd':
        return a->indices == 0 ? 0 : depth_in(e, a);
    case 'j':
        if (one_in(e, 4)) {
            a->indices = 1;
            return SLOT_SELF + below(e, 3);
        }
        return 0;
    case 'o':
        return one_in(e, 4) ? below(e, 1 << NODE_RADIX) : slot_of(e, KIND_EMPTY);
    case 't':
        return a->type = below(e, seL4_ObjectTypeCount);
    case 'z':
        return size_of_type(e, a->type);
    case 'n':
        return one_in(e, 8) ? below(e, 40) : 1 + below(e, 3);
    case 'v':
        return any_address(e);
    case 'a':
        return one_in(e, 4) ? below(e, 16) : seL4_ARM_Default_VMAttributes;
    case 'r':
        return one_in(e, 3) ? below(e, 16) : seL4_AllRights.words[0];
    case 's':
        return below(e, 0x1001);
    case 'p':
        return 46 + below(e, 10);
    case 'm':
        return time_us(e);
    case 'f':
        return below(e, 4);
    case 'b':
        return below(e, 8);
    case 'g':
        return one_in(e, 8) ? seL4_CNode_CapData_new(0, below(e, 64)).words[0]
                            : seL4_CNode_CapData_new(0, seL4_WordBits - WORLD_RADIX).words[0];
    case 'q':
        return vesicle_virq(one_in(e, 3) ? below(e, 1024) : 20 + below(e, 12), below(e, 256), below(e, 2) != 0,
                            below(e, 2) != 0);
    case 'h':
        return one_in(e, 4) ? VESICLE_PMU_PPI : VESICLE_VTIMER_PPI;
    case 'k': {
        /* Not CNTVOFF: where a guest's CNTV_CVAL and that exceed 64 bits QEMU 7.2 sets its own timer again and again, for ever. */
        seL4_Word reg = below(e, 64);
        return reg == seL4_VCPUReg_CNTVOFF ? seL4_VCPUReg_CNTKCTL_EL1 : reg;
    }
    case 'l':
        return function_id(e);
    case 'y':
        return below(e, seL4_NumHWBreakpoints);
    case 'u':
        return one_in(e, 4) ? any_word(e) : ENGINE_BUFFERS + (seL4_Word)below(e, WORLD_ENGINES) * 0x1000;
    default:
        return any_word(e);
    }
}

static seL4_Word capability(struct engine *e, char what)
{
    static const struct {
        char letter;
        seL4_Uint8 kind;
    } kinds[] = {
        {'T', KIND_TCB},    {'C', KIND_CNODE},         {'E', KIND_ENDPOINT}, {'N', KIND_NOTIFICATION},
        {'Y', KIND_REPLY},  {'S', KIND_SCHED_CONTEXT}, {'F', KIND_FRAME},    {'P', KIND_TABLE},
        {'V', KIND_VSPACE}, {'A', KIND_ASID_POOL},     {'K', KIND_VCPU},     {'U', KIND_UNTYPED},
    };

    if (one_in(e, 24)) {
        return one_in(e, 4) ? any_word(e) : below(e, WORLD_SLOTS);
    }
    if (what == 'B') {
        what = one_in(e, 4) ? 'N' : 'T';
    }
    if (what == 'V') {
        return slot_of_kind(e, KIND_VSPACE); /* things are mapped where there are tables */
    }
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].letter == what) {
            return slot_of(e, kinds[i].kind);
        }
    }
    return SLOT_NULL;
}

/* What received capabilities would be put into. */
static void offer_slot(struct engine *e)
{
    e->buffer->receiveCNode = SLOT_SELF;
    e->buffer->receiveIndex = slot_of(e, KIND_EMPTY);
    e->buffer->receiveDepth = seL4_WordBits;
}

static seL4_Word add_capabilities(struct engine *e, struct arguments *a, const char *caps)
{
    seL4_Word count = 0;

    for (; caps[count]; count++) {
        /* A CNode that things are put into or taken from is usually the big one. */
        a->caps[count] = caps[count] == 'C' && !one_in(e, 4) ? SLOT_SELF : capability(e, caps[count]);
        e->buffer->caps_or_badges[count] = a->caps[count];
    }
    return count;
}

static const enum kind service_kinds[] = {
    KIND_UNTYPED,       KIND_UNTYPED,       KIND_TCB,           KIND_TCB,          KIND_TCB,
    KIND_TCB,           KIND_CNODE,         KIND_CNODE,         KIND_CNODE,        KIND_SCHED_CONTEXT,
    KIND_SCHED_CONTEXT, KIND_FRAME,         KIND_FRAME,         KIND_FRAME,        KIND_TABLE,
    KIND_VSPACE,        KIND_ASID_POOL,     KIND_VCPU,          KIND_VCPU,         KIND_VCPU,
    KIND_IRQ_HANDLER,   KIND_SCHED_CONTROL, KIND_SCHED_CONTROL, KIND_ASID_CONTROL, KIND_DOMAIN,
};

/* After a call that went well, what the slots it changed are guessed to hold. */
static void learn(struct engine *e, const struct arguments *a, seL4_Word label)
{
    seL4_Word slot;

    switch (label) {
    case vesicle_CNodeCopy:
    case vesicle_CNodeMint:
    case vesicle_CNodeMove:
    case vesicle_CNodeMutate:
    case vesicle_CNodeDelete:
    case vesicle_ASIDControlMakePool:
        slot = a->trap->mr[0];
        break;
    case vesicle_UntypedRetype:
        slot = e->buffer->msg[4];
        break;
    default:
        return;
    }
    if (slot < WORLD_SLOTS) {
        look(e, slot);
    }
}

static void invoke(struct engine *e)
{
    struct world_data *w = e->world;
    enum kind kind = service_kinds[below(e, sizeof service_kinds / sizeof *service_kinds)];
    seL4_Word slot = slot_of(e, kind), label = below(e, vesicle_NumInvocations + 1);
    struct trap t = {.number = vesicle_SysCall};
    struct arguments a = {.trap = &t, .service = slot};
    const struct method *m = &methods[below(e, method_count)];

    kind = one_in(e, 2) ? look(e, slot) : w->guess[slot];
    if (kind == KIND_CNODE && !one_in(e, 4)) {
        slot = a.service = SLOT_SELF;
    }
    if (w->method_count[kind] && !one_in(e, 32)) {
        m = &methods[w->first_method[kind] + below(e, w->method_count[kind])];
        label = m->label;
    } else if (one_in(e, 4)) {
        label = random_word(e) >> 12;
    }
    seL4_Word caps = add_capabilities(e, &a, m->caps);
    for (const char *what = m->words; *what; what++) {
        if (*what == 'x') {
            add_registers(e, &a);
        } else {
            add_word(e, &a, ordinary_word(e, &a, *what));
        }
    }
    seL4_Word length = a.words;
    if (one_in(e, 32)) {
        length = one_in(e, 2) ? below(e, 128) : below(e, 8);
    }
    if (one_in(e, 32)) {
        caps = below(e, 4);
    }
    t.cap = slot;
    t.info = seL4_MessageInfo_new(label, 0, caps, length).words[0];
    if (one_in(e, 16)) {
        t.number = one_in(e, 2) ? vesicle_SysSend : vesicle_SysNBSend;
    }
    seL4_Word first = t.mr[0], number = t.number;
    trap(e, &t);
    if (number == vesicle_SysCall && label < vesicle_NumInvocations) {
        w->calls[label]++;
        if (t.info >> 12 == seL4_NoError) {
            w->successes[label]++;
            t.mr[0] = first;
            learn(e, &a, label);
        }
    }
}

/* Sending, receiving, waiting; mostly with what it is meant for. */
static void communicate(struct engine *e)
{
    static const enum vesicle_syscall calls[] = {
        vesicle_SysCall,   vesicle_SysReplyRecv, vesicle_SysRecv,   vesicle_SysNBRecv,     vesicle_SysSend,
        vesicle_SysNBSend, vesicle_SysNBSend,    vesicle_SysNBRecv, vesicle_SysNBSendRecv, vesicle_SysNBSendWait,
        vesicle_SysWait,   vesicle_SysNBWait,    vesicle_SysYield,
    };
    enum kind kind = one_in(e, 4) ? KIND_NOTIFICATION : one_in(e, 6) ? KIND_REPLY : KIND_ENDPOINT;
    struct trap t = {
        .cap = one_in(e, 32)   ? any_word(e)
               : one_in(e, 16) ? below(e, WORLD_SLOTS)
                               : slot_of(e, kind),
        .number = calls[below(e, sizeof calls / sizeof *calls)],
        .reply = one_in(e, 16) ? any_word(e) : slot_of(e, KIND_REPLY),
        .second = slot_of(e, one_in(e, 3)   ? KIND_REPLY
                             : one_in(e, 2) ? KIND_ENDPOINT
                                            : KIND_NOTIFICATION),
    };
    seL4_Word caps = one_in(e, 4) ? below(e, 4) : 0, length = one_in(e, 16) ? below(e, 128) : below(e, 7);

    for (unsigned i = 0; i < seL4_FastMessageRegisters; i++) {
        t.mr[i] = any_word(e);
    }
    for (unsigned i = 0; i < seL4_MsgMaxExtraCaps; i++) {
        e->buffer->caps_or_badges[i] = one_in(e, 2) ? slot_of(e, KIND_ENDPOINT) : any_slot(e);
    }
    offer_slot(e);
    t.info = seL4_MessageInfo_new(one_in(e, 3) ? any_word(e) : 0, 0, caps, length).words[0];
    trap(e, &t);
}

static void step(struct engine *e)
{
    unsigned what = below(e, 1024);

    if (what < 860) {
        invoke(e);
    } else if (what < 1000) {
        communicate(e);
    } else if (what < 1010) {
        engine_use_fp(e->random);
    } else if (what < 1012) {
        struct trap t = {.number = 32 + any_word(e) % 1000000, .cap = any_word(e)};
        trap(e, &t);
    } else if (what < 1014) {
        volatile seL4_Word *at = (volatile seL4_Word *)(ENGINE_PLAY + (seL4_Word)below(e, 16) * 0x1000);
        *at = *at + 1;
    } else {
        struct trap t = {.number = vesicle_SysYield};
        trap(e, &t);
    }
}

static void index_methods(struct world_data *w)
{
    for (unsigned i = method_count; i-- > 0;) {
        w->first_method[methods[i].kind] = (seL4_Uint8)i;
    }
    for (unsigned kind = 0; kind < KINDS; kind++) {
        w->method_count[kind] = 0;
    }
    for (unsigned i = 0; i < method_count; i++) {
        w->method_count[methods[i].kind]++;
    }
}

void engine_main(struct engine *e)
{
    index_methods(e->world);
    for (;;) {
        step(e);
    }
}
