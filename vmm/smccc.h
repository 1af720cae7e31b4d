/* SPDX-License-Identifier: BSD-2-Clause */
/* The SMC calling convention (DEN 0028): calls by HVC and SMC alike, found in a table by function id. */
#ifndef VMM_SMCCC_H
#define VMM_SMCCC_H

#include "exit.h"

/** Results that all services share (DEN 0028, 7.1). */
#define SMCCC_SUCCESS       0
#define SMCCC_NOT_SUPPORTED (-1)

enum exit_result smccc_handle(struct vcpu *vcpu, const struct exit *exit);

/** Is there a function with this id? */
bool smccc_has(struct vcpu *vcpu, uint32_t function_id);

/** Lets the kernel give the answers that never change. */
void smccc_set_constants(struct vcpu *vcpu);

/** Argument `n` (1..6) of a call: 32 bits of it if the function id says SMC32. */
uint64_t smccc_argument(const struct vcpu *vcpu, unsigned n);

/** Sets x0 of a call's result. */
void smccc_return(struct vcpu *vcpu, int64_t x0);

#endif
