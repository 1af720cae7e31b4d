/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices.h"

#include <gpi/device_rest.h>
#include <gpi/proto/vm.h>
#include <libfdt.h>
#include <sel4/sel4.h>
#include <stdlib.h>

int devices_open(struct guest *guest)
{
    const char *slot = getenv(GPI_VM_DEVICES);
    if (slot == NULL) {
        return GPI_OK;
    }
    mo_client_context_t mo = {.ep = strtoul(slot, NULL, 10)};
    void *tree = NULL;
    int error =
        vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, 0, 0, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ, &tree);
    if (error == GPI_OK && fdt_check_header(tree) != 0) {
        error = GPI_ERR_BAD_ARGUMENT;
    }
    if (error != GPI_OK || !passthrough_read(&guest->vm.passthrough, tree)) {
        return error ? error : GPI_ERR_BAD_ARGUMENT;
    }
    guest->config.devices = tree;
    return GPI_OK;
}

void devices_add_memory(const struct guest *guest, pd_config_t *cfg)
{
    const struct passthrough *pass = &guest->vm.passthrough;
    for (unsigned i = 0; i < pass->memory_count; i++) {
        mo_client_context_t mo = {.ep = pass->memory[i].memory};
        sel4gpi_add_vmr_config(&cfg->ads_cfg, GPI_DISJOINT, SEL4UTILS_RES_TYPE_DEVICE, (void *)pass->memory[i].base,
                               NULL, pass->memory[i].size >> MO_PAGE_BITS, MO_PAGE_BITS, &mo);
    }
}

bool devices_bind(struct guest *guest, resource_server_context_t *server, unsigned first)
{
    const struct passthrough *pass = &guest->vm.passthrough;
    for (unsigned i = 0; i < pass->irq_count; i++) {
        seL4_CPtr signal;
        int error = resource_server_signal_cap(server, first + i, &signal);
        if (error == GPI_OK && seL4_IRQHandler_SetNotification(pass->irqs[i].handler, signal) != seL4_NoError) {
            error = GPI_ERR_BAD_CAP;
        }
        if (error != GPI_OK) {
            vm_log(&guest->vm, "pass-through: interrupt %u: %s", pass->irqs[i].intid, gpi_strerror(error));
            return false;
        }
    }
    return true;
}

bool devices_rest(struct guest *guest)
{
    const struct passthrough *pass = &guest->vm.passthrough;
    for (unsigned i = 0; i < pass->rest_count; i++) {
        uint64_t offset = 0;
        const struct passthrough_memory *memory = passthrough_find(pass, pass->rests[i].base, &offset);
        mo_client_context_t mo = {.ep = memory ? memory->memory : seL4_CapNull};
        int error = gpi_device_rest_mo(pass->rests[i].kind, &mo, offset);
        if (error != GPI_OK) {
            vm_log(&guest->vm, "pass-through: the device at 0x%lx does not come to rest: %s",
                   (unsigned long)pass->rests[i].base, gpi_strerror(error));
            return false;
        }
    }
    return true;
}

void devices_begin(struct guest *guest)
{
    const struct passthrough *pass = &guest->vm.passthrough;
    guest->held_irqs = 0;
    for (unsigned i = 0; i < pass->irq_count; i++) {
        seL4_IRQHandler_Ack(pass->irqs[i].handler);
    }
}

static void take(struct guest *guest, uint64_t irqs, void (*interrupt)(struct vm *vm, unsigned n))
{
    for (unsigned i = 0; i < guest->vm.passthrough.irq_count; i++) {
        if (irqs & 1ull << i) {
            interrupt(&guest->vm, i);
        }
    }
}

int devices_start_threads(struct guest *guest)
{
    int error = GPI_OK;
    for (unsigned i = 0; i < guest->served.count && error == GPI_OK; i++) {
        sel4gpi_runnable_t thread;
        if (guest->served.remote[i].intid != 0) {
            error = guest_thread(guest->served.device[i].name, served_wait, &guest->served.device[i], &thread);
        }
    }
    return error;
}

/* Of devices that others serve. */
static void take_served(struct guest *guest)
{
    uint64_t pending = __atomic_exchange_n(&guest->served.pending, 0, __ATOMIC_ACQ_REL);
    for (unsigned i = 0; i < guest->served.count; i++) {
        if (pending & 1ull << i && guest->served.remote[i].intid != 0) {
            vgic_pend_spi(&guest->vm.vgic, guest->served.remote[i].intid);
        }
    }
}

void devices_signalled(struct guest *guest, seL4_Word signals, unsigned first)
{
    uint64_t irqs = signals >> first & ((1ull << PASSTHROUGH_IRQS) - 1);
    if (guest->vm.paused) {
        guest->held_irqs |= irqs;
    } else {
        take(guest, irqs, passthrough_interrupt);
        take_served(guest);
    }
}

void devices_resume(struct guest *guest)
{
    uint64_t irqs = guest->held_irqs;
    guest->held_irqs = 0;
    take(guest, irqs, passthrough_held_interrupt);
    take_served(guest);
}

void devices_end_irq(struct vm *vm, unsigned intid)
{
    const struct passthrough *pass = &vm->passthrough;
    for (unsigned i = 0; i < pass->irq_count; i++) {
        if (pass->irqs[i].intid == intid) {
            seL4_IRQHandler_Ack(pass->irqs[i].handler);
        }
    }
}
