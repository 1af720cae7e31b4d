/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/main.h"

#include "arch/aarch64/features.h"
#include "arch/aarch64/gicv3.h"
#include "arch/aarch64/mmu.h"
#include "arch/aarch64/panic.h"
#include "arch/aarch64/psci.h"
#include "arch/aarch64/timer.h"
#include "arch/aarch64/uart.h"
#include "arch/pmu.h"
#include "arch/vcpu.h"
#include "boot/archive.h"
#include "boot/cores.h"
#include "boot/elf.h"
#include "boot/roottask.h"
#include "cpu.h"
#include "lib/printf.h"
#include "object/irq.h"
#include "object/tcb.h"
#include "platform/platform.h"
#include "sched/budget.h"
#include <stdarg.h>

/* Less than this is not worth an interrupt and a switch. */
enum { BUDGET_MIN_US = 10 };

/* The machine is not one the kernel can run on, or was not started properly: says so and ends. */
__attribute__((format(printf, 1, 2))) static _Noreturn void refuse(const char *format, ...)
{
    va_list args;

    kprintf("\nvesicle: cannot boot: ");
    va_start(args, format);
    kvprintf(format, args);
    va_end(args);
    kprintf("\n");
    psci_system_off();
}

static enum platform_error read_tree(struct platform *platform, paddr_t dtb)
{
    size_t size = platform_dtb_size(mmu_map_dtb(dtb, PLATFORM_DTB_HEADER));

    if (size == 0) {
        *platform = (struct platform){0};
        return PLATFORM_BAD_TREE;
    }
    return platform_read(platform, mmu_map_dtb(dtb, size), size, dtb.raw);
}

static void map_memory(const struct platform *platform)
{
    for (unsigned i = 0; i < platform->memory_count; i++) {
        mmu_map_memory((paddr_t){platform->memory[i].base}, platform->memory[i].size);
    }
    mmu_drop_identity();
}

static void check_interrupts(const struct platform *platform)
{
    const struct {
        const char *name;
        unsigned is, expected;
    } interrupts[] = {
        {"hypervisor timer", platform->timer_hyp_intid, GIC_INTID_HTIMER},
        {"virtual timer", platform->timer_virt_intid, GIC_INTID_VTIMER},
        {"GIC maintenance", platform->gic_maintenance_intid, GIC_INTID_MAINTENANCE},
    };

    for (unsigned i = 0; i < sizeof interrupts / sizeof *interrupts; i++) {
        if (interrupts[i].is != interrupts[i].expected) {
            refuse("the %s has interrupt %u, where the architecture recommends %u", interrupts[i].name,
                   interrupts[i].is, interrupts[i].expected);
        }
        irq_reserve(interrupts[i].is);
    }
    irq_reserve(GIC_INTID_KICK);
    irq_reserve(GIC_INTID_PMU);
}

/* The archive's first file, in the archive. */
static struct elf_image open_root_task(const struct platform *platform)
{
    struct boot_archive archive;
    struct archive_file file;
    struct elf_image image;

    if (platform->initrd.size == 0) {
        refuse("no boot archive: the loader must give one as initrd (QEMU: -initrd)");
    }
    const char *problem = archive_open(&archive, phys_to_virt((paddr_t){platform->initrd.base}), platform->initrd.size);
    if (problem || !archive_first(&archive, &file)) {
        refuse("bad boot archive: %s", problem ? problem : "it is empty");
    }
    if (!elf_open(&image, file.data, file.size, &problem)) {
        refuse("bad boot archive: its first file, %s, is to be the root task, but: %s", file.name, problem);
    }
    return image;
}

static const char *current_thread_name(void)
{
    const struct cpu *cpu = cpu_this();
    return cpu && cpu->current ? (cpu->current == cpu->idle ? "idle" : cpu->current->name) : 0;
}

void kernel_main(paddr_t dtb, unsigned start)
{
    static struct platform platform;

    enum platform_error error = read_tree(&platform, dtb);
    if (platform.uart.size) {
        uart_init(mmu_map_device((paddr_t){platform.uart.base}, platform.uart.size));
    }
    psci_init(platform.psci_by_hvc);
    kprintf("\nVesicle\n");

    const char *missing = features_missing(start);
    if (missing) {
        refuse("%s", missing);
    }
    if (error) {
        refuse("%s", platform_error_text(error));
    }
    if (platform.psci_by_hvc) {
        refuse("the firmware is to be called by HVC, which at EL2 calls the kernel itself");
    }
    error = platform_reserve(&platform, (struct region){image_paddr.raw, KERNEL_IMAGE_SIZE});
    if (error) {
        refuse("%s", platform_error_text(error));
    }
    map_memory(&platform);
    if (platform.pmu_open) {
        arch_pmu_open();
    }

    const char *problem = gic_init(&platform);
    if (problem) {
        refuse("%s", problem);
    }
    check_interrupts(&platform);
    problem = core_init(0);
    if (problem) {
        refuse("%s", problem);
    }
    cpu_count = 1;
    budget_min = timer_us_to_ticks(BUDGET_MIN_US);
    panic_thread_name = current_thread_name;
    arch_vcpu_init();
    cores_start(&platform);

    struct elf_image root_task = open_root_task(&platform);
    boot_root_task(&platform, &root_task);
}
