/* SPDX-License-Identifier: BSD-2-Clause */
/* A process for others to start: exits with the sum of its arguments. */
#include <stdlib.h>

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 0; i < argc; i++) {
        total += atoi(argv[i]);
    }
    return total;
}
