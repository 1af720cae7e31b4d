/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest as the system tree describes it: a node with compatible = "vesicle,guest". docs/user-guide.md has the properties. */
#ifndef VMM_PD_NODE_H
#define VMM_PD_NODE_H

#include <stdbool.h>
#include <stdint.h>

#define NODE_CORES    8
#define NODE_MORE_RAM 3

struct guest_node {
    const char *name, *kernel, *initrd, *overlay, *bootargs;
    bool
        trusted_dma; /**< it has devices of the machine that read and write memory: its RAM is where the machine has it */
    bool raw;        /**< the kernel is no format of ours: it goes to `load`, and begins at `entry` */
    uint64_t load, entry; /**< guest-physical */
    uint64_t memory, memory_base;
    bool small_pages; /**< its tables map the RAM by pages of 4 KiB */
    struct {
        uint64_t base, size;
    } more[NODE_MORE_RAM]; /**< RAM elsewhere */
    unsigned more_count;
    uint32_t cpus, priority, budget, period;
    uint32_t watchdog;          /**< seconds; 0: there is none */
    uint32_t cores[NODE_CORES]; /**< of the vCPUs, over and over */
    unsigned core_count;        /**< 0: it is the VMM's business */
};

/** Says what is wrong: a property, and why. */
typedef void (*node_error_fn)(void *cookie, const char *property, const char *why);

/** Reads the node of this name. False if it is not there, or anything in it is wrong. Strings are in the tree. */
bool node_read(const void *tree, const char *name, struct guest_node *node, node_error_fn error, void *cookie);

/** Where a device's registers are, by its node: base and size, of a cell each or of two. False if it does not say, or it makes no sense. */
bool node_read_reg(const void *tree, int node, uint64_t *base, uint64_t *size);

#endif
