/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM of one guest, as a PD. init starts it for a node of the system tree with compatible = "vesicle,guest", and says by
 * the environment which (NODE), what its random numbers grow from (SEED) and what time it is (BOOT_TIME). It exits with 0 when
 * the guest powers off, with 1 when it crashes or cannot be made; why stands on the guest's console.
 */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

#define TREE "system.dtb"

static struct guest guest;

/* A file of the boot archive, as it lies. A gpi_error_t. */
static int open_image(const char *name, const void **image, size_t *size)
{
    mo_client_context_t mo;
    void *at = NULL;
    int error = mo_client_open_image(sel4gpi_get_rde(GPICAP_TYPE_MO), name, &mo, size);
    if (error == GPI_OK) {
        error = vmr_client_map(sel4gpi_get_bound_vmr_rde(), NULL, &mo, 0, 0, SEL4UTILS_RES_TYPE_GENERIC, ADS_RIGHT_READ,
                               &at);
        mo_component_client_disconnect(&mo);
    }
    *image = at;
    return error;
}

static bool open_named(const char *property, const char *name, const void **image, size_t *size)
{
    int error = open_image(name, image, size);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "%s: \"%s\": %s", property, name, gpi_strerror(error));
    }
    return error == GPI_OK;
}

static void wrong_property(void *cookie, const char *property, const char *why)
{
    (void)cookie;
    vm_log(&guest.vm, "%s: %s", property, why);
}

static bool read_node(const char *name)
{
    const void *tree;
    size_t size;
    return open_named("system tree", TREE, &tree, &size) && node_read(tree, name, &guest.node, wrong_property, NULL);
}

static bool open_images(void)
{
    const struct guest_node *node = &guest.node;
    guest.config = (struct vm_config){.name = node->name,
                                      .vcpus = node->cpus,
                                      .ram_size = node->memory,
                                      .bootargs = node->bootargs,
                                      .raw = node->raw,
                                      .raw_load = node->load,
                                      .raw_entry = node->entry,
                                      .console = &guest.console.chardev};
    const struct {
        const char *property, *name;
        const void **image;
        size_t *size;
    } files[] = {{"kernel", node->kernel, &guest.config.kernel, &guest.config.kernel_size},
                 {"initrd", node->initrd, &guest.config.initrd, &guest.config.initrd_size},
                 {"overlay", node->overlay, &guest.config.overlay, &guest.config.overlay_size}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i].name != NULL && !open_named(files[i].property, files[i].name, files[i].image, files[i].size)) {
            return false;
        }
    }
    return true;
}

/* 64 hexadecimal digits. Nobody else is to find them here. */
static void read_seed(char *text)
{
    uint8_t seed[GPI_RANDOM_SEED_SIZE];
    if (text == NULL || strlen(text) != 2 * sizeof seed) {
        return;
    }
    for (size_t i = 0; i < sizeof seed; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        seed[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    memset(text, '0', 2 * sizeof seed);
    gpi_random_seed(&guest.random, seed);
}

static void serve_input(void *unused)
{
    (void)unused;
    guest_console_serve_input(&guest.console);
}

static void serve_output(void *unused)
{
    (void)unused;
    guest_console_serve_output(&guest.console);
}

static bool start_console_threads(void)
{
    sel4gpi_runnable_t thread;
    int error = guest.console.open ? guest_thread("input", serve_input, NULL, &thread) : GPI_OK;
    error = error || !guest.console.open ? error : guest_thread("output", serve_output, NULL, &thread);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "console: %s", gpi_strerror(error));
    }
    return error == GPI_OK;
}

static bool create(void)
{
    char *name = getenv("NODE"), *time = getenv("BOOT_TIME");
    guest.vm.host = &guest_host;
    guest.vm.config.name = name ? name : "vmm";
    int error = guest_console_open(&guest.console, sel4gpi_get_shared_data()->name);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "console: %s", gpi_strerror(error));
        return false;
    }
    if (name == NULL) {
        vm_log(&guest.vm, "NODE: nobody says which guest of the system tree");
        return false;
    }
    guest.boot_time = time ? strtoul(time, NULL, 10) : 0;
    read_seed(getenv("SEED"));
    return read_node(name) && open_images() && guest_create(&guest) && start_console_threads();
}

int main(void)
{
    enum vm_end end = VM_RESET;
    if (!create()) {
        return EXIT_FAILURE;
    }
    while (end == VM_RESET) {
        guest_console_attach(&guest.console, NULL);
        if (!vm_load(&guest.vm)) {
            return EXIT_FAILURE;
        }
        guest_console_attach(&guest.console, &guest.vm.uart);
        vm_start(&guest.vm);
        end = guest_wait(&guest);
    }
    return end == VM_OFF ? EXIT_SUCCESS : EXIT_FAILURE;
}
