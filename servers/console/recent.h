/* SPDX-License-Identifier: BSD-2-Clause */
/* What PDs printed last, also those that have ended. */
#ifndef SERVERS_CONSOLE_RECENT_H
#define SERVERS_CONSOLE_RECENT_H

#include "session.h"

/** So many bytes of each, and of so many PDs that have ended. */
enum { RECENT_SIZE = 4096, RECENT_PDS = 16 };

/** Copies what a console printed last, while its memory is there: up to RECENT_SIZE bytes; how many. */
size_t recent_copy(struct session *session, char *text);
/** Keeps that under a name, instead of what was kept under it or, if there are too many, of the oldest. */
void recent_keep(struct session *session, const char *name);
/** What was kept under a name; null if nothing was. */
const char *recent_find(const char *name, size_t *size);

#endif
