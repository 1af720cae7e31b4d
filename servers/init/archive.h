/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of the boot archive that init reads. */
#ifndef INIT_ARCHIVE_H
#define INIT_ARCHIVE_H

/** Shows a device tree, which stays in view. A gpi_error_t; GPI_ERR_BAD_ARGUMENT: it is none that makes sense. */
int archive_show_tree(const char *name, const void **tree);

#endif
