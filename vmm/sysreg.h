/* SPDX-License-Identifier: BSD-2-Clause */
/* System register accesses that trap. */
#ifndef VMM_SYSREG_H
#define VMM_SYSREG_H

#include "exit.h"
#include "vcpu.h"

/** The bits of a syndrome (DDI 0487, D19.2.37) that name the register; 0 is none. And the one that says that it is read. */
#define SYSREG_KEY(op0, op1, crn, crm, op2)                                                                            \
    ((uint32_t)(op0) << 20 | (uint32_t)(op2) << 17 | (uint32_t)(op1) << 14 | (uint32_t)(crn) << 10 |                   \
     (uint32_t)(crm) << 1)
#define SYSREG_KEY_MASK SYSREG_KEY(3, 7, 15, 15, 7)
#define SYSREG_ISS_READ 1u

/** How registers are served: those whose key under the mask is this. No reader or writer: undefined. */
struct sysreg_row {
    uint32_t mask;
    uint32_t key;
    uint64_t (*read)(struct vcpu *vcpu, uint32_t key);
    void (*write)(struct vcpu *vcpu, uint32_t key, uint64_t value);
};

/** The access to a register that the row serves; false if it has no reader, or no writer. `iss`: of the syndrome. */
static inline bool sysreg_perform(struct vcpu *vcpu, const struct sysreg_row *row, uint64_t iss)
{
    uint32_t key = (uint32_t)iss & SYSREG_KEY_MASK;
    unsigned rt = (unsigned)bits_of(iss, 9, 5);
    if (iss & SYSREG_ISS_READ) {
        if (row->read == NULL) {
            return false;
        }
        vcpu_set_x(vcpu, rt, row->read(vcpu, key));
        return true;
    }
    if (row->write == NULL) {
        return false;
    }
    row->write(vcpu, key, vcpu_get_x(vcpu, rt));
    return true;
}

enum exit_result sysreg_handle(struct vcpu *vcpu, const struct exit *exit);

#endif
