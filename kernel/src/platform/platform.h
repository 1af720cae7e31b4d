/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine, as its device tree describes it. What the kernel needs is copied out once, checked; the tree is not looked at again.
 * Portable: unit-tested on the build machine.
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLATFORM_MAX_MEMORY = 16,
    PLATFORM_MAX_RESERVED = 32,
    PLATFORM_MAX_REDIST = 8,
    PLATFORM_MAX_CPUS = 8, /* further ones stay off */
};

/** RAM at or above this physical address is not used: the kernel's window ends there. */
#define PLATFORM_RAM_LIMIT (1ull << 47)

struct region {
    uint64_t base, size;
};

struct platform {
    struct region memory[PLATFORM_MAX_MEMORY]; /* RAM: whole pages, sorted, disjoint, not adjacent */
    unsigned memory_count;
    struct region reserved[PLATFORM_MAX_RESERVED]; /* whole pages, in no order, perhaps overlapping */
    unsigned reserved_count;                       /* tree, archive, /memreserve/, /reserved-memory */

    struct region gicd;
    struct region gicr[PLATFORM_MAX_REDIST];
    unsigned gicr_count;
    uint64_t gicr_stride; /* bytes between redistributors; 0: as GICR_TYPER says */
    unsigned gic_maintenance_intid;

    struct region uart; /* a PL011; size 0 if there is none */
    unsigned uart_intid;

    unsigned timer_hyp_intid, timer_virt_intid;

    bool psci_by_hvc; /* else by SMC */
    bool pmu_open;    /* boot argument "open-pmu" */
    bool ram_zeroed;  /* boot argument "zeroed-ram" */

    uint64_t cpu_mpidr[PLATFORM_MAX_CPUS]; /* affinity fields, in the tree's order */
    unsigned cpu_count;

    struct region initrd; /* size 0 if there is none */
    struct region dtb;
};

enum platform_error {
    PLATFORM_OK = 0,
    PLATFORM_BAD_TREE,
    PLATFORM_NO_MEMORY,
    PLATFORM_BAD_MEMORY,
    PLATFORM_TOO_MUCH_MEMORY,
    PLATFORM_TOO_MUCH_RESERVED,
    PLATFORM_BAD_RESERVED,
    PLATFORM_NO_GICV3,
    PLATFORM_BAD_GIC,
    PLATFORM_NO_TIMER,
    PLATFORM_NO_PSCI,
    PLATFORM_NO_CPU,
    PLATFORM_BAD_INITRD,
    PLATFORM_ERRORS
};

/** A sentence for people. */
const char *platform_error_text(enum platform_error error);

/**
 * The size a device tree says it has, from its first `PLATFORM_DTB_HEADER` bytes; 0 if it is none, or unreasonably large.
 */
size_t platform_dtb_size(const void *start);
enum { PLATFORM_DTB_HEADER = 40, PLATFORM_DTB_MAX = 2 << 20 };

/** Adds memory that is not free to `reserved`, rounded to whole pages. It may not be where the initrd is. */
enum platform_error platform_reserve(struct platform *p, struct region r);

/**
 * Reads the tree of `size` bytes at `fdt` into `*p`, which need not be initialised. `paddr` is where the tree is in physical
 * memory. On an error what was found until then is in `*p`: the UART first of all.
 */
enum platform_error platform_read(struct platform *p, const void *fdt, size_t size, uint64_t paddr);

#endif
