/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BARE_CPUS_H
#define BARE_CPUS_H

#define MAX_CPUS   8
#define STACK_SIZE 8192

#endif
