/* SPDX-License-Identifier: BSD-2-Clause */
#include "recent.h"

#include <gpi/osm.h>
#include <stdlib.h>
#include <string.h>

static struct recent {
    char name[OSM_NAME_SIZE];
    char *text;
    size_t size;
} recents[RECENT_PDS];
static unsigned next;

size_t recent_copy(struct session *session, char *text)
{
    struct gpi_ring *ring = &session->out;
    /* Behind the reader's position bytes stand until the client writes over them. */
    uint32_t behind = ring->size - gpi_ring_available(ring), end = ring->own + session->given;
    uint32_t count = session->written < behind ? (uint32_t)session->written : behind;
    count += session->given;
    count = count < RECENT_SIZE ? count : RECENT_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        text[i] = (char)ring->data[(end - count + i) & (ring->size - 1)];
    }
    return count;
}

static struct recent *find(const char *name)
{
    for (unsigned i = 0; i < RECENT_PDS; i++) {
        if (recents[i].text && strcmp(recents[i].name, name) == 0) {
            return &recents[i];
        }
    }
    return NULL;
}

void recent_keep(struct session *session, const char *name)
{
    struct recent *recent = find(name);
    if (!recent) {
        recent = &recents[next];
        next = (next + 1) % RECENT_PDS;
    }
    recent->text = recent->text ? recent->text : malloc(RECENT_SIZE);
    if (recent->text) {
        strncpy(recent->name, name, sizeof recent->name - 1);
        recent->size = recent_copy(session, recent->text);
    }
}

const char *recent_find(const char *name, size_t *size)
{
    const struct recent *recent = find(name);
    *size = recent ? recent->size : 0;
    return recent ? recent->text : NULL;
}
