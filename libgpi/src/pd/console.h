/* SPDX-License-Identifier: BSD-2-Clause */
/* The console of a PD, if the directory has a server for it. */
#ifndef GPI_PD_CONSOLE_H
#define GPI_PD_CONSOLE_H

/** From now on stdio goes to the PD's console. It is asked for when it is first used. */
void gpi_pd_console_init(void);

#endif
