/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames to the host. Who does not keep up there holds up the writer, and nobody else. */
#ifndef SERVERS_TRACE_OUT_H
#define SERVERS_TRACE_OUT_H

#include "stream.h"

#include <stddef.h>

/** A frame, whose `length` is a multiple of 8. */
void out_frame(enum stream_kind kind, unsigned core, seL4_Uint64 lost, const void *what, size_t length);
/** A frame of one word: ROUND, END. */
void out_time(enum stream_kind kind, seL4_Uint64 time);
/** Why nothing is recorded. */
void out_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** What was written can be read now. */
void out_flush(void);

#endif
