/* SPDX-License-Identifier: Apache-2.0 */
/* ListKeys: the public parts of the files, marked as unverified unless a vault has opened them. */
#include <stdio.h>
#include <string.h>

#include "keystore/key/sealed_key.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/load.h"
#include "signer/gate/op/operations.h"

struct page {
    size_t count;
    struct key_info keys[LIST_PAGE_MAX];
    struct key_id ids[LIST_PAGE_MAX];
};

/* The fault of a file as the store and its public part show it. */
static enum fault look(const struct list_entry *entry, const uint8_t *start, struct key_public *out)
{
    return entry->fault ? (enum fault)entry->fault : sealed_key_peek(start, entry->length, out);
}

/* What a vault has opened, unless the file is another key's by now: then that is forgotten. NULL: nothing. */
static const struct key *find_opened(struct gate *gate, const struct key_id *id, const struct key_public *file)
{
    const struct key *key = keys_find(&gate->keys, id);
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE];
    if (!key || !key->known || !file)
        return key && key->known ? key : NULL;
    key_public_fingerprint(file, fingerprint);
    if (memcmp(fingerprint, key->fingerprint, sizeof fingerprint) == 0)
        return key;
    load_forget(gate, id);
    return NULL;
}

/* The first damage of a file is told in the log by whoever sees it. Of a key without a file that is whoever asks for
 * the key: at this moment another signer may be destroying it, and have the certificate still to remove. */
static enum fault note(struct job *job, const struct key_id *id, enum fault fault)
{
    char subject[KEY_ID_SIZE + 16], sentence[SENTENCE_MAX];
    if (!fault)
        return damage_of(&job->gate->damage, id);
    if (fault == FAULT_KEY_LOST)
        return fault;
    snprintf(subject, sizeof subject, "keys/%s.key", id->text);
    fault_sentence(sentence, sizeof sentence, fault, subject);
    damage_note(&job->gate->damage, id, fault, job->peer->uid, sentence);
    return fault;
}

/* Only keys that the connection may sign with. A job that nobody waits for sees none. */
static bool may_see(const struct job *job, const struct key_id *id)
{
    return job->connection && roles_may(&job->gate->roles, &job->connection->rights, ROLE_SIGN, id->text);
}

static void add(struct job *job, struct page *page, const struct list_entry *entry, const uint8_t *start)
{
    struct key_id *id = &page->ids[page->count];
    struct key_public file = { 0 };
    if (!key_id_from_field((const uint8_t *)entry->id, id) || !may_see(job, id))
        return;
    enum fault fault = look(entry, start, &file);
    const struct key *opened = find_opened(job->gate, id, fault ? NULL : &file);
    struct key_info info = { 0 };
    if (opened)
        info = operations_key_info(&opened->public);
    else if (!fault)
        info = operations_key_info(&file);
    info.id = id->text; /* the file's name is the key's */
    info.unverified = !opened;
    fault = note(job, id, fault);
    info.fault = fault ? fault_name(fault) : "";
    page->keys[page->count++] = info;
}

static void read_list(struct job *job);

static void on_list(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    static struct page page;
    struct list_entry entry;
    struct list_head head;
    bool went_on = false;
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
        went_on = key_id_from_field((const uint8_t *)entry.id, &job->after) || went_on;
        add(job, &page, &entry, body + at);
        at += entry.length;
    }
    if (page.count == 0 && head.more && went_on) { /* nothing on it is for this client: the page after its last key */
        operations_queue_read(job, read_list);
        return;
    }
    struct response response = { .operation = OPERATION_LIST_KEYS };
    response.list_keys.key_count = page.count;
    response.list_keys.keys = page.keys;
    response.list_keys.more = head.more;
    answer_result(job, &response);
}

static void read_list(struct job *job)
{
    struct body_part parts[] = { { job->after.text, KEY_ID_SIZE }, { &job->limit, sizeof job->limit } };
    workers_ask_store(&job->gate->workers, MESSAGE_LIST, parts, 2, on_list, job);
}

void list_keys_run(struct job *job, const struct request *request)
{
    const char *after = request->list_keys.after;
    uint32_t limit = request->list_keys.limit;
    if (after[0] != '\0' && !key_id_from_text(after, &job->after)) {
        answer_fault(job, FAULT_KEY_ID, NULL);
        return;
    }
    job->limit = limit == 0 || limit > LIST_PAGE_MAX ? LIST_PAGE_MAX : limit;
    operations_queue_read(job, read_list);
}
