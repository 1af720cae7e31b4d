/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a line. */
#ifndef BARE_TEXT_H
#define BARE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/** Is the text before the next space or end this word? */
static inline bool is_word(const char *text, const char *word)
{
    while (*word && *text == *word) {
        text++;
        word++;
    }
    return !*word && (!*text || *text == ' ');
}

/** What follows the next space; "" if there is none. */
static inline const char *next_word(const char *text)
{
    while (*text && *text != ' ') {
        text++;
    }
    while (*text == ' ') {
        text++;
    }
    return text;
}

/** A number, decimal or 0x...; 0 if it is none. */
static inline uint64_t number(const char *text)
{
    uint64_t value = 0, base = 10;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    for (;; text++) {
        uint64_t digit = *text >= '0' && *text <= '9'   ? (uint64_t)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (uint64_t)(*text - 'a') + 10
                                                        : 16;
        if (digit >= base) {
            return value;
        }
        value = value * base + digit;
    }
}

#endif
