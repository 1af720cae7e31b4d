/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices of the machine that the guest has. Their registers are mapped, so accesses to them are no exits. Interrupts that are levels
 * become lines of the vGIC, which are high from the interrupt until the guest's end of it; only then the machine's GIC may show the next
 * one. Edges are latched by the vGIC, and the next one may come at once.
 */
#ifndef VMM_PASSTHROUGH_H
#define VMM_PASSTHROUGH_H

#include "fdt.h"
#include "types.h"

struct vm;

enum { PASSTHROUGH_MEMORY = 16, PASSTHROUGH_IRQS = 16, PASSTHROUGH_RESTS = 32 };

struct passthrough {
    const void *tree; /**< as gpi/proto/vm.h describes it; NULL: there are none */
    struct passthrough_memory {
        uint64_t base, size; /**< here and in the machine */
        uint64_t memory;     /**< the host's name for it */
    } memory[PASSTHROUGH_MEMORY];
    struct {
        unsigned intid;   /**< here and in the machine */
        uint64_t handler; /**< the host's name for it */
        bool edge;
    } irqs[PASSTHROUGH_IRQS];
    struct {
        uint64_t base;
        uint32_t kind;          /**< the host's name for how */
    } rests[PASSTHROUGH_RESTS]; /**< that can be brought to rest */
    uint64_t ram;               /**< the host's name for the guest's RAM, if that is given; else 0 */
    bool ram_dirty;             /**< it has to be cleared */
    unsigned memory_count, irq_count, rest_count;
};

/** Reads the tree (NULL: there are no devices), whose header is sound. False if it makes no sense. */
bool passthrough_read(struct passthrough *pass, const void *tree);

/** Is any of these addresses a device's? */
bool passthrough_covers(const struct passthrough *pass, uint64_t base, uint64_t size);

/** Writes the devices' nodes. */
void passthrough_fdt(const struct passthrough *pass, struct fdt *fdt);

/** The piece of memory that the address is in; null: none. Its place in `offset`. */
const struct passthrough_memory *passthrough_find(const struct passthrough *pass, uint64_t address, uint64_t *offset);

/** Can its interrupts have their numbers here? False, with a log line. */
bool passthrough_check(struct vm *vm);

/** Tells the vGIC which interrupts are the machine's. */
void passthrough_connect(struct vm *vm);

/** The n-th interrupt has come. Any thread of the host's. */
void passthrough_interrupt(struct vm *vm, unsigned n);

/** It came some time ago, and was held back: a level may be over, and comes again if not. */
void passthrough_held_interrupt(struct vm *vm, unsigned n);

#endif
