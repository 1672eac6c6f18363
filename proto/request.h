/* SPDX-License-Identifier: Apache-2.0 */
/* Requests (signer.proto) as plain structures, to and from protobuf bytes.
 *
 * A decoded request points into its scratch memory and is valid until scratch_reset. */
#ifndef PROTO_REQUEST_H
#define PROTO_REQUEST_H

#include "proto/scratch.h"
#include "proto/values.h"

enum sign_input { SIGN_INPUT_NONE, SIGN_INPUT_DIGEST, SIGN_INPUT_MESSAGE };

enum backup_input { BACKUP_INPUT_NONE, BACKUP_INPUT_ARCHIVE, BACKUP_INPUT_KEY };

struct request {
    uint64_t id;
    uint32_t deadline_ms;
    enum operation operation;
    union {
        struct {
            const char *after;
            uint32_t limit;
        } list_keys;
        struct {
            const char *id;
        } get_key;
        struct {
            const char *id;
            const char *algorithm;
            struct policy_lists policy;
        } generate_key;
        struct {
            const char *id;
            int scheme;
            int hash;
            enum sign_input kind;
            struct slice input;
            struct slice public_key_sha256; /* of the key that is meant; empty: any */
        } sign;
        struct {
            const char *id;
            struct slice certificate;
        } set_certificate;
        struct {
            const char *id;
        } destroy_key;
        struct {
            size_t box_count;
            struct slice boxes[UNSEAL_BOXES_MAX];
        } unseal;
        struct {
            enum backup_input kind;
            struct slice keystore_id, sha256; /* BACKUP_INPUT_ARCHIVE, with time */
            uint64_t time;
            const char *id; /* BACKUP_INPUT_KEY, with sealed_key */
            struct slice sealed_key;
        } authenticate_backup;
    };
};

/* Decodes a request and checks that it is in canonical encoding (used by the signer). */
enum decode_result request_decode(struct slice frame, struct scratch *scratch, struct request *out)
    __attribute__((warn_unused_result));

/* Writes the frame prefix and the message to `out` and returns their size; 0 if they do not fit in `capacity`.
 * With `out` NULL it returns the size that is needed. */
size_t request_encode(const struct request *request, uint8_t *out, size_t capacity);

#endif
