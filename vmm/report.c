/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include "vcpu.h"
#include "vm.h"

#define ISS_READ 1u
#define ISS_WNR  (1u << 6)

static unsigned long ul(uint64_t value)
{
    return (unsigned long)value;
}

void report_unhandled(struct vcpu *vcpu, const struct exit *exit)
{
    const struct vesicle_exit_frame *frame = vcpu->frame;
    uint32_t iss = exit->iss;
    switch (exit->ec) {
    case EC_SYSREG:
        vm_log(vcpu->vm, "vCPU %u: %s of S%u_%u_C%u_C%u_%u at 0x%lx: undefined", vcpu->id,
               iss & ISS_READ ? "read" : "write", (unsigned)bits_of(iss, 21, 20), (unsigned)bits_of(iss, 16, 14),
               (unsigned)bits_of(iss, 13, 10), (unsigned)bits_of(iss, 4, 1), (unsigned)bits_of(iss, 19, 17),
               ul(frame->pc));
        break;
    case EC_DABT_LOWER:
        vm_log(vcpu->vm, "vCPU %u: %s at 0x%lx (physical 0x%lx) by 0x%lx: external abort", vcpu->id,
               iss & ISS_WNR ? "write" : "read", ul(frame->far), ul(frame->ipa), ul(frame->pc));
        break;
    case EC_IABT_LOWER:
        vm_log(vcpu->vm, "vCPU %u: fetch from 0x%lx (physical 0x%lx): external abort", vcpu->id, ul(frame->far),
               ul(frame->ipa));
        break;
    default:
        vm_log(vcpu->vm, "vCPU %u: %s (syndrome 0x%lx) at 0x%lx: undefined", vcpu->id, exit_class_name(exit->ec),
               ul(frame->esr), ul(frame->pc));
        break;
    }
}

void report_exits(struct vcpu *vcpu)
{
    for (unsigned ec = 0; ec < VCPU_EXIT_CLASSES; ec++) {
        if (vcpu->exits[ec] != 0) {
            vm_log(vcpu->vm, "vCPU %u: %lu exits by %s", vcpu->id, ul(vcpu->exits[ec]), exit_class_name(ec));
        }
    }
    vm_log(vcpu->vm, "vCPU %u: %lu ended interrupts told, %lu accesses refused", vcpu->id, ul(vcpu->maintenance),
           ul(vcpu->unhandled));
}

void report_crash(struct vcpu *vcpu, const struct exit *exit)
{
    const struct vesicle_exit_frame *frame = vcpu->frame;
    struct vm *vm = vcpu->vm;
    vm_log(vm, "vCPU %u stopped: %s, syndrome 0x%lx, address 0x%lx, physical 0x%lx", vcpu->id,
           exit_class_name(exit->ec), ul(frame->esr), ul(frame->far), ul(frame->ipa));
    for (unsigned i = 0; i < 30; i += 3) {
        vm_log(vm, "  x%02u %016lx  x%02u %016lx  x%02u %016lx", i, ul(frame->x[i]), i + 1, ul(frame->x[i + 1]), i + 2,
               ul(frame->x[i + 2]));
    }
    vm_log(vm, "  x30 %016lx  pc  %016lx  pstate %lx", ul(frame->x[30]), ul(frame->pc), ul(frame->pstate));
    static const struct {
        const char *name;
        seL4_VCPUReg reg;
    } regs[] = {
        {"SCTLR_EL1", seL4_VCPUReg_SCTLR},   {"TCR_EL1", seL4_VCPUReg_TCR},   {"TTBR0_EL1", seL4_VCPUReg_TTBR0},
        {"TTBR1_EL1", seL4_VCPUReg_TTBR1},   {"VBAR_EL1", seL4_VCPUReg_VBAR}, {"SP_EL1", seL4_VCPUReg_SP_EL1},
        {"ELR_EL1", seL4_VCPUReg_ELR_EL1},   {"ESR_EL1", seL4_VCPUReg_ESR},   {"FAR_EL1", seL4_VCPUReg_FAR},
        {"SPSR_EL1", seL4_VCPUReg_SPSR_EL1},
    };
    for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i++) {
        vm_log(vm, "  %s %016lx", regs[i].name, ul(vcpu->ops->read_reg(vcpu, regs[i].reg)));
    }
    report_exits(vcpu);
}
