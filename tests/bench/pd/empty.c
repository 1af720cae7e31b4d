/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that does nothing, but say when it began if there is a page to write to: its argument is the address. */
#include "../counters.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc > 0) {
        struct counters now = counters_now();
        volatile seL4_Word *begun = (volatile seL4_Word *)strtoul(argv[0], NULL, 10);
        begun[0] = now.insns;
        begun[1] = now.ticks;
    }
    return 0;
}
