/* SPDX-License-Identifier: BSD-2-Clause */
#include <sel4gpi/vm_clientapi.h>

#include <gpi/server_call.h>
#include <sel4gpi/pd_utils.h>
#include <string.h>

seL4_CPtr vm_client_find(gpi_space_id_t space)
{
    gpi_cap_t type = sel4gpi_get_resource_type_code((char *)GPI_VM_TYPE);
    return type == GPICAP_TYPE_NONE || space == BADGE_SPACE_ID_NULL ? seL4_CapNull
                                                                    : sel4gpi_get_rde_by_space_id(space, type);
}

int vm_client_stat(seL4_CPtr rde, struct gpi_vm_stat *stat)
{
    return gpi_server_call(rde, GPI_VM_STAT, NULL, 0, stat, GPI_WORDS(*stat));
}

int vm_client_pause(seL4_CPtr rde)
{
    return gpi_server_call(rde, GPI_VM_PAUSE, NULL, 0, NULL, 0);
}

int vm_client_resume(seL4_CPtr rde)
{
    return gpi_server_call(rde, GPI_VM_RESUME, NULL, 0, NULL, 0);
}

int vm_client_reset(seL4_CPtr rde)
{
    return gpi_server_call(rde, GPI_VM_RESET, NULL, 0, NULL, 0);
}

int vm_client_stop(seL4_CPtr rde)
{
    return gpi_server_call(rde, GPI_VM_STOP, NULL, 0, NULL, 0);
}

int vm_client_dump(seL4_CPtr rde, size_t offset, char *text, size_t size, size_t *length)
{
    struct gpi_vm_text out;
    seL4_Word in = offset;
    int error = gpi_server_call(rde, GPI_VM_DUMP, &in, 1, &out, GPI_WORDS(out));
    *length = 0;
    if (error == GPI_OK) {
        size_t got = out.length < sizeof out.text ? out.length : sizeof out.text;
        *length = got < size ? got : size;
        memcpy(text, out.text, *length);
    }
    return error;
}

const char *vm_client_exit_words(seL4_Word code)
{
    static const char *const words[GPI_VM_EXITS] = {
        [GPI_VM_EXIT_OFF] = "off",
        [GPI_VM_EXIT_NOT_MADE] = "cannot be made",
        [GPI_VM_EXIT_FORBIDDEN] = "crashed: forbidden exit",
        [GPI_VM_EXIT_WATCHDOG] = "crashed: watchdog",
    };
    return code < GPI_VM_EXITS ? words[code] : "crashed";
}

const char *vm_client_class_words(seL4_Word ec)
{
    switch (ec) { /* DDI 0487, D19.2.37 */
    case 0x01:
        return "WFI or WFE";
    case 0x07:
        return "FP or SIMD";
    case 0x0e:
        return "illegal execution state";
    case 0x16:
        return "HVC";
    case 0x17:
        return "SMC";
    case 0x18:
        return "system register";
    case 0x20:
        return "instruction abort";
    case 0x24:
        return "data abort";
    case 0x2f:
        return "SError";
    default:
        return "other";
    }
}
