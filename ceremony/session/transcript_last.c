/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript_last.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/session/transcript_chain.h"
#include "keystore/files/records.h"

/* Returns true to end. */
typedef bool visit_entry(const char *text, void *context);

static void visit_newest_first(const struct directory *directory, visit_entry *visit, void *context)
{
    struct record_list list;
    char *text = calloc(1, TRANSCRIPT_MAX + 1);
    size_t length;
    if (text && records_list(directory, TRANSCRIPT_PREFIX, &list) == FAULT_NONE) {
        for (size_t i = list.count; i > 0; i--) {
            if (records_read(directory, list.names[i - 1], (uint8_t *)text, TRANSCRIPT_MAX, &length) != FAULT_NONE)
                continue;
            text[length] = '\0';
            if (visit(text, context))
                break;
        }
        records_free(&list);
    }
    free(text);
}

struct search {
    const char *begin;
    char *out;
    size_t size;
    bool found;
};

static bool search_entry(const char *text, void *context)
{
    struct search *search = context;
    size_t skip = strlen(search->begin);
    for (const char *line = text; *line; line += strspn(line, "\n")) {
        const char *begin = line;
        size_t length = strcspn(line, "\n");
        line += length;
        if (length < skip || memcmp(begin, search->begin, skip) != 0 || length - skip >= search->size)
            continue;
        memcpy(search->out, begin + skip, length - skip);
        search->out[length - skip] = '\0';
        search->found = true;
    }
    return search->found;
}

bool transcript_last_line(const struct directory *directory, const char *begin, char *out, size_t size)
{
    struct search search = { .begin = begin, .out = out, .size = size };
    out[0] = '\0';
    visit_newest_first(directory, search_entry, &search);
    return search.found;
}

static bool later(const char *text, void *context)
{
    uint64_t *latest = context, time;
    char value[TIME_TEXT];
    struct search search = { .begin = "time ", .out = value, .size = sizeof value };
    if (search_entry(text, &search) && time_parse(value, &time) && time > *latest)
        *latest = time;
    return false;
}

uint64_t transcript_last_time(const struct directory *directory)
{
    uint64_t latest = 0;
    visit_newest_first(directory, later, &latest);
    return latest;
}
