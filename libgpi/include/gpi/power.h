/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the machine, for who holds the SMC capability. */
#ifndef GPI_POWER_H
#define GPI_POWER_H

/** Switches the machine off by PSCI. Returns only if the firmware does not have it. */
void gpi_power_off(void);

#endif
