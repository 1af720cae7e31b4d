/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include "vmm/pause.h"

#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <sel4gpi/cpu_clientapi.h>

enum { SECOND = 1000000 };

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
        .ram = guest->node.memory,
        .resets = guest->resets,
        .paused = guest->paused_us + (vm->paused ? gpi_time_us() - guest->paused_at : 0),
    };
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
