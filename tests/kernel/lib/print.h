/* SPDX-License-Identifier: BSD-2-Clause */
/* Output that leaves the floating-point registers alone. */
#ifndef PRINT_H
#define PRINT_H

#include <sel4/types.h>

void print_text(const char *text);
void print_decimal(seL4_Word value);
void print_hex(seL4_Word value);

#endif
