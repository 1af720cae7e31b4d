/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include "devices.h"

#include "vmm/pause.h"
#include "vmm/report.h"

#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <sel4gpi/cpu_clientapi.h>

enum {
    SECOND = 1000000,
    LOOKS = 4,       /* of the watchdog, in its time */
    BUSY_SHARE = 20, /* one in so many parts of the time that it may have */
    TIMER_TRIES = 1000,
};

bool control_pause(struct guest *guest)
{
    bool paused = vm_pause(&guest->vm);
    guest->paused_at = paused ? gpi_time_us() : guest->paused_at;
    return paused;
}

bool control_resume(struct guest *guest)
{
    bool resumed = vm_resume(&guest->vm);
    guest->paused_us += resumed ? gpi_time_us() - guest->paused_at : 0;
    if (resumed) {
        devices_resume(guest);
    }
    return resumed;
}

static void count_exits(const struct vcpu *vcpu, uint64_t classes[VCPU_EXIT_CLASSES])
{
    for (unsigned ec = 0; ec < VCPU_EXIT_CLASSES; ec++) {
        classes[ec] += vcpu->exits[ec];
    }
}

/* As far as somebody had them counted. */
static void ask_kernel(const struct vcpu *vcpu, struct gpi_vm_stat *stat)
{
    for (unsigned reason = 0; reason < vesicle_NumExitReasons; reason++) {
        vesicle_VCPU_ReadCounters_t counters = vesicle_VCPU_ReadCounters(vcpu->caps.vcpu, reason);
        stat->kernel_exits += counters.error ? 0 : counters.kernel_exits;
        stat->vmm_exits += counters.error ? 0 : counters.vmm_exits;
    }
}

void control_stat(struct guest *guest, struct gpi_vm_stat *stat)
{
    const struct vm *vm = &guest->vm;
    uint64_t classes[VCPU_EXIT_CLASSES] = {0};
    *stat = (struct gpi_vm_stat){
        .state = vm->paused ? GPI_VM_PAUSED : GPI_VM_RUNNING,
        .vcpus = vm->vcpu_count,
        .resets = guest->resets,
        .psci_at = vm->vcpus[0].psci_at,
        .paused = guest->paused_us + (vm->paused ? gpi_time_us() - guest->paused_at : 0),
    };
    for (unsigned i = 0; i < vm->memory.count; i++) {
        stat->ram += vm->memory.ram[i].size;
    }
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        struct cpu_info info = {0};
        const struct vcpu *vcpu = &vm->vcpus[i];
        stat->on |= vcpu->power == VCPU_ON ? 1ul << i : 0;
        stat->refused += vcpu->unhandled;
        stat->consumed += cpu_client_get_info(&guest->cpu[i].cpu, &info) == GPI_OK ? info.consumed : 0;
        count_exits(vcpu, classes);
        ask_kernel(vcpu, stat);
    }
    for (unsigned ec = 0; ec < VCPU_EXIT_CLASSES && stat->classes < GPI_VM_CLASSES; ec++) {
        if (classes[ec] != 0) {
            stat->exits[stat->classes++] = (struct gpi_vm_exits){ec, classes[ec]};
        }
    }
}

static void report(struct guest *guest)
{
    for (unsigned i = 0; i < guest->vm.vcpu_count; i++) {
        struct vcpu *vcpu = &guest->vm.vcpus[i];
        if (!vcpu->start_held) {
            vcpu->ops->read_frame(vcpu);
        }
        report_vcpu(vcpu);
    }
}

/* Nobody else logs meanwhile: its exit threads have nothing to serve. */
const char *control_dump(struct guest *guest, size_t *length)
{
    static char text[GUEST_DUMP_SIZE];
    bool paused = vm_pause(&guest->vm);
    guest->dumped = 0;
    guest->dump = text;
    report(guest);
    guest->dump = NULL;
    if (paused) {
        vm_resume(&guest->vm);
        devices_resume(guest);
    }
    *length = guest->dumped;
    return text;
}

/* What a vCPU had done when it was looked at last. */
struct sight {
    uint64_t exits, cval, consumed;
    unsigned hung; /* looks in a row */
};

static uint64_t exits_of(const struct vcpu *vcpu)
{
    uint64_t exits = vcpu->maintenance;
    for (unsigned ec = 0; ec < VCPU_EXIT_CLASSES; ec++) {
        exits += vcpu->exits[ec];
    }
    return exits;
}

/*
 * No exit to the VMM, the virtual timer not set anew, and nevertheless busy. Nothing of this is counted for the watchdog's sake: one
 * that sleeps uses no time, and one that works has a tick, or exits.
 */
static bool is_stuck(struct guest *guest, struct vcpu *vcpu, struct sight *sight, uint64_t interval)
{
    const struct guest_node *node = &guest->node;
    struct cpu_info info = {0};
    cpu_client_get_info(&guest->cpu[vcpu->id].cpu, &info);
    struct sight now = {
        .exits = exits_of(vcpu), .cval = vcpu->ops->read_reg(vcpu, seL4_VCPUReg_CNTV_CVAL), .consumed = info.consumed};
    uint64_t possible = node->period ? interval * node->budget / node->period : interval;
    bool stuck = vcpu->power == VCPU_ON && !guest->vm.paused && !guest->vm.ended && now.exits == sight->exits &&
                 now.cval == sight->cval && now.consumed - sight->consumed > possible / BUSY_SHARE;
    now.hung = stuck ? sight->hung + 1 : 0;
    *sight = now;
    return stuck;
}

/* A timer that ended may come again. */
static bool sleep_for(uint64_t us)
{
    for (unsigned i = 0; i < TIMER_TRIES; i++) {
        if (gpi_sleep_us(us) == GPI_OK) {
            return true;
        }
        seL4_Yield();
    }
    return false;
}

static void watch(void *argument)
{
    static struct sight sights[VM_MAX_VCPUS];
    struct guest *guest = argument;
    uint64_t interval = (uint64_t)guest->node.watchdog * SECOND / LOOKS;
    while (sleep_for(interval)) {
        for (unsigned i = 0; i < guest->vm.vcpu_count; i++) {
            if (is_stuck(guest, &guest->vm.vcpus[i], &sights[i], interval) && sights[i].hung >= LOOKS) {
                sights[i].hung = 0;
                guest->hangs = i;
                seL4_Signal(guest->watchdog);
            }
        }
    }
    vm_log(&guest->vm, "watchdog: there is no timer");
}

int control_watch(struct guest *guest)
{
    static sel4gpi_runnable_t thread;
    return guest->node.watchdog ? guest_thread("watchdog", watch, guest, &thread) : GPI_OK;
}

void control_bite(struct guest *guest)
{
    if (!vm_pause(&guest->vm)) {
        return; /* it was paused or has ended since */
    }
    vm_log(&guest->vm, "watchdog: vCPU %u is busy, and made no exit and set no timer for %u s", guest->hangs,
           guest->node.watchdog);
    report(guest);
    guest->reason = GPI_VM_EXIT_WATCHDOG;
    vm_end(&guest->vm, NULL, VM_CRASHED);
}
