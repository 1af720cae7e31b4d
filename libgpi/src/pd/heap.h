/* SPDX-License-Identifier: BSD-2-Clause */
/* The heap of a PD: its HEAP region, which the root task makes longer when it is used up. */
#ifndef GPI_PD_HEAP_H
#define GPI_PD_HEAP_H

void gpi_pd_heap_init(void);

#endif
