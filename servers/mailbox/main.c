/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device for guests, as a PD: words that all guests who have it see. A sample of gpi/device_server.h. Registers, of 32 or 64 bits:
 *   0x00        reads as ID
 *   0x08        how often registers were accessed
 *   0x10, 0x18  words to be written and read
 *   0x20        a bell: what is written interrupts all guests that have the device
 */
#include <gpi/device_server.h>

enum {
    REGISTER_ID = 0x00,
    REGISTER_COUNT = 0x08,
    REGISTER_WORDS = 0x10,
    REGISTER_BELL = 0x20,
    WORDS = 2,
    ID = 0x786f626d /* "mbox" */
};

/* Ports have threads of their own. */
struct mailbox {
    uint64_t accesses, word[WORDS];
};

static struct mailbox mailbox;

static uint64_t *word_at(struct mailbox *box, seL4_Word offset)
{
    seL4_Word index = (offset - REGISTER_WORDS) / sizeof box->word[0];
    return offset >= REGISTER_WORDS && index < WORDS ? &box->word[index] : NULL;
}

static bool fits(seL4_Word offset, unsigned width)
{
    return (width == 4 || width == 8) && offset % 8 == 0;
}

static bool read(void *device, seL4_Word offset, unsigned width, seL4_Word *value)
{
    struct mailbox *box = device;
    uint64_t accesses = __atomic_add_fetch(&box->accesses, 1, __ATOMIC_RELAXED);
    const uint64_t *word = word_at(box, offset);
    if (!fits(offset, width)) {
        return false;
    }
    if (word) {
        *value = __atomic_load_n(word, __ATOMIC_RELAXED);
    } else {
        *value = offset == REGISTER_ID ? (seL4_Word)ID : accesses;
    }
    return word || offset == REGISTER_ID || offset == REGISTER_COUNT;
}

static bool write(void *device, seL4_Word offset, unsigned width, seL4_Word value)
{
    struct mailbox *box = device;
    uint64_t *word = word_at(box, offset);
    __atomic_add_fetch(&box->accesses, 1, __ATOMIC_RELAXED);
    if (fits(offset, width) && offset == REGISTER_BELL) {
        gpi_device_interrupt(box);
        return true;
    }
    if (!fits(offset, width) || !word) {
        return false;
    }
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
    return true;
}

static const gpi_device_ops_t ops = {read, write};

static int open(resource_server_call_t *call)
{
    return gpi_device_open(call, &ops, &mailbox);
}

static const resource_server_method_t methods[] = {
    [GPI_METHOD_NUMBER(GPI_DEVICE_OPEN)] = GPI_DEVICE_OPEN_METHOD(open),
};
static const resource_server_config_t config = {
    .type = GPI_DEVICE_TYPE,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .client_gone = gpi_device_client_gone,
};

int main(void)
{
    static resource_server_context_t server;
    int error = resource_server_init(&server, &config, NULL);
    return error ? error : resource_server_run(&server);
}
