/* SPDX-License-Identifier: BSD-2-Clause */
/* What the locks of a process need once it has several threads. */
#ifndef GPI_PD_LOCK_H
#define GPI_PD_LOCK_H

/** Before a second thread is made. 0, or a gpi_error_t. */
int gpi_pd_lock_init(void);

#endif
