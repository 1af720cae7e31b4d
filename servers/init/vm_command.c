/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm_command.h"

#include "init.h"

#include <gpi/timer.h>
#include <sel4/sel4.h>
#include <sel4gpi/vm_clientapi.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 120, MIB = 1 << 20, WAIT_SECONDS = 10, LOOK_US = 1000, US = 1000000 };

static void say(const struct vm_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(const struct vm_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct vm_command *command, const char *format, ...)
{
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    command->line(command->cookie, line);
}

static bool fail(const struct vm_command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command->error, VM_COMMAND_ERROR, format, arguments);
    va_end(arguments);
    return false;
}

/* What is left of one that does not run. */
static const char *end_words(const struct init_info *info)
{
    if (info->state == INIT_REFUSED) {
        return "refused";
    }
    if (info->starts == 0 || info->end.reason == PD_TERMINATED) {
        return "off";
    }
    return info->end.reason == PD_EXITED ? vm_client_exit_words(info->end.code) : "crashed: its VMM";
}

/* One that runs: its state, for which its VMM is asked. */
static const char *ask_state(const struct init_info *info, struct gpi_vm_stat *stat)
{
    seL4_CPtr vm = vm_client_find(info->vm);
    if (!vm || vm_client_stat(vm, stat) != GPI_OK) {
        return info->vm == BADGE_SPACE_ID_NULL ? "starting" : "running";
    }
    return stat->state == GPI_VM_PAUSED ? "paused" : "running";
}

static bool list(const struct vm_command *command)
{
    struct init_info info = {0};
    say(command, "%-16s %6s %5s %6s %8s  %s", "guest", "PD", "vCPUs", "MiB", "ms", "state");
    for (seL4_Word at = 0; init_client_list(command->init, at, &info) == GPI_OK; at = info.number) {
        struct gpi_vm_stat stat = {0};
        if (!info.guest) {
            continue;
        }
        bool runs = info.state == INIT_RUNNING;
        const char *state = runs ? ask_state(&info, &stat) : end_words(&info);
        say(command, "%-16.*s %6lu %5lu %6lu %8lu  %s", GPI_NAME_SIZE, info.name.text,
            runs ? (unsigned long)info.pd : 0ul, (unsigned long)stat.vcpus, (unsigned long)stat.ram / MIB,
            (unsigned long)stat.consumed / 1000, state);
    }
    return true;
}

static void show_stat(const struct vm_command *command, const struct init_info *info, const struct gpi_vm_stat *stat)
{
    say(command, "state    %s", stat->state == GPI_VM_PAUSED ? "paused" : "running");
    say(command, "vCPUs    %lu, on: 0x%lx", (unsigned long)stat->vcpus, (unsigned long)stat->on);
    say(command, "RAM      %lu MiB", (unsigned long)stat->ram / MIB);
    say(command, "time     %lu ms; stood still %lu ms", (unsigned long)stat->consumed / 1000,
        (unsigned long)stat->paused / 1000);
    say(command, "starts   %lu, resets %lu", (unsigned long)info->starts, (unsigned long)stat->resets);
    for (seL4_Word i = 0; i < stat->classes && i < GPI_VM_CLASSES; i++) {
        say(command, "exits    %lu by %s", (unsigned long)stat->exits[i].count,
            vm_client_class_words(stat->exits[i].ec));
    }
    say(command, "refused  %lu accesses", (unsigned long)stat->refused);
    if (stat->psci_at != 0) {
        say(command, "PSCI     called at 0x%lx", (unsigned long)stat->psci_at);
    }
    if (stat->kernel_exits + stat->vmm_exits > 0) {
        say(command, "kernel   %lu exits ended there, %lu went to the VMM", (unsigned long)stat->kernel_exits,
            (unsigned long)stat->vmm_exits);
    } else {
        say(command, "kernel   does not count exits");
    }
}

static int stat(const struct vm_command *command, const struct init_info *info, seL4_CPtr vm)
{
    struct gpi_vm_stat stat;
    int error = vm_client_stat(vm, &stat);
    if (error == GPI_OK) {
        show_stat(command, info, &stat);
    }
    return error;
}

/* Lines, which may go over the pieces' borders. */
static int dump(const struct vm_command *command, const struct init_info *info, seL4_CPtr vm)
{
    char piece[GPI_VM_TEXT_SIZE], line[LINE];
    size_t offset = 0, length, used = 0;
    int error;
    (void)info;
    while ((error = vm_client_dump(vm, offset, piece, sizeof piece, &length)) == GPI_OK && length > 0) {
        for (size_t i = 0; i < length; i++) {
            if (piece[i] != '\n' && used + 1 < sizeof line) {
                line[used++] = piece[i];
            } else if (piece[i] == '\n') {
                line[used] = '\0';
                used = 0;
                command->line(command->cookie, line);
            }
        }
        offset += length;
    }
    return error;
}

static int pause(const struct vm_command *command, const struct init_info *info, seL4_CPtr vm)
{
    (void)command;
    (void)info;
    return vm_client_pause(vm);
}

static int resume(const struct vm_command *command, const struct init_info *info, seL4_CPtr vm)
{
    (void)command;
    (void)info;
    return vm_client_resume(vm);
}

static int reset(const struct vm_command *command, const struct init_info *info, seL4_CPtr vm)
{
    (void)command;
    (void)info;
    return vm_client_reset(vm);
}

/* Until init knows that this VMM has ended, or, if that is enough, is ready. Not for ever. */
static void wait_for_init(const struct vm_command *command, const char *name, gpi_obj_id_t pd, bool ready)
{
    struct init_info now;
    uint64_t limit = gpi_time_us() + (uint64_t)WAIT_SECONDS * US;
    while (init_client_find(command->init, name, &now) == GPI_OK && now.state == INIT_RUNNING && now.pd == pd &&
           !(ready && now.vm != BADGE_SPACE_ID_NULL) && gpi_time_us() < limit) {
        if (gpi_sleep_us(LOOK_US) != GPI_OK) {
            seL4_Yield();
        }
    }
}

/* So that it can be started again. */
static int stop(const struct vm_command *command, const struct init_info *info, seL4_CPtr vm)
{
    char name[GPI_NAME_SIZE + 1] = "";
    memcpy(name, info->name.text, GPI_NAME_SIZE);
    int error = vm_client_stop(vm);
    if (error == GPI_OK) {
        wait_for_init(command, name, info->pd, false);
    }
    return error;
}

static const struct {
    const char *name;
    int (*run)(const struct vm_command *command, const struct init_info *info, seL4_CPtr vm);
} asked[] = {{"stat", stat}, {"dump", dump}, {"pause", pause}, {"resume", resume}, {"reset", reset}, {"stop", stop}};
enum { ASKED = sizeof asked / sizeof asked[0] };

static bool answer(const struct vm_command *command, const char *name, const char *what, int error)
{
    return error == GPI_OK || fail(command, "%s: %s: %s", name, what, gpi_strerror(error));
}

/* Of one that runs. */
static bool ask(const struct vm_command *command, const char *what, const struct init_info *info, const char *name)
{
    if (info->state != INIT_RUNNING) {
        return fail(command, "%s: does not run (%s)", name, end_words(info));
    }
    seL4_CPtr vm = vm_client_find(info->vm);
    if (!vm) {
        return fail(command, info->vm == BADGE_SPACE_ID_NULL ? "%s: is not ready yet" : "%s: not yours to control",
                    name);
    }
    for (size_t i = 0; i < ASKED; i++) {
        if (strcmp(what, asked[i].name) == 0) {
            int error = asked[i].run(command, info, vm);
            if (error == GPI_ERR_STATE && (asked[i].run == pause || asked[i].run == resume)) {
                return fail(command, asked[i].run == pause ? "%s: is paused already" : "%s: is not paused", name);
            }
            return answer(command, name, what, error);
        }
    }
    return fail(command, "%s: no such command; there are list, start, stop, pause, resume, reset, destroy, stat, dump",
                what);
}

static bool start(const struct vm_command *command, const struct init_info *info, const char *name)
{
    gpi_obj_id_t pd;
    if (info->state == INIT_RUNNING) {
        return fail(command, "%s: runs already", name);
    }
    int error = init_client_start(command->init, name, 0, NULL, &pd);
    if (error == GPI_OK) {
        wait_for_init(command, name, pd, true); /* what is asked of it next is answered */
    }
    return answer(command, name, "start", error);
}

bool vm_command(const struct vm_command *command, int argc, char *const *argv)
{
    struct init_info info;
    const char *what = argc > 0 ? argv[0] : "list", *name = argc > 1 ? argv[1] : NULL;
    if (argc < 2 && strcmp(what, "list") == 0) {
        return list(command);
    }
    if (argc != 2) {
        return fail(command, "usage: vm list, or vm start|stop|pause|resume|reset|destroy|stat|dump NAME");
    }
    if (init_client_find(command->init, name, &info) != GPI_OK || !info.guest) {
        return fail(command, "%s: there is no such guest", name);
    }
    if (strcmp(what, "start") == 0) {
        return start(command, &info, name);
    }
    if (strcmp(what, "destroy") == 0) {
        return info.state == INIT_RUNNING ? answer(command, name, what, init_client_kill(command->init, name))
                                          : fail(command, "%s: does not run (%s)", name, end_words(&info));
    }
    return ask(command, what, &info, name);
}
