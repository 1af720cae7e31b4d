/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices of the machine, in the hands of guests. */
#ifndef INIT_DEVICES_H
#define INIT_DEVICES_H

#include "programs.h"

/**
 * Gives the program's PD, which does not run yet, what its `pass-through` names. What its VMM has to be told goes to `variable`, empty
 * if there is nothing. A gpi_error_t, with a note; what was given until then goes with the PD.
 */
int devices_give(struct program *program, char *variable, size_t size);
/** Its PD is no more: its devices are brought to rest, and others may have them; where that cannot be, only it may. */
void devices_forget(struct program *program);

#endif
