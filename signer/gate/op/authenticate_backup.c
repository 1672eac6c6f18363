/* SPDX-License-Identifier: Apache-2.0 */
/* AuthenticateBackup: a vault makes the MAC of an archive of its keystore, or checks that it can open an archived key.
 * Slow work, so that no signature waits for a nightly backup. */
#include <stdio.h>
#include <string.h>

#include "keystore/key/sealed_key.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/op/operations.h"

static void answer_mac(struct job *job, const struct archive_answer *made)
{
    struct response response = { .operation = OPERATION_AUTHENTICATE_BACKUP };
    char kek[KEK_ID_TEXT];
    kek_id_text(&made->kek, kek);
    response.authenticate_backup.kek_id = kek;
    response.authenticate_backup.mac = (struct slice){ made->mac, sizeof made->mac };
    answer_result(job, &response);
}

static void on_made(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    struct archive_answer made;
    if (answer->status || answer->length != sizeof made) {
        answer_fault(job, answer->status ? (enum fault)answer->status : FAULT_CRYPTO, NULL);
        return;
    }
    memcpy(&made, body, sizeof made);
    answer_mac(job, &made);
}

static void make_mac(struct job *job)
{
    struct body_part part = { job->input, job->input_length };
    workers_ask_vault(&job->gate->workers, workers_slow(&job->gate->workers),
                      (struct message){ .op = MESSAGE_MAC_BACKUP }, &part, 1, on_made, job);
}

/* About an archive's copy: nothing is wrong with this keystore, so it is no damage. */
static void refuse_copy(struct job *job, enum fault fault)
{
    char subject[KEY_ID_SIZE + 8], sentence[SENTENCE_MAX];
    snprintf(subject, sizeof subject, "key \"%s\"", job->id.text);
    fault_sentence(sentence, sizeof sentence, fault, subject);
    answer_refusal(job, answer_status(fault), fault_name(fault), "%s", sentence);
}

static void on_checked(void *context, const struct message *answer, const uint8_t *body)
{
    struct job *job = context;
    struct response response = { .operation = OPERATION_AUTHENTICATE_BACKUP };
    char kek[KEK_ID_TEXT];
    (void)body;
    if (answer->status) {
        refuse_copy(job, (enum fault)answer->status);
        return;
    }
    kek_id_text(&job->gate->kek, kek);
    response.authenticate_backup.kek_id = kek;
    answer_result(job, &response);
}

static void check(struct job *job)
{
    struct body_part parts[] = { { job->id.text, KEY_ID_SIZE }, { job->input, job->input_length } };
    workers_ask_vault(&job->gate->workers, workers_slow(&job->gate->workers), (struct message){ .op = MESSAGE_CHECK },
                      parts, 2, on_checked, job);
}

static void run_archive(struct job *job, const struct request *request)
{
    struct slice id = request->authenticate_backup.keystore_id, hash = request->authenticate_backup.sha256;
    struct archive_body body = { .time = request->authenticate_backup.time };
    if (id.length != KEYSTORE_ID_SIZE || hash.length != SHA256_SIZE) {
        answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_BACKUP_INPUT,
                       "an archive needs a keystore id of %d bytes and a SHA-256 of %d", KEYSTORE_ID_SIZE, SHA256_SIZE);
        return;
    }
    if (memcmp(id.data, job->gate->setup->header.keystore_id, KEYSTORE_ID_SIZE) != 0) {
        answer_fault(job, FAULT_ARCHIVE_OTHER_KEYSTORE, NULL);
        return;
    }
    memcpy(body.sha256, hash.data, SHA256_SIZE);
    if (operations_keep_input(job, (struct slice){ (const uint8_t *)&body, sizeof body }))
        operations_queue_slow(job, make_mac);
}

static void run_key(struct job *job, const struct request *request)
{
    struct slice sealed = request->authenticate_backup.sealed_key;
    if (!key_id_from_text(request->authenticate_backup.id, &job->id) || sealed.length > SEALED_KEY_MAX) {
        answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_BACKUP_INPUT,
                       "an archived key needs a key id and has at most %d bytes", SEALED_KEY_MAX);
        return;
    }
    if (operations_keep_input(job, sealed))
        operations_queue_slow(job, check);
}

void authenticate_backup_run(struct job *job, const struct request *request)
{
    switch (request->authenticate_backup.kind) {
    case BACKUP_INPUT_ARCHIVE: run_archive(job, request); break;
    case BACKUP_INPUT_KEY: run_key(job, request); break;
    default:
        answer_refusal(job, STATUS_INVALID_ARGUMENT, REASON_BACKUP_INPUT,
                       "the request names neither an archive nor a key");
    }
}
