/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of seL4_TCB for the table in tcb_methods.c: registers (tcb_registers.c), debugging (tcb_debug.c), counters (tcb_count.c). */
#ifndef OBJECT_TCB_METHODS_H
#define OBJECT_TCB_METHODS_H

#include "object/tcb.h"

int tcb_read_registers(struct invocation *inv, struct tcb *t);
int tcb_write_registers(struct invocation *inv, struct tcb *t);
int tcb_copy_registers(struct invocation *inv, struct tcb *t);

int tcb_set_breakpoint(struct invocation *inv, struct tcb *t);
int tcb_get_breakpoint(struct invocation *inv, struct tcb *t);
int tcb_unset_breakpoint(struct invocation *inv, struct tcb *t);
int tcb_configure_single_stepping(struct invocation *inv, struct tcb *t);

int tcb_set_counter(struct invocation *inv, struct tcb *t);
int tcb_read_counter(struct invocation *inv, struct tcb *t);

#endif
