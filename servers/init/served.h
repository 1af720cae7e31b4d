/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of guests whose registers other programs of the tree serve: who does, now and when it was started again. */
#ifndef INIT_SERVED_H
#define INIT_SERVED_H

#include "programs.h"

/**
 * Gives the guest's VMM, which does not run yet, entries for the servers of its devices, and a page that always says where they serve
 * (gpi/proto/device.h). What it has to be told goes to `variable`, empty if there is nothing. A gpi_error_t, with a note.
 */
int served_give(struct program *guest, pd_config_t *cfg, char *variable, size_t size);
/** The VMM is no more. */
void served_forget(struct program *guest);
/** A program serves, or (its space is BADGE_SPACE_ID_NULL) does not any more: VMMs whose guests have devices of it see that. */
void served_changed(const struct program *server);

#endif
