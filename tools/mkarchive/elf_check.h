/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MKARCHIVE_ELF_CHECK_H
#define MKARCHIVE_ELF_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

/** Whether the file calls itself an ELF file (its magic number says so). */
bool elf_claims(const void *data, size_t size);

/**
 * Checks that a file is a program the machine can run in place: a static AArch64 executable whose segments
 * lie in the file, share no page, map page by page, and are never writable and executable at once.
 *
 * @param data   the whole file
 * @param size   its size in bytes
 * @param fault  filled when false is returned
 */
bool elf_check(const void *data, size_t size, struct fault *fault);

#endif
