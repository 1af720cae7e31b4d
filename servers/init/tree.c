/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_PRIORITY = 199 /* below init */, MAX_PAGES = 1 << 18, ABOVE_GUEST = 10, GUEST_PRIORITY = 100 };

#define GUEST "vesicle,guest"

/* A property under examination. */
struct property {
    const char *node, *name;
    const char *value;
    int length;
};

typedef bool (*read_fn)(const struct property *property, void *field);

static bool refuse(const struct property *property, const char *format, ...)
{
    char why[120];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    printf("init: %s: %s: %s\n", property->node, property->name, why);
    return false;
}

const char *words_next(const struct words *words, const char *word)
{
    const char *next = word ? word + strlen(word) + 1 : words->text;
    return next && next < words->text + words->size ? next : NULL;
}

static bool read_words(const struct property *property, void *field)
{
    if (property->length == 0 || property->value[property->length - 1] != '\0') {
        return refuse(property, "not a list of strings");
    }
    *(struct words *)field = (struct words){property->value, property->length};
    return true;
}

static bool read_string(const struct property *property, void *field)
{
    if (property->length < 2 || strnlen(property->value, (size_t)property->length) != (size_t)property->length - 1) {
        return refuse(property, "not one string");
    }
    *(const char **)field = property->value;
    return true;
}

/* A console's name; without one it is the node's. */
static bool read_console(const struct property *property, void *field)
{
    *(const char **)field = property->node;
    return property->length == 0 || read_string(property, field);
}

static bool read_flag(const struct property *property, void *field)
{
    *(bool *)field = true;
    return property->length == 0 || refuse(property, "takes no value");
}

static bool read_number(const struct property *property, void *field)
{
    if (property->length != 4) {
        return refuse(property, "not one cell");
    }
    *(uint32_t *)field = fdt32_ld((const fdt32_t *)(const void *)property->value);
    return true;
}

static uint64_t number_of(const char *value, int length)
{
    uint64_t number = 0;
    for (int i = 0; i < length; i++) {
        number = number << 8 | (unsigned char)value[i];
    }
    return number;
}

static bool read_bytes(const struct property *property, void *field)
{
    if (property->length != 4 && property->length != 8) {
        return refuse(property, "not one or two cells");
    }
    *(uint64_t *)field = number_of(property->value, property->length);
    return *(uint64_t *)field > 0 || refuse(property, "is 0");
}

static bool read_restart(const struct property *property, void *field)
{
    static const char *const policies[] = {
        [RESTART_NEVER] = "never", [RESTART_ON_FAILURE] = "on-failure", [RESTART_ALWAYS] = "always"};
    const char *word = NULL;
    if (!read_string(property, &word)) {
        return false;
    }
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (strcmp(word, policies[i]) == 0) {
            *(enum restart *)field = (enum restart)i;
            return true;
        }
    }
    return refuse(property, "\"%s\" is none of never, on-failure, always", word);
}

static bool read_compatible(const struct property *property, void *field)
{
    const char *word = NULL;
    if (!read_string(property, &word)) {
        return false;
    }
    *(bool *)field = strcmp(word, GUEST) == 0;
    return *(bool *)field || refuse(property, "\"%s\" is not \"" GUEST "\"", word);
}

#define FIELD(name) offsetof(struct program_config, name)
static const struct {
    const char *name;
    read_fn read;
    size_t field;
} properties[] = {
    {"image", read_string, FIELD(image)},
    {"arguments", read_words, FIELD(arguments)},
    {"environment", read_words, FIELD(environment)},
    {"priority", read_number, FIELD(priority)},
    {"core", read_number, FIELD(core)},
    {"budget-us", read_number, FIELD(budget)},
    {"period-us", read_number, FIELD(period)},
    {"memory", read_bytes, FIELD(memory)},
    {"stack-pages", read_number, FIELD(stack_pages)},
    {"heap-pages", read_number, FIELD(heap_pages)},
    {"console", read_console, FIELD(console)},
    {"rights", read_words, FIELD(rights)},
    {"system-rights", read_words, FIELD(system_rights)},
    {"restart", read_restart, FIELD(restart)},
    {"restart-limit", read_number, FIELD(restart_limit)},
    {"restart-window", read_number, FIELD(restart_window)},
    {"depends-on", read_words, FIELD(depends_on)},
    {"server", read_flag, FIELD(server)},
    {"manual", read_flag, FIELD(manual)},
    {"ends-system", read_flag, FIELD(ends_system)},
    {"focus", read_flag, FIELD(focus)},
    {"stream", read_flag, FIELD(stream)},
    {"compatible", read_compatible, FIELD(guest)},
    {"pass-through", read_words, FIELD(pass_through)},
    {"trusted-dma", read_flag, FIELD(trusted_dma)},
};

/* Of guests only; some mean something else for programs. */
static const char *const of_guests[] = {"kernel", "watchdog",    "initrd",    "overlay",     "load-address",
                                        "entry",  "more-memory", "bootargs",  "memory",      "cpus",
                                        "cores",  "budget-us",   "period-us", "memory-base", "small-pages"};

static bool is_guests(const char *name)
{
    for (size_t i = 0; i < sizeof of_guests / sizeof of_guests[0]; i++) {
        if (strcmp(name, of_guests[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_property(const struct property *property, struct program_config *config)
{
    if (config->guest && is_guests(property->name)) {
        return true; /* its VMM reads it */
    }
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
        if (strcmp(property->name, properties[i].name) == 0) {
            return properties[i].read(property, (char *)config + properties[i].field);
        }
    }
    return refuse(property, "there is no such property");
}

/* What only makes sense together, or within limits. */
static bool check(const struct program_config *config)
{
    struct property property = {.node = config->name, .name = "image"};
    if (!config->image) {
        return refuse(&property, "missing");
    }
    property.name = "priority";
    if (config->priority == 0 || config->priority > MAX_PRIORITY) {
        return refuse(&property, "%u is not within 1 and %d", config->priority, MAX_PRIORITY);
    }
    property.name = "budget-us";
    if (!config->budget != !config->period || config->budget > config->period) {
        return refuse(&property, "%u with a period-us of %u", config->budget, config->period);
    }
    property.name = config->stack_pages == 0 || config->stack_pages > MAX_PAGES ? "stack-pages" : "heap-pages";
    if (config->stack_pages == 0 || config->stack_pages > MAX_PAGES || config->heap_pages > MAX_PAGES) {
        return refuse(&property, "not within 1 and %d", MAX_PAGES);
    }
    property.name = "pass-through";
    if (config->pass_through.text && !config->guest) {
        return refuse(&property, "devices are passed through to guests");
    }
    property.name = "trusted-dma";
    if (config->trusted_dma && !config->pass_through.text) {
        return refuse(&property, "has to come with pass-through");
    }
    property.name = "server";
    return !(config->server && config->console) || refuse(&property, "has no console");
}

int tree_next(const void *tree, int node)
{
    return node < 0 ? fdt_first_subnode(tree, 0) : fdt_next_subnode(tree, node);
}

const char *tree_name(const void *tree, int node)
{
    return fdt_get_name(tree, node, NULL);
}

/* What it takes to make a guest. */
static void default_guest(struct program_config *config)
{
    static const char rights[] = "PD\0ADS\0CPU\0EP\0RESSPC\0TIMER";
    config->guest = true;
    config->image = "vmm";
    config->console = config->name;
    config->rights = (struct words){rights, sizeof rights};
    config->priority = GUEST_PRIORITY;
}

bool tree_read(const void *tree, int node, struct program_config *config)
{
    int offset;
    bool good = true;
    *config = (struct program_config){.tree = tree,
                                      .node = node,
                                      .name = fdt_get_name(tree, node, NULL),
                                      .stack_pages = DEFAULT_STACK_PAGES,
                                      .heap_pages = DEFAULT_HEAP_PAGES,
                                      .restart_limit = 3,
                                      .restart_window = 60};
    config->priority = fdt_getprop(tree, node, "server", NULL) ? 150 : 100;
    if (fdt_node_check_compatible(tree, node, GUEST) == 0) {
        default_guest(config);
    }
    fdt_for_each_property_offset(offset, tree, node)
    {
        struct property property = {.node = config->name};
        property.value = fdt_getprop_by_offset(tree, offset, &property.name, &property.length);
        /* All that is wrong is told at once. */
        good = read_property(&property, config) && good;
    }
    if (config->guest) {
        config->priority += ABOVE_GUEST;
    }
    return good && check(config);
}

uint64_t tree_guest_memory(const struct program_config *guest)
{
    int length = 0;
    const char *value = fdt_getprop(guest->tree, guest->node, "memory", &length);
    return length == 4 || length == 8 ? number_of(value, length) : 0;
}

const char *tree_next_served(const struct program_config *guest, int *device)
{
    int length = 0;
    const char *server = NULL;
    while (!server) {
        *device = *device < 0 ? fdt_first_subnode(guest->tree, guest->node) : fdt_next_subnode(guest->tree, *device);
        if (*device < 0) {
            return NULL;
        }
        server = fdt_getprop(guest->tree, *device, "server", &length);
    }
    return length > 0 && strnlen(server, (size_t)length) == (size_t)length - 1 ? server : "";
}
