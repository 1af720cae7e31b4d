/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm.h"

#include "idreg.h"
#include "loader.h"
#include "machine.h"
#include "pmu.h"
#include "smccc.h"
#include "text.h"
#include "timer.h"

#define LINE_SIZE 160

void vm_log(struct vm *vm, const char *format, ...)
{
    char line[LINE_SIZE];
    size_t used = text_format(line, sizeof line, "%s: ", vm->config.name);
    va_list args;
    va_start(args, format);
    text_vformat(line + used, sizeof line - used, format, args);
    va_end(args);
    vm->host->log(vm, line);
}

static bool add_ram(struct vm *vm, uint64_t base, uint64_t size)
{
    void *ram = vm->host->ram(vm, ipa_of(base), size);
    if (ram == NULL || !memory_add(&vm->memory, ipa_of(base), size, ram)) {
        vm_log(vm, "no memory for %lu KiB of RAM at 0x%lx, or there is some already", (unsigned long)(size >> 10),
               (unsigned long)base);
        return false;
    }
    return true;
}

/* What is RAM never traps: a device there would not be seen. */
static bool no_device_is_in_ram(struct vm *vm)
{
    for (unsigned i = 0; i < vm->memory.count; i++) {
        const struct ram *ram = &vm->memory.ram[i];
        for (unsigned k = 0; k < vm->mmio.count; k++) {
            const struct mmio_region *region = &vm->mmio.regions[k];
            if (region->base.addr < ram->base.addr + ram->size && ram->base.addr < region->base.addr + region->size) {
                vm_log(vm, "RAM at 0x%lx is where the %s is", (unsigned long)ram->base.addr, region->name);
                return false;
            }
        }
    }
    return true;
}

bool vm_create(struct vm *vm, const struct vm_config *config, const struct vm_host *host)
{
    vm->config = *config;
    vm->host = host;
    if (config->vcpus == 0 || config->vcpus > VM_MAX_VCPUS) {
        vm_log(vm, "%u vCPUs asked for, 1 to %u are possible", config->vcpus, VM_MAX_VCPUS);
        return false;
    }
    if (config->ram_base == 0) {
        vm->config.ram_base = MACHINE_RAM_BASE;
    }
    const char *error = machine_ram_error(vm->config.ram_base, config->ram_size);
    if (error != NULL) {
        vm_log(vm, "RAM of %lu bytes at 0x%lx: %s", (unsigned long)config->ram_size, (unsigned long)vm->config.ram_base,
               error);
        return false;
    }
    if (!add_ram(vm, vm->config.ram_base, config->ram_size)) {
        return false;
    }
    for (unsigned i = 0; i < config->more_ram_count; i++) {
        if (!add_ram(vm, config->more_ram[i].base, config->more_ram[i].size)) {
            return false;
        }
    }
    if (!passthrough_read(&vm->passthrough, config->devices)) {
        vm_log(vm, "pass-through: too many devices");
        return false;
    }
    vm->vcpu_count = config->vcpus;
    deadline_init(vm);
    for (unsigned i = 0; i < config->vcpus; i++) {
        vcpu_init(&vm->vcpus[i], vm, i);
        if (!host->vcpu(vm, &vm->vcpus[i])) {
            vm_log(vm, "vCPU %u cannot be made", i);
            return false;
        }
        smccc_set_constants(&vm->vcpus[i]);
    }
    pmu_init(vm);
    for (unsigned i = 0; i < config->vcpus; i++) {
        idreg_set_constants(&vm->vcpus[i]);
    }
    return machine_create(vm) && no_device_is_in_ram(vm);
}

/* No interrupt of the last run is left in a vCPU's list registers. */
static void drain_interrupts(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < VGIC_SPI_BASE + VGIC_SPIS; i++) {
        if (vcpu->ops->get_state(vcpu, i) != 0) {
            vcpu->ops->withdraw(vcpu, i);
            vcpu->ops->set_state(vcpu, vesicle_virq(i, 0, true, false), 0);
        }
    }
}

bool vm_load(struct vm *vm)
{
    vm->ended = false;
    vm->paused = false;
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        struct vcpu *vcpu = &vm->vcpus[i];
        timer_reset(vcpu);
        drain_interrupts(vcpu);
        vcpu->power = VCPU_OFF;
        vcpu->start_held = false;
        vcpu->reply.state = 0;
        vgic_cpu_init(vcpu);
        vcpu->ops->set_vppi(vcpu, VESICLE_VTIMER_PPI, false, 0, false);
        if (vm->pmu) {
            vcpu->ops->set_vppi(vcpu, VESICLE_PMU_PPI, false, 0, false);
        }
    }
    machine_reset(vm);
    struct loader_layout layout;
    const char *error = loader_plan(&vm->config, ipa_of(vm->config.ram_base), &layout);
    if (error != NULL) {
        vm_log(vm, "%s", error);
        return false;
    }
    if (vm->loaded) {
        for (unsigned i = 0; i < vm->memory.count; i++) {
            memory_zero(vm->memory.ram[i].host, vm->memory.ram[i].size);
            vm->host->clean(vm, vm->memory.ram[i].host, vm->memory.ram[i].size);
        }
    }
    vm->loaded = true;
    if (!loader_load(vm, &layout)) {
        return false;
    }
    vcpu_reset(&vm->vcpus[0], layout.kernel.entry.addr, layout.dtb.addr);
    return true;
}

void vm_start(struct vm *vm)
{
    struct vcpu *vcpu = &vm->vcpus[0];
    vcpu->power = VCPU_ON;
    vcpu->ops->start(vcpu);
}

_Static_assert((int)DEADLINE_RTC == (int)VM_MAX_VCPUS, "each vCPU has a deadline");

void vm_wake(struct vm *vm)
{
    uint32_t passed = deadline_take_passed(vm);
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        if (passed & 1u << i) {
            timer_update(&vm->vcpus[i]);
        }
    }
    if (passed & 1u << DEADLINE_RTC) {
        pl031_update(&vm->rtc);
    }
}

void vm_end(struct vm *vm, struct vcpu *vcpu, enum vm_end how)
{
    lock_acquire(&vm->power_lock);
    bool first = !vm->ended;
    vm->ended = true;
    lock_release(&vm->power_lock);
    if (!first) {
        return;
    }
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        if (&vm->vcpus[i] != vcpu) {
            vm->vcpus[i].ops->stop(&vm->vcpus[i]);
        }
    }
    vm->host->end(vm, how);
}

struct vcpu *vm_vcpu_by_affinity(struct vm *vm, uint64_t affinity)
{
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        if (vcpu_affinity(i) == affinity) {
            return &vm->vcpus[i];
        }
    }
    return NULL;
}
