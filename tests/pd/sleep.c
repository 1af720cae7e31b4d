/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeps for an hour; with the argument 1, asks the timer for ever, and is ready after the first time. */
#include <gpi/timer.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <stdlib.h>

static int ask_for_ever(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    int error = gpi_sleep_us(1);
    pd_client_ready(&self, 0);
    while (error == 0) {
        error = gpi_sleep_us(1);
    }
    return error;
}

int main(int argc, char **argv)
{
    return argc > 0 && atoi(argv[0]) == 1 ? ask_for_ever() : gpi_sleep_us(3600000000);
}
