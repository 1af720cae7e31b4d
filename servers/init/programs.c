/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs.h"

#include "archive.h"
#include "devices.h"
#include "machine.h"
#include "served.h"

#include <gpi/proto/vm.h>
#include <gpi/server_call.h>
#include <gpi/timer.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/vm_clientapi.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, TOLD = 5 /* variables, see tell_vmm() */ };

struct programs programs;
extern char **environ;

void program_note(struct program *program, const char *format, ...)
{
    char line[200];
    uint64_t now = gpi_time_us();
    va_list arguments;
    int length = snprintf(line, sizeof line, "[%5lu.%06lu] %s: ", (unsigned long)(now / SECOND),
                          (unsigned long)(now % SECOND), program->config.name);
    va_start(arguments, format);
    vsnprintf(line + length, sizeof line - (size_t)length, format, arguments);
    va_end(arguments);
    puts(line);
    program->log = program->log ? program->log : calloc(1, PROGRAM_LOG_SIZE);
    size_t size = strlen(line) + 1;
    if (!program->log) {
        return;
    }
    /* Without room the oldest lines go. */
    while (program->logged + size >= PROGRAM_LOG_SIZE) {
        size_t oldest = (size_t)(strchr(program->log, '\n') - program->log) + 1;
        memmove(program->log, program->log + oldest, program->logged - oldest + 1);
        program->logged -= oldest;
    }
    memcpy(program->log + program->logged, line, size);
    program->logged += size;
    memcpy(program->log + program->logged - 1, "\n", 2);
}

struct program *program_find(const char *name)
{
    char *end;
    unsigned long id = strtoul(name, &end, 10);
    for (struct program *program = programs.first; program; program = program->next) {
        if (strcmp(program->config.name, name) == 0 ||
            (*end == '\0' && id != BADGE_OBJ_ID_NULL && program->pd == id && program->state == INIT_RUNNING)) {
            return program;
        }
    }
    return NULL;
}

int programs_add_entry(pd_config_t *cfg, gpi_cap_t type, gpi_space_id_t space, unsigned rights)
{
    sel4gpi_add_rde_config(cfg, type, space);
    if (cfg->ads_cfg.incomplete) {
        return GPI_ERR_NO_MEMORY;
    }
    ((rde_config_t *)cfg->rde_cfg->tail->data)->rights = rights;
    return GPI_OK;
}

/* For all that run now; later ones are shared when they are ready. */
static int grant_guests(pd_config_t *cfg, gpi_cap_t type, unsigned rights)
{
    int error = GPI_OK;
    for (struct program *p = programs.first; p && error == GPI_OK; p = p->next) {
        if (p->config.guest && p->state == INIT_RUNNING && p->space != BADGE_SPACE_ID_NULL) {
            error = programs_add_entry(cfg, type, p->space, rights);
        }
    }
    return error;
}

/* An entry of the directory, with no more rights than these. There is one of each type at most. */
static int grant(struct program *program, pd_config_t *cfg, const char *property, const char *type_name,
                 unsigned rights)
{
    gpi_cap_t type = sel4gpi_get_resource_type_code((char *)(uintptr_t)type_name);
    if (strcmp(type_name, GPI_VM_TYPE) == 0) {
        return grant_guests(cfg, type, rights);
    }
    if (type == GPICAP_TYPE_NONE || !sel4gpi_get_rde((int)type)) {
        if (program->config.guest) {
            return GPI_OK; /* a timer, with which its VMM could do more */
        }
        program_note(program, "%s: \"%s\": nobody serves that", property, type_name);
        return GPI_ERR_NOT_FOUND;
    }
    for (linked_list_node_t *node = cfg->rde_cfg ? cfg->rde_cfg->head : NULL; node; node = node->next) {
        rde_config_t *rde = node->data;
        if (rde->type == type) {
            rde->rights |= rights;
            return GPI_OK;
        }
    }
    return programs_add_entry(cfg, type, BADGE_SPACE_ID_NULL, rights);
}

static int grant_all(struct program *program, pd_config_t *cfg)
{
    const struct program_config *config = &program->config;
    int error = GPI_OK;
    /* What every process gets is what init has, less the right to see all others. */
    for (linked_list_node_t *node = cfg->rde_cfg ? cfg->rde_cfg->head : NULL; node; node = node->next) {
        ((rde_config_t *)node->data)->rights = GPI_RIGHTS_ALL;
    }
    for (const char *type = NULL; error == GPI_OK && (type = words_next(&config->rights, type)) != NULL;) {
        error = grant(program, cfg, "rights", type, GPI_RIGHTS_ALL);
    }
    for (const char *type = NULL; error == GPI_OK && (type = words_next(&config->system_rights, type)) != NULL;) {
        error = grant(program, cfg, "system-rights", type, GPI_RIGHTS_ALL | GPI_RIGHT_SYSTEM);
    }
    return error == GPI_OK && config->console && sel4gpi_get_rde(GPICAP_TYPE_CONSOLE)
               ? grant(program, cfg, "console", "CONSOLE", GPI_RIGHTS_ALL)
               : error;
}

/* As an array, ended by null. */
static char **words_to_array(const struct words *words, int *count)
{
    *count = 0;
    for (const char *word = NULL; (word = words_next(words, word)) != NULL;) {
        ++*count;
    }
    char **array = calloc((size_t)*count + 1 + TOLD, sizeof *array);
    int i = 0;
    for (const char *word = NULL; array && (word = words_next(words, word)) != NULL;) {
        array[i++] = (char *)(uintptr_t)word;
    }
    return array;
}

/* What a guest's VMM is told besides what the tree says. Adds to an environment that has room for it. */
static int tell_vmm(struct program *program, pd_config_t *cfg, char **environment, int variables)
{
    static char node[64], seed[80], boot_time[40], devices[32], served[40];
    char digits[65];
    int error = served_give(program, cfg, served, sizeof served);
    error = error ? error : devices_give(program, devices, sizeof devices);
    if (devices[0] != '\0') {
        environment[variables++] = devices;
    }
    if (served[0] != '\0') {
        environment[variables++] = served;
    }
    snprintf(node, sizeof node, "NODE=%s", program->config.name);
    environment[variables++] = node;
    if (machine_boot_time()) {
        snprintf(boot_time, sizeof boot_time, "BOOT_TIME=%lu", machine_boot_time());
        environment[variables++] = boot_time;
    }
    if (machine_seed(digits, sizeof digits)) {
        snprintf(seed, sizeof seed, "SEED=%s", digits);
        environment[variables++] = seed;
    }
    return error;
}

/* What was wrong with a configuration, in the words of the tree. */
static void say_refused(struct program *program, int error)
{
    static const struct {
        const char *field, *property;
    } words[] = {{"ads_cfg.image_name", "image"}, {"cpu_prio", "priority"}, {"args", "arguments"}};
    const char *why = sel4gpi_config_error();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].field);
        if (strncmp(why, words[i].field, length) == 0) {
            program_note(program, "%s%s", words[i].property, why + length);
            return;
        }
    }
    program_note(program, "cannot be made: %s", *why ? why : gpi_strerror(error));
}

static int prepare(struct program *program, pd_config_t *cfg, int argc, char *const *argv)
{
    const struct program_config *config = &program->config;
    int tree_argc, variables;
    char **tree_argv = words_to_array(&config->arguments, &tree_argc);
    char **environment = words_to_array(&config->environment, &variables), **own = environ;
    int error = tree_argv && environment ? grant_all(program, cfg) : GPI_ERR_NO_MEMORY;
    if (error == GPI_OK && config->guest) {
        error = tell_vmm(program, cfg, environment, variables);
    }
    if (error == GPI_OK) {
        cfg->cpu_prio = (int)config->priority;
        cfg->quota = config->memory;
        environ = environment; /* a new process gets its creator's */
        error = sel4gpi_prepare_pd_strings(cfg, &program->runnable, argc < 0 ? tree_argc : argc,
                                           argc < 0 ? tree_argv : argv);
        environ = own;
        if (error != GPI_OK) {
            say_refused(program, error);
        }
    }
    free(tree_argv);
    free(environment);
    return error;
}

static int set_time(struct program *program)
{
    const struct program_config *config = &program->config;
    if (!config->core && !config->budget) {
        return GPI_OK;
    }
    enum { SLICE = 10000 };
    uint64_t budget = config->budget ? config->budget : SLICE, period = config->budget ? config->period : SLICE;
    int error = cpu_client_set_time(&program->runnable.cpu, config->core, budget, period);
    if (error != GPI_OK) {
        program_note(program, "core, budget-us: core %u, %u in %u us: %s", config->core, config->budget, config->period,
                     gpi_strerror(error));
    }
    return error;
}

/* All that may use the server, and were started before it came (again). */
static void share_with_all(gpi_space_id_t space)
{
    struct pd_rde rde = {GPICAP_TYPE_NONE, space};
    gpi_cap_t console = GPICAP_TYPE_CONSOLE;
    for (struct program *program = programs.first; program; program = program->next) {
        for (const char *type = NULL;
             program->state == INIT_RUNNING && (type = words_next(&program->config.rights, type)) != NULL;) {
            rde.type = sel4gpi_get_resource_type_code((char *)(uintptr_t)type);
            if (sel4gpi_get_rde_by_space_id(space, rde.type)) {
                pd_client_share_rde_rights(&program->runnable.pd, rde.type, space, GPI_RIGHTS_ALL);
            }
        }
        if (program->state == INIT_RUNNING && program->config.console && sel4gpi_get_rde_by_space_id(space, console)) {
            pd_client_share_rde_rights(&program->runnable.pd, console, space, GPI_RIGHTS_ALL);
        }
    }
}

/* Waits until it serves; its directory entry is the beginning of all others'. */
static int begin_to_serve(struct program *program)
{
    seL4_Word space = BADGE_SPACE_ID_NULL;
    int error = pd_client_wait_ready(&program->runnable.pd, &space);
    error = error ? error : pd_client_take_rde(&program->runnable.pd, GPICAP_TYPE_NONE, space, NULL);
    if (error != GPI_OK) {
        program_note(program, "server: it does not serve: %s", gpi_strerror(error));
        return error;
    }
    program->space = space;
    served_changed(program);
    seL4_CPtr console = sel4gpi_get_rde_by_space_id(space, GPICAP_TYPE_CONSOLE);
    struct console_control_port port;
    if (console && gpi_server_call(console, CONSOLE_CONTROL, NULL, 0, &port, GPI_WORDS(port)) == GPI_OK) {
        programs.control.ep = port.control;
    }
    share_with_all(space);
    return GPI_OK;
}

static bool is_ready(struct program *program)
{
    struct pd_info info;
    if (pd_client_get_info(&program->runnable.pd, &info) != GPI_OK || !info.ready ||
        pd_client_take_rde(&program->runnable.pd, GPICAP_TYPE_NONE, info.ready_word, NULL) != GPI_OK) {
        return false;
    }
    program->space = info.ready_word;
    return true;
}

void programs_find_guests(void)
{
    for (struct program *program = programs.first; program; program = program->next) {
        if (program->config.guest && program->state == INIT_RUNNING && program->space == BADGE_SPACE_ID_NULL &&
            is_ready(program)) {
            share_with_all(program->space);
        }
    }
}

/* Before it opens its console. */
static void tell_host_of_stream(const struct program_config *config, const char *name)
{
    char record[GPI_CONSOLE_RECORD_SIZE];
    if (config->stream && programs.control.ep) {
        snprintf(record, sizeof record, "stream %s", name);
        console_control_record(&programs.control, record);
    }
}

/* From the first instruction on. */
static int begin_to_count(struct program *program)
{
    if (!program->count) {
        return GPI_OK;
    }
    program->counted_pd = program->runnable.pd.id;
    return pd_client_count(&program->runnable.pd);
}

/* What it has counted since it was started last is added. */
static int add_counts(struct program *program, struct pd_counts *counts)
{
    struct pd_counts now;
    int error = pd_client_counts(&program->runnable.pd, &now);
    if (error == GPI_OK) {
        counts->counted = now.counted;
        counts->cycles += now.cycles;
        counts->instructions += now.instructions;
        counts->consumed += now.consumed;
    }
    return error;
}

int program_counts(struct program *program, struct pd_counts *counts)
{
    if (program->counted_pd == BADGE_OBJ_ID_NULL) {
        return GPI_ERR_STATE;
    }
    *counts = program->counts;
    bool counts_now = program->state == INIT_RUNNING && program->pd == program->counted_pd;
    return counts_now ? add_counts(program, counts) : GPI_OK;
}

static int start_now(struct program *program, int argc, char *const *argv)
{
    const struct program_config *config = &program->config;
    char image[GPI_NAME_SIZE + 1] = "", name[GPI_NAME_SIZE + 1] = "";
    strncpy(image, config->image, GPI_NAME_SIZE);
    strncpy(name, config->console ? config->console : config->name, GPI_NAME_SIZE);
    pd_config_t *cfg =
        sel4gpi_configure_process(image, (int)config->stack_pages, (int)config->heap_pages, &program->runnable);
    int error = cfg ? prepare(program, cfg, argc, argv) : GPI_ERR_NO_MEMORY;
    sel4gpi_config_destroy(cfg);
    error = error ? error : pd_client_set_name(&program->runnable.pd, name);
    error = error ? error : set_time(program);
    error = error ? error : begin_to_count(program);
    if (error == GPI_OK) {
        tell_host_of_stream(config, name);
        program->pd = program->runnable.pd.id;
        program->starts++;
        program_note(program, "started, PD %lu", (unsigned long)program->pd);
        error = sel4gpi_start_pd(&program->runnable);
    }
    error = error || !config->server ? error : begin_to_serve(program);
    if (error != GPI_OK) {
        program_note(program, "not started: %s", gpi_strerror(error));
        sel4gpi_destroy_runnable(&program->runnable);
        devices_forget(program);
        served_forget(program);
        return error;
    }
    program->state = INIT_RUNNING;
    if (config->focus && programs.control.ep) {
        char record[GPI_CONSOLE_RECORD_SIZE];
        snprintf(record, sizeof record, "focus %s%s", name, config->guest ? " guest" : "");
        console_control_record(&programs.control, record);
    }
    return GPI_OK;
}

/* What it depends on first. */
static int start_with_others(struct program *program, int argc, char *const *argv)
{
    int error = GPI_OK;
    if (program->state != INIT_STOPPED) {
        return program->state == INIT_RUNNING ? GPI_ERR_EXISTS : GPI_ERR_STATE;
    }
    program->visited = true;
    for (const char *name = NULL; error == GPI_OK && (name = words_next(&program->config.depends_on, name)) != NULL;) {
        struct program *other = program_find(name);
        if (!other || other->visited) {
            program_note(program, "depends-on: \"%s\": %s", name, other ? "a circle" : "there is no such node");
            error = GPI_ERR_STATE;
        } else if (other->state != INIT_RUNNING && start_with_others(other, -1, NULL) != GPI_OK) {
            program_note(program, "depends-on: \"%s\": does not run", name);
            error = GPI_ERR_STATE;
        }
    }
    program->visited = false;
    return error ? error : start_now(program, argc, argv);
}

int program_start(struct program *program, int argc, char *const *argv)
{
    program->restarts = 0;
    return start_with_others(program, argc, argv);
}

static void answer_waiters(struct program *program)
{
    while (program->waiters) {
        struct program_waiter *waiter = program->waiters;
        program->waiters = waiter->next;
        resource_server_answer(programs.context, waiter->call, GPI_OK, (const seL4_Word *)&program->end,
                               GPI_WORDS(program->end));
        free(waiter);
    }
}

void programs_client_gone(const resource_server_client_t *client)
{
    for (struct program *program = programs.first; program; program = program->next) {
        for (struct program_waiter **link = &program->waiters; *link;) {
            struct program_waiter *waiter = *link;
            if (waiter->call->client == client) {
                *link = waiter->next;
                free(waiter); /* the library answers the call */
            } else {
                link = &waiter->next;
            }
        }
    }
}

/* Whether it may be started again now: not more than so often in so many seconds. */
static bool may_restart(struct program *program)
{
    const struct program_config *config = &program->config;
    uint64_t now = gpi_time_us();
    bool failed = program->end.reason != PD_EXITED || program->end.code != 0;
    if (config->restart == RESTART_NEVER || (config->restart == RESTART_ON_FAILURE && !failed)) {
        return false;
    }
    if (program->restarts == 0 || now - program->window_began > (uint64_t)config->restart_window * SECOND) {
        program->window_began = now;
        program->restarts = 0;
    }
    if (program->restarts >= config->restart_limit) {
        program_note(program, "restart-limit: %u times in %u s, that is all", config->restart_limit,
                     config->restart_window);
        return false;
    }
    program->restarts++;
    return true;
}

static void say_end(struct program *program)
{
    static const char *const reasons[] = {"exited", "killed", "faulted", "ended with its parent",
                                          "ended with a server"};
    const struct pd_end *end = &program->end;
    if (end->reason == PD_EXITED) {
        program_note(program, "exited, status %d%s%s", (int)end->code, program->config.guest ? ": " : "",
                     program->config.guest ? vm_client_exit_words(end->code) : "");
    } else {
        program_note(program, "%s", end->reason <= PD_SERVER_ENDED ? reasons[end->reason] : "ended");
    }
}

/* It has ended: what init holds of it is given back. */
static void bury(struct program *program)
{
    pd_client_wait(&program->runnable.pd, &program->end);
    if (program->pd == program->counted_pd) {
        add_counts(program, &program->counts);
    }
    say_end(program);
    sel4gpi_destroy_runnable(&program->runnable);
    devices_forget(program);
    served_forget(program);
    program->space = BADGE_SPACE_ID_NULL;
    served_changed(program);
    program->state = INIT_STOPPED;
}

/* Runs again, or those who wait for its end hear of it. To be killed is nobody's failure. */
static void ended(struct program *program, bool killed)
{
    bury(program);
    bool again = !programs.ended && (!killed || program->config.restart == RESTART_ALWAYS) && may_restart(program);
    if (again && start_with_others(program, -1, NULL) == GPI_OK) {
        return;
    }
    program->count = false;
    answer_waiters(program);
    if (program->config.ends_system) {
        programs_end_system(program->end.reason == PD_EXITED ? (int)program->end.code : 1);
    }
}

int program_kill(struct program *program)
{
    if (program->state != INIT_RUNNING) {
        return GPI_ERR_STATE;
    }
    if (program->config.server && sel4gpi_get_rde_by_space_id(program->space, GPICAP_TYPE_CONSOLE)) {
        program_note(program,
                     "is not killed: the host follows one console server in a run, and would not see another's");
        return GPI_ERR_RIGHTS;
    }
    pd_client_terminate(&program->runnable.pd);
    ended(program, true);
    return GPI_OK;
}

void programs_child_ended(resource_server_context_t *context, gpi_obj_id_t pd)
{
    (void)context;
    for (struct program *program = programs.first; program; program = program->next) {
        struct pd_info info;
        if (program->state != INIT_RUNNING || (pd != BADGE_OBJ_ID_NULL && program->pd != pd)) {
            continue;
        }
        if (pd_client_get_info(&program->runnable.pd, &info) != GPI_OK || info.state == PD_ENDED) {
            ended(program, false);
        }
    }
}

void programs_end_system(int status)
{
    if (!programs.ended) {
        programs.ended = true;
        programs.status = status;
        resource_server_leave(programs.context);
    }
}

static int read_programs(const void *tree)
{
    struct program **link = &programs.first;
    for (int node = -1; (node = tree_next(tree, node)) >= 0;) {
        struct program *program = calloc(1, sizeof *program);
        if (!program) {
            return GPI_ERR_NO_MEMORY;
        }
        program->state = tree_read(tree, node, &program->config) ? INIT_STOPPED : INIT_REFUSED;
        *link = program;
        link = &program->next;
    }
    return GPI_OK;
}

int programs_begin(resource_server_context_t *context)
{
    const void *tree;
    programs.context = context;
    int error = archive_show_tree(TREE_IMAGE, &tree);
    error = error ? error : read_programs(tree);
    if (error != GPI_OK) {
        printf("init: %s in the boot archive: %s\n", TREE_IMAGE, gpi_strerror(error));
        return error;
    }
    for (int servers = 1; servers >= 0; servers--) {
        for (struct program *program = programs.first; program; program = program->next) {
            if (program->config.server == servers && !program->config.manual && program->state == INIT_STOPPED) {
                start_with_others(program, -1, NULL);
            }
        }
    }
    return GPI_OK;
}
