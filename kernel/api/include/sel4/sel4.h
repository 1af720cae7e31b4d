/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel API: everything a program needs, in one include. */
#ifndef SEL4_SEL4_H
#define SEL4_SEL4_H

#include <sel4/constants.h>
#include <sel4/types.h>
#include <sel4/bootinfo.h>
#include <sel4/ipc.h>
#include <sel4/syscalls.h>
#include <sel4/debug.h>
#include <sel4/faults.h>
#include <sel4/mapping.h>
#include <sel4/vesicle.h>
#include <sel4/trace.h>
#include <sel4/interfaces/untyped.h>
#include <sel4/interfaces/tcb.h>
#include <sel4/interfaces/cnode.h>
#include <sel4/interfaces/irq.h>
#include <sel4/interfaces/domain.h>
#include <sel4/interfaces/sched.h>
#include <sel4/interfaces/page.h>
#include <sel4/interfaces/page_table.h>
#include <sel4/interfaces/vspace.h>
#include <sel4/interfaces/asid.h>
#include <sel4/interfaces/vcpu.h>
#include <sel4/interfaces/smc.h>
#include <sel4/interfaces/trace.h>

#endif
