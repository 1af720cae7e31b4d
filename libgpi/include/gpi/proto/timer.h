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
};

struct timer_stats {
    seL4_Word sleepers;   /**< calls that are not answered yet */
    seL4_Word interrupts; /**< since it began */
    seL4_Word slept;      /**< calls that had to wait */
};

#endif
