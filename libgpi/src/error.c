/* SPDX-License-Identifier: BSD-2-Clause */
#include <gpi/error.h>

static const char *const texts[GPI_ERR_COUNT] = {
    [GPI_OK] = "no error",
    [GPI_ERR_BAD_CAP] = "not the right kind of capability",
    [GPI_ERR_BAD_ARGUMENT] = "an argument makes no sense",
    [GPI_ERR_BAD_MESSAGE] = "no such method, or too few words",
    [GPI_ERR_RIGHTS] = "the capability lacks a right",
    [GPI_ERR_NO_MEMORY] = "no memory, or the quota is used up",
    [GPI_ERR_NOT_FOUND] = "not found",
    [GPI_ERR_EXISTS] = "taken already",
    [GPI_ERR_STATE] = "not possible in this state",
    [GPI_ERR_GONE] = "is no more",
    [GPI_ERR_KERNEL] = "the kernel refused",
};

const char *gpi_strerror(int error)
{
    return error >= 0 && error < GPI_ERR_COUNT && texts[error] ? texts[error] : "an unknown error";
}
