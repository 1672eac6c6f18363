/* GetKey and ListKeys. */
#include <stdio.h>
#include <string.h>

#include "keystore/key/sealed_key.h"
#include "pki/pem_chain.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/load.h"
#include "signer/gate/op/operations.h"

/* -- GetKey: only of bytes that a vault has opened -- */

static void answer_key(struct job *job, struct slice certificate)
{
    struct response response = { .operation = OPERATION_GET_KEY };
    response.get_key.key = operations_key_info(&job->key->public);
    response.get_key.key.certificate = certificate;
    answer_result(job, &response);
}

static void on_loaded(struct job *job);

static void on_certificate(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    const struct key_public *public = &job->key->public;
    if (!job->key->known) {
        load_key(job, on_loaded); /* it changed in this moment */
    } else if (answer->status == FAULT_FILE_MISSING) {
        answer_key(job, (struct slice){ 0 });
    } else if (answer->status) {
        char subject[KEY_ID_SIZE + 16], sentence[SENTENCE_MAX];
        snprintf(subject, sizeof subject, "certs/%s.pem", job->id.text);
        fault_sentence(sentence, sizeof sentence, (enum fault)answer->status, subject);
        answer_fault(job, (enum fault)answer->status, sentence);
    } else if (pem_chain_check_key(body, answer->length, public->spki, public->spki_length) != PEM_CHAIN_HAS_KEY) {
        answer_refusal(job, STATUS_FAILED_PRECONDITION, REASON_CERTIFICATE_OTHER_KEY,
                       "certs/%s.pem: this is not the certificate of key \"%s\"; set the right one with signerctl cert",
                       job->id.text, job->id.text);
    } else {
        answer_key(job, (struct slice){ body, answer->length });
    }
}

static void read_certificate(struct job *job)
{
    struct body_part part = { job->id.text, KEY_ID_SIZE };
    rooms_ask_store(&job->gate->rooms, MESSAGE_READ_CERT, &part, 1, on_certificate, job);
}

static void on_loaded(struct job *job)
{
    operations_queue_read(job, read_certificate);
}

void lookup_get(struct job *job, const struct request *request)
{
    if (operations_hold_key(job, request->get_key.id))
        load_key(job, on_loaded);
}

/* -- ListKeys -- */

struct page {
    size_t count;
    struct key_info keys[LIST_PAGE_MAX];
    struct key_id ids[LIST_PAGE_MAX];
};

/* What the file says of itself, marked as what it is: nobody has opened it. */
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
    rooms_ask_store(&job->gate->rooms, MESSAGE_LIST, parts, 2, on_list, job);
}

void lookup_list(struct job *job, const struct request *request)
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
