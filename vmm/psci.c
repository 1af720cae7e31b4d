/* SPDX-License-Identifier: BSD-2-Clause */
#include "psci.h"

#include "fdt.h"
#include "smccc.h"
#include "timer.h"
#include "vcpu.h"
#include "vm.h"

#define SMCCC_VERSION_ID 0x80000000

#define AFFINITY_MASK    0xff00ffffffull

/* power_state of CPU_SUSPEND in its original form (DEN 0022, 5.4.2); all other bits are zero. */
#define POWER_STATE_ID         0xffffull
#define POWER_STATE_POWER_DOWN (1ull << 16)
#define POWER_STATE_LEVEL      (3ull << 24)

#define SYSTEM_WARM_RESET      0

static enum exit_result answer(struct vcpu *vcpu, int64_t x0)
{
    smccc_return(vcpu, x0);
    return EXIT_HANDLED;
}

enum exit_result psci_version(struct vcpu *vcpu)
{
    return answer(vcpu, PSCI_VERSION_1_1);
}

static bool is_entry(struct vcpu *vcpu, uint64_t entry)
{
    return entry % 4 == 0 && memory_at(&vcpu->vm->memory, ipa_of(entry), 4) != NULL;
}

/* Any state may be left as soon as it is entered, behind the call (DEN 0022, 5.4.4); the guest's idle state is WFI. */
enum exit_result psci_cpu_suspend(struct vcpu *vcpu)
{
    uint64_t state = smccc_argument(vcpu, 1);
    if ((state & ~(POWER_STATE_ID | POWER_STATE_POWER_DOWN | POWER_STATE_LEVEL)) != 0) {
        return answer(vcpu, PSCI_INVALID_PARAMETERS);
    }
    if ((state & POWER_STATE_POWER_DOWN) && !is_entry(vcpu, smccc_argument(vcpu, 2))) {
        return answer(vcpu, PSCI_INVALID_ADDRESS);
    }
    return answer(vcpu, PSCI_SUCCESS);
}

enum exit_result psci_cpu_off(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    bool last = true;
    timer_reset(vcpu);
    lock_acquire(&vm->power_lock);
    vcpu->power = VCPU_OFF;
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        last = last && vm->vcpus[i].power == VCPU_OFF;
    }
    lock_release(&vm->power_lock);
    if (last) {
        vm_end(vm, vcpu, VM_OFF); /* nobody is left to switch one on */
    }
    return EXIT_STOPPED;
}

static int64_t switch_on(struct vcpu *target, uint64_t entry, uint64_t context)
{
    switch (target->power) {
    case VCPU_ON:
        return PSCI_ALREADY_ON;
    case VCPU_ON_PENDING:
        return PSCI_ON_PENDING;
    case VCPU_OFF:
        break;
    }
    if (target->ops->settle != NULL) {
        target->ops->settle(target); /* its own CPU_OFF may just be on its way out */
    }
    target->power = VCPU_ON;
    vcpu_reset(target, entry, context);
    target->start_held = target->vm->paused;
    if (!target->start_held) {
        target->ops->start(target);
    }
    return PSCI_SUCCESS;
}

enum exit_result psci_cpu_on(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    uint64_t entry = smccc_argument(vcpu, 2);
    struct vcpu *target = vm_vcpu_by_affinity(vm, smccc_argument(vcpu, 1));
    if (target == NULL) {
        return answer(vcpu, PSCI_INVALID_PARAMETERS);
    }
    if (!is_entry(vcpu, entry)) {
        return answer(vcpu, PSCI_INVALID_ADDRESS);
    }
    lock_acquire(&vm->power_lock);
    int64_t result = vm->ended ? PSCI_INVALID_PARAMETERS : switch_on(target, entry, smccc_argument(vcpu, 3));
    lock_release(&vm->power_lock);
    return answer(vcpu, result);
}

/* Above affinity level 0, a node is on if anything in it is (DEN 0022, 5.7). */
enum exit_result psci_affinity_info(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    uint64_t target = smccc_argument(vcpu, 1);
    uint64_t level = smccc_argument(vcpu, 2);
    if (level > 3 || (target & ~AFFINITY_MASK) != 0) {
        return answer(vcpu, PSCI_INVALID_PARAMETERS);
    }
    uint64_t mask = AFFINITY_MASK & ~0ull << (level == 3 ? 32 : level * 8);
    int64_t state = PSCI_INVALID_PARAMETERS;
    lock_acquire(&vm->power_lock);
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        if (((vcpu_affinity(i) ^ target) & mask) != 0) {
            continue;
        }
        if (vm->vcpus[i].power == VCPU_ON || state == PSCI_INVALID_PARAMETERS) {
            state = vm->vcpus[i].power;
        }
        if (state == VCPU_ON) {
            break;
        }
    }
    lock_release(&vm->power_lock);
    return answer(vcpu, state);
}

enum exit_result psci_migrate_info_type(struct vcpu *vcpu)
{
    return answer(vcpu, PSCI_MIGRATION_NOT_REQUIRED);
}

enum exit_result psci_system_off(struct vcpu *vcpu)
{
    vm_end(vcpu->vm, vcpu, VM_OFF);
    return EXIT_STOPPED;
}

enum exit_result psci_system_reset(struct vcpu *vcpu)
{
    vm_end(vcpu->vm, vcpu, VM_RESET);
    return EXIT_STOPPED;
}

/* There is one kind of reset; of those that the architecture names, SYSTEM_WARM_RESET (DEN 0022, 5.15). */
enum exit_result psci_system_reset2(struct vcpu *vcpu)
{
    if ((uint32_t)smccc_argument(vcpu, 1) != SYSTEM_WARM_RESET) {
        return answer(vcpu, PSCI_INVALID_PARAMETERS);
    }
    return psci_system_reset(vcpu);
}

enum exit_result psci_features(struct vcpu *vcpu)
{
    uint32_t id = (uint32_t)smccc_argument(vcpu, 1);
    /* Of PSCI's functions, and whether SMCCC_VERSION can be asked (DEN 0028, 7.2). No feature flags are set. */
    bool psci = (id & 0xbfffffe0u) == PSCI_VERSION;
    bool known = (psci || id == SMCCC_VERSION_ID) && smccc_has(vcpu, id);
    return answer(vcpu, known ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED);
}

void psci_fdt(struct fdt *fdt)
{
    fdt_add_node(fdt, "psci");
    fdt_add_strings(fdt, "compatible", (const char *[]){"arm,psci-1.0", "arm,psci-0.2"}, 2);
    fdt_add_string(fdt, "method", "hvc");
    fdt_close(fdt);
}
