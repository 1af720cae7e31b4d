/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses to addresses that are devices: decoded once, found in a table of regions, given to the device. */
#ifndef VMM_MMIO_H
#define VMM_MMIO_H

#include "types.h"

struct vcpu;
struct exit;

/** What a device says of an access. */
enum mmio_result {
    MMIO_DONE,
    MMIO_UNKNOWN, /**< nothing there: the guest gets an external abort */
};

/**
 * A device's registers. `offset` is from the region's base, and the access lies in the region. Any exit thread; `vcpu` is
 * who accesses. `width` is 1, 2, 4 or 8 bytes; values are zero-extended.
 */
struct mmio_ops {
    enum mmio_result (*read)(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t *value);
    enum mmio_result (*write)(void *device, struct vcpu *vcpu, uint64_t offset, unsigned width, uint64_t value);
};

struct mmio_region {
    ipa_t base;
    uint64_t size;
    const struct mmio_ops *ops;
    void *device;
    const char *name;
};

#define MMIO_MAX_REGIONS 32
#define MMIO_MIN_SIZE    8 /**< no access is larger than a region */

/** The regions of a guest, sorted by address. Built before the guest runs, then only read. */
struct mmio {
    struct mmio_region regions[MMIO_MAX_REGIONS];
    unsigned count;
};

/** One access of a guest, decoded. */
struct mmio_access {
    ipa_t ipa;
    uint8_t width; /**< bytes of one register: 1, 2, 4 or 8 */
    bool write;
    bool sign_extend; /**< of a read */
    bool reg64;       /**< the register is 64 bits wide, else its upper half becomes zero */
    uint8_t rt;       /**< register, 31 is XZR */
};

/** Adds a region. False if the table is full, the region is too small, wraps around or overlaps another. */
bool mmio_add(struct mmio *mmio, struct mmio_region region);

/** The region that holds all of [ipa, ipa + size), or NULL. */
const struct mmio_region *mmio_find(const struct mmio *mmio, ipa_t ipa, uint64_t size);

/** The value a read leaves in its register. */
uint64_t mmio_extend(const struct mmio_access *access, uint64_t value);

/** Does one decoded access of a vCPU: between device and the register in its frame. */
enum mmio_result mmio_perform(struct vcpu *vcpu, const struct mmio_access *access);

#endif
