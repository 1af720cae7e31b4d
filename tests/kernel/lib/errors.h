/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods that fail, and the words that say why. `call` is the method, its value a seL4_Error. */
#ifndef ERRORS_H
#define ERRORS_H

#include "test.h"
#include <sel4/sel4.h>

/** InvalidArgument or InvalidCapability: which argument. */
#define CHECK_ARGUMENT(call, error, argument)                                                                          \
    do {                                                                                                               \
        CHECK_EQ(call, error);                                                                                         \
        CHECK_EQ(seL4_GetMR(0), argument);                                                                             \
    } while (0)
#define CHECK_INVALID_ARGUMENT(call, argument)   CHECK_ARGUMENT(call, seL4_InvalidArgument, argument)
#define CHECK_INVALID_CAPABILITY(call, argument) CHECK_ARGUMENT(call, seL4_InvalidCapability, argument)

/** RangeError: from where to where. */
#define CHECK_RANGE_ERROR(call, least, greatest)                                                                       \
    do {                                                                                                               \
        CHECK_EQ(call, seL4_RangeError);                                                                               \
        CHECK_EQ(seL4_GetMR(0), least);                                                                                \
        CHECK_EQ(seL4_GetMR(1), greatest);                                                                             \
    } while (0)

/** FailedLookup: of the source or not, and the kind of failure. Its further words are at seL4_GetMR(2). */
#define CHECK_FAILED_LOOKUP(call, source, failure)                                                                     \
    do {                                                                                                               \
        CHECK_EQ(call, seL4_FailedLookup);                                                                             \
        CHECK_EQ(seL4_GetMR(0), source);                                                                               \
        CHECK_EQ(seL4_GetMR(1), failure);                                                                              \
    } while (0)

/** NotEnoughMemory: what there is. */
#define CHECK_NOT_ENOUGH_MEMORY(call, available)                                                                       \
    do {                                                                                                               \
        CHECK_EQ(call, seL4_NotEnoughMemory);                                                                          \
        CHECK_EQ(seL4_GetMR(0), available);                                                                            \
    } while (0)

#endif
