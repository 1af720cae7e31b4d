/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer server: resources of type "TIMER", of which there are none: all is asked of the directory entry. */
#ifndef GPI_PROTO_TIMER_H
#define GPI_PROTO_TIMER_H

#include <gpi/proto/server.h>

#define GPI_TIMER_TYPE  "TIMER"
#define GPI_TIMER_IMAGE "timer"

enum gpi_timer_method {
    TIMER_SLEEP_UNTIL = GPI_SERVER_METHOD(0), /**< one word: the system counter's value at which it is answered */
    TIMER_STATS,                              /**< -> timer_stats */
    TIMER_WAIT_UNTIL, /**< as TIMER_SLEEP_UNTIL, or until the PD interrupts it. One at a time: GPI_ERR_STATE */
    TIMER_INTERRUPT,  /**< this PD's TIMER_WAIT_UNTIL is answered; if there is none, the next one at once */
};

struct timer_stats {
    seL4_Word sleepers;   /**< calls that are not answered yet */
    seL4_Word interrupts; /**< since it began */
    seL4_Word slept;      /**< calls that had to wait */
};

#endif
