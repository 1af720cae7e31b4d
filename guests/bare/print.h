/* SPDX-License-Identifier: BSD-2-Clause */
/* Text out by the PL011. */
#ifndef BARE_PRINT_H
#define BARE_PRINT_H

#include <stdint.h>

void put(char c);
void put_text(const char *text);
void put_hex(uint64_t value);
void put_number(uint64_t value);
/** Text and a number, and a space before. */
void say(const char *text, uint64_t value);

#endif
