/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeps for an hour. */
#include <gpi/timer.h>

int main(void)
{
    return gpi_sleep_us(3600000000);
}
