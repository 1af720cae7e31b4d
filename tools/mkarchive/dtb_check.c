/* SPDX-License-Identifier: BSD-2-Clause */
#include "dtb_check.h"

#include <libfdt.h>
#include <stdio.h>

bool dtb_check(const void *data, size_t size, struct fault *fault)
{
    int error = size < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_full(data, size);
    if (error != 0) {
        snprintf(fault->text, sizeof(fault->text), "not a sound device tree (%s)", fdt_strerror(error));
    }
    return error == 0;
}
