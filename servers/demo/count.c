/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts once a second. */
#include <gpi/timer.h>
#include <stdio.h>

enum { SECOND = 1000000 };

int main(void)
{
    uint64_t next = gpi_time_us();
    for (unsigned n = 1;; n++) {
        printf("%u\n", n);
        next += SECOND;
        int error = gpi_sleep_until_us(next);
        if (error != 0) {
            printf("count: cannot sleep: %d\n", error);
            return 1;
        }
    }
}
