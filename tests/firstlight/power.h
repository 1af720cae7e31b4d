/* SPDX-License-Identifier: BSD-2-Clause */
/* How the system ends. */
#ifndef FIRSTLIGHT_POWER_H
#define FIRSTLIGHT_POWER_H

/** Writes the status as the last record and switches the machine off. */
_Noreturn void power_end(int status);

/** The system cannot go on: says why and ends with status 1. Not for the exit path. */
_Noreturn void power_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
