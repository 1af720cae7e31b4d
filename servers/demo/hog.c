/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes memory until there is no more: its quota. Ends with how many MiB that were. */
#include <stdlib.h>

enum { PIECE = 64 << 10, PIECES_PER_MIB = 16, MOST = 64 };

int main(void)
{
    int pieces = 0;
    while (pieces < MOST * PIECES_PER_MIB && malloc(PIECE)) {
        pieces++;
    }
    return pieces / PIECES_PER_MIB;
}
