/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/smc.h"

#include "arch/aarch64/psci.h"
#include <sel4/invocation.h>

int smc_invoke(struct invocation *inv)
{
    uint64_t regs[8];

    if (inv->label != vesicle_SMCCall) {
        return seL4_IllegalOperation;
    }
    if (inv->length < 8) {
        return seL4_TruncatedMessage;
    }
    for (unsigned i = 0; i < 8; i++) {
        regs[i] = inv_word(inv, i);
    }
    smc_call(regs);
    for (unsigned i = 0; i < 8; i++) {
        inv_reply(inv, i, regs[i]);
    }
    return seL4_NoError;
}
