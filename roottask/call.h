/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call of a client, and the tables that say what each method takes. What the tables say (the kind of capability, the
 * right, the number of words) is checked before a method runs.
 */
#ifndef ROOTTASK_CALL_H
#define ROOTTASK_CALL_H

#include "handle.h"
#include "pdspace.h"

#include <gpi/proto/rpc.h>

struct call {
    struct handle *handle; /**< the capability that was called */
    struct pdspace *space; /**< CSpace of the caller: its slots are what arguments name */
    seL4_Word *in;         /**< the method's words */
    unsigned in_words;     /**< how many there are */
    void *out;             /**< room for the answer's words, seL4_MsgMaxLength of them */
    unsigned out_words;    /**< set to the table's number; a method may change it */
    bool no_answer;        /**< set by a method: nobody waits any more, or will be answered later */
};

/** The argument words as a struct. */
#define CALL_IN(call, kind)  ((const struct kind *)(const void *)(call)->in)
#define CALL_OUT(call, kind) ((struct kind *)(call)->out)
/** A method's only word. */
static inline seL4_Word call_word(const struct call *call)
{
    return call->in[0];
}
static inline void call_answer(struct call *call, seL4_Word word)
{
    *(seL4_Word *)call->out = word;
}

/** CALL_ALONE: on an object, and in no batch. */
enum call_target { CALL_ON_OBJECT, CALL_ON_RDE, CALL_ALONE };

struct method {
    gpi_error_t (*run)(struct call *call);
    uint8_t target;    /**< enum call_target */
    uint8_t type;      /**< of the object, or of what the directory entry is for */
    uint8_t rights;    /**< all of these */
    uint8_t in_words;  /**< at least */
    uint8_t out_words; /**< if it succeeds */
};

struct component {
    const struct method *methods;
    unsigned count;
};
extern const struct component pd_component, ads_component, mo_component, cpu_component, ep_component, resspc_component;

/** The object behind a slot of the caller, if it is of this type, still there, and held with these rights; else null. */
struct object *call_argument(const struct call *call, seL4_CPtr slot, gpi_cap_t type, unsigned rights);
/** A capability for the caller to a new object, whose reference goes over to it. On an error the object is gone. */
gpi_error_t call_return_object(struct call *call, struct object *object);

/** The reply object of the call that is being served, for an answer later; another takes its place. 0: no memory. */
seL4_CPtr call_keep_reply(struct call *call, struct kobject *kept);
/** Answers a call that was kept: an error, or words. The reply object goes. */
void call_answer_kept(struct kobject *kept, gpi_error_t error, const seL4_Word *words, unsigned count);
/** Reply objects that are kept for the next one, no more than one: whether there is one says nothing of who uses memory. */
size_t call_spare_replies(void);
/** Nobody waits for the answer any more. */
void call_drop_kept(struct kobject *kept);

/** Runs a method on a capability of the caller, if it may be run there; what it answers is in `call`. */
gpi_error_t call_run(struct call *call, const struct method *method, struct handle *handle);
/** The method of a label; null if there is none. */
const struct method *call_method(seL4_Word label);
/** Runs the calls in a message (GPI_BATCH). */
gpi_error_t batch_run(struct call *call);

/** Serves calls and faults, for ever. */
_Noreturn void call_loop(const struct kobject *endpoint);

#endif
