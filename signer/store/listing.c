/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/store/listing.h"

#include <string.h>

#include "base/time.h"
#include "keystore/key/sealed_key.h"
#include "signer/ipc/message.h"

enum {
    FRESH_MS = 500, /* a listing may begin with a list up to this old, unless this store has changed a key since */
    KEPT_MS = 5000, /* and continue with it until it is this old */
};

void listing_forget(struct listing *listing)
{
    listing->made_ms = 0;
}

/* Reads the directory again if the cached list is too old. */
static enum fault refresh(struct listing *listing, const struct directory *directory, bool from_start)
{
    uint64_t now = time_monotonic_ms();
    if (listing->list.ids && now - listing->made_ms < (from_start ? FRESH_MS : KEPT_MS))
        return FAULT_NONE;
    directory_free_list(&listing->list);
    listing->made_ms = now;
    return directory_list_both(directory, &listing->list);
}

static size_t first_after(const struct key_list *list, const char *after)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(list->ids[middle].text, after) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Writes one entry with the start of its file. Returns the bytes written, 0 if the file is gone. */
static size_t put_entry(const struct directory *directory, const struct key_id *id, uint8_t *out)
{
    struct list_entry entry = { 0 };
    size_t length = 0, header = sizeof entry;
    enum fault fault = directory_read_key_start(directory, id, out + header, SEALED_KEY_FIXED + KEY_PUBLIC_MAX,
                                                &length);
    if (fault == FAULT_KEY_UNKNOWN)
        fault = directory_absent_key(directory, id);
    if (fault == FAULT_KEY_UNKNOWN)
        return 0;
    memcpy(entry.id, id->text, sizeof entry.id);
    entry.fault = (uint16_t)fault;
    entry.length = fault ? 0 : (uint32_t)length;
    memcpy(out, &entry, header);
    return header + entry.length;
}

enum fault listing_page(struct listing *listing, const struct directory *directory, const struct key_id *after,
                        uint32_t limit, uint8_t *body, size_t *length)
{
    const size_t entry_max = sizeof(struct list_entry) + SEALED_KEY_FIXED + KEY_PUBLIC_MAX;
    const struct key_list *list = &listing->list;
    struct list_head head = { 0 };
    uint32_t count = 0;
    enum fault fault = refresh(listing, directory, after->text[0] == '\0');
    *length = sizeof head;
    for (size_t i = fault ? 0 : first_after(list, after->text); !fault && i < list->count; i++) {
        head.more = count == limit || *length + entry_max > LISTING_BODY_MAX;
        if (head.more)
            break;
        size_t written = put_entry(directory, &list->ids[i], body + *length);
        *length += written;
        count += written > 0;
    }
    memcpy(body, &head, sizeof head);
    return fault;
}
