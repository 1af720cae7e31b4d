/* SPDX-License-Identifier: BSD-2-Clause */
#include "worker.h"

#include "clock.h"
#include "objects.h"
#include "test.h"
#include <sel4/sel4.h>

#define IPC_BUFFERS 0x5000000000ul
#define AWAIT_US    300000000ul

static struct worker workers[MAX_WORKERS];
static char stacks[MAX_WORKERS][WORKER_STACK] __attribute__((aligned(4096)));
static unsigned worker_count;
static seL4_CPtr park_notification; /* nobody signals it */
static struct gpi_thread sleeper;   /* woken by its budget, it wakes the first thread */
static seL4_CPtr sleep_notification;
static char sleeper_stack[4096] __attribute__((aligned(4096)));

static seL4_CPtr permanent(seL4_Word type, unsigned bits)
{
    seL4_CPtr slot = cspace_alloc_slot(&root_cspace);
    ut_t *ut = ut_alloc(bits, &root_cspace);
    if (!ut || cspace_untyped_retype(&root_cspace, ut->cap, slot, type, 0) != seL4_NoError) {
        seL4_DebugPutString("no memory for the tests' threads\n");
        seL4_DebugHalt();
    }
    return slot;
}

static void map_permanent(seL4_CPtr frame, seL4_Word vaddr)
{
    seL4_CPtr vspace = seL4_CapInitThreadVSpace;
    seL4_ARM_VMAttributes attr = seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever;
    for (int tables = 0; seL4_ARM_Page_Map(frame, vspace, vaddr, seL4_ReadWrite, attr) != seL4_NoError; tables++) {
        seL4_CPtr table = permanent(seL4_ARM_PageTableObject, seL4_PageTableBits);
        seL4_ARM_PageTable_Map(table, vspace, vaddr, seL4_ARM_Default_VMAttributes);
        if (tables == 3) {
            seL4_DebugPutString("cannot map the IPC buffers\n");
            seL4_DebugHalt();
        }
    }
}

void workers_init(void)
{
    park_notification = permanent(seL4_NotificationObject, seL4_NotificationBits);
    sleep_notification = permanent(seL4_NotificationObject, seL4_NotificationBits);
    for (unsigned i = 0; i < MAX_WORKERS; i++) {
        seL4_Word vaddr = IPC_BUFFERS + ((seL4_Word)i << seL4_PageBits);
        workers[i].ipc_buffer_frame = permanent(seL4_ARM_SmallPageObject, seL4_PageBits);
        workers[i].ipc_buffer = (seL4_IPCBuffer *)vaddr;
        map_permanent(workers[i].ipc_buffer_frame, vaddr);
    }
}

static void run(void *argument)
{
    struct worker *w = argument;
    w->fn(w);
    w->done = 1;
    worker_park();
}

static struct gpi_thread_config config_of(struct worker *w, unsigned index, seL4_Word priority)
{
    return (struct gpi_thread_config){
        .entry = run,
        .argument = w,
        .authority = seL4_CapInitThreadTCB,
        .priority = priority,
        .mcp = priority,
        .sched_control = sched_control(0),
        .budget = 5000,
        .period = 5000,
        .cspace_root = ROOT_CNODE,
        .vspace_root = seL4_CapInitThreadVSpace,
        .stack = stacks[index],
        .stack_size = WORKER_STACK,
        .ipc_buffer = w->ipc_buffer,
        .ipc_buffer_frame = w->ipc_buffer_frame,
    };
}

struct worker *worker_new_budget(worker_fn fn, seL4_Word priority, seL4_Time budget, seL4_Time period)
{
    if (worker_count == MAX_WORKERS) {
        test_fail("too many threads in this case");
    }
    unsigned index = worker_count;
    struct worker *w = &workers[index];
    *w = (struct worker){.fn = fn, .ipc_buffer = w->ipc_buffer, .ipc_buffer_frame = w->ipc_buffer_frame};
    struct gpi_thread_config config = config_of(w, index, priority);
    config.budget = budget;
    config.period = period;
    REQUIRE_OK(gpi_thread_create(&w->thread, &root_cspace, &config));
    worker_count++;
    w->tcb = w->thread.tcb;
    w->sc = w->thread.sc;
    w->stack_top = (seL4_Word)stacks[index] + WORKER_STACK;
    return w;
}

struct worker *worker_new(worker_fn fn, seL4_Word priority)
{
    return worker_new_budget(fn, priority, 5000, 5000);
}

void worker_move(struct worker *w, unsigned core)
{
    REQUIRE_OK(seL4_SchedControl_Configure(sched_control(core), w->sc, 5000, 5000, 0, 0));
}

void worker_set_fault_ep(struct worker *w, seL4_Word priority, seL4_CPtr fault_ep)
{
    REQUIRE_OK(seL4_TCB_SetSchedParams(w->tcb, seL4_CapInitThreadTCB, priority, priority, w->sc, fault_ep));
}

void worker_run(struct worker *w)
{
    REQUIRE_OK(gpi_thread_start(&w->thread));
}

void workers_destroy(void)
{
    while (worker_count) {
        gpi_thread_destroy(&workers[--worker_count].thread);
    }
}

_Noreturn void worker_park(void)
{
    for (;;) {
        seL4_Wait(park_notification, NULL);
    }
}

/* Runs once a period, at the highest priority. */
static void sleeper_loop(void *argument)
{
    (void)argument;
    seL4_Yield();
    seL4_Signal(sleep_notification);
    worker_park();
}

void sleep_us(seL4_Word microseconds)
{
    struct gpi_thread_config config = config_of(&workers[0], 0, 255);
    config.entry = sleeper_loop;
    config.stack = sleeper_stack;
    config.stack_size = sizeof(sleeper_stack);
    config.ipc_buffer = NULL;
    config.ipc_buffer_frame = 0;
    config.budget = microseconds < 1000 ? microseconds / 2 : 500;
    config.period = microseconds;
    REQUIRE_OK(gpi_thread_create(&sleeper, &root_cspace, &config));
    REQUIRE_OK(gpi_thread_start(&sleeper));
    seL4_Wait(sleep_notification, NULL);
    gpi_thread_destroy(&sleeper);
}

void await(const volatile seL4_Word *flag, seL4_Word value)
{
    for (seL4_Word start = clock_us(); *flag < value;) {
        REQUIRE(clock_us() - start < AWAIT_US);
    }
}

void worker_wait(volatile seL4_Word *flag)
{
    for (int i = 0; i < 6000 && !*flag; i++) {
        sleep_us(5000);
    }
    REQUIRE(*flag != 0);
}
