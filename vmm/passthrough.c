/* SPDX-License-Identifier: BSD-2-Clause */
#include "passthrough.h"

#include "machine.h"
#include "vm.h"

#include <gpi/proto/vm.h>
#include <libfdt.h>

/* Cells of the n-th group of a root property's, or NULL. */
static const fdt32_t *group(const void *tree, const char *name, unsigned cells, unsigned n)
{
    int length = 0;
    const fdt32_t *value = fdt_getprop(tree, 0, name, &length);
    return value != NULL && (n + 1) * cells * sizeof *value <= (unsigned)length ? value + n * cells : NULL;
}

static uint64_t read_pair(const fdt32_t *cells)
{
    return (uint64_t)fdt32_ld(&cells[0]) << 32 | fdt32_ld(&cells[1]);
}

bool passthrough_read(struct passthrough *pass, const void *tree)
{
    enum { MEMORY_CELLS = 5, IRQ_CELLS = 3, REST_CELLS = 3, RAM_CELLS = 2 };
    const fdt32_t *cells;
    *pass = (struct passthrough){.tree = tree};
    if (tree == NULL) {
        return true;
    }
    for (; (cells = group(tree, GPI_VM_DEVICES_MEMORY, MEMORY_CELLS, pass->memory_count)) != NULL;
         pass->memory_count++) {
        if (pass->memory_count == PASSTHROUGH_MEMORY) {
            return false;
        }
        pass->memory[pass->memory_count].memory = fdt32_ld(&cells[0]);
        pass->memory[pass->memory_count].base = read_pair(&cells[1]);
        pass->memory[pass->memory_count].size = read_pair(&cells[3]);
    }
    for (; (cells = group(tree, GPI_VM_DEVICES_IRQS, IRQ_CELLS, pass->irq_count)) != NULL; pass->irq_count++) {
        if (pass->irq_count == PASSTHROUGH_IRQS) {
            return false;
        }
        pass->irqs[pass->irq_count].handler = fdt32_ld(&cells[0]);
        pass->irqs[pass->irq_count].intid = fdt32_ld(&cells[1]);
        pass->irqs[pass->irq_count].edge = fdt32_ld(&cells[2]) != 0;
    }
    for (; (cells = group(tree, GPI_VM_DEVICES_RESTS, REST_CELLS, pass->rest_count)) != NULL; pass->rest_count++) {
        if (pass->rest_count == PASSTHROUGH_RESTS) {
            return false;
        }
        pass->rests[pass->rest_count].kind = fdt32_ld(&cells[0]);
        pass->rests[pass->rest_count].base = read_pair(&cells[1]);
    }
    cells = group(tree, GPI_VM_DEVICES_RAM, RAM_CELLS, 0);
    pass->ram = cells != NULL ? fdt32_ld(&cells[0]) : 0;
    pass->ram_dirty = cells != NULL && fdt32_ld(&cells[1]) != 0;
    return true;
}

bool passthrough_covers(const struct passthrough *pass, uint64_t base, uint64_t size)
{
    for (unsigned i = 0; i < pass->memory_count; i++) {
        if (base < pass->memory[i].base + pass->memory[i].size && pass->memory[i].base < base + size) {
            return true;
        }
    }
    return false;
}

const struct passthrough_memory *passthrough_find(const struct passthrough *pass, uint64_t address, uint64_t *offset)
{
    for (unsigned i = 0; i < pass->memory_count; i++) {
        if (address - pass->memory[i].base < pass->memory[i].size) {
            *offset = address - pass->memory[i].base;
            return &pass->memory[i];
        }
    }
    return NULL;
}

static void copy_node(const void *tree, int node, struct fdt *fdt)
{
    int property, child;
    fdt_for_each_property_offset(property, tree, node)
    {
        const char *name;
        int length;
        const void *value = fdt_getprop_by_offset(tree, property, &name, &length);
        if (value != NULL) {
            fdt_add_bytes(fdt, name, value, (size_t)length);
        }
    }
    fdt_for_each_subnode(child, tree, node)
    {
        fdt_add_node(fdt, fdt_get_name(tree, child, NULL));
        copy_node(tree, child, fdt);
        fdt_close(fdt);
    }
}

void passthrough_fdt(const struct passthrough *pass, struct fdt *fdt)
{
    int nodes = pass->tree == NULL ? -1 : fdt_subnode_offset(pass->tree, 0, GPI_VM_DEVICES_NODES);
    if (nodes >= 0) {
        copy_node(pass->tree, nodes, fdt);
    }
}

bool passthrough_check(struct vm *vm)
{
    const struct passthrough *pass = &vm->passthrough;
    for (unsigned i = 0; i < pass->irq_count; i++) {
        unsigned intid = pass->irqs[i].intid;
        if (intid - VGIC_SPI_BASE >= VGIC_SPIS) {
            vm_log(vm, "pass-through: SPI %u: guests have no more than %u", intid - VGIC_SPI_BASE, VGIC_SPIS);
            return false;
        }
        if (machine_has_irq(vm, intid)) {
            vm_log(vm, "pass-through: SPI %u is another device's here", intid - VGIC_SPI_BASE);
            return false;
        }
    }
    return true;
}

void passthrough_connect(struct vm *vm)
{
    for (unsigned i = 0; i < vm->passthrough.irq_count; i++) {
        vgic_pass_spi(&vm->vgic, vm->passthrough.irqs[i].intid, !vm->passthrough.irqs[i].edge);
    }
}

void passthrough_interrupt(struct vm *vm, unsigned n)
{
    unsigned intid = vm->passthrough.irqs[n].intid;
    if (vm->passthrough.irqs[n].edge) {
        vgic_pend_spi(&vm->vgic, intid);
        vm->host->end_irq(vm, intid);
    } else {
        vgic_set_spi(&vm->vgic, intid, true);
    }
}

void passthrough_held_interrupt(struct vm *vm, unsigned n)
{
    if (vm->passthrough.irqs[n].edge) {
        passthrough_interrupt(vm, n);
    } else {
        vm->host->end_irq(vm, vm->passthrough.irqs[n].intid);
    }
}
