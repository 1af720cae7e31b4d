/* SPDX-License-Identifier: BSD-2-Clause */
/* The native shell: a client of init. */
#include "line.h"

#include <init.h>
#include <vm_command.h>

#include <gpi/timer.h>
#include <sel4gpi/pd_utils.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 32, LINE = 256, MIB = 1 << 20, KIB = 1 << 10 };

static seL4_CPtr init;
static bool leaving;

struct command {
    const char *name, *usage, *what;
    int least, most; /* arguments */
    int (*run)(int argc, char **argv);
};

static const char *state_of(const struct pd_info *info)
{
    return info->state == PD_ENDED ? "ended" : info->state == PD_NEW ? "new" : "runs";
}

static int ps(int argc, char **argv)
{
    struct pd_info info;
    (void)argc;
    (void)argv;
    printf("%6s %6s %-6s %4s %10s %10s  %s\n", "PD", "parent", "state", "cpus", "KiB", "ms", "name");
    for (gpi_obj_id_t id = BADGE_OBJ_ID_NULL; init_client_next_pd(init, id, &info) == GPI_OK; id = info.id) {
        if (info.state == PD_RUNNING) {
            printf("%6lu %6lu %-6s %4lu %10lu %10lu  %.*s\n", (unsigned long)info.id, (unsigned long)info.parent,
                   state_of(&info), (unsigned long)info.cpus, (unsigned long)info.memory / KIB,
                   (unsigned long)info.consumed / 1000, GPI_NAME_SIZE, info.name.text);
        }
    }
    return GPI_OK;
}

static int list(int argc, char **argv)
{
    static const char *const states[] = {"stopped", "runs", "refused"};
    struct init_info info = {0};
    (void)argc;
    (void)argv;
    printf("%-16s %-8s %6s %7s\n", "program", "state", "PD", "starts");
    for (seL4_Word at = 0; init_client_list(init, at, &info) == GPI_OK; at = info.number) {
        printf("%-16.*s %-8s %6lu %7lu\n", GPI_NAME_SIZE, info.name.text,
               info.state <= INIT_REFUSED ? states[info.state] : "?", (unsigned long)info.pd,
               (unsigned long)info.starts);
    }
    return GPI_OK;
}

static int mem(int argc, char **argv)
{
    struct pd_memory memory = {0};
    (void)argc;
    (void)argv;
    int error = init_client_memory(init, &memory);
    if (error == GPI_OK) {
        printf("memory: %lu MiB, %lu MiB free\n", (unsigned long)memory.total / MIB, (unsigned long)memory.free / MIB);
        printf("root task: %lu slots, %lu handles, %lu objects\n", (unsigned long)memory.slots,
               (unsigned long)memory.handles, (unsigned long)memory.objects);
    }
    return error;
}

static int kill_one(int argc, char **argv)
{
    (void)argc;
    int error = init_client_kill(init, argv[1]);
    if (error == GPI_ERR_RIGHTS) {
        printf("%s: must not be killed; 'log %s' may say why\n", argv[1], argv[1]);
        return GPI_OK;
    }
    return error;
}

static int run(int argc, char **argv)
{
    gpi_obj_id_t pd = BADGE_OBJ_ID_NULL;
    int error = init_client_start(init, argv[1], argc - 2, argv + 2, &pd);
    if (error == GPI_OK) {
        printf("%s: PD %lu\n", argv[1], (unsigned long)pd);
    }
    return error;
}

static int wait_for(int argc, char **argv)
{
    static const char *const reasons[] = {
        [PD_TERMINATED] = "killed",
        [PD_FAULTED] = "faulted",
        [PD_PARENT_ENDED] = "ended with its parent",
        [PD_SERVER_ENDED] = "ended with a server",
    };
    struct pd_end end = {0, 0};
    (void)argc;
    int error = init_client_wait(init, argv[1], &end);
    if (error == GPI_OK && end.reason == PD_EXITED) {
        printf("%s: exited, status %d\n", argv[1], (int)end.code);
    } else if (error == GPI_OK) {
        printf("%s: %s\n", argv[1], end.reason <= PD_SERVER_ENDED ? reasons[end.reason] : "ended");
    }
    return error;
}

/* As perf prints them. */
static void print_count(bool counted, seL4_Word value, const char *what)
{
    if (counted) {
        printf("%18lu      %s\n", (unsigned long)value, what);
    } else {
        printf("%18s      %s\n", "<not supported>", what);
    }
}

static int perf(int argc, char **argv)
{
    gpi_obj_id_t pd;
    struct pd_counts counts;
    if (strcmp(argv[1], "stat") != 0 || strcmp(argv[2], "run") != 0) {
        puts("usage: perf stat run NAME [ARGS]");
        return GPI_OK;
    }
    argv += 2;
    int error = init_client_start_counted(init, argv[1], argc - 4, argv + 2, &pd);
    error = error ? error : wait_for(2, argv);
    error = error ? error : init_client_counts(init, argv[1], &counts);
    if (error != GPI_OK) {
        printf("%s: %s\n", argv[1], gpi_strerror(error));
        return GPI_OK;
    }
    printf("\n Performance counter stats for '%s':\n\n", argv[1]);
    printf("%15lu.%02lu msec task-clock\n", (unsigned long)counts.consumed / 1000,
           (unsigned long)counts.consumed % 1000 / 10);
    print_count(counts.counted & PD_COUNTED_CYCLES, counts.cycles, "cycles:u");
    print_count(counts.counted & PD_COUNTED_INSTRUCTIONS, counts.instructions, "instructions:u");
    return GPI_OK;
}

static int show_log(int argc, char **argv)
{
    char text[INIT_LOG_SIZE];
    size_t offset = 0, length;
    (void)argc;
    for (;;) {
        int error = init_client_log(init, argv[1], offset, text, sizeof text, &length);
        if (error != GPI_OK || length == 0) {
            return error;
        }
        fwrite(text, 1, length, stdout);
        offset += length;
    }
}

static void print_line(void *cookie, const char *line)
{
    (void)cookie;
    puts(line);
}

static int vm(int argc, char **argv)
{
    char error[VM_COMMAND_ERROR];
    const struct vm_command command = {init, print_line, NULL, error};
    if (!vm_command(&command, argc - 1, argv + 1)) {
        puts(error);
    }
    return GPI_OK;
}

static int sleep_for(int argc, char **argv)
{
    char *end;
    unsigned long seconds = strtoul(argv[1], &end, 10);
    (void)argc;
    if (*end != '\0' || end == argv[1]) {
        printf("%s: is no number of seconds\n", argv[1]);
        return GPI_OK;
    }
    return gpi_sleep_us(seconds * 1000000);
}

static int leave(int argc, char **argv)
{
    leaving = true;
    return init_client_exit(init, argc > 1 ? atoi(argv[1]) : 0);
}

static int help(int argc, char **argv);

static const struct command commands[] = {
    {"ps", "", "all PDs: memory charged to each, time that each had", 0, 0, ps},
    {"list", "", "the programs of the system tree", 0, 0, list},
    {"mem", "", "memory of the machine", 0, 0, mem},
    {"kill", "NAME|ID", "ends a program, or any PD", 1, 1, kill_one},
    {"run", "NAME [ARGS]", "starts a program of the system tree", 1, ARGUMENTS, run},
    {"wait", "NAME", "waits until it has ended", 1, 1, wait_for},
    {"log", "NAME", "what happened to a program, and what it printed last", 1, 1, show_log},
    {"perf", "stat run NAME [ARGS]", "starts a program, and tells what it used when it has ended", 3, ARGUMENTS, perf},
    {"vm", "COMMAND [NAME]", "guests: list, or start, stop, pause, resume, reset, destroy, stat, dump NAME", 0,
     ARGUMENTS, vm},
    {"sleep", "SECONDS", "waits", 1, 1, sleep_for},
    {"exit", "[STATUS]", "ends the system", 0, 1, leave},
    {"poweroff", "", "the same", 0, 0, leave},
    {"help", "", "this list", 0, 0, help},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static int help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-8s %-14s %s\n", commands[i].name, commands[i].usage, commands[i].what);
    }
    return GPI_OK;
}

static void obey(int argc, char **argv)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *command = &commands[i];
        if (strcmp(argv[0], command->name) != 0) {
            continue;
        }
        if (argc - 1 < command->least || argc - 1 > command->most) {
            printf("usage: %s %s\n", command->name, command->usage);
            return;
        }
        int error = command->run(argc, argv);
        if (error != GPI_OK) {
            printf("%s: %s\n", argc > 1 ? argv[1] : argv[0], gpi_strerror(error));
        }
        return;
    }
    printf("%s: no such command; try help\n", argv[0]);
}

int main(void)
{
    char line[LINE], *argv[ARGUMENTS + 1];
    init = sel4gpi_get_rde((int)sel4gpi_get_resource_type_code(INIT_TYPE));
    if (!init) {
        puts("shell: no entry for INIT in the directory");
        return 1;
    }
    puts("vesicle: native shell; help lists commands");
    while (!leaving && line_read("$ ", line, sizeof line)) {
        int argc = 0;
        char *rest = line;
        for (char *word; argc < ARGUMENTS && (word = strtok_r(rest, " \t", &rest)) != NULL;) {
            argv[argc++] = word;
        }
        argv[argc] = NULL;
        if (argc > 0) {
            obey(argc, argv);
        }
    }
    return leaving ? 0 : leave(0, NULL);
}
