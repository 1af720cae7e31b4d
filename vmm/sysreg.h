/* SPDX-License-Identifier: BSD-2-Clause */
/* System register accesses that trap. */
#ifndef VMM_SYSREG_H
#define VMM_SYSREG_H

#include "exit.h"

enum exit_result sysreg_handle(struct vcpu *vcpu, const struct exit *exit);

#endif
