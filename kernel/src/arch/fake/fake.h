/* SPDX-License-Identifier: BSD-2-Clause */
/* The build machine as an architecture: what its functions recorded, together. */
#ifndef ARCH_FAKE_FAKE_H
#define ARCH_FAKE_FAKE_H

/** What the kernel printed, as far as there is room. */
extern char fake_console[1 << 16];

/** Forgets everything recorded; time 0, no preemption. */
void fake_reset(void);

#endif
