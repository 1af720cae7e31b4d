/* SPDX-License-Identifier: BSD-2-Clause */
/* The guests measured: one image with an entry each. */
#ifndef GUESTS_H
#define GUESTS_H

extern const char guest_start[], guest_end[], guest_hvc[], guest_mmio[], guest_const[], guest_timer[];

/** Where guest_mmio reads. */
#define GUEST_MMIO 0x09000000ul

/** guest_timer: its own instructions in a round, its handler included, and in a turn of its waiting loop. */
#define TIMER_ROUND_INSNS 13
#define TIMER_WAIT_INSNS  3

#endif
