/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First light: a root task that hosts the VMM and boots one Debian guest of the boot archive to its shell. When the guest
 * powers off, so does the machine.
 */
#include "archive.h"
#include "console.h"
#include "guest.h"
#include "objects.h"
#include "pauses.h"
#include "platform.h"
#include "power.h"
#include "wander.h"

#include "vmm/report.h"

#include <gpi/bootinfo.h>
#include <gpi/console.h>
#include <sel4/sel4.h>

#define GUEST_RAM     (256ul << 20)
#define GUEST_ARGS    "console=ttyAMA0"
#define KERNEL        "guests/debian/Image"
#define INITRD        "guests/debian/initrd"
#define BOOTARGS      "guests/debian/bootargs"

#define BOOTARGS_SIZE 1024

static struct vm vm;
static struct platform platform;
static struct archive archive;

static struct {
    seL4_CPtr handler;
    seL4_CPtr notification;
} uart_irq;

static void read_platform(const seL4_BootInfo *bi)
{
    seL4_Word size = 0;
    const void *tree = gpi_bootinfo_chunk(bi, SEL4_BOOTINFO_HEADER_FDT, &size);
    if (tree == NULL || !platform_read(tree, size, &platform)) {
        power_fail("the machine's device tree is missing, damaged, or has no PL011");
    }
}

static void map_archive(const seL4_BootInfo *bi)
{
    seL4_Word size = 0;
    const struct vesicle_bootinfo_archive *where = gpi_bootinfo_chunk(bi, VESICLE_BOOTINFO_HEADER_ARCHIVE, &size);
    if (where == NULL) {
        power_fail("the kernel does not say where the boot archive is");
    }
    archive.start = objects_map_physical(
        where->paddr, where->size, (seL4_ARM_VMAttributes)(seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
    archive.size = where->size;
    if (archive.start == NULL) {
        power_fail("the boot archive cannot be mapped");
    }
}

static void start_console(void)
{
    void *registers = objects_map_physical(platform.uart, 1ul << seL4_PageBits, seL4_ARM_ExecuteNever);
    if (registers == NULL) {
        power_fail("the UART cannot be mapped");
    }
    console_init(registers);
}

static void serve_uart(void *unused)
{
    (void)unused;
    console_serve(uart_irq.handler, uart_irq.notification);
}

static void start_uart_irq(seL4_CPtr sched_control)
{
    uart_irq.handler = cspace_alloc_slot(objects_cspace());
    uart_irq.notification = objects_make(seL4_NotificationObject, seL4_NotificationBits);
    objects_check(
        cspace_irq_control_get(objects_cspace(), uart_irq.handler, seL4_CapIRQControl, (int)platform.uart_intid, 0),
        "taking the UART's interrupt");
    objects_check(seL4_IRQHandler_SetNotification(uart_irq.handler, uart_irq.notification),
                  "binding the UART's interrupt");
    guest_thread(serve_uart, NULL, sched_control);
}

static const char *bootargs(void)
{
    static char args[BOOTARGS_SIZE];
    struct archive_entry entry;
    if (!archive_find(&archive, BOOTARGS, &entry) || entry.size >= sizeof args) {
        return GUEST_ARGS;
    }
    memory_copy(args, entry.data, entry.size);
    size_t end = entry.size;
    while (end > 0 && args[end - 1] <= ' ') {
        end--;
    }
    args[end] = '\0';
    return args;
}

static void create_guest(void)
{
    struct archive_entry kernel;
    struct archive_entry initrd = {NULL, 0};
    if (!archive_find(&archive, KERNEL, &kernel)) {
        power_fail("the boot archive has no " KERNEL);
    }
    archive_find(&archive, INITRD, &initrd);
    struct vm_config config = {
        .name = "debian",
        .vcpus = platform.guest_cpus,
        .ram_size = GUEST_RAM,
        .bootargs = bootargs(),
        .kernel = kernel.data,
        .kernel_size = kernel.size,
        .initrd = initrd.data,
        .initrd_size = initrd.size,
        .console = console_chardev(),
    };
    if (!vm_create(&vm, &config, &guest_host) || !vm_load(&vm)) {
        power_fail("the guest cannot be started");
    }
}

int main(void)
{
    const seL4_BootInfo *bi = seL4_GetBootInfo();
    objects_init(bi);
    read_platform(bi);
    start_console();
    map_archive(bi);
    seL4_CPtr sched_control = bi->schedcontrol.start;
    seL4_CPtr ended = objects_make(seL4_NotificationObject, seL4_NotificationBits);
    objects_check(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, PRIORITY_MANAGE),
                  "lowering the root task's priority");
    guest_init(&platform, bi->schedcontrol, ended);
    create_guest();
    console_attach(&vm.uart);
    start_uart_irq(sched_control);
    if (platform.wander) {
        wander_start(bi->schedcontrol, vm.vcpu_count);
    }
    if (platform.pause) {
        pauses_start(&vm, bi->schedcontrol.start);
    }
    for (;;) {
        vm_start(&vm);
        seL4_Word badge;
        seL4_Wait(ended, &badge);
        if (guest_end() != VM_RESET) {
            break;
        }
        if (!vm_load(&vm)) {
            power_fail("the guest cannot be started again");
        }
    }
    for (unsigned i = 0; i < vm.vcpu_count; i++) {
        report_exits(&vm.vcpus[i]);
    }
    if (platform.wander) {
        wander_report();
    }
    if (platform.pause) {
        pauses_report();
    }
    power_end(guest_end() == VM_OFF ? 0 : 1);
}
