/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices.h"

#include "machine.h"
#include "passthrough.h"

#include <gpi/proto/vm.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <stdio.h>
#include <stdlib.h>

#define PASS_THROUGH "pass-through"

/* Somebody else's guest has them. */
static bool are_free(struct program *program)
{
    for (const struct program *other = programs.first; other; other = other->next) {
        if (other != program && other->devices && passthrough_meets(program->devices, other->devices)) {
            program_note(program, PASS_THROUGH ": a device of it is passed through to %s", other->config.name);
            return false;
        }
    }
    return true;
}

static int give_memory(struct program *program, const struct pass_memory *memory, uint64_t *slot)
{
    mo_client_context_t mo;
    int error = mo_component_client_connect_paddr(
        sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)(memory->size >> MO_PAGE_BITS), MO_PAGE_BITS, memory->base, &mo);
    if (error == GPI_OK) {
        error = pd_client_send_cap(&program->runnable.pd, mo.ep, slot);
        mo_component_client_disconnect(&mo);
    }
    if (error != GPI_OK) {
        program_note(program, PASS_THROUGH ": registers at %#lx: the kernel or another PD has them (%s)",
                     (unsigned long)memory->base, gpi_strerror(error));
    }
    return error;
}

static int give_interrupt(struct program *program, const struct pass_irq *irq, uint64_t *slot)
{
    struct pd_irq_bind in = {irq->intid, 0, 0, irq->edge};
    struct pd_irq_bound bound = {0, 0};
    int error = pd_client_irq_bind(&program->runnable.pd, &in, &bound);
    *slot = bound.handler;
    if (error != GPI_OK) {
        program_note(program, PASS_THROUGH ": interrupt %u: another PD has it (%s)", irq->intid, gpi_strerror(error));
    }
    return error;
}

/* What the VMM is to know of them. */
static int give_tree(struct program *program, const uint64_t *memory_slots, const uint64_t *irq_slots, seL4_CPtr *slot)
{
    seL4_CPtr own = sel4gpi_get_bound_vmr_rde();
    mo_client_context_t mo;
    void *tree =
        sel4gpi_get_vmr(own, PASS_TREE_SIZE >> MO_PAGE_BITS, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, &mo);
    int error = tree ? GPI_OK : GPI_ERR_NO_MEMORY;
    if (tree && !passthrough_write(program->devices, memory_slots, irq_slots, tree, PASS_TREE_SIZE)) {
        program_note(program, PASS_THROUGH ": too much for one guest");
        error = GPI_ERR_BAD_ARGUMENT;
    }
    error = error ? error : pd_client_send_cap_rights(&program->runnable.pd, mo.ep, GPI_RIGHT_READ, slot);
    if (tree) {
        sel4gpi_destroy_vmr(own, tree, &mo);
    }
    return error;
}

static int give_all(struct program *program, char *variable, size_t size)
{
    const struct passthrough *pass = program->devices;
    uint64_t memory_slots[PASS_MEMORY], irq_slots[PASS_IRQS];
    seL4_CPtr slot = 0;
    int error = GPI_OK;
    for (unsigned i = 0; i < pass->memory_count && error == GPI_OK; i++) {
        error = give_memory(program, &pass->memory[i], &memory_slots[i]);
    }
    for (unsigned i = 0; i < pass->irq_count && error == GPI_OK; i++) {
        error = give_interrupt(program, &pass->irqs[i], &irq_slots[i]);
    }
    error = error ? error : give_tree(program, memory_slots, irq_slots, &slot);
    if (error == GPI_OK) {
        snprintf(variable, size, GPI_VM_DEVICES "=%lu", (unsigned long)slot);
    }
    return error;
}

int devices_give(struct program *program, char *variable, size_t size)
{
    const struct program_config *config = &program->config;
    variable[0] = '\0';
    if (!config->pass_through.text) {
        return GPI_OK;
    }
    program->devices = malloc(sizeof *program->devices);
    if (!program->devices) {
        return GPI_ERR_NO_MEMORY;
    }
    int error = GPI_ERR_BAD_ARGUMENT;
    if (!passthrough_plan(program->devices, machine_tree(), config->pass_through.text,
                          (size_t)config->pass_through.size, config->trusted_dma)) {
        program_note(program, PASS_THROUGH ": %s", program->devices->why);
    } else if (are_free(program)) {
        error = give_all(program, variable, size);
    }
    return error;
}

void devices_forget(struct program *program)
{
    free(program->devices);
    program->devices = NULL;
}
