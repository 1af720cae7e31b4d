/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to the machine's firmware: SMCCC (DEN 0028), PSCI (DEN 0022). */
#ifndef ARCH_AARCH64_PSCI_H
#define ARCH_AARCH64_PSCI_H

#include <stdbool.h>
#include <stdint.h>

/* DEN 0022, 5.2.2 */
enum psci_status {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
    PSCI_ON_PENDING = -5,
    PSCI_INTERNAL_FAILURE = -6,
    PSCI_NOT_PRESENT = -7,
    PSCI_DISABLED = -8,
    PSCI_INVALID_ADDRESS = -9,
};

/** Chooses how the firmware is called, from the machine's tree: by HVC, else by SMC. Before it, by SMC. */
void psci_init(bool by_hvc);

/** x0 to x7 of an SMCCC call in and out. */
void smc_call(uint64_t regs[8]);

/** Switches the machine off; if the firmware does not, the core waits forever. */
_Noreturn void psci_system_off(void);

/** Switches the calling core off; if the firmware does not, it waits forever. */
_Noreturn void psci_cpu_off(void);

/** Starts the core with this MPIDR at a physical address, the MMU off, with `context` in x0. Returns enum psci_status. */
int psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context);

#endif
