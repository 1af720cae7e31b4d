/* SPDX-License-Identifier: BSD-2-Clause */
#include "device.h"

#include <libfdt.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <stdio.h>

enum { IRQ_CELLS = 3, IRQ_SPI = 0, FIRST_PPI = 16, FIRST_SPI = 32, IRQ_EDGES = 3, DEPTH_MAX = 16 };
#define PAGE (1ul << seL4_PageBits)

/* A node's registers and interrupt, as the specification of its bus says. */
struct node {
    uint64_t address;
    struct device device;
};

static bool read_node(const void *tree, int parent, int offset, struct node *node)
{
    int cells = fdt_address_cells(tree, parent), length;
    const fdt32_t *reg = fdt_getprop(tree, offset, "reg", &length);
    if (!reg || (cells != 1 && cells != 2) || length < cells * 4) {
        return false;
    }
    node->address = fdt32_ld(reg);
    if (cells == 2) {
        node->address = node->address << 32 | fdt32_ld(reg + 1);
    }
    const fdt32_t *irq = fdt_getprop(tree, offset, "interrupts", &length);
    if (!irq || length < IRQ_CELLS * 4) {
        return false;
    }
    node->device.irq = fdt32_ld(irq + 1) + (fdt32_ld(irq) == IRQ_SPI ? FIRST_SPI : FIRST_PPI);
    node->device.edge = (fdt32_ld(irq + 2) & IRQ_EDGES) != 0;
    return true;
}

/* The page of registers that is mapped now. Several devices can be in one. */
struct window {
    uint64_t page;
    void *at;
};

static void close_window(struct window *window)
{
    if (window->at) {
        vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), window->at);
        window->at = NULL;
    }
}

static virtio_mmio_t show(struct window *window, uint64_t address)
{
    uint64_t page = address & ~(PAGE - 1);
    if (!window->at || window->page != page) {
        mo_client_context_t mo;
        close_window(window);
        window->at = sel4gpi_get_vmr_at_paddr(sel4gpi_get_bound_vmr_rde(), 1, NULL, SEL4UTILS_RES_TYPE_DEVICE,
                                              MO_PAGE_BITS, page, &mo);
        if (!window->at) {
            return NULL;
        }
        mo_component_client_disconnect(&mo); /* the region holds it */
        window->page = page;
    }
    return (virtio_mmio_t)(void *)((char *)window->at + (address - page));
}

static int search(const void *tree, struct device *device)
{
    struct window window = {0};
    int path[DEPTH_MAX], depth = 0; /* libfdt finds a node's parent by another walk from the beginning */
    for (int offset = 0; offset >= 0 && depth >= 0; offset = fdt_next_node(tree, offset, &depth)) {
        struct node node;
        bool legacy;
        if (depth >= DEPTH_MAX) {
            continue;
        }
        path[depth] = offset;
        if (depth == 0 || fdt_node_check_compatible(tree, offset, "virtio,mmio") != 0 ||
            !read_node(tree, path[depth - 1], offset, &node) || !(node.device.regs = show(&window, node.address))) {
            continue;
        }
        if (virtio_mmio_identify(node.device.regs, &legacy) == VIRTIO_ID_CONSOLE) {
            *device = node.device;
            return GPI_OK;
        }
        if (legacy) {
            printf("console: the virtio device at %#lx is a legacy one and is not used\n", (unsigned long)node.address);
        }
    }
    close_window(&window);
    return GPI_ERR_NOT_FOUND;
}

int device_find(struct device *device)
{
    mo_client_context_t mo;
    size_t size;
    void *tree;
    int error = mo_client_open_image(sel4gpi_get_rde(GPICAP_TYPE_MO), GPI_IMAGE_DTB, &mo, &size);
    if (error != GPI_OK) {
        return error;
    }
    error =
        vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, 0, 0, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ, &tree);
    if (error == GPI_OK) {
        error = fdt_check_full(tree, size) == 0 ? search(tree, device) : GPI_ERR_NOT_FOUND;
        vmr_client_delete_by_vaddr(sel4gpi_get_bound_vmr_rde(), tree);
    }
    mo_component_client_disconnect(&mo);
    return error;
}
