/* SPDX-License-Identifier: BSD-2-Clause */
/* The first PD: what the root task starts by itself, from the file `init` of the boot archive. */
#ifndef ROOTTASK_BOOT_H
#define ROOTTASK_BOOT_H

#include <gpi/error.h>

#define BOOT_IMAGE "init"

/** Starts it, with all rights; says on the console what went wrong if it cannot. */
gpi_error_t boot_first_pd(void);

#endif
