/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include "vcpu.h"
#include "vm.h"
#include "walk.h"

#define BACKTRACE 24 /* frames */

#define ISS_READ  1u
#define ISS_WNR   (1u << 6)

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

static void report_registers(struct vcpu *vcpu)
{
    const struct vesicle_exit_frame *frame = vcpu->frame;
    struct vm *vm = vcpu->vm;
    for (unsigned i = 0; i < 30; i += 3) {
        vm_log(vm, "  x%02u %016lx  x%02u %016lx  x%02u %016lx", i, ul(frame->x[i]), i + 1, ul(frame->x[i + 1]), i + 2,
               ul(frame->x[i + 2]));
    }
    vm_log(vm, "  x30 %016lx  pc  %016lx  pstate %lx", ul(frame->x[30]), ul(frame->pc), ul(frame->pstate));
    vm_log(vm, "  SP_EL0 %016lx", ul(frame->sp_el0));
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
}

static void report_last_exits(struct vcpu *vcpu)
{
    uint64_t count = vcpu->last_exit < VCPU_LAST_EXITS ? vcpu->last_exit : VCPU_LAST_EXITS;
    for (uint64_t i = 1; i <= count; i++) {
        const struct vcpu_last_exit *exit = &vcpu->last_exits[(vcpu->last_exit - i) % VCPU_LAST_EXITS];
        vm_log(vcpu->vm, "  exit -%lu: %s, syndrome %lx, pc %lx", ul(i),
               exit_class_name((unsigned)bits_of(exit->esr, 31, 26)), ul(exit->esr), ul(exit->pc));
    }
}

/* A return address may be signed: the bits above the 48 that are translated say nothing but which half it is in. */
static uint64_t without_signature(uint64_t address)
{
    return bits_of(address, 55, 55) ? address | 0xffffull << 48 : bits_of(address, 47, 0);
}

static bool read_stack(struct vcpu *vcpu, uint64_t address, uint64_t *value)
{
    ipa_t ipa;
    return address % 8 == 0 && walk_translate(vcpu, gva_of(address), &ipa) &&
           memory_read64(&vcpu->vm->memory, ipa, value);
}

/* Frame records (AAPCS64, 6.4.6): each higher in the stack than the last, or it is none. */
static void report_backtrace(struct vcpu *vcpu)
{
    uint64_t frame = vcpu->frame->x[29], next, back;
    vm_log(vcpu->vm, "  backtrace: %lx %lx", ul(vcpu->frame->pc), ul(without_signature(vcpu->frame->x[30])));
    for (unsigned i = 0; i < BACKTRACE && read_stack(vcpu, frame, &next) && read_stack(vcpu, frame + 8, &back); i++) {
        vm_log(vcpu->vm, "             %lx", ul(without_signature(back)));
        if (next <= frame) {
            break;
        }
        frame = next;
    }
}

void report_vcpu(struct vcpu *vcpu)
{
    if (vcpu->power != VCPU_ON) {
        vm_log(vcpu->vm, "vCPU %u: off", vcpu->id);
        return;
    }
    vm_log(vcpu->vm, "vCPU %u: at %lx, pstate %lx", vcpu->id, ul(vcpu->frame->pc), ul(vcpu->frame->pstate));
    report_registers(vcpu);
    report_last_exits(vcpu);
    report_backtrace(vcpu);
    report_exits(vcpu);
}

void report_crash(struct vcpu *vcpu, const struct exit *exit)
{
    const struct vesicle_exit_frame *frame = vcpu->frame;
    vm_log(vcpu->vm, "vCPU %u stopped: %s, syndrome 0x%lx, address 0x%lx, physical 0x%lx", vcpu->id,
           exit_class_name(exit->ec), ul(frame->esr), ul(frame->far), ul(frame->ipa));
    report_registers(vcpu);
    report_last_exits(vcpu);
    report_backtrace(vcpu);
    report_exits(vcpu);
}
