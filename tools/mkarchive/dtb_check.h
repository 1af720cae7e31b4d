/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MKARCHIVE_DTB_CHECK_H
#define MKARCHIVE_DTB_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

/**
 * Checks the whole structure of a flattened device tree.
 *
 * @param data   the whole file
 * @param size   its size in bytes
 * @param fault  filled when false is returned
 */
bool dtb_check(const void *data, size_t size, struct fault *fault);

#endif
