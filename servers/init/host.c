/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"

#include "vm_command.h"

#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_creation.h>
#include <stdio.h>
#include <string.h>

enum { PRIORITY = 199, WORDS = 8, NUMBER = 24, RETRY_US = 1000 };

static struct {
    console_control_t control;
    seL4_CPtr init;
} host;

/* There is room when the host has taken what stands there. */
static void send(const char *record)
{
    while (console_control_record(&host.control, record) == GPI_ERR_STATE) {
        if (gpi_sleep_us(RETRY_US) != GPI_OK) {
            seL4_Yield();
        }
    }
}

static void send_line(void *cookie, const char *line)
{
    char record[GPI_CONSOLE_RECORD_SIZE];
    snprintf(record, sizeof record, "vm %s | %s", (const char *)cookie, line);
    send(record);
}

static void obey(char *record)
{
    char *words[WORDS], *rest = record, error[VM_COMMAND_ERROR], number[NUMBER], answer[GPI_CONSOLE_RECORD_SIZE];
    int count = 0;
    for (char *word; count < WORDS && (word = strtok_r(rest, " ", &rest)) != NULL;) {
        words[count++] = word;
    }
    if (count < 2 || strcmp(words[0], "vm") != 0) {
        return;
    }
    snprintf(number, sizeof number, "%s", words[1]);
    const struct vm_command command = {host.init, send_line, number, error};
    bool done = vm_command(&command, count - 2, words + 2);
    snprintf(answer, sizeof answer, "vm %s %s%s", number, done ? "ok" : "error ", done ? "" : error);
    send(answer);
}

static void listen(int argc, char **argv)
{
    char record[GPI_CONSOLE_RECORD_SIZE + 1];
    (void)argc;
    (void)argv;
    while (console_control_next(&host.control, record, sizeof record) == GPI_OK) {
        obey(record);
    }
}

int host_listen(const console_control_t *control, seL4_CPtr init)
{
    static sel4gpi_runnable_t thread;
    host.control = *control;
    host.init = init;
    pd_config_t *cfg = sel4gpi_configure_thread((void *)listen, NULL, &thread);
    if (!cfg) {
        return GPI_ERR_NO_MEMORY;
    }
    cfg->cpu_prio = PRIORITY;
    int error = sel4gpi_prepare_pd(cfg, &thread, 0, NULL);
    sel4gpi_config_destroy(cfg);
    error = error ? error : pd_client_set_name(&thread.pd, "init.host");
    return error ? error : sel4gpi_start_pd(&thread);
}
