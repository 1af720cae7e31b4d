/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices.h"

#include "machine.h"
#include "passthrough.h"

#include <gpi/device_rest.h>
#include <gpi/proto/vm.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <stdio.h>
#include <stdlib.h>

#define PASS_THROUGH "pass-through"

/*
 * The devices of a guest. init holds their registers, too, and where they may do DMA the guest's RAM: so it can bring them to rest when
 * the guest has ended, however that was, and until then nobody else is given memory that they still write to.
 */
struct device_set {
    struct passthrough plan;
    mo_client_context_t memory[PASS_MEMORY];
    unsigned memory_count; /* that are held */
    mo_client_context_t ram;
    bool ended; /* the guest has, but not all of its devices */
};

/* Somebody else's guest has them. */
static bool are_free(struct program *program)
{
    for (const struct program *other = programs.first; other; other = other->next) {
        if (other != program && other->devices && passthrough_meets(&program->devices->plan, &other->devices->plan)) {
            program_note(program, PASS_THROUGH ": a device of it %s %s",
                         other->devices->ended ? "may still write into the memory of" : "is passed through to",
                         other->config.name);
            return false;
        }
    }
    return true;
}

static int hold_memory(struct program *program, struct device_set *set)
{
    for (; set->memory_count < set->plan.memory_count; set->memory_count++) {
        const struct pass_memory *memory = &set->plan.memory[set->memory_count];
        int error =
            mo_component_client_connect_paddr(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)(memory->size >> MO_PAGE_BITS),
                                              MO_PAGE_BITS, memory->base, &set->memory[set->memory_count]);
        if (error != GPI_OK) {
            program_note(program, PASS_THROUGH ": registers at %#lx: the kernel or another PD has them (%s)",
                         (unsigned long)memory->base, gpi_strerror(error));
            return error;
        }
    }
    return GPI_OK;
}

/* In one piece, as the devices see it. Its VMM says what is wrong with an amount that cannot be had. */
static void hold_ram(const struct program *program, struct device_set *set)
{
    uint64_t pages = tree_guest_memory(&program->config) >> MO_LARGE_PAGE_BITS;
    if (program->config.trusted_dma && !set->ram.ep && pages > 0 && pages <= UINT32_MAX &&
        mo_client_connect_contiguous(sel4gpi_get_rde(GPICAP_TYPE_MO), (uint32_t)pages, MO_LARGE_PAGE_BITS, &set->ram) !=
            GPI_OK) {
        set->ram.ep = seL4_CapNull;
    }
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
static int give_tree(struct program *program, const struct pass_slots *slots, seL4_CPtr *slot)
{
    seL4_CPtr own = sel4gpi_get_bound_vmr_rde();
    mo_client_context_t mo;
    void *tree =
        sel4gpi_get_vmr(own, PASS_TREE_SIZE >> MO_PAGE_BITS, NULL, SEL4UTILS_RES_TYPE_GENERIC, MO_PAGE_BITS, &mo);
    int error = tree ? GPI_OK : GPI_ERR_NO_MEMORY;
    if (tree && !passthrough_write(&program->devices->plan, slots, tree, PASS_TREE_SIZE)) {
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
    struct device_set *set = program->devices;
    struct pass_slots slots = {.ram_dirty = set->ended};
    seL4_CPtr slot = 0;
    int error = hold_memory(program, set);
    hold_ram(program, set);
    for (unsigned i = 0; i < set->memory_count && error == GPI_OK; i++) {
        error = pd_client_send_cap(&program->runnable.pd, set->memory[i].ep, &slots.memory[i]);
    }
    for (unsigned i = 0; i < set->plan.irq_count && error == GPI_OK; i++) {
        error = give_interrupt(program, &set->plan.irqs[i], &slots.irqs[i]);
    }
    if (error == GPI_OK && set->ram.ep) {
        error = pd_client_send_cap(&program->runnable.pd, set->ram.ep, &slots.ram);
    }
    error = error ? error : give_tree(program, &slots, &slot);
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
    if (program->devices) {
        return give_all(program, variable, size);
    }
    program->devices = calloc(1, sizeof *program->devices);
    if (!program->devices) {
        return GPI_ERR_NO_MEMORY;
    }
    int error = GPI_ERR_BAD_ARGUMENT;
    if (!passthrough_plan(&program->devices->plan, machine_tree(), config->pass_through.text,
                          (size_t)config->pass_through.size, config->trusted_dma)) {
        program_note(program, PASS_THROUGH ": %s", program->devices->plan.why);
    } else if (are_free(program)) {
        error = give_all(program, variable, size);
    }
    return error;
}

/* False if one of them, for all that is known, may still be reading and writing memory. */
static bool come_to_rest(struct program *program, struct device_set *set)
{
    bool rest = !set->plan.restless;
    for (unsigned i = 0; i < set->plan.rest_count; i++) {
        for (unsigned k = 0; k < set->memory_count; k++) {
            uint64_t offset = set->plan.rests[i].base - set->plan.memory[k].base;
            if (offset < set->plan.memory[k].size &&
                gpi_device_rest_mo(set->plan.rests[i].kind, &set->memory[k], offset) != GPI_OK) {
                program_note(program, PASS_THROUGH ": the device at %#lx does not come to rest",
                             (unsigned long)set->plan.rests[i].base);
                rest = false;
            }
        }
    }
    return rest;
}

void devices_forget(struct program *program)
{
    struct device_set *set = program->devices;
    if (!set) {
        return;
    }
    if (!come_to_rest(program, set) && set->ram.ep) {
        set->ended = true;
        program_note(program, PASS_THROUGH ": its devices may still write into its memory: both are kept for it");
        return;
    }
    for (unsigned i = 0; i < set->memory_count; i++) {
        mo_component_client_disconnect(&set->memory[i]);
    }
    if (set->ram.ep) {
        mo_component_client_disconnect(&set->ram);
    }
    free(set);
    program->devices = NULL;
}
