/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest should not do. */
#ifndef BARE_HOSTILE_H
#define BARE_HOSTILE_H

#include <stdint.h>

/** Reads or writes a word where perhaps nothing is, and says what came of it. */
void hostile_touch(uint64_t address);
void hostile_write(uint64_t address);
/** Writes all over the address space, outside of its own memory. */
void hostile_scribble(void);
/** Reads every system register, and writes it. */
void hostile_sysregs(void);
/** The same thing `count` times, as fast as can be; 0: for ever. False if there is no such thing. */
_Bool hostile_storm(const char *what, uint64_t count);
/** Goes where nothing is, and so do the vectors. */
_Noreturn void hostile_jump(void);
/** Masks interrupts and spins. */
_Noreturn void hostile_mask(void);

#endif
