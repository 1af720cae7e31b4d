/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods of seL4_TCB that read and write registers, for the table in tcb_methods.c. */
#ifndef OBJECT_TCB_METHODS_H
#define OBJECT_TCB_METHODS_H

#include "object/tcb.h"

int tcb_read_registers(struct invocation *inv, struct tcb *t);
int tcb_write_registers(struct invocation *inv, struct tcb *t);
int tcb_copy_registers(struct invocation *inv, struct tcb *t);

#endif
