/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include "archive.h"

#include <gpi/random.h>
#include <gpi/timer.h>
#include <libfdt.h>
#include <sel4gpi/mo_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4gpi/vmr_clientapi.h>
#include <stdio.h>

#define RTCDR 0x000 /* of a PL031 (DDI 0224, table 3-1) */

static struct {
    struct gpi_random random;
    unsigned long boot_time;
    const void *tree;
} machine;

static void read_seed(const void *tree)
{
    int length = 0;
    int chosen = fdt_path_offset(tree, "/chosen");
    const uint8_t *seed = chosen < 0 ? NULL : fdt_getprop(tree, chosen, "rng-seed", &length);
    if (seed && length >= GPI_RANDOM_SEED_SIZE) {
        gpi_random_seed(&machine.random, seed);
    }
}

static void read_clock(const void *tree)
{
    int length;
    int node = fdt_node_offset_by_compatible(tree, -1, "arm,pl031");
    const fdt64_t *reg = node < 0 ? NULL : fdt_getprop(tree, node, "reg", &length);
    seL4_CPtr own = sel4gpi_get_bound_vmr_rde();
    mo_client_context_t mo;
    const volatile uint32_t *clock = NULL;
    if (reg && length >= (int)sizeof *reg) {
        clock = sel4gpi_get_vmr_at_paddr(own, 1, NULL, SEL4UTILS_RES_TYPE_DEVICE, MO_PAGE_BITS, fdt64_ld(reg), &mo);
    }
    if (clock) {
        machine.boot_time = clock[RTCDR / 4] - gpi_time_ticks() / gpi_time_frequency();
        sel4gpi_destroy_vmr(own, (void *)(uintptr_t)clock, &mo);
    }
}

void machine_read(void)
{
    const void *tree;
    if (archive_show_tree(GPI_IMAGE_DTB, &tree) == GPI_OK) {
        read_seed(tree);
        read_clock(tree);
        machine.tree = tree;
    }
}

const void *machine_tree(void)
{
    return machine.tree;
}

bool machine_seed(char *text, size_t size)
{
    uint8_t seed[GPI_RANDOM_SEED_SIZE];
    if (size <= 2 * sizeof seed || !gpi_random_bytes(&machine.random, seed, sizeof seed)) {
        return false;
    }
    for (size_t i = 0; i < sizeof seed; i++) {
        snprintf(text + 2 * i, 3, "%02x", seed[i]);
    }
    return true;
}

unsigned long machine_boot_time(void)
{
    return machine.boot_time;
}
