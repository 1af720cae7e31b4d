/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel needs of a core. */
#ifndef ARCH_AARCH64_FEATURES_H
#define ARCH_AARCH64_FEATURES_H

/** Why the kernel cannot run on the calling core, as started in state `start` (START_*); null if it can. */
const char *features_missing(unsigned start);

#endif
