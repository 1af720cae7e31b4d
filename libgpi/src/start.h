/* SPDX-License-Identifier: BSD-2-Clause */
/* Between start.S and main. */
#ifndef GPI_START_H
#define GPI_START_H

#include <sel4/types.h>

/** Sets up the first thread and calls main. Does not return. */
_Noreturn void gpi_start(seL4_BootInfo *bi);

#endif
