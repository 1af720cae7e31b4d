/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include "fdt.h"
#include "gic/vgic.h"
#include "pmu.h"
#include "psci.h"
#include "timer.h"
#include "vm.h"

#define PHANDLE_GIC   1
#define PHANDLE_CLOCK 2
#define PHANDLE_UART  3
#define PHANDLE_RTC   4

#define APB_CLOCK_HZ  24000000

static void set_spi(void *controller, unsigned intid, bool level)
{
    vgic_set_spi(controller, intid, level);
}

static struct irq_line line_to(struct vm *vm, unsigned intid)
{
    return (struct irq_line){.set = set_spi, .controller = &vm->vgic, .intid = intid};
}

const char *machine_ram_error(uint64_t base, uint64_t size)
{
    if (size == 0 || size % MACHINE_RAM_GRANULE != 0 || size > MACHINE_RAM_MAX) {
        return "the size must be a multiple of 2 MiB, at most 512 GiB";
    }
    if (base == 0 || base % MACHINE_RAM_GRANULE != 0) {
        return "the base must be a multiple of 2 MiB, and not 0";
    }
    if (base >= MACHINE_SPACE_END || size > MACHINE_SPACE_END - base) {
        return "it ends behind the 40 bits of guest physical addresses";
    }
    return NULL;
}

/* The guest may have the real one, or something else there. */
static bool has_rtc(const struct vm *vm)
{
    return !passthrough_covers(&vm->passthrough, MACHINE_PL031_BASE, PL031_SIZE);
}

static bool is_emulated(const struct vm *vm, unsigned intid)
{
    return intid == MACHINE_PL011_INTID || (intid == MACHINE_PL031_INTID && has_rtc(vm));
}

bool machine_has_irq(const struct vm *vm, unsigned intid)
{
    bool has = is_emulated(vm, intid);
    for (unsigned i = 0; i < vm->config.remote_count; i++) {
        has = has || vm->config.remote[i].intid == intid;
    }
    return has;
}

static bool check_remote(struct vm *vm)
{
    for (unsigned i = 0; i < vm->config.remote_count; i++) {
        const struct remote_device *d = &vm->config.remote[i];
        if (d->intid != 0 && (d->intid - VGIC_SPI_BASE >= VGIC_SPIS || is_emulated(vm, d->intid))) {
            vm_log(vm, "%s: interrupts: SPI %u is another device's here, or there is none", d->name,
                   d->intid - VGIC_SPI_BASE);
            return false;
        }
    }
    return true;
}

/* What is mapped is no exit; as regions they are found by whoever looks for a free place. */
static enum mmio_result read_passed(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value)
{
    (void)device, (void)vcpu, (void)offset, (void)width, (void)value;
    return MMIO_UNKNOWN;
}

static enum mmio_result write_passed(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value)
{
    (void)device, (void)vcpu, (void)offset, (void)width, (void)value;
    return MMIO_UNKNOWN;
}

static bool add_passed(struct vm *vm)
{
    static const struct mmio_ops ops = {read_passed, write_passed};
    for (unsigned i = 0; i < vm->passthrough.memory_count; i++) {
        ipa_t base = ipa_of(vm->passthrough.memory[i].base);
        if (!mmio_add(&vm->mmio, (struct mmio_region){base, vm->passthrough.memory[i].size, &ops, NULL,
                                                      "passed-through device"})) {
            vm_log(vm, "pass-through: another device is at 0x%lx here", (unsigned long)base.addr);
            return false;
        }
    }
    return true;
}

bool machine_create(struct vm *vm)
{
    const struct mmio_region regions[] = {
        {ipa_of(MACHINE_GICD_BASE), GICD_SIZE, &vgic_dist_ops, &vm->vgic, "GIC distributor"},
        {ipa_of(MACHINE_GICR_BASE), vm->vcpu_count * GICR_SIZE, &vgic_redist_ops, &vm->vgic, "GIC redistributors"},
        {ipa_of(MACHINE_PL011_BASE), PL011_SIZE, &pl011_ops, &vm->uart, "PL011"},
        {ipa_of(MACHINE_PL031_BASE), PL031_SIZE, &pl031_ops, &vm->rtc, "PL031"},
    };
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if ((regions[i].device != &vm->rtc || has_rtc(vm)) && !mmio_add(&vm->mmio, regions[i])) {
            vm_log(vm, "no room for %s", regions[i].name);
            return false;
        }
    }
    const struct remote_device *bad = remote_add(&vm->mmio, vm->config.remote, vm->config.remote_count);
    if (bad != NULL) {
        vm_log(vm, "%s: no room at 0x%lx", bad->name, (unsigned long)bad->base.addr);
        return false;
    }
    if (!check_remote(vm)) {
        return false;
    }
    machine_reset(vm);
    return add_passed(vm) && passthrough_check(vm);
}

void machine_reset(struct vm *vm)
{
    vgic_init(&vm->vgic, vm);
    pl011_init(&vm->uart, ipa_of(MACHINE_PL011_BASE), line_to(vm, MACHINE_PL011_INTID), vm->config.console);
    /* Without a place its line is nobody's. */
    pl031_init(&vm->rtc, vm, ipa_of(MACHINE_PL031_BASE), line_to(vm, has_rtc(vm) ? MACHINE_PL031_INTID : 0));
    passthrough_connect(vm);
}

static void write_chosen(struct vm *vm, struct fdt *fdt, const struct loader_layout *layout)
{
    uint64_t kaslr_seed;
    uint8_t rng_seed[32];
    fdt_add_node(fdt, "chosen");
    fdt_add_string(fdt, "bootargs", vm->config.bootargs != NULL ? vm->config.bootargs : "");
    fdt_add_string(fdt, "stdout-path", "/pl011@9000000");
    if (layout->initrd_size > 0) {
        fdt_add_cell64(fdt, "linux,initrd-start", layout->initrd.addr);
        fdt_add_cell64(fdt, "linux,initrd-end", layout->initrd.addr + layout->initrd_size);
    }
    if (vm->host->random(vm, &kaslr_seed, sizeof kaslr_seed)) {
        fdt_add_cell64(fdt, "kaslr-seed", kaslr_seed);
    }
    if (vm->host->random(vm, rng_seed, sizeof rng_seed)) {
        fdt_add_bytes(fdt, "rng-seed", rng_seed, sizeof rng_seed);
    }
    fdt_close(fdt);
}

static void write_memory(struct vm *vm, struct fdt *fdt)
{
    for (unsigned i = 0; i < vm->memory.count; i++) {
        const struct ram *ram = &vm->memory.ram[i];
        fdt_add_node_at(fdt, "memory", ram->base);
        fdt_add_string(fdt, "device_type", "memory");
        fdt_add_reg(fdt, (const uint64_t[]){ram->base.addr, ram->size}, 1);
        fdt_close(fdt);
    }
}

/* Affinities that fit into one cell. */
static void write_cpus(struct vm *vm, struct fdt *fdt)
{
    fdt_add_node(fdt, "cpus");
    fdt_add_cell(fdt, "#address-cells", 1);
    fdt_add_cell(fdt, "#size-cells", 0);
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        fdt_add_node_at(fdt, "cpu", ipa_of(vcpu_affinity(i)));
        fdt_add_string(fdt, "device_type", "cpu");
        fdt_add_string(fdt, "compatible", "arm,armv8");
        fdt_add_cell(fdt, "reg", (uint32_t)vcpu_affinity(i));
        fdt_add_string(fdt, "enable-method", "psci");
        fdt_close(fdt);
    }
    fdt_close(fdt);
}

static void write_clock(struct fdt *fdt)
{
    fdt_add_node(fdt, "apb-pclk");
    fdt_add_string(fdt, "compatible", "fixed-clock");
    fdt_add_cell(fdt, "#clock-cells", 0);
    fdt_add_cell(fdt, "clock-frequency", APB_CLOCK_HZ);
    fdt_add_string(fdt, "clock-output-names", "clk24mhz");
    fdt_add_cell(fdt, "phandle", PHANDLE_CLOCK);
    fdt_close(fdt);
}

/* Labels that an overlay may name. */
static void write_symbols(const struct vm *vm, struct fdt *fdt)
{
    fdt_add_node(fdt, "__symbols__");
    fdt_add_string(fdt, "gic", "/intc@8000000");
    fdt_add_string(fdt, "clk24mhz", "/apb-pclk");
    fdt_add_string(fdt, "uart0", "/pl011@9000000");
    if (has_rtc(vm)) {
        fdt_add_string(fdt, "rtc", "/pl031@9010000");
    }
    fdt_close(fdt);
}

bool machine_fdt(struct vm *vm, const struct loader_layout *layout, void *buffer, size_t size)
{
    struct fdt fdt;
    fdt_start(&fdt, buffer, size);
    fdt_add_string(&fdt, "compatible", "linux,dummy-virt");
    fdt_add_string(&fdt, "model", "vesicle,guest");
    fdt_add_cell(&fdt, "#address-cells", 2);
    fdt_add_cell(&fdt, "#size-cells", 2);
    fdt_add_cell(&fdt, "interrupt-parent", PHANDLE_GIC);
    write_chosen(vm, &fdt, layout);
    fdt_add_node(&fdt, "aliases");
    fdt_add_string(&fdt, "serial0", "/pl011@9000000");
    fdt_close(&fdt);
    write_memory(vm, &fdt);
    write_cpus(vm, &fdt);
    psci_fdt(&fdt);
    timer_fdt(&fdt);
    pmu_fdt(vm, &fdt);
    vgic_fdt(&vm->vgic, &fdt, ipa_of(MACHINE_GICD_BASE), ipa_of(MACHINE_GICR_BASE), PHANDLE_GIC);
    write_clock(&fdt);
    pl011_fdt(&vm->uart, &fdt, PHANDLE_UART, PHANDLE_CLOCK);
    if (has_rtc(vm)) {
        pl031_fdt(&vm->rtc, &fdt, PHANDLE_RTC, PHANDLE_CLOCK);
    }
    passthrough_fdt(&vm->passthrough, &fdt);
    remote_fdt(&fdt, vm->config.remote, vm->config.remote_count);
    write_symbols(vm, &fdt);
    return fdt_done(&fdt);
}
