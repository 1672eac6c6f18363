/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/response.h"

#include "proto/wire.h"

typedef Signer__V1__Response WireResponse;

/* -- plain to wire -- */

struct wire_key { /* a key and the policy that it points to */
    Signer__V1__Key key;
    struct wire_policy policy;
};

static Signer__V1__Key *write_key(const struct key_info *info, struct wire_key *out)
{
    signer__v1__key__init(&out->key);
    out->key.id = wire_to_string(info->id);
    out->key.algorithm = wire_to_string(info->algorithm);
    out->key.policy = wire_write_policy(&info->policy, &out->policy);
    out->key.public_key = wire_to_binary(info->public_key);
    out->key.created = info->created;
    out->key.certificate = wire_to_binary(info->certificate);
    out->key.unverified = info->unverified;
    out->key.fault = wire_to_string(info->fault);
    return &out->key;
}

static size_t encode_hello(WireResponse *wire, const struct response *from, uint8_t *out, size_t capacity)
{
    Signer__V1__HelloResponse hello = SIGNER__V1__HELLO_RESPONSE__INIT;
    hello.version = wire_to_string(from->hello.version);
    hello.protocol = from->hello.protocol;
    hello.state = (Signer__V1__State)from->hello.state;
    hello.keystore_id = wire_to_string(from->hello.keystore_id);
    hello.kek_id = wire_to_string(from->hello.kek_id);
    hello.request_max = from->hello.request_max;
    hello.sign_request_max = from->hello.sign_request_max;
    hello.response_max = from->hello.response_max;
    hello.in_flight_max = from->hello.in_flight_max;
    hello.n_algorithms = from->hello.algorithm_count;
    hello.algorithms = (char **)from->hello.algorithms;
    hello.n_roles = from->hello.role_count;
    hello.roles = (char **)from->hello.roles;
    wire->hello = &hello;
    return wire_pack_frame(&wire->base, out, capacity);
}

static size_t encode_health(WireResponse *wire, const struct response *from, uint8_t *out, size_t capacity)
{
    Signer__V1__HealthResponse health = SIGNER__V1__HEALTH_RESPONSE__INIT;
    Signer__V1__Protection protections[LABELS_MAX], *pointers[LABELS_MAX];
    health.state = (Signer__V1__State)from->health.state;
    health.vaults = from->health.vaults;
    health.uptime_seconds = from->health.uptime_seconds;
    health.writable = from->health.writable;
    for (size_t i = 0; i < from->health.protection_count; i++) {
        signer__v1__protection__init(&protections[i]);
        protections[i].name = wire_to_string(from->health.protections[i].name);
        protections[i].value = wire_to_string(from->health.protections[i].text);
        pointers[i] = &protections[i];
    }
    health.n_protections = from->health.protection_count;
    health.protections = pointers;
    health.n_problems = from->health.problem_count;
    health.problems = (char **)from->health.problems;
    health.reopens = from->health.reopens;
    wire->health = &health;
    return wire_pack_frame(&wire->base, out, capacity);
}

static size_t encode_list(WireResponse *wire, const struct response *from, uint8_t *out, size_t capacity)
{
    Signer__V1__ListKeysResponse list = SIGNER__V1__LIST_KEYS_RESPONSE__INIT;
    struct wire_key keys[LIST_PAGE_MAX];
    Signer__V1__Key *pointers[LIST_PAGE_MAX];
    for (size_t i = 0; i < from->list_keys.key_count; i++)
        pointers[i] = write_key(&from->list_keys.keys[i], &keys[i]);
    list.n_keys = from->list_keys.key_count;
    list.keys = pointers;
    list.more = from->list_keys.more;
    wire->list_keys = &list;
    return wire_pack_frame(&wire->base, out, capacity);
}

static size_t encode_stats(WireResponse *wire, const struct response *from, uint8_t *out, size_t capacity)
{
    Signer__V1__StatsResponse stats = SIGNER__V1__STATS_RESPONSE__INIT;
    Signer__V1__Counter counters[LABELS_MAX], *pointers[LABELS_MAX];
    for (size_t i = 0; i < from->stats.counter_count; i++) {
        signer__v1__counter__init(&counters[i]);
        counters[i].name = wire_to_string(from->stats.counters[i].name);
        counters[i].value = from->stats.counters[i].number;
        pointers[i] = &counters[i];
    }
    stats.n_counters = from->stats.counter_count;
    stats.counters = pointers;
    wire->stats = &stats;
    return wire_pack_frame(&wire->base, out, capacity);
}

static size_t encode_unseal(WireResponse *wire, const struct response *from, uint8_t *out, size_t capacity)
{
    Signer__V1__UnsealResponse unseal = SIGNER__V1__UNSEAL_RESPONSE__INIT;
    Signer__V1__ShareGiven shares[UNSEAL_SHARES_MAX], *pointers[UNSEAL_SHARES_MAX];
    ProtobufCBinaryData challenges[UNSEAL_BOXES_MAX];
    for (size_t i = 0; i < from->unseal.challenge_count; i++)
        challenges[i] = wire_to_binary(from->unseal.challenges[i]);
    for (size_t i = 0; i < from->unseal.share_count; i++) {
        const struct share_given *share = &from->unseal.shares[i];
        signer__v1__share_given__init(&shares[i]);
        shares[i].set = share->set;
        shares[i].group = share->group;
        shares[i].member = share->member;
        shares[i].uid = share->uid;
        pointers[i] = &shares[i];
    }
    unseal.state = (Signer__V1__State)from->unseal.state;
    unseal.n_challenges = from->unseal.challenge_count;
    unseal.challenges = challenges;
    unseal.n_shares = from->unseal.share_count;
    unseal.shares = pointers;
    unseal.missing = from->unseal.missing;
    unseal.started = from->unseal.started;
    wire->unseal = &unseal;
    return wire_pack_frame(&wire->base, out, capacity);
}

union wire_result { /* the results without lists of their own */
    Signer__V1__GetKeyResponse get_key;
    Signer__V1__GenerateKeyResponse generate_key;
    Signer__V1__SignResponse sign;
    Signer__V1__SetCertificateResponse set_certificate;
    Signer__V1__DestroyKeyResponse destroy_key;
    Signer__V1__SealResponse seal;
    Signer__V1__AuthenticateBackupResponse authenticate_backup;
};

static void write_result(const struct response *from, WireResponse *wire, union wire_result *result,
                         struct wire_key *key)
{
    wire->sign = &result->sign; /* the members of both unions share one address: this sets every result */
    switch (from->operation) {
    case OPERATION_GET_KEY:
        signer__v1__get_key_response__init(&result->get_key);
        result->get_key.key = write_key(&from->get_key.key, key);
        break;
    case OPERATION_GENERATE_KEY:
        signer__v1__generate_key_response__init(&result->generate_key);
        result->generate_key.key = write_key(&from->generate_key.key, key);
        result->generate_key.created = from->generate_key.created;
        break;
    case OPERATION_SIGN:
        signer__v1__sign_response__init(&result->sign);
        result->sign.signature = wire_to_binary(from->sign.signature);
        break;
    case OPERATION_SET_CERTIFICATE: signer__v1__set_certificate_response__init(&result->set_certificate); break;
    case OPERATION_DESTROY_KEY:
        signer__v1__destroy_key_response__init(&result->destroy_key);
        result->destroy_key.existed = from->destroy_key.existed;
        break;
    case OPERATION_SEAL: signer__v1__seal_response__init(&result->seal); break;
    case OPERATION_AUTHENTICATE_BACKUP:
        signer__v1__authenticate_backup_response__init(&result->authenticate_backup);
        result->authenticate_backup.kek_id = wire_to_string(from->authenticate_backup.kek_id);
        result->authenticate_backup.mac = wire_to_binary(from->authenticate_backup.mac);
        break;
    default: break;
    }
}

size_t response_encode(const struct response *response, uint8_t *out, size_t capacity)
{
    WireResponse wire = SIGNER__V1__RESPONSE__INIT;
    union wire_result result;
    struct wire_key key;
    wire.id = response->id;
    wire.status = (Signer__V1__Status)response->status;
    wire.reason = wire_to_string(response->reason);
    wire.message = wire_to_string(response->message);
    wire.retry_after_ms = response->retry_after_ms;
    wire.result_case = (Signer__V1__Response__ResultCase)response->operation;
    switch (response->operation) {
    case OPERATION_HELLO: return encode_hello(&wire, response, out, capacity);
    case OPERATION_HEALTH: return encode_health(&wire, response, out, capacity);
    case OPERATION_LIST_KEYS: return encode_list(&wire, response, out, capacity);
    case OPERATION_UNSEAL: return encode_unseal(&wire, response, out, capacity);
    case OPERATION_STATS: return encode_stats(&wire, response, out, capacity);
    default: write_result(response, &wire, &result, &key); return wire_pack_frame(&wire.base, out, capacity);
    }
}

/* -- wire to plain -- */

static bool read_key(const Signer__V1__Key *wire, struct key_info *out)
{
    if (!wire)
        return false;
    *out = (struct key_info){
        .id = wire->id,
        .algorithm = wire->algorithm,
        .public_key = wire_to_slice(wire->public_key),
        .created = wire->created,
        .certificate = wire_to_slice(wire->certificate),
        .unverified = wire->unverified,
        .fault = wire->fault,
    };
    return wire_read_policy(wire->policy, &out->policy);
}

static bool read_names(size_t count, char **names, size_t *out_count, const char **out)
{
    if (count > LABELS_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        out[i] = names[i];
    *out_count = count;
    return true;
}

static bool read_hello(const Signer__V1__HelloResponse *wire, struct response *out)
{
    out->hello.version = wire->version;
    out->hello.protocol = wire->protocol;
    out->hello.state = (int)wire->state;
    out->hello.keystore_id = wire->keystore_id;
    out->hello.kek_id = wire->kek_id;
    out->hello.request_max = wire->request_max;
    out->hello.sign_request_max = wire->sign_request_max;
    out->hello.response_max = wire->response_max;
    out->hello.in_flight_max = wire->in_flight_max;
    return read_names(wire->n_algorithms, wire->algorithms, &out->hello.algorithm_count, out->hello.algorithms)
        && read_names(wire->n_roles, wire->roles, &out->hello.role_count, out->hello.roles);
}

static bool read_health(const Signer__V1__HealthResponse *wire, struct response *out)
{
    if (wire->n_protections > LABELS_MAX)
        return false;
    out->health.reopens = wire->reopens;
    out->health.state = (int)wire->state;
    out->health.vaults = wire->vaults;
    out->health.uptime_seconds = wire->uptime_seconds;
    out->health.writable = wire->writable;
    out->health.protection_count = wire->n_protections;
    for (size_t i = 0; i < wire->n_protections; i++)
        out->health.protections[i] = (struct label){ .name = wire->protections[i]->name,
                                                     .text = wire->protections[i]->value };
    return read_names(wire->n_problems, wire->problems, &out->health.problem_count, out->health.problems);
}

static bool read_list(const Signer__V1__ListKeysResponse *wire, struct scratch *scratch, struct response *out)
{
    if (wire->n_keys > LIST_PAGE_MAX)
        return false;
    out->list_keys.more = wire->more;
    out->list_keys.key_count = wire->n_keys;
    out->list_keys.keys = scratch_alloc(scratch, wire->n_keys * sizeof *out->list_keys.keys);
    if (!out->list_keys.keys)
        return false;
    for (size_t i = 0; i < wire->n_keys; i++)
        if (!read_key(wire->keys[i], &out->list_keys.keys[i]))
            return false;
    return true;
}

static bool read_stats(const Signer__V1__StatsResponse *wire, struct response *out)
{
    if (wire->n_counters > LABELS_MAX)
        return false;
    out->stats.counter_count = wire->n_counters;
    for (size_t i = 0; i < wire->n_counters; i++)
        out->stats.counters[i] = (struct label){ .name = wire->counters[i]->name, .number = wire->counters[i]->value };
    return true;
}

static bool read_unseal_result(const Signer__V1__UnsealResponse *wire, struct response *out)
{
    if (wire->n_challenges > UNSEAL_BOXES_MAX || wire->n_shares > UNSEAL_SHARES_MAX)
        return false;
    out->unseal.state = (int)wire->state;
    out->unseal.missing = wire->missing;
    out->unseal.started = wire->started;
    out->unseal.challenge_count = wire->n_challenges;
    out->unseal.share_count = wire->n_shares;
    for (size_t i = 0; i < wire->n_challenges; i++)
        out->unseal.challenges[i] = wire_to_slice(wire->challenges[i]);
    for (size_t i = 0; i < wire->n_shares; i++)
        out->unseal.shares[i] = (struct share_given){ wire->shares[i]->set, wire->shares[i]->group,
                                                      wire->shares[i]->member, wire->shares[i]->uid };
    return true;
}

static bool read_result(const WireResponse *wire, struct scratch *scratch, struct response *out)
{
    out->operation = (enum operation)wire->result_case;
    switch (wire->result_case) {
    case SIGNER__V1__RESPONSE__RESULT_HELLO: return read_hello(wire->hello, out);
    case SIGNER__V1__RESPONSE__RESULT_HEALTH: return read_health(wire->health, out);
    case SIGNER__V1__RESPONSE__RESULT_LIST_KEYS: return read_list(wire->list_keys, scratch, out);
    case SIGNER__V1__RESPONSE__RESULT_GET_KEY: return read_key(wire->get_key->key, &out->get_key.key);
    case SIGNER__V1__RESPONSE__RESULT_GENERATE_KEY:
        out->generate_key.created = wire->generate_key->created;
        return read_key(wire->generate_key->key, &out->generate_key.key);
    case SIGNER__V1__RESPONSE__RESULT_SIGN: out->sign.signature = wire_to_slice(wire->sign->signature); return true;
    case SIGNER__V1__RESPONSE__RESULT_DESTROY_KEY: out->destroy_key.existed = wire->destroy_key->existed; return true;
    case SIGNER__V1__RESPONSE__RESULT_UNSEAL: return read_unseal_result(wire->unseal, out);
    case SIGNER__V1__RESPONSE__RESULT_AUTHENTICATE_BACKUP:
        out->authenticate_backup.kek_id = wire->authenticate_backup->kek_id;
        out->authenticate_backup.mac = wire_to_slice(wire->authenticate_backup->mac);
        return true;
    case SIGNER__V1__RESPONSE__RESULT_STATS: return read_stats(wire->stats, out);
    default: return true;
    }
}

enum decode_result response_decode(struct slice frame, struct scratch *scratch, struct response *out)
{
    const WireResponse *wire = (const WireResponse *)wire_unpack(&signer__v1__response__descriptor, frame, scratch);
    if (!wire)
        return DECODE_GARBAGE;
    *out = (struct response){
        .id = wire->id,
        .status = (int)wire->status,
        .reason = wire->reason,
        .message = wire->message,
        .retry_after_ms = wire->retry_after_ms,
    };
    return read_result(wire, scratch, out) ? DECODE_OK : DECODE_GARBAGE;
}
