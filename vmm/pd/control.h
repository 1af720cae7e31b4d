/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be asked of a guest while it runs. On the main thread. */
#ifndef VMM_PD_CONTROL_H
#define VMM_PD_CONTROL_H

#include "guest.h"

void control_stat(struct guest *guest, struct gpi_vm_stat *stat);

/** False if it is paused already. */
bool control_pause(struct guest *guest);
/** False if it is not paused. */
bool control_resume(struct guest *guest);

#endif
