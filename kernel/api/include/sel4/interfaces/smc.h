/* SPDX-License-Identifier: BSD-2-Clause */
/* Secure monitor calls. */
#ifndef SEL4_INTERFACES_SMC_H
#define SEL4_INTERFACES_SMC_H

#include <sel4/invoke.h>

/** Makes the call with the registers `smc_args`; `smc_response` takes those that come back. */
static inline seL4_Error seL4_ARM_SMC_Call(seL4_ARM_SMC service, const seL4_ARM_SMCContext *smc_args,
                                           seL4_ARM_SMCContext *smc_response)
{
    seL4_Word mr[4] = {smc_args->x0, smc_args->x1, smc_args->x2, smc_args->x3};
    seL4_SetMR(4, smc_args->x4);
    seL4_SetMR(5, smc_args->x5);
    seL4_SetMR(6, smc_args->x6);
    seL4_SetMR(7, smc_args->x7);
    seL4_Error error = vesicle_invoke(service, vesicle_SMCCall, 0, 8, mr);
    if (error == seL4_NoError) {
        seL4_ARM_SMCContext response = {mr[0],         mr[1],         mr[2],         mr[3],
                                        seL4_GetMR(4), seL4_GetMR(5), seL4_GetMR(6), seL4_GetMR(7)};
        *smc_response = response;
    }
    return error;
}

#endif
