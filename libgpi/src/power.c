/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/power.h>

#include <sel4/sel4.h>

#define PSCI_SYSTEM_OFF 0x84000008ul

void gpi_power_off(void)
{
    seL4_ARM_SMCContext args = {.x0 = PSCI_SYSTEM_OFF};
    seL4_ARM_SMCContext response;
    seL4_ARM_SMC_Call(seL4_CapSMC, &args, &response);
}
