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

/** Describes it as it stands: a text of the guest's, until the next one is asked for. */
const char *control_dump(struct guest *guest, size_t *length);

/** Starts the thread that signals `watchdog` when a vCPU has done nothing for the seconds of the node. A gpi_error_t. */
int control_watch(struct guest *guest);
/** It was signalled: a guest that still hangs is described, and ends as crashed. */
void control_bite(struct guest *guest);

#endif
