/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of counter servers, for others to start. Arguments: what to do, a space of counters (0: the first), more.
 *   0  makes a counter of 7 and exits with its value
 *   1  makes a counter, is ready with its id, and waits for ever for somebody to count
 *   2  is ready, and waits for ever
 *   3  like 1, with a counter that is made from another one
 *   4  calls the server with all the time it has, for ever; ready after the first call
 *   6  calls with nonsense of all kinds, ten thousand times
 */
#include <counter.h>
#include <sel4gpi/pd_clientapi.h>
#include <sel4gpi/pd_utils.h>
#include <sel4/sel4.h>
#include <stdlib.h>

enum { VALUE = 7, NONSENSE = 10000 };

/* What does not end or stop the server or the caller because it says so. */
static bool is_harmless(seL4_Word label)
{
    static const seL4_Word bad[] = {COUNTER_WAIT,  COUNTER_WORK,   COUNTER_STALL, COUNTER_CRASH,
                                    COUNTER_LEAVE, COUNTER_DELETE, COUNTER_REVOKE};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (label == bad[i]) {
            return false;
        }
    }
    return true;
}

static void nonsense(seL4_CPtr rde, seL4_CPtr counter)
{
    static unsigned long seed = 1;
    const seL4_CPtr caps[] = {rde, counter}, extra[] = {sel4gpi_get_pd_conn().ep, rde};
    for (unsigned i = 0; i < NONSENSE; i++) {
        unsigned long random[4];
        for (size_t k = 0; k < 4; k++) {
            seed = seed * 6364136223846793005ul + 1442695040888963407ul;
            random[k] = seed >> 33;
        }
        seL4_Word label = random[0] % 3 == 0 ? random[1] % 0x800 : GPI_SERVER_METHOD(random[1] % 20);
        seL4_Word length = random[2] % 8 ? random[2] % 8 : random[2] % (seL4_MsgMaxLength + 1);
        for (seL4_Word word = 0; word < length; word++) {
            seL4_SetMR((int)word, random[3] % 2 ? random[3] >> word % 32 : ~0ul << word % 64);
        }
        seL4_SetCap(0, extra[random[3] % 2]);
        if (is_harmless(label)) {
            seL4_Call(caps[random[2] % 2], seL4_MessageInfo_new(label, 0, random[3] % 3 == 0, length));
        }
    }
}

int main(int argc, char **argv)
{
    seL4_Word what = argc > 0 ? strtoul(argv[0], NULL, 10) : 0, space = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    gpi_cap_t type = sel4gpi_get_resource_type_code((char *)COUNTER_TYPE);
    seL4_CPtr rde = sel4gpi_get_rde_by_space_id(space, type);
    pd_client_context_t self = sel4gpi_get_pd_conn();
    counter_client_context_t counter = {0, 0};
    seL4_Word value = 0;
    int error = what == 0 || what == 1 || what == 6 ? counter_client_create(rde, VALUE, &counter)
                : what == 3                         ? counter_client_create_made(rde, &counter)
                                                    : GPI_OK;
    if (error != GPI_OK) {
        return 100;
    }
    switch (what) {
    case 0:
        return counter_client_read(&counter, &value) == GPI_OK ? (int)value : 101;
    case 1:
    case 3:
        pd_client_ready(&self, counter.id);
        return counter_client_wait(&counter, VALUE + 1, &value);
    case 6:
        nonsense(rde, counter.ep);
        return 0;
    case 4:
        for (int i = 0;; i++) {
            error = counter_client_work(rde, 10);
            if (i == 0) {
                pd_client_ready(&self, 0);
            }
            if (error != GPI_OK) {
                return error;
            }
        }
    default: {
        ep_client_context_t ep;
        seL4_Word badge;
        sel4gpi_alloc_endpoint(&ep);
        pd_client_ready(&self, 0);
        seL4_Wait(ep.raw_endpoint, &badge);
        return 102;
    }
    }
}
