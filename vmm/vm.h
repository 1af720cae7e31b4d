/* SPDX-License-Identifier: BSD-2-Clause */
/* One guest: everything that belongs to it hangs off `struct vm`. */
#ifndef VMM_VM_H
#define VMM_VM_H

#include "deadline.h"
#include "dev/chardev.h"
#include "dev/pl011.h"
#include "dev/pl031.h"
#include "dev/remote.h"
#include "gic/vgic.h"
#include "lock.h"
#include "memory.h"
#include "mmio.h"
#include "passthrough.h"
#include "vcpu.h"

struct vm;

/** How a guest ended. */
enum vm_end {
    VM_OFF,     /**< it powered off */
    VM_RESET,   /**< it asks for a reset */
    VM_CRASHED, /**< it did what it must not; a report was written */
};

/** What the VMM asks of the program that hosts it. */
struct vm_host {
    /** Guest RAM: `size` bytes, zeroed, mapped at `base` in the guest and here. Returns where here, NULL if there is none. */
    void *(*ram)(struct vm *vm, ipa_t base, uint64_t size);
    /** Makes the objects of a vCPU and fills `ops`, `frame` and `caps`. False if it cannot. */
    bool (*vcpu)(struct vm *vm, struct vcpu *vcpu);
    /** Cleans guest memory, named by where it is mapped here, to the point of coherency. */
    void (*clean)(struct vm *vm, void *start, uint64_t size);
    /** The guest has ended: all its vCPUs are stopped, but for the calling thread's, which will not be resumed. */
    void (*end)(struct vm *vm, enum vm_end how);
    /** Writes a line of a report. May be called on the exit path. */
    void (*log)(struct vm *vm, const char *line);
    /** Unpredictable bytes; false if the machine has none to give. */
    bool (*random)(struct vm *vm, void *bytes, size_t size);
    /** The system counter. */
    uint64_t (*counter)(struct vm *vm);
    /** Seconds since 1970-01-01 00:00 UTC, as far as known. */
    uint64_t (*seconds)(struct vm *vm);
    /** Ticks of the counter in a second. Needed with `wake_at`. */
    uint64_t (*frequency)(struct vm *vm);
    /**
     * Has a thread of the host's call vm_wake once the counter has reached this value (DEADLINE_NEVER: not at all); each call replaces
     * the last. It is called with locks held, on any thread, and calls nothing here. NULL if the host has no timer: what the guest's
     * physical timer and the clock's alarm do is then noticed when the guest looks.
     */
    void (*wake_at)(struct vm *vm, uint64_t counter);
    /** The machine's GIC may show this interrupt, a passed-through device's, again. vGIC lock held. Needed with such devices. */
    void (*end_irq)(struct vm *vm, unsigned intid);
};

#define VM_MORE_RAM (MEMORY_MAX_RAM - 1)

/** What a guest is made of. The images are read at each start and stay the caller's. */
struct vm_config {
    const char *name;
    unsigned vcpus;
    uint64_t ram_base; /**< where images go; 0: MACHINE_RAM_BASE */
    uint64_t ram_size;
    struct {
        uint64_t base, size; /**< of whole pages */
    } more_ram[VM_MORE_RAM]; /**< elsewhere; not where devices are */
    unsigned more_ram_count;
    const char *bootargs;
    const void *kernel; /**< arm64 Image, or an ELF file */
    size_t kernel_size;
    bool raw; /**< `kernel` is neither: it goes to `raw_load` and is entered at `raw_entry`, guest-physical addresses */
    uint64_t raw_load, raw_entry;
    const void *overlay; /**< for the device tree; NULL if there is none */
    size_t overlay_size;
    const void *devices; /**< of the machine, passed through (passthrough.h); NULL if there are none */
    const void *initrd;  /**< NULL if there is none */
    size_t initrd_size;
    struct chardev *console;
    const struct remote_device *remote; /**< devices that others serve */
    unsigned remote_count;
};

#define VM_MAX_VCPUS 8

struct vm {
    struct vm_config config;
    const struct vm_host *host;
    struct memory memory;
    struct mmio mmio;
    struct vgic vgic;
    struct vcpu vcpus[VM_MAX_VCPUS];
    unsigned vcpu_count;
    struct pl011 uart;
    struct pl031 rtc;
    struct deadlines deadlines;
    struct passthrough passthrough;

    bool pmu;    /**< it has performance monitors */
    bool loaded; /**< its RAM is no longer as the host gave it */

    struct lock power_lock; /**< of vcpus[].power, `ended` and `paused` */
    bool ended;
    bool paused;
    uint64_t paused_at;      /**< by the host's counter */
    uint64_t counter_offset; /**< how much less the guest's counter says */
};

/**
 * Makes a guest: RAM, vCPUs, devices. Does not run it. On an error, which it names in the log, false; whatever the host gave is the
 * host's to take back. `vm` is all zero.
 */
bool vm_create(struct vm *vm, const struct vm_config *config, const struct vm_host *host);

/** Loads the images and the device tree and brings everything into its reset state. False, with a log line, if they do not fit. */
bool vm_load(struct vm *vm);

/** Starts vCPU 0. The entry state was left in its frame by vm_load. */
void vm_start(struct vm *vm);

/** The counter has reached what the host was told by `wake_at`. Early calls do no harm. Any thread of the host's. */
void vm_wake(struct vm *vm);

/** Ends the guest: other vCPUs stop, the host is told. Once; later calls do nothing. On the exit thread of `vcpu`, or, null, on none. */
void vm_end(struct vm *vm, struct vcpu *vcpu, enum vm_end how);

/** The vCPU with this affinity (Aff3..Aff0 as in MPIDR_EL1), or NULL. */
struct vcpu *vm_vcpu_by_affinity(struct vm *vm, uint64_t affinity);

/** A formatted line to the host's log, behind the guest's name. */
void vm_log(struct vm *vm, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
