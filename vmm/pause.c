/* SPDX-License-Identifier: BSD-2-Clause */
#include "pause.h"

#include "timer.h"
#include "vm.h"

uint64_t vm_counter(struct vm *vm)
{
    uint64_t counter = vm->paused ? vm->paused_at : vm->host->counter(vm);
    return counter - vm->counter_offset;
}

/* Its timer does not go on without it. */
static void stop_timer(struct vcpu *vcpu)
{
    vcpu->held_cntv_ctl = vcpu->ops->read_reg(vcpu, seL4_VCPUReg_CNTV_CTL);
    vcpu->ops->write_reg(vcpu, seL4_VCPUReg_CNTV_CTL, 0);
}

bool vm_pause(struct vm *vm)
{
    lock_acquire(&vm->power_lock);
    bool pauses = !vm->ended && !vm->paused;
    if (pauses) {
        vm->paused_at = vm->host->counter(vm);
        vm->paused = true; /* what is switched on from here on waits */
    }
    lock_release(&vm->power_lock);
    for (unsigned i = 0; pauses && i < vm->vcpu_count; i++) {
        vm->vcpus[i].ops->hold(&vm->vcpus[i]);
    }
    for (unsigned i = 0; pauses && i < vm->vcpu_count; i++) {
        stop_timer(&vm->vcpus[i]);
    }
    return pauses;
}

static void go_on(struct vcpu *vcpu)
{
    if (vcpu->power != VCPU_ON) {
        return;
    }
    if (vcpu->start_held) {
        vcpu->start_held = false;
        vcpu->ops->start(vcpu);
    } else {
        vcpu->ops->release(vcpu);
    }
}

bool vm_resume(struct vm *vm)
{
    if (!vm->paused || vm->ended) {
        return false;
    }
    vm->counter_offset += vm->host->counter(vm) - vm->paused_at;
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        struct vcpu *vcpu = &vm->vcpus[i];
        vcpu->ops->write_reg(vcpu, seL4_VCPUReg_CNTVOFF, vm->counter_offset);
        if (!vcpu->start_held) {
            vcpu->ops->write_reg(vcpu, seL4_VCPUReg_CNTV_CTL, vcpu->held_cntv_ctl);
        }
    }
    lock_acquire(&vm->power_lock);
    vm->paused = false;
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        go_on(&vm->vcpus[i]);
    }
    lock_release(&vm->power_lock);
    deadline_retell(vm);
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        timer_update(&vm->vcpus[i]);
    }
    pl031_update(&vm->rtc); /* the date went on */
    return true;
}
