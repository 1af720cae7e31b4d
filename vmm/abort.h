/* SPDX-License-Identifier: BSD-2-Clause */
/* Stage-2 aborts: accesses to devices, and to nothing. */
#ifndef VMM_ABORT_H
#define VMM_ABORT_H

#include "exit.h"

enum exit_result abort_handle_data(struct vcpu *vcpu, const struct exit *exit);
enum exit_result abort_handle_instruction(struct vcpu *vcpu, const struct exit *exit);

#endif
