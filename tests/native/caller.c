/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls init, the console server and the timer, one after the other for ever, with whatever time it has been given. */
#include <gpi/console.h>
#include <gpi/proto/console.h>
#include <gpi/server_call.h>
#include <gpi/timer.h>
#include <init.h>
#include <sel4gpi/pd_utils.h>
#include <string.h>

static seL4_CPtr entry(const char *type)
{
    return sel4gpi_get_rde((int)sel4gpi_get_resource_type_code((char *)(uintptr_t)type));
}

static void ask_init(void)
{
    seL4_CPtr init = entry(INIT_TYPE);
    struct init_info info;
    struct pd_memory memory;
    char text[INIT_LOG_SIZE];
    size_t length;
    init_client_list(init, 0, &info);
    init_client_find(init, "shell", &info);
    init_client_memory(init, &memory);
    init_client_log(init, "count", 0, text, sizeof text, &length);
}

int main(void)
{
    struct gpi_name name = {"caller"};
    struct console_opened console;
    if (gpi_server_call(sel4gpi_get_rde(GPICAP_TYPE_CONSOLE), CONSOLE_OPEN, &name, GPI_WORDS(name), &console,
                        GPI_WORDS(console)) != GPI_OK) {
        return 1;
    }
    for (;;) {
        ask_init();
        if (gpi_server_call(console.console, CONSOLE_WAIT_ROOM, NULL, 0, NULL, 0) != GPI_OK) {
            return 2;
        }
        gpi_sleep_us(1); /* while the timer is started again there is none */
    }
}
