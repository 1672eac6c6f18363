/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "client/call.h"
#include "client/error.h"

/* Copies text that the signer sent into a field of fixed size. Text that is too long is truncated, and control
 * characters become spaces, so that it stays on one line. */
static void copy_text(char *out, size_t capacity, const char *text)
{
    snprintf(out, capacity, "%s", text ? text : "");
    for (; *out; out++)
        if ((unsigned char)*out < 0x20 || *out == 0x7f)
            *out = ' ';
}

/* Runs a request without a key id. */
static enum signer_status ask(signer_client *client, enum operation operation, call_parse take, void *into,
                              struct signer_error *error)
{
    struct request request = { .operation = operation };
    enum signer_status status = call_check(client, false, NULL, error);
    if (status != SIGNER_OK)
        return status;
    if (take && !into)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer for the result is NULL");
    return call_run(client, &request, take, into, error);
}

static enum signer_status parse_hello(const struct response *response, void *into, struct signer_error *error)
{
    (void)error;
    struct signer_about *about = into;
    *about = (struct signer_about){
        .protocol = response->hello.protocol,
        .state = (enum signer_state)response->hello.state,
        .request_max = response->hello.request_max,
        .sign_request_max = response->hello.sign_request_max,
        .response_max = response->hello.response_max,
        .in_flight_max = response->hello.in_flight_max,
        .algorithm_count = response->hello.algorithm_count,
        .role_count = response->hello.role_count,
    };
    copy_text(about->version, sizeof about->version, response->hello.version);
    copy_text(about->keystore_id, sizeof about->keystore_id, response->hello.keystore_id);
    copy_text(about->kek_id, sizeof about->kek_id, response->hello.kek_id);
    for (size_t i = 0; i < about->algorithm_count; i++)
        copy_text(about->algorithms[i], sizeof about->algorithms[i], response->hello.algorithms[i]);
    for (size_t i = 0; i < about->role_count; i++)
        copy_text(about->roles[i], sizeof about->roles[i], response->hello.roles[i]);
    return SIGNER_OK;
}

enum signer_status signer_hello(signer_client *client, struct signer_about *about, struct signer_error *error)
{
    return ask(client, OPERATION_HELLO, parse_hello, about, error);
}

static enum signer_status parse_health(const struct response *response, void *into, struct signer_error *error)
{
    (void)error;
    struct signer_health *health = into;
    *health = (struct signer_health){
        .state = (enum signer_state)response->health.state,
        .vaults = response->health.vaults,
        .uptime_seconds = response->health.uptime_seconds,
        .writable = response->health.writable,
        .protection_count = response->health.protection_count,
        .problem_count = response->health.problem_count,
        .reopens = response->health.reopens,
    };
    for (size_t i = 0; i < health->problem_count; i++)
        copy_text(health->problems[i], sizeof health->problems[i], response->health.problems[i]);
    for (size_t i = 0; i < health->protection_count; i++) {
        struct signer_protection *protection = &health->protections[i];
        const struct label *label = &response->health.protections[i];
        copy_text(protection->name, sizeof protection->name, label->name);
        copy_text(protection->value, sizeof protection->value, label->text);
    }
    return SIGNER_OK;
}

enum signer_status signer_health(signer_client *client, struct signer_health *health, struct signer_error *error)
{
    return ask(client, OPERATION_HEALTH, parse_health, health, error);
}

static enum signer_status parse_stats(const struct response *response, void *into, struct signer_error *error)
{
    (void)error;
    struct signer_stats *stats = into;
    *stats = (struct signer_stats){ .count = response->stats.counter_count };
    for (size_t i = 0; i < stats->count; i++) {
        const struct label *label = &response->stats.counters[i];
        copy_text(stats->counters[i].name, sizeof stats->counters[i].name, label->name);
        stats->counters[i].value = label->number;
    }
    return SIGNER_OK;
}

enum signer_status signer_stats(signer_client *client, struct signer_stats *stats, struct signer_error *error)
{
    return ask(client, OPERATION_STATS, parse_stats, stats, error);
}

/* What seals or unseals a signer is for that signer, not for whichever of several answers. */
static enum signer_status check_one(signer_client *client, const char *what, struct signer_error *error)
{
    const struct multiplex *multiplex = client ? client_multiplex(client) : NULL;
    if (!multiplex || multiplex->target.count == 1)
        return call_check(client, false, NULL, error);
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                     "%s is for one signer, and the client has %zu sockets: name one", what, multiplex->target.count);
}

enum signer_status signer_seal(signer_client *client, struct signer_error *error)
{
    enum signer_status status = check_one(client, "seal", error);
    if (status != SIGNER_OK)
        return status;
    return ask(client, OPERATION_SEAL, NULL, NULL, error);
}

static enum signer_status parse_unseal(const struct response *response, void *into, struct signer_error *error)
{
    struct signer_unseal *unseal = into;
    (void)error;
    *unseal = (struct signer_unseal){
        .state = (enum signer_state)response->unseal.state,
        .challenge_count = response->unseal.challenge_count,
        .share_count = response->unseal.share_count,
        .missing = response->unseal.missing,
        .started = response->unseal.started,
    };
    for (size_t i = 0; i < unseal->challenge_count; i++) {
        if (response->unseal.challenges[i].length != SIGNER_UNSEAL_CHALLENGE)
            return error_set(error, SIGNER_INTERNAL, ERROR_PROTOCOL, "a challenge is not 32 bytes long");
        memcpy(unseal->challenges[i], response->unseal.challenges[i].data, SIGNER_UNSEAL_CHALLENGE);
    }
    for (size_t i = 0; i < unseal->share_count; i++) {
        const struct share_given *share = &response->unseal.shares[i];
        unseal->shares[i] = (struct signer_share_given){ share->set, share->group, share->member, share->uid };
    }
    return SIGNER_OK;
}

enum signer_status signer_unseal(signer_client *client, const uint8_t *boxes, size_t count, size_t size,
                                 struct signer_unseal *unseal, struct signer_error *error)
{
    struct request request = { .operation = OPERATION_UNSEAL, .unseal = { .box_count = count } };
    enum signer_status status = check_one(client, "unseal", error);
    if (status != SIGNER_OK)
        return status;
    if (!unseal || count > SIGNER_UNSEAL_VAULTS_MAX || (count > 0 && !boxes))
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                         "the pointer for the result or to the boxes is NULL, or there are too many boxes");
    for (size_t i = 0; i < count; i++)
        request.unseal.boxes[i] = (struct slice){ boxes + i * size, size };
    return call_run(client, &request, parse_unseal, unseal, error);
}

static enum signer_status parse_mac(const struct response *response, void *into, struct signer_error *error)
{
    struct signer_archive_mac *made = into;
    if (response->authenticate_backup.mac.length != SIGNER_ARCHIVE_MAC)
        return error_set(error, SIGNER_INTERNAL, ERROR_PROTOCOL, "the MAC is not 32 bytes long");
    copy_text(made->kek_id, sizeof made->kek_id, response->authenticate_backup.kek_id);
    memcpy(made->mac, response->authenticate_backup.mac.data, SIGNER_ARCHIVE_MAC);
    return SIGNER_OK;
}

enum signer_status signer_authenticate_archive(signer_client *client, const struct signer_archive *archive,
                                               struct signer_archive_mac *mac, struct signer_error *error)
{
    struct request request = { .operation = OPERATION_AUTHENTICATE_BACKUP };
    enum signer_status status = call_check(client, false, NULL, error);
    if (status != SIGNER_OK)
        return status;
    if (!archive || !mac)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                         "the pointer to the archive or for its MAC is NULL");
    request.authenticate_backup.kind = BACKUP_INPUT_ARCHIVE;
    request.authenticate_backup.keystore_id = (struct slice){ archive->keystore_id, SIGNER_KEYSTORE_ID };
    request.authenticate_backup.time = archive->time;
    request.authenticate_backup.sha256 = (struct slice){ archive->sha256, SIGNER_SHA256_SIZE };
    return call_run(client, &request, parse_mac, mac, error);
}

enum signer_status signer_check_key(signer_client *client, const char *id, const uint8_t *sealed, size_t length,
                                    struct signer_error *error)
{
    struct request request = { .operation = OPERATION_AUTHENTICATE_BACKUP };
    enum signer_status status = call_check(client, true, id, error);
    if (status != SIGNER_OK)
        return status;
    if (!sealed)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer to the sealed key is NULL");
    request.authenticate_backup.kind = BACKUP_INPUT_KEY;
    request.authenticate_backup.id = id;
    request.authenticate_backup.sealed_key = (struct slice){ sealed, length };
    return call_run(client, &request, NULL, NULL, error);
}

const char *signer_status_name(enum signer_status status)
{
    return status_name((int)status);
}
