/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call to the root task or to a resource server answers: 0, or one of these. */
#ifndef GPI_ERROR_H
#define GPI_ERROR_H

typedef enum {
    GPI_OK = 0,
    GPI_ERR_BAD_CAP,      /**< the capability called, or one named by its slot, is not what the call needs */
    GPI_ERR_BAD_ARGUMENT, /**< a word that makes no sense here */
    GPI_ERR_BAD_MESSAGE,  /**< too few words, or a method that does not exist */
    GPI_ERR_RIGHTS,       /**< the capability does not carry the right that the call needs */
    GPI_ERR_NO_MEMORY,    /**< memory, or the caller's quota of it, is used up */
    GPI_ERR_NOT_FOUND,    /**< no such name, type, id, slot or region */
    GPI_ERR_EXISTS,       /**< the place, the address or the id is taken */
    GPI_ERR_STATE,        /**< not in the state that the thing is in: running, not configured, mapped */
    GPI_ERR_GONE,         /**< what the capability meant, or the server behind it, is no more */
    GPI_ERR_KERNEL,       /**< the kernel refused: a case that the checks before should have found */
    GPI_ERR_COUNT
} gpi_error_t;

/** A few words for people; never null. */
const char *gpi_strerror(int error);

#endif
