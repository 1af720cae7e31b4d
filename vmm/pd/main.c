/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM of one guest, as a PD. init starts it for a node of the system tree with compatible = "vesicle,guest", and says by
 * the environment which (NODE), what its random numbers grow from (SEED) and what time it is (BOOT_TIME). Its main thread is a resource
 * server, by which the guest is controlled (gpi/proto/vm.h). It exits when the guest has ended; with what, says how (enum gpi_vm_exit),
 * and why stands on the guest's console.
 */
#include "control.h"
#include "devices.h"
#include "guest.h"

#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/resource_server_utils.h>
#include <stdlib.h>
#include <string.h>

#define TREE "system.dtb"

enum { SIGNAL_END, SIGNAL_WAKE, SIGNAL_WATCHDOG, SIGNAL_SERVED, SIGNAL_DEVICES /* and up */ };

static struct guest guest;
static resource_server_context_t server;
static enum gpi_vm_exit status;

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
    return open_named("system tree", TREE, &tree, &size) && node_read(tree, name, &guest.node, wrong_property, NULL) &&
           served_open(&guest.served, tree, name, wrong_property, NULL);
}

static bool open_images(void)
{
    const struct guest_node *node = &guest.node;
    guest.config = (struct vm_config){.name = node->name,
                                      .vcpus = node->cpus,
                                      .ram_base = node->memory_base,
                                      .ram_size = node->memory,
                                      .bootargs = node->bootargs,
                                      .raw = node->raw,
                                      .raw_load = node->load,
                                      .raw_entry = node->entry,
                                      .console = &guest.console.chardev,
                                      .remote = guest.served.remote,
                                      .remote_count = guest.served.count};
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

static bool open_console(void)
{
    char *name = getenv("NODE");
    guest_wake_init(&guest.wake);
    guest.vm.host = &guest_host;
    guest.vm.config.name = name ? name : "vmm";
    int error = guest_console_open(&guest.console, sel4gpi_get_shared_data()->name);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "console: %s", gpi_strerror(error));
    }
    return error == GPI_OK;
}

static bool open_devices(void)
{
    int error = devices_open(&guest);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "pass-through: %s", gpi_strerror(error));
    }
    return error == GPI_OK && devices_bind(&guest, &server, SIGNAL_DEVICES);
}

static bool start_threads(void)
{
    int error = control_watch(&guest);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "watchdog: %s", gpi_strerror(error));
        return false;
    }
    error = devices_start_threads(&guest);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "interrupts: %s", gpi_strerror(error));
    }
    return error == GPI_OK;
}

static bool create(void)
{
    char *name = getenv("NODE"), *time = getenv("BOOT_TIME");
    if (name == NULL) {
        vm_log(&guest.vm, "NODE: nobody says which guest of the system tree");
        return false;
    }
    guest.boot_time = time ? strtoul(time, NULL, 10) : 0;
    read_seed(getenv("SEED"));
    return read_node(name) && open_images() && open_devices() && guest_create(&guest) && start_console_threads();
}

/* Loads it and runs it from the beginning. */
static bool begin(void)
{
    guest_console_attach(&guest.console, NULL);
    if (!devices_rest(&guest) || !vm_load(&guest.vm)) {
        return false;
    }
    guest_console_attach(&guest.console, &guest.vm.uart);
    devices_begin(&guest);
    vm_start(&guest.vm);
    return true;
}

static void leave(enum gpi_vm_exit how)
{
    status = how;
    resource_server_leave(&server);
}

/* The guest has ended, by itself or because somebody asked for it: it begins anew, or that is all. */
static void look_after_end(void)
{
    if (!__atomic_load_n(&guest.has_ended, __ATOMIC_ACQUIRE)) {
        return;
    }
    enum vm_end end = guest_settle(&guest);
    if (end != VM_RESET) {
        leave(end == VM_OFF ? GPI_VM_EXIT_OFF : guest.reason);
        return;
    }
    guest.resets++;
    if (!begin()) {
        leave(GPI_VM_EXIT_NOT_MADE);
    }
}

/* A point of time that the guest's timers wait for is new, or has come. */
static void wake(void)
{
    if (guest_wake_is_due(&guest.wake)) {
        vm_wake(&guest.vm);
    }
    int error = guest_wake_again(&guest.wake);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "physical timer, clock: %s", gpi_strerror(error));
    }
}

static void signalled(resource_server_context_t *context, seL4_Word signals)
{
    (void)context;
    if (signals & RESOURCE_SERVER_SIGNAL(SIGNAL_WAKE)) {
        wake();
    }
    if (signals & RESOURCE_SERVER_SIGNAL(SIGNAL_WATCHDOG)) {
        control_bite(&guest);
    }
    devices_signalled(&guest, signals, SIGNAL_DEVICES);
    look_after_end();
}

static int reset(resource_server_call_t *call)
{
    (void)call;
    vm_end(&guest.vm, NULL, VM_RESET);
    look_after_end();
    return server.leave ? GPI_ERR_GONE : GPI_OK;
}

static int stop(resource_server_call_t *call)
{
    (void)call;
    vm_end(&guest.vm, NULL, VM_OFF);
    look_after_end();
    return GPI_OK;
}

static int stat(resource_server_call_t *call)
{
    control_stat(&guest, (struct gpi_vm_stat *)call->out);
    return GPI_OK;
}

static void client_gone(resource_server_context_t *context, resource_server_client_t *client)
{
    (void)context;
    resource_server_text_forget(client->state);
}

static int make_dump(resource_server_text_t *dumped)
{
    size_t length;
    const char *text = control_dump(&guest, &length);
    if (!resource_server_text_new(dumped, length)) {
        return GPI_ERR_NO_MEMORY;
    }
    memcpy(dumped->text, text, length);
    return GPI_OK;
}

static int dump(resource_server_call_t *call)
{
    resource_server_text_t *dumped = call->client->state;
    struct gpi_vm_text *out = (struct gpi_vm_text *)call->out;
    size_t offset = call->in[0];
    int error = offset == 0 ? make_dump(dumped) : GPI_OK;
    out->length = resource_server_text_read(dumped, offset, out->text, sizeof out->text);
    return error;
}

static int pause(resource_server_call_t *call)
{
    (void)call;
    return control_pause(&guest) ? GPI_OK : GPI_ERR_STATE;
}

static int resume(resource_server_call_t *call)
{
    (void)call;
    return control_resume(&guest) ? GPI_OK : GPI_ERR_STATE;
}

#define N(method) [GPI_METHOD_NUMBER(method)]
static const resource_server_method_t methods[] = {
    N(GPI_VM_STAT) = {stat, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, 0, GPI_WORDS(struct gpi_vm_stat)},
    N(GPI_VM_PAUSE) = {pause, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_MANAGE, 0, 0},
    N(GPI_VM_RESUME) = {resume, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_MANAGE, 0, 0},
    N(GPI_VM_RESET) = {reset, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_MANAGE, 0, 0},
    N(GPI_VM_DUMP) = {dump, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_READ, 1, GPI_WORDS(struct gpi_vm_text)},
    N(GPI_VM_STOP) = {stop, RESOURCE_SERVER_ON_RDE, GPI_RIGHT_MANAGE, 0, 0},
};
static const resource_server_config_t config = {
    .type = GPI_VM_TYPE,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .client_size = sizeof(resource_server_text_t),
    .client_gone = client_gone,
    .signalled = signalled,
};

/* Others may call from now on. They are answered when the guest has been made, whose RAM is cleared first. */
static bool begin_to_serve(void)
{
    pd_client_context_t self = sel4gpi_get_pd_conn();
    int error = resource_server_init(&server, &config, &guest);
    error = error ? error : resource_server_signal_cap(&server, SIGNAL_END, &guest.ended);
    error = error ? error : resource_server_signal_cap(&server, SIGNAL_WAKE, &guest.wake.changed);
    error = error ? error : resource_server_signal_cap(&server, SIGNAL_WATCHDOG, &guest.watchdog);
    error = error ? error : resource_server_signal_cap(&server, SIGNAL_SERVED, &guest.served.interrupted);
    error = error ? error : pd_client_ready(&self, server.space.id);
    if (error != GPI_OK) {
        vm_log(&guest.vm, "cannot be controlled: %s", gpi_strerror(error));
    }
    return error == GPI_OK;
}

int main(void)
{
    guest.reason = GPI_VM_EXIT_FORBIDDEN;
    if (!open_console() || !begin_to_serve() || !create() || !begin() || !start_threads()) {
        return GPI_VM_EXIT_NOT_MADE;
    }
    int error = resource_server_run(&server);
    return error ? (int)GPI_VM_EXIT_NOT_MADE : (int)status;
}
