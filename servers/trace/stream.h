/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the trace PD and the host tell each other over the PD's console; tools/vesicle/perf/stream.py is the other side. The host sends
 * lines:
 *
 *     start TOKEN EVENTS US FOR     record and count EVENTS (VESICLE_TRACE_*, hexadecimal), look every US microseconds, for FOR
 *                                   microseconds; 0: until `stop`
 *     until CPU                     while it records: it ends, too, when none of the CPUs that were named so is there any more (pd_trace_thread)
 *     stop                          that is all
 *
 * The answer to `start` is a stream of frames, a header and `length` bytes each. It begins with a BEGIN that has the TOKEN: what stands
 * before it is of an earlier recording, and is for nobody.
 */
#ifndef SERVERS_TRACE_STREAM_H
#define SERVERS_TRACE_STREAM_H

#include <gpi/proto/pd.h>
#include <sel4/trace.h>

#define STREAM_MAGIC 0x4352545653455655ull /* "UVESVTRC" */
enum { STREAM_VERSION = 1, STREAM_TOKEN = 16 };

enum stream_kind {
    STREAM_BEGIN = 1, /**< struct stream_begin */
    STREAM_THREAD,    /**< struct pd_trace_thread; the same one comes again when its name is known better */
    STREAM_RECORDS,   /**< of core `core`: `lost` were overwritten, then these */
    STREAM_COUNTERS,  /**< struct stream_counters; `core` 0: when it began, 1: when it ended */
    STREAM_ROUND,     /**< a time: all records before it have been sent */
    STREAM_END,       /**< the same; the last one */
    STREAM_ERROR,     /**< text: it cannot be recorded, or not any more */
};

struct stream_header {
    seL4_Uint16 kind;
    seL4_Uint16 core;
    seL4_Uint32 length; /**< of what follows; a multiple of 8 */
    seL4_Uint64 lost;
};

struct stream_begin {
    seL4_Uint64 magic;
    char token[STREAM_TOKEN];
    seL4_Uint64 version, cores, frequency, events, time;
};

struct stream_counters {
    seL4_Uint64 thread;
    struct pd_trace_counters counters;
};

#endif
