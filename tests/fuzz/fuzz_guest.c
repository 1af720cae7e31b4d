/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM and a guest that does anything: exits of all kinds with any registers, device accesses, instructions to decode, interrupts taken
 * and ended, input and output of its console. It goes on or is stopped; the VMM's own state stays sound.
 */
#include "fixture.h"
#include "lib/fuzz.h"
#include "vmm/exit.h"
#include "vmm/machine.h"
#include "vmm/pause.h"
#include "vmm/timer.h"
#include <string.h>

enum { MAX_STEPS = 200, VCPUS = 3 };

static uint64_t device_address(struct input *in)
{
    static const uint64_t bases[] = {MACHINE_GICD_BASE,  MACHINE_GICR_BASE,  MACHINE_GICR_BASE + 0x10000,
                                     MACHINE_PL011_BASE, MACHINE_PL031_BASE, MACHINE_RAM_BASE};
    unsigned n = input_byte(in) % (sizeof bases / sizeof *bases);

    return bases[n] + input_bytes(in, 2) * (n < 3 ? 1 : 4) +
           (n == 1 || n == 2 ? GICR_SIZE * (input_byte(in) % VCPUS) : 0);
}

static void set_registers(struct input *in, struct vcpu *vcpu)
{
    struct vesicle_exit_frame *frame = vcpu->frame;

    switch (input_byte(in) % 6) {
    case 0:
        frame->pc = input_word(in);
        break;
    case 1:
        frame->pstate = input_word(in);
        break;
    case 2:
        frame->sp_el0 = device_address(in);
        break;
    case 3:
        fixture.fake[vcpu->id].regs[input_byte(in) % seL4_VCPUReg_Num] = input_word(in);
        break;
    case 4:
        frame->x[input_byte(in) % 31] = device_address(in);
        break;
    default:
        frame->x[input_byte(in) % 31] = input_word(in);
        break;
    }
}

/* Into the guest's memory: instructions, tables. */
static void set_memory(struct input *in)
{
    uint64_t at = input_word(in) & ~7ull, value = input_bytes(in, 8);
    void *place = memory_at(&fixture.vm.memory, ipa_of(MACHINE_RAM_BASE + at), 8);

    if (place) {
        memcpy(place, &value, sizeof value);
    }
}

/* An instruction that the syndrome does not describe, at the PC if that is in RAM and not translated. */
static uint64_t emulated_access(struct input *in, struct vcpu *vcpu)
{
    struct vesicle_exit_frame *frame = vcpu->frame;
    uint32_t word = (uint32_t)input_bytes(in, 4);

    frame->pc = MACHINE_RAM_BASE + input_byte(in) * 4ull;
    memcpy(memory_at(&fixture.vm.memory, ipa_of(frame->pc), 4), &word, sizeof word);
    frame->ipa = device_address(in);
    frame->far = frame->ipa;
    frame->flags = VESICLE_EXIT_IPA_VALID;
    if (input_byte(in) & 1) {
        frame->x[word >> 5 & 31 ? (word >> 5 & 31) % 31 : 0] = frame->ipa;
    }
    return (uint64_t)EC_DABT_LOWER << 26 | 1ull << 25;
}

static uint64_t device_access(struct input *in, struct vcpu *vcpu)
{
    struct vesicle_exit_frame *frame = vcpu->frame;
    uint8_t how = input_byte(in); /* width 1..0, write 2, sign 3, 64 bits 4, register 7..5 */
    unsigned rt = how >> 5;

    frame->ipa = device_address(in);
    frame->far = frame->ipa;
    frame->flags = VESICLE_EXIT_IPA_VALID;
    if (how & 4) {
        frame->x[rt] = input_word(in);
    }
    return (uint64_t)EC_DABT_LOWER << 26 | 1ull << 25 | 1ull << 24 | (uint64_t)(how & 3) << 22 | (uint64_t)rt << 16 |
           (how & 8 ? 1ull << 21 : 0) | (how & 16 ? 1ull << 15 : 0) | (how & 4 ? 1ull << 6 : 0);
}

/* A call by the SMC calling convention: a likely function id. */
static uint64_t firmware_call(struct input *in, struct vcpu *vcpu)
{
    static const uint32_t services[] = {0x80000000, 0x84000000, 0xc4000000, 0x84000050, 0xc4000050, 0};
    uint8_t which = input_byte(in);

    vcpu->frame->x[0] = services[(which >> 5) % 6] + (which & 31);
    for (unsigned i = 1; i < 4; i++) {
        vcpu->frame->x[i] = input_word(in);
    }
    return (uint64_t)(which % 2 ? EC_HVC64 : EC_SMC64) << 26 | 1ull << 25;
}

static uint64_t system_register(struct input *in)
{
    return (uint64_t)EC_SYSREG << 26 | 1ull << 25 | (input_bytes(in, 3) & 0x1ffffff);
}

static uint64_t any_exit(struct input *in, struct vcpu *vcpu)
{
    vcpu->frame->far = input_word(in);
    vcpu->frame->ipa = device_address(in);
    vcpu->frame->flags = input_byte(in);
    return (uint64_t)(input_byte(in) & 63) << 26 | input_bytes(in, 4);
}

/* What other threads of the VMM's do: its console, its owner who pauses it. */
static void others(struct input *in)
{
    static char text[16];
    uint8_t what = input_byte(in);

    if (what % 8 == 6) {
        MUST(vm_pause(&fixture.vm) || fixture.vm.paused || fixture.vm.ended);
    } else if (what % 8 == 7) {
        MUST(vm_resume(&fixture.vm) || !fixture.vm.paused);
    } else if (what & 1) {
        size_t length = input_byte(in) % sizeof text;
        for (size_t i = 0; i < length; i++) {
            text[i] = (char)(input_byte(in) | 1);
        }
        text[length] = '\0';
        fixture.input = text;
        pl011_input_ready(&fixture.vm.uart);
    } else {
        fixture.output_room = input_byte(in);
        fixture.output_used = 0;
        pl011_output_ready(&fixture.vm.uart);
    }
}

static void interrupts(struct input *in, unsigned id)
{
    unsigned intid = input_byte(in) % (VGIC_SPI_BASE + VGIC_SPIS), kind = input_byte(in) % 4;

    if (kind == 0) {
        fixture_ack(id);
    } else if (kind == 1 && fixture.fake[id].irqs[intid].active) {
        fixture_eoi(id, intid);
    } else if (kind == 2) {
        vgic_set_spi(&fixture.vm.vgic, intid, input_byte(in) & 1);
    } else if (kind == 3) {
        vgic_set_ppi(fixture_vcpu(id), intid, input_byte(in) & 1);
    }
}

static void step(struct input *in)
{
    uint8_t what = input_byte(in);
    unsigned id = (what >> 4) % VCPUS;
    struct vcpu *vcpu = fixture_vcpu(id);
    uint64_t esr;

    fixture_pass(what);
    if (vcpu->power != VCPU_ON) {
        id = 0; /* whoever is on goes on; the first may be off, too */
        vcpu = fixture_vcpu(0);
    }
    switch (what % 16) {
    case 0:
    case 1:
        set_registers(in, vcpu);
        return;
    case 2:
        set_memory(in);
        return;
    case 3:
        others(in);
        return;
    case 4:
    case 5:
        interrupts(in, id);
        return;
    case 6:
        esr = emulated_access(in, vcpu);
        break;
    case 7:
        esr = any_exit(in, vcpu);
        break;
    case 8:
    case 9:
        esr = system_register(in);
        break;
    case 10:
    case 11:
        esr = firmware_call(in, vcpu);
        break;
    default:
        esr = device_access(in, vcpu);
        break;
    }
    if (vcpu->power == VCPU_ON && !fixture.vm.paused) {
        fixture_exit(id, esr);
    }
}

static bool is_vcpu(const struct vcpu *vcpu)
{
    return vcpu == NULL || (vcpu >= fixture.vm.vcpus && vcpu < fixture.vm.vcpus + VCPUS);
}

static void check_virq(const struct virq *irq, unsigned intid)
{
    MUST(irq->intid == intid && is_vcpu(irq->home) && is_vcpu(irq->target));
}

/* Whoever waits for a point of time is called then. */
static void check_deadline(const struct vcpu *vcpu)
{
    const struct vcpu_sysregs *sys = &vcpu->sys;

    uint64_t now = vm_counter(vcpu->vm), offset = vcpu->vm->counter_offset;

    if ((sys->cntp_ctl_el0 & 3) == 1 && !vcpu->vm->paused) { /* enabled, not masked */
        MUST(sys->cntp_cval_el0 <= now || fixture.wake_at <= sys->cntp_cval_el0 + offset ||
             sys->cntp_cval_el0 + offset < offset);
        MUST(sys->cntp_cval_el0 > now || vcpu->local[TIMER_PPI_PHYSICAL].line);
    }
}

static void check_vm(void)
{
    const struct vm *vm = &fixture.vm;

    for (unsigned i = 0; i < VGIC_SPIS; i++) {
        check_virq(&vm->vgic.spis[i], VGIC_SPI_BASE + i);
    }
    for (unsigned c = 0; c < VCPUS; c++) {
        MUST(vm->vcpus[c].vm == vm && vm->vcpus[c].id == c && vm->vcpus[c].reply.state == 0);
        check_deadline(&vm->vcpus[c]);
        for (unsigned i = 0; i < VIRQ_LOCALS; i++) {
            check_virq(&vm->vcpus[c].local[i], i);
        }
        for (unsigned i = VGIC_SPI_BASE; i < VGIC_SPI_BASE + VGIC_SPIS; i++) {
            /* A level-sensitive interrupt that a list register holds is known to be there. */
            const struct virq *irq = &vm->vgic.spis[i - VGIC_SPI_BASE];
            MUST(irq->edge || !fixture.fake[c].irqs[i].pending || irq->home == &vm->vcpus[c]);
        }
    }
    MUST(vm->uart.rx.used <= PL011_FIFO_DEPTH && vm->uart.tx.used <= PL011_FIFO_DEPTH);
    MUST(vm->memory.count == 1 && vm->memory.ram[0].size == FIXTURE_RAM_SIZE);
    MUST(fixture.ends == vm->ended);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};

    fixture_start(VCPUS);
    for (unsigned i = 0; i < MAX_STEPS && in.left > 0 && !fixture.vm.ended; i++) {
        step(&in);
        check_vm();
    }
    fixture_end();
    return 0;
}
