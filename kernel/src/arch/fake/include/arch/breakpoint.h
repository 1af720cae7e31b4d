/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake architecture has no debug registers, only numbers of them. */
#ifndef FAKE_ARCH_BREAKPOINT_H
#define FAKE_ARCH_BREAKPOINT_H

#include "../../../aarch64/include/arch/breakpoint.h"

#endif
