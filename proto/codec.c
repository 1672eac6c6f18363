#include "proto/codec.h"

#include <string.h>

#include "proto/frame.h"
#include "signer.pb-c.h"

typedef Signer__V1__Request WireRequest;
typedef Signer__V1__Response WireResponse;

/* -- the bounded allocator -- */

static void *scratch_alloc(void *context, size_t size)
{
    struct scratch *scratch = context;
    if (size > scratch->size - scratch->used || size > SIZE_MAX - 15)
        return NULL;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded > scratch->size - scratch->used)
        return NULL;
    void *block = scratch->bytes + scratch->used;
    scratch->used += rounded;
    return block;
}

static void scratch_free(void *context, void *block)
{
    (void)context; /* all of it goes at codec_scratch_reset */
    (void)block;
}

void codec_scratch_reset(struct scratch *scratch)
{
    explicit_bzero(scratch->bytes, scratch->used);
    scratch->used = 0;
}

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, struct slice frame, struct scratch *scratch)
{
    ProtobufCAllocator allocator = { scratch_alloc, scratch_free, scratch };
    return protobuf_c_message_unpack(type, &allocator, frame.length, frame.data);
}

/* -- what protobuf-c does not refuse by itself -- */

/* The sub-message of a non-repeated field, or NULL if the field is no message or not set. */
static const ProtobufCMessage *sub_message(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
        return NULL;
    const uint8_t *base = (const uint8_t *)message;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t set;
        memcpy(&set, base + field->quantifier_offset, sizeof set);
        if (set != field->id)
            return NULL;
    }
    const ProtobufCMessage *sub;
    memcpy(&sub, base + field->offset, sizeof sub);
    return sub;
}

static bool has_unknown_field(const ProtobufCMessage *message)
{
    if (message->n_unknown_fields > 0)
        return true;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCMessage *sub = sub_message(message, &message->descriptor->fields[i]);
        if (sub && has_unknown_field(sub))
            return true;
    }
    return false;
}

/* -- requests: wire to plain -- */

static struct slice to_slice(ProtobufCBinaryData data)
{
    return (struct slice){ data.data, data.len };
}

/* False if a list is longer than its bound. A missing policy is an empty one. */
static bool read_policy(const Signer__V1__Policy *wire, struct policy_lists *out)
{
    if (!wire)
        return true;
    if (wire->n_schemes > POLICY_LIST_MAX || wire->n_hashes > POLICY_LIST_MAX)
        return false;
    out->scheme_count = wire->n_schemes;
    out->hash_count = wire->n_hashes;
    for (size_t i = 0; i < wire->n_schemes; i++)
        out->schemes[i] = (int)wire->schemes[i];
    for (size_t i = 0; i < wire->n_hashes; i++)
        out->hashes[i] = (int)wire->hashes[i];
    return true;
}

static void read_sign(const Signer__V1__SignRequest *wire, struct request *out)
{
    out->sign.id = wire->id;
    out->sign.scheme = (int)wire->scheme;
    out->sign.hash = (int)wire->hash;
    if (wire->input_case == SIGNER__V1__SIGN_REQUEST__INPUT_DIGEST) {
        out->sign.kind = SIGN_INPUT_DIGEST;
        out->sign.input = to_slice(wire->digest);
    } else if (wire->input_case == SIGNER__V1__SIGN_REQUEST__INPUT_MESSAGE) {
        out->sign.kind = SIGN_INPUT_MESSAGE;
        out->sign.input = to_slice(wire->message);
    }
}

static bool read_generate(const Signer__V1__GenerateKeyRequest *wire, struct request *out)
{
    out->generate_key.id = wire->id;
    out->generate_key.algorithm = wire->algorithm;
    return read_policy(wire->policy, &out->generate_key.policy);
}

static bool read_unseal(const Signer__V1__UnsealRequest *wire, struct request *out)
{
    if (wire->n_boxes > UNSEAL_BOXES_MAX)
        return false;
    out->unseal.box_count = wire->n_boxes;
    for (size_t i = 0; i < wire->n_boxes; i++)
        out->unseal.boxes[i] = to_slice(wire->boxes[i]);
    return true;
}

static void read_backup(const Signer__V1__AuthenticateBackupRequest *wire, struct request *out)
{
    if (wire->what_case == SIGNER__V1__AUTHENTICATE_BACKUP_REQUEST__WHAT_ARCHIVE) {
        out->authenticate_backup.kind = BACKUP_INPUT_ARCHIVE;
        out->authenticate_backup.keystore_id = to_slice(wire->archive->keystore_id);
        out->authenticate_backup.time = wire->archive->time;
        out->authenticate_backup.sha256 = to_slice(wire->archive->sha256);
    } else if (wire->what_case == SIGNER__V1__AUTHENTICATE_BACKUP_REQUEST__WHAT_KEY) {
        out->authenticate_backup.kind = BACKUP_INPUT_KEY;
        out->authenticate_backup.id = wire->key->id;
        out->authenticate_backup.sealed_key = to_slice(wire->key->sealed_key);
    }
}

/* Copies what the operation carries; false if a list in it is too long. */
static bool read_operation(const WireRequest *wire, struct request *out)
{
    out->operation = (enum operation)wire->operation_case;
    switch (wire->operation_case) {
    case SIGNER__V1__REQUEST__OPERATION_LIST_KEYS:
        out->list_keys.after = wire->list_keys->after;
        out->list_keys.limit = wire->list_keys->limit;
        return true;
    case SIGNER__V1__REQUEST__OPERATION_GET_KEY: out->get_key.id = wire->get_key->id; return true;
    case SIGNER__V1__REQUEST__OPERATION_GENERATE_KEY: return read_generate(wire->generate_key, out);
    case SIGNER__V1__REQUEST__OPERATION_SIGN: read_sign(wire->sign, out); return true;
    case SIGNER__V1__REQUEST__OPERATION_SET_CERTIFICATE:
        out->set_certificate.id = wire->set_certificate->id;
        out->set_certificate.certificate = to_slice(wire->set_certificate->certificate);
        return true;
    case SIGNER__V1__REQUEST__OPERATION_DESTROY_KEY: out->destroy_key.id = wire->destroy_key->id; return true;
    case SIGNER__V1__REQUEST__OPERATION_UNSEAL: return read_unseal(wire->unseal, out);
    case SIGNER__V1__REQUEST__OPERATION_AUTHENTICATE_BACKUP: read_backup(wire->authenticate_backup, out); return true;
    default: return true;
    }
}

/* What was read, encoded again, is the same bytes: nothing was said twice, in another form, or
 * without saying anything (a default, an empty policy). */
static enum codec_result judge_encoding(struct slice frame, struct scratch *scratch, const struct request *request)
{
    size_t size = FRAME_PREFIX + frame.length;
    uint8_t *again = scratch_alloc(scratch, size);
    if (!again)
        return CODEC_GARBAGE;
    bool same = codec_encode_request(request, again, size) == size
        && memcmp(again + FRAME_PREFIX, frame.data, frame.length) == 0;
    return same ? CODEC_OK : CODEC_NOT_CANONICAL;
}

enum codec_result codec_decode_request(struct slice frame, struct scratch *scratch, struct request *out)
{
    const ProtobufCMessage *message = unpack(&signer__v1__request__descriptor, frame, scratch);
    if (!message)
        return CODEC_GARBAGE;
    const WireRequest *wire = (const WireRequest *)message;
    *out = (struct request){ .id = wire->id, .deadline_ms = wire->deadline_ms };
    if (has_unknown_field(message))
        return CODEC_UNKNOWN_FIELD;
    if (!read_operation(wire, out))
        return CODEC_LIST_TOO_LONG;
    return judge_encoding(frame, scratch, out);
}

/* -- requests: plain to wire -- */

static ProtobufCBinaryData to_binary(struct slice slice)
{
    return (ProtobufCBinaryData){ .len = slice.length, .data = (uint8_t *)slice.data };
}

static char *to_string(const char *text)
{
    return (char *)(text ? text : "");
}

static size_t pack_frame(const ProtobufCMessage *message, uint8_t *out, size_t capacity)
{
    size_t payload = protobuf_c_message_get_packed_size(message);
    if (!out)
        return FRAME_PREFIX + payload;
    if (payload > UINT32_MAX || capacity < FRAME_PREFIX || payload > capacity - FRAME_PREFIX)
        return 0;
    frame_prefix(out, payload);
    return FRAME_PREFIX + protobuf_c_message_pack(message, out + FRAME_PREFIX);
}

struct wire_policy { /* a policy and the lists that it points to */
    Signer__V1__Policy policy;
    Signer__V1__Scheme schemes[POLICY_LIST_MAX];
    Signer__V1__Hash hashes[POLICY_LIST_MAX];
};

/* NULL for a policy that says nothing: the field is then not sent. */
static Signer__V1__Policy *write_policy(const struct policy_lists *lists, struct wire_policy *out)
{
    if (lists->scheme_count == 0 && lists->hash_count == 0)
        return NULL;
    signer__v1__policy__init(&out->policy);
    for (size_t i = 0; i < lists->scheme_count; i++)
        out->schemes[i] = (Signer__V1__Scheme)lists->schemes[i];
    for (size_t i = 0; i < lists->hash_count; i++)
        out->hashes[i] = (Signer__V1__Hash)lists->hashes[i];
    out->policy.n_schemes = lists->scheme_count;
    out->policy.schemes = out->schemes;
    out->policy.n_hashes = lists->hash_count;
    out->policy.hashes = out->hashes;
    return &out->policy;
}

union wire_operation {
    Signer__V1__HelloRequest hello;
    Signer__V1__HealthRequest health;
    Signer__V1__ListKeysRequest list_keys;
    Signer__V1__GetKeyRequest get_key;
    Signer__V1__GenerateKeyRequest generate_key;
    Signer__V1__SignRequest sign;
    Signer__V1__SetCertificateRequest set_certificate;
    Signer__V1__DestroyKeyRequest destroy_key;
    struct {
        Signer__V1__UnsealRequest request;
        ProtobufCBinaryData boxes[UNSEAL_BOXES_MAX];
    } unseal;
    Signer__V1__SealRequest seal;
    struct {
        Signer__V1__AuthenticateBackupRequest request;
        Signer__V1__ArchiveClaim archive;
        Signer__V1__ArchivedKey key;
    } backup;
    Signer__V1__StatsRequest stats;
};

static void write_sign(const struct request *request, Signer__V1__SignRequest *sign)
{
    signer__v1__sign_request__init(sign);
    sign->id = to_string(request->sign.id);
    sign->scheme = (Signer__V1__Scheme)request->sign.scheme;
    sign->hash = (Signer__V1__Hash)request->sign.hash;
    if (request->sign.kind == SIGN_INPUT_DIGEST) {
        sign->input_case = SIGNER__V1__SIGN_REQUEST__INPUT_DIGEST;
        sign->digest = to_binary(request->sign.input);
    } else if (request->sign.kind == SIGN_INPUT_MESSAGE) {
        sign->input_case = SIGNER__V1__SIGN_REQUEST__INPUT_MESSAGE;
        sign->message = to_binary(request->sign.input);
    }
}

static void write_unseal(const struct request *request, union wire_operation *operation)
{
    signer__v1__unseal_request__init(&operation->unseal.request);
    for (size_t i = 0; i < request->unseal.box_count; i++)
        operation->unseal.boxes[i] = to_binary(request->unseal.boxes[i]);
    operation->unseal.request.n_boxes = request->unseal.box_count;
    operation->unseal.request.boxes = operation->unseal.boxes;
}

static void write_backup(const struct request *request, union wire_operation *operation)
{
    Signer__V1__AuthenticateBackupRequest *wire = &operation->backup.request;
    signer__v1__authenticate_backup_request__init(wire);
    if (request->authenticate_backup.kind == BACKUP_INPUT_ARCHIVE) {
        signer__v1__archive_claim__init(&operation->backup.archive);
        operation->backup.archive.keystore_id = to_binary(request->authenticate_backup.keystore_id);
        operation->backup.archive.time = request->authenticate_backup.time;
        operation->backup.archive.sha256 = to_binary(request->authenticate_backup.sha256);
        wire->what_case = SIGNER__V1__AUTHENTICATE_BACKUP_REQUEST__WHAT_ARCHIVE;
        wire->archive = &operation->backup.archive;
    } else if (request->authenticate_backup.kind == BACKUP_INPUT_KEY) {
        signer__v1__archived_key__init(&operation->backup.key);
        operation->backup.key.id = to_string(request->authenticate_backup.id);
        operation->backup.key.sealed_key = to_binary(request->authenticate_backup.sealed_key);
        wire->what_case = SIGNER__V1__AUTHENTICATE_BACKUP_REQUEST__WHAT_KEY;
        wire->key = &operation->backup.key;
    }
}

static void write_operation(const struct request *request, WireRequest *wire, union wire_operation *operation,
                            struct wire_policy *policy)
{
    wire->operation_case = (Signer__V1__Request__OperationCase)request->operation;
    wire->hello = &operation->hello; /* one pointer, whichever member it is */
    switch (request->operation) {
    case OPERATION_HELLO: signer__v1__hello_request__init(&operation->hello); break;
    case OPERATION_HEALTH: signer__v1__health_request__init(&operation->health); break;
    case OPERATION_LIST_KEYS:
        signer__v1__list_keys_request__init(&operation->list_keys);
        operation->list_keys.after = to_string(request->list_keys.after);
        operation->list_keys.limit = request->list_keys.limit;
        break;
    case OPERATION_GET_KEY:
        signer__v1__get_key_request__init(&operation->get_key);
        operation->get_key.id = to_string(request->get_key.id);
        break;
    case OPERATION_GENERATE_KEY:
        signer__v1__generate_key_request__init(&operation->generate_key);
        operation->generate_key.id = to_string(request->generate_key.id);
        operation->generate_key.algorithm = to_string(request->generate_key.algorithm);
        operation->generate_key.policy = write_policy(&request->generate_key.policy, policy);
        break;
    case OPERATION_SIGN: write_sign(request, &operation->sign); break;
    case OPERATION_SET_CERTIFICATE:
        signer__v1__set_certificate_request__init(&operation->set_certificate);
        operation->set_certificate.id = to_string(request->set_certificate.id);
        operation->set_certificate.certificate = to_binary(request->set_certificate.certificate);
        break;
    case OPERATION_DESTROY_KEY:
        signer__v1__destroy_key_request__init(&operation->destroy_key);
        operation->destroy_key.id = to_string(request->destroy_key.id);
        break;
    case OPERATION_UNSEAL: write_unseal(request, operation); break;
    case OPERATION_SEAL: signer__v1__seal_request__init(&operation->seal); break;
    case OPERATION_AUTHENTICATE_BACKUP: write_backup(request, operation); break;
    case OPERATION_STATS: signer__v1__stats_request__init(&operation->stats); break;
    case OPERATION_NONE: break;
    }
}

size_t codec_encode_request(const struct request *request, uint8_t *out, size_t capacity)
{
    WireRequest wire = SIGNER__V1__REQUEST__INIT;
    union wire_operation operation;
    struct wire_policy policy;
    wire.id = request->id;
    wire.deadline_ms = request->deadline_ms;
    write_operation(request, &wire, &operation, &policy);
    return pack_frame(&wire.base, out, capacity);
}

/* -- responses: plain to wire -- */

struct wire_key { /* a key and the policy that it points to */
    Signer__V1__Key key;
    struct wire_policy policy;
};

static Signer__V1__Key *write_key(const struct key_info *info, struct wire_key *out)
{
    signer__v1__key__init(&out->key);
    out->key.id = to_string(info->id);
    out->key.algorithm = to_string(info->algorithm);
    out->key.policy = write_policy(&info->policy, &out->policy);
    out->key.public_key = to_binary(info->public_key);
    out->key.created = info->created;
    out->key.certificate = to_binary(info->certificate);
    out->key.unverified = info->unverified;
    return &out->key;
}

static size_t encode_hello(WireResponse *wire, const struct response *from, uint8_t *out, size_t capacity)
{
    Signer__V1__HelloResponse hello = SIGNER__V1__HELLO_RESPONSE__INIT;
    hello.version = to_string(from->hello.version);
    hello.protocol = from->hello.protocol;
    hello.state = (Signer__V1__State)from->hello.state;
    hello.keystore_id = to_string(from->hello.keystore_id);
    hello.kek_id = to_string(from->hello.kek_id);
    hello.request_max = from->hello.request_max;
    hello.sign_request_max = from->hello.sign_request_max;
    hello.response_max = from->hello.response_max;
    hello.in_flight_max = from->hello.in_flight_max;
    hello.n_algorithms = from->hello.algorithm_count;
    hello.algorithms = (char **)from->hello.algorithms;
    hello.n_roles = from->hello.role_count;
    hello.roles = (char **)from->hello.roles;
    wire->hello = &hello;
    return pack_frame(&wire->base, out, capacity);
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
        protections[i].name = to_string(from->health.protections[i].name);
        protections[i].value = to_string(from->health.protections[i].text);
        pointers[i] = &protections[i];
    }
    health.n_protections = from->health.protection_count;
    health.protections = pointers;
    health.n_problems = from->health.problem_count;
    health.problems = (char **)from->health.problems;
    health.reopens = from->health.reopens;
    wire->health = &health;
    return pack_frame(&wire->base, out, capacity);
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
    return pack_frame(&wire->base, out, capacity);
}

static size_t encode_stats(WireResponse *wire, const struct response *from, uint8_t *out, size_t capacity)
{
    Signer__V1__StatsResponse stats = SIGNER__V1__STATS_RESPONSE__INIT;
    Signer__V1__Counter counters[LABELS_MAX], *pointers[LABELS_MAX];
    for (size_t i = 0; i < from->stats.counter_count; i++) {
        signer__v1__counter__init(&counters[i]);
        counters[i].name = to_string(from->stats.counters[i].name);
        counters[i].value = from->stats.counters[i].number;
        pointers[i] = &counters[i];
    }
    stats.n_counters = from->stats.counter_count;
    stats.counters = pointers;
    wire->stats = &stats;
    return pack_frame(&wire->base, out, capacity);
}

static size_t encode_unseal(WireResponse *wire, const struct response *from, uint8_t *out, size_t capacity)
{
    Signer__V1__UnsealResponse unseal = SIGNER__V1__UNSEAL_RESPONSE__INIT;
    Signer__V1__ShareGiven shares[UNSEAL_SHARES_MAX], *pointers[UNSEAL_SHARES_MAX];
    ProtobufCBinaryData challenges[UNSEAL_BOXES_MAX];
    for (size_t i = 0; i < from->unseal.challenge_count; i++)
        challenges[i] = to_binary(from->unseal.challenges[i]);
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
    return pack_frame(&wire->base, out, capacity);
}

union wire_result { /* the results that are small enough for one function */
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
    wire->sign = &result->sign; /* one pointer, whichever member it is */
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
        result->sign.signature = to_binary(from->sign.signature);
        break;
    case OPERATION_SET_CERTIFICATE: signer__v1__set_certificate_response__init(&result->set_certificate); break;
    case OPERATION_DESTROY_KEY:
        signer__v1__destroy_key_response__init(&result->destroy_key);
        result->destroy_key.existed = from->destroy_key.existed;
        break;
    case OPERATION_SEAL: signer__v1__seal_response__init(&result->seal); break;
    case OPERATION_AUTHENTICATE_BACKUP:
        signer__v1__authenticate_backup_response__init(&result->authenticate_backup);
        result->authenticate_backup.kek_id = to_string(from->authenticate_backup.kek_id);
        result->authenticate_backup.mac = to_binary(from->authenticate_backup.mac);
        break;
    default: break;
    }
}

size_t codec_encode_response(const struct response *response, uint8_t *out, size_t capacity)
{
    WireResponse wire = SIGNER__V1__RESPONSE__INIT;
    union wire_result result;
    struct wire_key key;
    wire.id = response->id;
    wire.status = (Signer__V1__Status)response->status;
    wire.reason = to_string(response->reason);
    wire.message = to_string(response->message);
    wire.retry_after_ms = response->retry_after_ms;
    wire.result_case = (Signer__V1__Response__ResultCase)response->operation;
    switch (response->operation) {
    case OPERATION_HELLO: return encode_hello(&wire, response, out, capacity);
    case OPERATION_HEALTH: return encode_health(&wire, response, out, capacity);
    case OPERATION_LIST_KEYS: return encode_list(&wire, response, out, capacity);
    case OPERATION_UNSEAL: return encode_unseal(&wire, response, out, capacity);
    case OPERATION_STATS: return encode_stats(&wire, response, out, capacity);
    default: write_result(response, &wire, &result, &key); return pack_frame(&wire.base, out, capacity);
    }
}

/* -- responses: wire to plain -- */

static bool read_key(const Signer__V1__Key *wire, struct key_info *out)
{
    if (!wire)
        return false;
    *out = (struct key_info){
        .id = wire->id,
        .algorithm = wire->algorithm,
        .public_key = to_slice(wire->public_key),
        .created = wire->created,
        .certificate = to_slice(wire->certificate),
        .unverified = wire->unverified,
    };
    return read_policy(wire->policy, &out->policy);
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
        out->unseal.challenges[i] = to_slice(wire->challenges[i]);
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
    case SIGNER__V1__RESPONSE__RESULT_SIGN: out->sign.signature = to_slice(wire->sign->signature); return true;
    case SIGNER__V1__RESPONSE__RESULT_DESTROY_KEY: out->destroy_key.existed = wire->destroy_key->existed; return true;
    case SIGNER__V1__RESPONSE__RESULT_UNSEAL: return read_unseal_result(wire->unseal, out);
    case SIGNER__V1__RESPONSE__RESULT_AUTHENTICATE_BACKUP:
        out->authenticate_backup.kek_id = wire->authenticate_backup->kek_id;
        out->authenticate_backup.mac = to_slice(wire->authenticate_backup->mac);
        return true;
    case SIGNER__V1__RESPONSE__RESULT_STATS: return read_stats(wire->stats, out);
    default: return true;
    }
}

enum codec_result codec_decode_response(struct slice frame, struct scratch *scratch, struct response *out)
{
    const WireResponse *wire = (const WireResponse *)unpack(&signer__v1__response__descriptor, frame, scratch);
    if (!wire)
        return CODEC_GARBAGE;
    *out = (struct response){
        .id = wire->id,
        .status = (int)wire->status,
        .reason = wire->reason,
        .message = wire->message,
        .retry_after_ms = wire->retry_after_ms,
    };
    return read_result(wire, scratch, out) ? CODEC_OK : CODEC_GARBAGE;
}
