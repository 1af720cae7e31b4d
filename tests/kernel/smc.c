/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of the firmware. */
#include "cases.h"
#include "lib/objects.h"
#include <sel4/sel4.h>

static void psci_version(void)
{
    seL4_ARM_SMCContext args = {.x0 = 0x84000000}, response = {0};
    REQUIRE_OK(seL4_ARM_SMC_Call(seL4_CapSMC, &args, &response));
    CHECK_IN(response.x0, 0x00002, 0x20000);
}

static void unknown_function(void)
{
    seL4_ARM_SMCContext args = {.x0 = 0x8400ff00}, response = {0};
    REQUIRE_OK(seL4_ARM_SMC_Call(seL4_CapSMC, &args, &response));
    CHECK_EQ(response.x0 & 0xffffffff, 0xffffffff); /* not supported */
}

static void needs_the_capability(void)
{
    seL4_ARM_SMCContext args = {.x0 = 0x84000000}, response = {0};
    CHECK_EQ(seL4_ARM_SMC_Call(ROOT_CNODE, &args, &response), seL4_IllegalOperation);
    CHECK_EQ(response.x0, 0);
}

const struct test_case smc_cases[] = {
    {"smc_psci_version", psci_version},
    {"smc_unknown_function", unknown_function},
    {"smc_needs_the_capability", needs_the_capability},
    {0, 0},
};
