/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices of the machine that are passed through to a guest: what there is to give of them, and why they cannot be given. Reads the
 * machine's device tree, makes no call.
 */
#ifndef INIT_PASSTHROUGH_H
#define INIT_PASSTHROUGH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PASS_DEVICES = 16,
    PASS_MEMORY = 16,
    PASS_IRQS = 16,
    PASS_CLOCKS = 8,
    PASS_RESTS = 32,
    PASS_WHY = 160,
    PASS_TREE_SIZE = 16384
};

struct passthrough {
    const void *machine;     /**< its device tree; nodes are named by their places in it */
    bool trusted;            /**< devices that may do DMA are allowed */
    int nodes[PASS_DEVICES]; /**< as they were named */
    int clocks[PASS_CLOCKS]; /**< what they refer to besides each other */
    unsigned node_count, clock_count, memory_count, irq_count, rest_count;
    struct pass_memory {
        uint64_t base, size; /**< of whole pages */
    } memory[PASS_MEMORY];   /**< all registers, no page twice */
    struct pass_irq {
        uint32_t intid;
        bool edge;
    } irqs[PASS_IRQS];
    struct pass_rest {
        uint64_t base;
        unsigned kind; /**< of gpi/device_rest.h */
    } rests
        [PASS_RESTS]; /**< devices in these registers that can be brought to rest, their neighbours in a page included */
    bool restless;    /**< there is one that may do DMA and cannot */
    char why[PASS_WHY]; /**< what is wrong, beginning with the device */
};

/** Finds the devices (names or paths of nodes, one after the other, each ended by 0). False: `why` says what is wrong. */
bool passthrough_plan(struct passthrough *pass, const void *machine, const char *names, size_t size, bool trusted);

/** Has it any of the memory or interrupts that the other one has? */
bool passthrough_meets(const struct passthrough *pass, const struct passthrough *other);

/** Slots of the VMM's. */
struct pass_slots {
    uint64_t memory[PASS_MEMORY], irqs[PASS_IRQS];
    uint64_t ram;   /**< 0: its RAM is its own business */
    bool ram_dirty; /**< somebody used it before */
};

/** Writes the tree that the VMM gets (gpi/proto/vm.h). False if it does not fit. */
bool passthrough_write(const struct passthrough *pass, const struct pass_slots *slots, void *tree, size_t size);

#endif
