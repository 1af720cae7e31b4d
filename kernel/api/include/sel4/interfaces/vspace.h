/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of address spaces: cache maintenance by virtual address. */
#ifndef SEL4_INTERFACES_VSPACE_H
#define SEL4_INTERFACES_VSPACE_H

#include <sel4/invoke.h>

static inline seL4_Error seL4_ARM_VSpace_Clean_Data(seL4_ARM_VSpace service, seL4_Word start, seL4_Word end)
{
    return vesicle_invoke2(service, vesicle_VSpaceCleanData, 0, start, end);
}

static inline seL4_Error seL4_ARM_VSpace_Invalidate_Data(seL4_ARM_VSpace service, seL4_Word start, seL4_Word end)
{
    return vesicle_invoke2(service, vesicle_VSpaceInvalidateData, 0, start, end);
}

static inline seL4_Error seL4_ARM_VSpace_CleanInvalidate_Data(seL4_ARM_VSpace service, seL4_Word start, seL4_Word end)
{
    return vesicle_invoke2(service, vesicle_VSpaceCleanInvalidateData, 0, start, end);
}

static inline seL4_Error seL4_ARM_VSpace_Unify_Instruction(seL4_ARM_VSpace service, seL4_Word start, seL4_Word end)
{
    return vesicle_invoke2(service, vesicle_VSpaceUnifyInstruction, 0, start, end);
}

#endif
