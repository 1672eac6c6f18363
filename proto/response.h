/* SPDX-License-Identifier: Apache-2.0 */
/* Responses (signer.proto) as plain structures, to and from protobuf bytes.
 *
 * A decoded response points into its scratch memory and is valid until scratch_reset. */
#ifndef PROTO_RESPONSE_H
#define PROTO_RESPONSE_H

#include "proto/scratch.h"
#include "proto/status.h"
#include "proto/values.h"

struct response {
    uint64_t id;
    int status;
    const char *reason;
    const char *message;
    uint32_t retry_after_ms;
    enum operation operation; /* OPERATION_NONE: there is no result, the request failed */
    union {
        struct {
            const char *version, *keystore_id, *kek_id;
            uint32_t protocol, request_max, sign_request_max, response_max, in_flight_max;
            int state;
            size_t algorithm_count, role_count;
            const char *algorithms[LABELS_MAX], *roles[LABELS_MAX];
        } hello;
        struct {
            int state;
            uint32_t vaults;
            uint64_t uptime_seconds;
            bool writable;
            size_t protection_count;
            struct label protections[LABELS_MAX]; /* name and text */
            size_t problem_count;
            const char *problems[LABELS_MAX];
            bool reopens;
        } health;
        struct {
            int state;
            size_t challenge_count, share_count;
            struct slice challenges[UNSEAL_BOXES_MAX];
            struct share_given shares[UNSEAL_SHARES_MAX];
            uint32_t missing;
            uint64_t started;
        } unseal;
        struct {
            size_t key_count;
            struct key_info *keys;
            bool more;
        } list_keys;
        struct {
            struct key_info key;
        } get_key;
        struct {
            struct key_info key;
            bool created;
        } generate_key;
        struct {
            struct slice signature;
        } sign;
        struct {
            bool existed;
        } destroy_key;
        struct {
            const char *kek_id;
            struct slice mac;
        } authenticate_backup;
        struct {
            size_t counter_count;
            struct label counters[LABELS_MAX]; /* name and number */
        } stats;
    };
};

/* Decodes a response (used by the client). Unknown fields are ignored; a list that is too long, or scratch memory that
 * is too small, is DECODE_GARBAGE. */
enum decode_result response_decode(struct slice frame, struct scratch *scratch, struct response *out)
    __attribute__((warn_unused_result));

/* Same contract as request_encode. */
size_t response_encode(const struct response *response, uint8_t *out, size_t capacity);

#endif
