/* SPDX-License-Identifier: BSD-2-Clause */
/* What the first-light root task reads in the machine's device tree. */
#ifndef FIRSTLIGHT_PLATFORM_H
#define FIRSTLIGHT_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct platform {
    uint64_t uart; /**< PL011 */
    unsigned uart_intid;
    uint64_t rtc; /**< PL031, 0: there is none */
    uint8_t seed[32];
    bool has_seed;
    bool wander;         /**< the boot arguments have the word "wander": the guest is moved about the cores */
    bool pause;          /**< "pause": it is paused now and then */
    unsigned guest_cpus; /**< "guest-cpus=" among the boot arguments, else 1 */
};

/** Reads the tree. False if it has no PL011 or is damaged. */
bool platform_read(const void *fdt, size_t size, struct platform *platform);

#endif
