/* SPDX-License-Identifier: BSD-2-Clause */
/* The build machine as an architecture: what its functions recorded, together. */
#ifndef ARCH_FAKE_FAKE_H
#define ARCH_FAKE_FAKE_H

/** Forgets everything recorded; time 0, no preemption. */
void fake_reset(void);

#endif
