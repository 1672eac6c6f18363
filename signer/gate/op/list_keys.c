/* SPDX-License-Identifier: Apache-2.0 */
/* ListKeys: the public parts of the files, marked as unverified unless a vault has opened them. */
#include <string.h>

#include "keystore/key/sealed_key.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/op/operations.h"

struct page {
    size_t count;
    struct key_info keys[LIST_PAGE_MAX];
    struct key_id ids[LIST_PAGE_MAX];
};

/* From the public part of a file that no vault has authenticated. */
static struct key_info unverified(const struct key_id *id, const uint8_t *start, size_t length)
{
    struct key_public public;
    struct key_info info = { 0 };
    if (sealed_key_peek(start, length, &public) == FAULT_NONE)
        info = operations_key_info(&public);
    info.id = id->text;
    info.unverified = true;
    return info;
}

static void add(struct gate *gate, struct page *page, const struct list_entry *entry, const uint8_t *start)
{
    struct key_id *id = &page->ids[page->count];
    if (!key_id_from_field((const uint8_t *)entry->id, id))
        return;
    const struct key *key = keys_find(&gate->keys, id);
    page->keys[page->count++] = key && key->known ? operations_key_info(&key->public)
                                                  : unverified(id, start, entry->length);
}

static void on_list(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    static struct page page;
    struct list_entry entry;
    struct list_head head;
    if (answer->status || answer->length < sizeof head) {
        answer_fault(job, answer->status ? (enum fault)answer->status : FAULT_STORE_IO, NULL);
        return;
    }
    memcpy(&head, body, sizeof head);
    page.count = 0;
    for (size_t at = sizeof head; answer->length - at >= sizeof entry && page.count < job->limit;) {
        memcpy(&entry, body + at, sizeof entry);
        at += sizeof entry;
        if (entry.length > answer->length - at)
            break;
        add(job->gate, &page, &entry, body + at);
        at += entry.length;
    }
    struct response response = { .operation = OPERATION_LIST_KEYS };
    response.list_keys.key_count = page.count;
    response.list_keys.keys = page.keys;
    response.list_keys.more = head.more;
    answer_result(job, &response);
}

static void read_list(struct job *job)
{
    struct body_part parts[] = { { job->id.text, KEY_ID_SIZE }, { &job->limit, sizeof job->limit } };
    workers_ask_store(&job->gate->workers, MESSAGE_LIST, parts, 2, on_list, job);
}

void list_keys_run(struct job *job, const struct request *request)
{
    const char *after = request->list_keys.after;
    uint32_t limit = request->list_keys.limit;
    if (after[0] != '\0' && !key_id_from_text(after, &job->id)) {
        answer_fault(job, FAULT_KEY_ID, NULL);
        return;
    }
    job->limit = limit == 0 || limit > LIST_PAGE_MAX ? LIST_PAGE_MAX : limit;
    operations_queue_read(job, read_list);
}
