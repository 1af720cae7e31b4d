/* SPDX-License-Identifier: BSD-2-Clause */
/* The system tree: what init reads of each node, and the VMM of a guest's. What they take is within the tree, and within limits. */
#include "lib/fuzz.h"
#include "lib/tree.h"
#include "servers/init/tree.h"
#include "vmm/pd/node.h"
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

static const char *const nodes[] = {"a", "b", "debian0", "mailbox", "shell", NULL};
static const char *const properties[] = {
    "image",    "arguments", "environment",  "priority",    "core",           "budget-us",   "period-us", "memory",
    "server",   "console",   "rights",       "restart",     "system-rights",  "stack-pages", "focus",     "stream",
    "manual",   "kernel",    "ends-system",  "depends-on",  "restart-window", "heap-pages",  "overlay",   "entry",
    "watchdog", "initrd",    "load-address", "more-memory", "restart-limit",  "compatible",  "bootargs",  "cpus",
    "cores",    "reg",       "pass-through", "trusted-dma", "memory-base",    "small-pages", "wrong",     NULL};
static const char *const strings[] = {"vesicle,guest", "never", "on-failure", "always", "a", "b",
                                      "mailbox",       "MO",    "",           NULL};
static const struct fuzz_words words = {nodes, properties, strings};

static const char *tree;

/* A string of the tree, or of the program. */
static void check_string(const char *text)
{
    if (text) {
        fuzz_touch(text, strlen(text) + 1);
    }
}

static void check_words(const struct words *list)
{
    size_t size = 0;
    for (const char *word = NULL; (word = words_next(list, word)) != NULL;) {
        size += strlen(word) + 1;
    }
    MUST(size == (size_t)list->size);
}

static void check_program(const struct program_config *config)
{
    MUST(config->image && config->priority > 0 && config->priority <= 199);
    MUST(config->stack_pages > 0 && config->budget <= config->period && !config->budget == !config->period);
    MUST(!config->trusted_dma || config->pass_through.text);
    MUST(config->guest || !config->pass_through.text);
    const struct words *lists[] = {&config->arguments,     &config->environment, &config->rights,
                                   &config->system_rights, &config->depends_on,  &config->pass_through};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        check_words(lists[i]);
    }
    check_string(config->name);
    check_string(config->image);
    check_string(config->console);
    int device = -1;
    for (const char *server; (server = tree_next_served(config, &device)) != NULL;) {
        check_string(server);
    }
}

static unsigned refused;

static void refuse(void *cookie, const char *property, const char *why)
{
    (void)cookie;
    MUST(property && why);
    refused++;
}

static void check_guest(const struct program_config *config)
{
    struct guest_node node;
    int device = -1;
    refused = 0;
    bool good = node_read(tree, config->name, &node, refuse, NULL);
    MUST(good == (refused == 0));
    while (tree_next_served(config, &device) != NULL) {
        uint64_t base, size;
        MUST(!node_read_reg(tree, device, &base, &size) || base + size > base);
    }
    if (!good) {
        return;
    }
    MUST(node.kernel && node.memory > 0 && node.more_count <= NODE_MORE_RAM && node.core_count <= NODE_CORES);
    MUST(node.budget <= node.period && !node.budget == !node.period);
    /* There may be two nodes of this name: the VMM has the first one. */
    MUST(fdt_subnode_offset(tree, 0, config->name) != config->node || tree_guest_memory(config) == node.memory);
    for (unsigned i = 0; i < node.more_count; i++) {
        MUST(node.more[i].size > 0 && node.more[i].base + node.more[i].size > node.more[i].base);
    }
    check_string(node.kernel);
    check_string(node.initrd);
    check_string(node.overlay);
    check_string(node.bootargs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *quiet;
    struct input in = {data, size};
    quiet = quiet ? quiet : freopen("/dev/null", "w", stdout); /* what is wrong is told there */
    tree = fuzz_tree(&in, &words);
    if (!tree) {
        return 0;
    }
    for (int node = -1; (node = tree_next(tree, node)) >= 0;) {
        struct program_config config;
        if (tree_read(tree, node, &config)) {
            check_program(&config);
        }
        if (config.guest) {
            check_guest(&config);
        }
    }
    return 0;
}
