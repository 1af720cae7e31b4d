/* SPDX-License-Identifier: BSD-2-Clause */
#include "bystander.h"

#include "bystander_asm.h"
#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/print.h"
#include "kernel/lib/test.h"
#include "world.h"
#include <sel4/sel4.h>
#include <string.h>

enum { MAX_PAGES = 64, PAGES_AT_ONCE = 8, WORDS_A_PAGE = (1 << seL4_PageBits) / sizeof(seL4_Word) };
enum { CSPACE_RADIX_BITS = 4, CSPACE_USED = 8, NTFN_SLOT = 2, FRAME_SLOT = 3, BADGE = 0x55 };
/*
 * Of each thread's time, in microseconds; and how long it may take until one gets on. When the machine under us stands still
 * for a moment, who was running has used it up, and pays it back a budget a period: the longest such moment comes on top.
 */
enum { BUDGET = 200, PERIOD = 10000, PATIENCE_US = 600000000 };
#define MEMORY_WINDOW (WINDOW + 0x38000000ul)
#define GUEST_RAM     0x40000000ul
#define PSTATE_EL1H   0x3c5ul

extern char __executable_start[];

/* Two pairs on each core: client and server, guest and VMM. */
struct pair {
    seL4_CPtr ep, reply, active, passive, context, vcpu;
    struct notes client, server;
    seL4_Word seen, seen_at;
    seL4_Word gap; /* longest time between two looks since then */
};
static struct pair pairs[2 * MAX_CORES];
static unsigned pair_count;

static volatile seL4_Word *const memory = (volatile seL4_Word *)MEMORY_WINDOW;
static unsigned page_count, glanced;
static seL4_Word glanced_at;

static seL4_CPtr cspace, scratch, notification;
static seL4_Word cspace_type[1 << CSPACE_RADIX_BITS], frame_address;

/* Memory */

static seL4_Word pattern(unsigned page, unsigned word)
{
    return 0xb57a4de500000000 | page << 16 | word;
}

void bystanders_add_memory(void)
{
    for (unsigned i = 0; i < PAGES_AT_ONCE; i++) {
        unsigned page = page_count++;
        REQUIRE(page_count <= MAX_PAGES);
        new_page_at(MEMORY_WINDOW + ((seL4_Word)page << seL4_PageBits));
        for (unsigned k = 0; k < WORDS_A_PAGE; k++) {
            memory[page * WORDS_A_PAGE + k] = pattern(page, k);
        }
    }
}

static void check_page(unsigned page)
{
    seL4_Word wrong = 0;

    for (unsigned k = 0; k < WORDS_A_PAGE; k++) {
        wrong |= memory[page * WORDS_A_PAGE + k] ^ pattern(page, k);
    }
    REQUIRE_EQ(wrong, 0);
}

/* CSpace */

static seL4_Error copy_out(unsigned slot)
{
    return seL4_CNode_Copy(ROOT_CNODE, scratch, DEPTH, cspace, slot, CSPACE_RADIX_BITS, seL4_AllRights);
}

static void make_cspace(void)
{
    seL4_CPtr frame = new_frame(seL4_PageBits);
    notification = new_notification();
    const seL4_CPtr contents[CSPACE_USED] = {0,
                                             new_badged(new_endpoint(), BADGE),
                                             new_badged(notification, BADGE),
                                             frame,
                                             seL4_CapInitThreadTCB,
                                             new_object(seL4_SchedContextObject, seL4_MinSchedContextBits),
                                             new_reply(),
                                             seL4_CapInitThreadVSpace};

    cspace = new_cnode(CSPACE_RADIX_BITS);
    scratch = new_slot();
    frame_address = seL4_ARM_Page_GetAddress(frame).paddr;
    for (unsigned i = 1; i < CSPACE_USED; i++) {
        cspace_type[i] = seL4_DebugCapIdentify(contents[i]);
        REQUIRE_OK(seL4_CNode_Copy(cspace, i, CSPACE_RADIX_BITS, ROOT_CNODE, contents[i], DEPTH, seL4_AllRights));
    }
}

static void check_cspace(void)
{
    for (unsigned i = 0; i < 1 << CSPACE_RADIX_BITS; i++) {
        REQUIRE_EQ(copy_out(i), cspace_type[i] ? seL4_NoError : seL4_FailedLookup);
        REQUIRE_EQ(seL4_DebugCapIdentify(scratch), cspace_type[i]);
        if (i == NTFN_SLOT) {
            seL4_Word badge;
            seL4_Signal(scratch);
            seL4_Poll(notification, &badge);
            REQUIRE_EQ(badge, BADGE);
        }
        if (i == FRAME_SLOT) {
            REQUIRE_EQ(seL4_ARM_Page_GetAddress(scratch).paddr, frame_address);
        }
        REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, scratch, DEPTH));
    }
}

/* Threads */

static seL4_CPtr new_thread(void (*code)(void), const struct notes *notes, seL4_CPtr vspace)
{
    seL4_UserContext regs = {.pc = (seL4_Word)code, .x0 = (seL4_Word)notes};
    seL4_CPtr tcb = new_object(seL4_TCBObject, 0);

    REQUIRE_OK(seL4_TCB_Configure(tcb, ROOT_CNODE, 0, vspace, 0, 0, 0));
    REQUIRE_OK(seL4_TCB_WriteRegisters(tcb, 0, 0, 4, &regs));
    return tcb;
}

/* It runs, above the first thread, until it waits, and needs no time of its own from then on. */
static void make_passive(seL4_CPtr tcb, seL4_CPtr context)
{
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(0), context, 5000, 5000, 0, 0));
    REQUIRE_OK(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, SUPERVISOR_PRIORITY + 1, context, 0));
    REQUIRE_OK(seL4_TCB_Resume(tcb));
    REQUIRE_OK(seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, 0, BYSTANDER_PRIORITY + 1, 0, 0));
}

static struct pair *new_pair(void (*server)(void))
{
    struct pair *p = &pairs[pair_count++];

    *p = (struct pair){.ep = new_endpoint(), .reply = new_reply()};
    p->client.ep = p->server.ep = p->ep;
    p->server.reply = p->reply;
    p->context = new_object(seL4_SchedContextObject, seL4_MinSchedContextBits);
    p->passive = new_thread(server, &p->server, seL4_CapInitThreadVSpace);
    make_passive(p->passive, p->context);
    p->seen_at = clock_us();
    return p;
}

static void start(const struct pair *p, unsigned core)
{
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(core), p->context, BUDGET, PERIOD, 0, 0));
    REQUIRE_OK(seL4_TCB_SetSchedParams(p->active, seL4_CapInitThreadTCB, 0, BYSTANDER_PRIORITY, p->context, p->ep));
    REQUIRE_OK(seL4_TCB_Resume(p->active));
}

static void add_client(unsigned core)
{
    struct pair *p = new_pair(bystander_server);

    p->active = new_thread(bystander_client, &p->client, seL4_CapInitThreadVSpace);
    start(p, core);
}

/* Its code is run where it lies. */
static void map_guest(seL4_CPtr vspace)
{
    seL4_CPtr first = seL4_GetBootInfo()->userImageFrames.start +
                      ((seL4_Word)(bystander_guest - __executable_start) >> seL4_PageBits);

    for (seL4_Word at = 0; at < (seL4_Word)(bystander_guest_end - bystander_guest); at += 1ul << seL4_PageBits) {
        REQUIRE_OK(map_with_tables(new_copy(first + (at >> seL4_PageBits), seL4_AllRights), vspace, GUEST_RAM + at,
                                   seL4_CanRead, seL4_ARM_Default_VMAttributes));
    }
}

static void add_guest(unsigned core)
{
    struct pair *p = new_pair(bystander_vmm);
    seL4_CPtr vspace = new_object(vesicle_Stage2VSpaceObject, 0);
    seL4_UserContext regs = {.pc = GUEST_RAM, .spsr = PSTATE_EL1H};

    REQUIRE_OK(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace));
    map_guest(vspace);
    p->vcpu = new_object(seL4_ARM_VCPUObject, 0);
    p->active = new_object(seL4_TCBObject, 0);
    REQUIRE_OK(seL4_ARM_VCPU_SetTCB(p->vcpu, p->active));
    REQUIRE_OK(vesicle_VCPU_SetVPPI(p->vcpu, VESICLE_VTIMER_PPI, 1, 0x80, 1));
    REQUIRE_OK(vesicle_VCPU_SetExitFrame(p->vcpu, new_frame(seL4_PageBits)));
    REQUIRE_OK(seL4_TCB_SetSpace(p->active, 0, ROOT_CNODE, 0, vspace, 0));
    REQUIRE_OK(seL4_TCB_WriteRegisters(p->active, 0, 0, 3, &regs));
    start(p, core);
}

void bystanders_init(void)
{
    pair_count = page_count = glanced = 0;
    make_cspace();
    glanced_at = clock_us();
    for (unsigned core = 0; core < seL4_GetBootInfo()->numNodes; core++) {
        add_client(core);
        add_guest(core);
    }
}

static void say(const char *name, seL4_Word value)
{
    print_text(" ");
    print_text(name);
    print_text(" ");
    print_hex(value);
}

/* What a guest looked like when its VMM found something wrong. */
static void tell(const struct pair *p)
{
    seL4_UserContext regs = {0};
    seL4_Error error =
        p->vcpu ? seL4_TCB_ReadRegisters(p->active, 0, 0, sizeof regs / sizeof(seL4_Word), &regs) : seL4_NoError;

    print_text("random: a guest's exit:");
    say("info", p->server.info);
    say("syndrome", p->server.syndrome);
    say("error", error);
    for (unsigned i = 0; i < sizeof regs / sizeof(seL4_Word); i++) {
        say("", ((const seL4_Word *)&regs)[i]);
    }
    print_text("\n");
}

static void check_pair(struct pair *p, seL4_Word now)
{
    seL4_Word gap = now - glanced_at;

    REQUIRE_EQ(p->client.wrong, 0);
    if (p->server.wrong) {
        tell(p);
    }
    REQUIRE_EQ(p->server.wrong, 0);
    if (p->server.rounds != p->seen) {
        p->seen = p->server.rounds;
        p->seen_at = now;
        p->gap = 0;
    }
    p->gap = p->gap > gap ? p->gap : gap;
    if (now - p->seen_at >= PATIENCE_US + p->gap * (PERIOD / BUDGET)) {
        print_text("random: a bystander stands still:");
        say("pair", (seL4_Word)(p - pairs));
        say("rounds", p->server.rounds);
        say("us", now - p->seen_at);
        say("gap", p->gap);
        print_text("\n");
        seL4_DebugDumpScheduler();
        REQUIRE(!"a bystander stands still");
    }
}

void bystanders_glance(void)
{
    if (page_count) {
        check_page(glanced++ % page_count);
    }
    seL4_Word now = clock_us();
    for (unsigned i = 0; i < pair_count; i++) {
        check_pair(&pairs[i], now);
    }
    glanced_at = now;
}

void bystanders_check(void)
{
    for (unsigned i = 0; i < page_count; i++) {
        check_page(i);
    }
    check_cspace();
    bystanders_glance();
}

seL4_Word bystanders_stop(void)
{
    seL4_Word rounds = 0;

    for (unsigned i = 0; i < pair_count; i++) {
        REQUIRE_OK(seL4_TCB_Suspend(pairs[i].active));
        rounds += pairs[i].server.rounds;
    }
    REQUIRE(rounds != 0);
    return rounds;
}
