/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that does nothing. Its status, of 32 bits, is the count of instructions when its main began, or the time if they are not counted. */
#include "../counters.h"

int main(void)
{
    struct counters now = counters_now();
    return (int)(counters_count() ? now.insns : now.ticks);
}
