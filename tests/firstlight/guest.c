/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#include "objects.h"
#include "power.h"
#include "random.h"

#include "vmm/kernel/vcpu_kernel.h"
#include "vmm/lock.h"

#include <gpi/console.h>
#include <gpi/thread.h>
#include <gpi/timer.h>
#include <sel4/sel4.h>

#define STACK_SIZE 0x4000
#define THREADS    (VM_MAX_VCPUS + 3)

/* UART and clock of the machine (DDI 0224, table 3-1). */
#define RTCDR 0x000

static struct {
    seL4_SlotRegion sched_control; /* of each core */
    seL4_CPtr ended;
    seL4_CPtr vspace;  /* the guest's stage 2 */
    seL4_CPtr no_caps; /* an empty CNode: a guest makes no system calls */
    seL4_CPtr ready;
    seL4_CPtr scs[VM_MAX_VCPUS];
    unsigned sc_count;
    enum vm_end end;
    const volatile uint8_t *rtc;
} guest;

static unsigned char stacks[THREADS][STACK_SIZE] __attribute__((aligned(4096)));
static unsigned stacks_used;

void lock_wait(void)
{
    seL4_Yield();
}

seL4_CPtr guest_thread(void (*entry)(void *), void *argument, seL4_CPtr sched_control)
{
    struct gpi_thread thread;
    seL4_CPtr buffer_frame;
    seL4_IPCBuffer *buffer = objects_page(&buffer_frame);
    if (stacks_used == THREADS) {
        power_fail("no stack is left for another thread");
    }
    struct gpi_thread_config config = {
        .entry = entry,
        .argument = argument,
        .authority = seL4_CapInitThreadTCB,
        .priority = PRIORITY_SERVE,
        .mcp = PRIORITY_SERVE,
        .sched_control = sched_control,
        .budget = TIMESLICE_US,
        .period = TIMESLICE_US,
        .cspace_root = seL4_CapInitThreadCNode,
        .vspace_root = seL4_CapInitThreadVSpace,
        .stack = stacks[stacks_used++],
        .stack_size = STACK_SIZE,
        .ipc_buffer = buffer,
        .ipc_buffer_frame = buffer_frame,
    };
    objects_check(gpi_thread_create(&thread, objects_cspace(), &config), "making a thread");
    objects_check(gpi_thread_start(&thread), "starting a thread");
    return thread.tcb;
}

void guest_init(const struct platform *platform, seL4_SlotRegion sched_control, seL4_CPtr ended)
{
    guest.sched_control = sched_control;
    guest.ended = ended;
    guest.vspace = objects_make(vesicle_Stage2VSpaceObject, vesicle_Stage2VSpaceBits);
    objects_check(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, guest.vspace), "assigning a VMID");
    guest.no_caps = objects_make(seL4_CapTableObject, seL4_SlotBits + 1);
    guest.ready = objects_make(seL4_NotificationObject, seL4_NotificationBits);
    if (platform->has_seed) {
        random_seed(platform->seed);
    }
    if (platform->rtc != 0) {
        guest.rtc = objects_map_physical(platform->rtc, 1ul << seL4_PageBits, seL4_ARM_ExecuteNever);
    }
}

enum vm_end guest_end(void)
{
    return guest.end;
}

seL4_CPtr guest_sched_context(unsigned i)
{
    return guest.scs[i];
}

static void *host_ram(struct vm *vm, ipa_t base, uint64_t size)
{
    (void)vm;
    return objects_ram(guest.vspace, base.addr, size);
}

static void serve(void *argument)
{
    vcpu_kernel_serve(argument, guest.ready);
}

/*
 * The exit thread runs on the vCPU's scheduling context until it waits at the endpoint; then the context is the
 * guest's, and comes back with each exit.
 */
static void start_exit_thread(struct vcpu *vcpu, seL4_CPtr sc)
{
    seL4_Word badge;
    seL4_CPtr tcb = guest_thread(serve, vcpu, seL4_CapNull);
    objects_check(seL4_SchedContext_Bind(sc, tcb), "starting the exit thread");
    seL4_Wait(guest.ready, &badge);
    objects_check(seL4_SchedContext_Unbind(sc), "taking the exit thread's time back");
}

static bool host_vcpu(struct vm *vm, struct vcpu *vcpu)
{
    (void)vm;
    seL4_CPtr frame;
    seL4_CPtr sc = objects_make(seL4_SchedContextObject, seL4_MinSchedContextBits);
    guest.scs[guest.sc_count++] = sc;
    vcpu->ops = &vcpu_kernel_ops;
    vcpu->frame = objects_page(&frame);
    vcpu->caps = (struct vcpu_caps){
        .vcpu = objects_make(seL4_ARM_VCPUObject, seL4_VCPUBits),
        .tcb = objects_make(seL4_TCBObject, seL4_TCBBits),
        .endpoint = objects_make(seL4_EndpointObject, seL4_EndpointBits),
        .reply = objects_make(seL4_ReplyObject, seL4_ReplyBits),
    };
    seL4_CPtr core = guest.sched_control.start + vcpu->id % (guest.sched_control.end - guest.sched_control.start);
    objects_check(seL4_SchedControl_Configure(core, sc, TIMESLICE_US, TIMESLICE_US, 0, 0), "giving a vCPU time");
    start_exit_thread(vcpu, sc);
    seL4_CPtr tcb = vcpu->caps.tcb;
    objects_check(seL4_ARM_VCPU_SetTCB(vcpu->caps.vcpu, tcb), "binding a vCPU to its thread");
    objects_check(seL4_TCB_Configure(tcb, guest.no_caps, 0, guest.vspace, 0, 0, seL4_CapNull),
                  "configuring a vCPU's thread");
    objects_check(
        seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, seL4_MinPrio, PRIORITY_GUEST, sc, vcpu->caps.endpoint),
        "scheduling a vCPU's thread");
    objects_check(vesicle_VCPU_SetExitFrame(vcpu->caps.vcpu, frame), "setting an exit frame");
    return true;
}

static void host_clean(struct vm *vm, void *start, uint64_t size)
{
    (void)vm;
    seL4_Word at = (seL4_Word)start;
    if (size > 0) {
        objects_check(seL4_ARM_VSpace_Clean_Data(seL4_CapInitThreadVSpace, at, at + size), "cleaning guest memory");
    }
}

static void host_end(struct vm *vm, enum vm_end how)
{
    (void)vm;
    guest.end = how;
    seL4_Signal(guest.ended);
}

static void host_log(struct vm *vm, const char *line)
{
    (void)vm;
    gpi_console_puts(line);
    gpi_console_puts("\n");
}

static bool host_random(struct vm *vm, void *bytes, size_t size)
{
    (void)vm;
    return random_bytes(bytes, size);
}

static uint64_t host_counter(struct vm *vm)
{
    (void)vm;
    return gpi_time_ticks();
}

static uint64_t host_seconds(struct vm *vm)
{
    (void)vm;
    return guest.rtc == NULL ? 0 : *(const volatile uint32_t *)(const volatile void *)(guest.rtc + RTCDR);
}

const struct vm_host guest_host = {
    .ram = host_ram,
    .vcpu = host_vcpu,
    .clean = host_clean,
    .end = host_end,
    .log = host_log,
    .random = host_random,
    .counter = host_counter,
    .seconds = host_seconds,
};
