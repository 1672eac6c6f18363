/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/request.h"

#include <string.h>

#include "proto/frame.h"
#include "proto/wire.h"

typedef Signer__V1__Request WireRequest;

/* -- wire to plain -- */

static void read_sign(const Signer__V1__SignRequest *wire, struct request *out)
{
    out->sign.id = wire->id;
    out->sign.scheme = (int)wire->scheme;
    out->sign.hash = (int)wire->hash;
    out->sign.public_key_sha256 = wire_to_slice(wire->public_key_sha256);
    if (wire->input_case == SIGNER__V1__SIGN_REQUEST__INPUT_DIGEST) {
        out->sign.kind = SIGN_INPUT_DIGEST;
        out->sign.input = wire_to_slice(wire->digest);
    } else if (wire->input_case == SIGNER__V1__SIGN_REQUEST__INPUT_MESSAGE) {
        out->sign.kind = SIGN_INPUT_MESSAGE;
        out->sign.input = wire_to_slice(wire->message);
    }
}

static bool read_generate(const Signer__V1__GenerateKeyRequest *wire, struct request *out)
{
    out->generate_key.id = wire->id;
    out->generate_key.algorithm = wire->algorithm;
    return wire_read_policy(wire->policy, &out->generate_key.policy);
}

static bool read_unseal(const Signer__V1__UnsealRequest *wire, struct request *out)
{
    if (wire->n_boxes > UNSEAL_BOXES_MAX)
        return false;
    out->unseal.box_count = wire->n_boxes;
    for (size_t i = 0; i < wire->n_boxes; i++)
        out->unseal.boxes[i] = wire_to_slice(wire->boxes[i]);
    return true;
}

static void read_backup(const Signer__V1__AuthenticateBackupRequest *wire, struct request *out)
{
    if (wire->what_case == SIGNER__V1__AUTHENTICATE_BACKUP_REQUEST__WHAT_ARCHIVE) {
        out->authenticate_backup.kind = BACKUP_INPUT_ARCHIVE;
        out->authenticate_backup.keystore_id = wire_to_slice(wire->archive->keystore_id);
        out->authenticate_backup.time = wire->archive->time;
        out->authenticate_backup.sha256 = wire_to_slice(wire->archive->sha256);
    } else if (wire->what_case == SIGNER__V1__AUTHENTICATE_BACKUP_REQUEST__WHAT_KEY) {
        out->authenticate_backup.kind = BACKUP_INPUT_KEY;
        out->authenticate_backup.id = wire->key->id;
        out->authenticate_backup.sealed_key = wire_to_slice(wire->key->sealed_key);
    }
}

/* Copies the fields of the operation; false if a list is too long. */
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
        out->set_certificate.certificate = wire_to_slice(wire->set_certificate->certificate);
        return true;
    case SIGNER__V1__REQUEST__OPERATION_DESTROY_KEY: out->destroy_key.id = wire->destroy_key->id; return true;
    case SIGNER__V1__REQUEST__OPERATION_UNSEAL: return read_unseal(wire->unseal, out);
    case SIGNER__V1__REQUEST__OPERATION_AUTHENTICATE_BACKUP: read_backup(wire->authenticate_backup, out); return true;
    default: return true;
    }
}

/* Checks for the canonical encoding by encoding the decoded request again and comparing the bytes: a repeated field,
 * another order or form, an explicit default or an empty policy would differ. */
static enum decode_result check_encoding(struct slice frame, struct scratch *scratch, const struct request *request)
{
    size_t size = FRAME_PREFIX + frame.length;
    uint8_t *again = scratch_alloc(scratch, size);
    if (!again)
        return DECODE_GARBAGE;
    bool same = request_encode(request, again, size) == size
        && memcmp(again + FRAME_PREFIX, frame.data, frame.length) == 0;
    return same ? DECODE_OK : DECODE_NOT_CANONICAL;
}

enum decode_result request_decode(struct slice frame, struct scratch *scratch, struct request *out)
{
    const ProtobufCMessage *message = wire_unpack(&signer__v1__request__descriptor, frame, scratch);
    if (!message)
        return DECODE_GARBAGE;
    const WireRequest *wire = (const WireRequest *)message;
    *out = (struct request){ .id = wire->id, .deadline_ms = wire->deadline_ms };
    if (wire_has_unknown_field(message))
        return DECODE_UNKNOWN_FIELD;
    if (!read_operation(wire, out))
        return DECODE_LIST_TOO_LONG;
    return check_encoding(frame, scratch, out);
}

/* -- plain to wire -- */

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
    sign->id = wire_to_string(request->sign.id);
    sign->scheme = (Signer__V1__Scheme)request->sign.scheme;
    sign->hash = (Signer__V1__Hash)request->sign.hash;
    if (request->sign.kind == SIGN_INPUT_DIGEST) {
        sign->input_case = SIGNER__V1__SIGN_REQUEST__INPUT_DIGEST;
        sign->digest = wire_to_binary(request->sign.input);
    } else if (request->sign.kind == SIGN_INPUT_MESSAGE) {
        sign->input_case = SIGNER__V1__SIGN_REQUEST__INPUT_MESSAGE;
        sign->message = wire_to_binary(request->sign.input);
    }
    sign->public_key_sha256 = wire_to_binary(request->sign.public_key_sha256);
}

static void write_unseal(const struct request *request, union wire_operation *operation)
{
    signer__v1__unseal_request__init(&operation->unseal.request);
    for (size_t i = 0; i < request->unseal.box_count; i++)
        operation->unseal.boxes[i] = wire_to_binary(request->unseal.boxes[i]);
    operation->unseal.request.n_boxes = request->unseal.box_count;
    operation->unseal.request.boxes = operation->unseal.boxes;
}

static void write_backup(const struct request *request, union wire_operation *operation)
{
    Signer__V1__AuthenticateBackupRequest *wire = &operation->backup.request;
    signer__v1__authenticate_backup_request__init(wire);
    if (request->authenticate_backup.kind == BACKUP_INPUT_ARCHIVE) {
        signer__v1__archive_claim__init(&operation->backup.archive);
        operation->backup.archive.keystore_id = wire_to_binary(request->authenticate_backup.keystore_id);
        operation->backup.archive.time = request->authenticate_backup.time;
        operation->backup.archive.sha256 = wire_to_binary(request->authenticate_backup.sha256);
        wire->what_case = SIGNER__V1__AUTHENTICATE_BACKUP_REQUEST__WHAT_ARCHIVE;
        wire->archive = &operation->backup.archive;
    } else if (request->authenticate_backup.kind == BACKUP_INPUT_KEY) {
        signer__v1__archived_key__init(&operation->backup.key);
        operation->backup.key.id = wire_to_string(request->authenticate_backup.id);
        operation->backup.key.sealed_key = wire_to_binary(request->authenticate_backup.sealed_key);
        wire->what_case = SIGNER__V1__AUTHENTICATE_BACKUP_REQUEST__WHAT_KEY;
        wire->key = &operation->backup.key;
    }
}

static void write_operation(const struct request *request, WireRequest *wire, union wire_operation *operation,
                            struct wire_policy *policy)
{
    wire->operation_case = (Signer__V1__Request__OperationCase)request->operation;
    wire->hello = &operation->hello; /* the members of both unions share one address: this sets every operation */
    switch (request->operation) {
    case OPERATION_HELLO: signer__v1__hello_request__init(&operation->hello); break;
    case OPERATION_HEALTH: signer__v1__health_request__init(&operation->health); break;
    case OPERATION_LIST_KEYS:
        signer__v1__list_keys_request__init(&operation->list_keys);
        operation->list_keys.after = wire_to_string(request->list_keys.after);
        operation->list_keys.limit = request->list_keys.limit;
        break;
    case OPERATION_GET_KEY:
        signer__v1__get_key_request__init(&operation->get_key);
        operation->get_key.id = wire_to_string(request->get_key.id);
        break;
    case OPERATION_GENERATE_KEY:
        signer__v1__generate_key_request__init(&operation->generate_key);
        operation->generate_key.id = wire_to_string(request->generate_key.id);
        operation->generate_key.algorithm = wire_to_string(request->generate_key.algorithm);
        operation->generate_key.policy = wire_write_policy(&request->generate_key.policy, policy);
        break;
    case OPERATION_SIGN: write_sign(request, &operation->sign); break;
    case OPERATION_SET_CERTIFICATE:
        signer__v1__set_certificate_request__init(&operation->set_certificate);
        operation->set_certificate.id = wire_to_string(request->set_certificate.id);
        operation->set_certificate.certificate = wire_to_binary(request->set_certificate.certificate);
        break;
    case OPERATION_DESTROY_KEY:
        signer__v1__destroy_key_request__init(&operation->destroy_key);
        operation->destroy_key.id = wire_to_string(request->destroy_key.id);
        break;
    case OPERATION_UNSEAL: write_unseal(request, operation); break;
    case OPERATION_SEAL: signer__v1__seal_request__init(&operation->seal); break;
    case OPERATION_AUTHENTICATE_BACKUP: write_backup(request, operation); break;
    case OPERATION_STATS: signer__v1__stats_request__init(&operation->stats); break;
    case OPERATION_NONE: break;
    }
}

size_t request_encode(const struct request *request, uint8_t *out, size_t capacity)
{
    WireRequest wire = SIGNER__V1__REQUEST__INIT;
    union wire_operation operation;
    struct wire_policy policy;
    wire.id = request->id;
    wire.deadline_ms = request->deadline_ms;
    write_operation(request, &wire, &operation, &policy);
    return wire_pack_frame(&wire.base, out, capacity);
}
