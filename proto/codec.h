/* Requests and responses as plain structures, to and from protobuf bytes. codec.c is the
 * only file that sees protobuf-c.
 *
 * Ownership: a decoded structure points into the scratch that it was decoded with and is
 * valid until codec_scratch_reset. Decoding never allocates beyond the scratch, which the
 * caller sizes; a message that would need more is refused. Strings are NUL-terminated. */
#ifndef PROTO_CODEC_H
#define PROTO_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/status.h"

struct slice {
    const uint8_t *data;
    size_t length;
};

enum operation { /* numbers are the field numbers of Request.operation */
                 OPERATION_NONE = 0,
                 OPERATION_HELLO = 10,
                 OPERATION_HEALTH = 11,
                 OPERATION_LIST_KEYS = 12,
                 OPERATION_GET_KEY = 13,
                 OPERATION_GENERATE_KEY = 14,
                 OPERATION_SIGN = 15,
                 OPERATION_SET_CERTIFICATE = 16,
                 OPERATION_DESTROY_KEY = 17,
                 OPERATION_UNSEAL = 18,
                 OPERATION_SEAL = 19,
                 OPERATION_AUTHENTICATE_BACKUP = 20,
                 OPERATION_STATS = 21,
                 OPERATION_LAST = OPERATION_STATS
};

enum state { STATE_UNSPECIFIED = 0, STATE_OPEN = 1, STATE_SEALED = 2, STATE_DRAINING = 3 };

enum sign_input { SIGN_INPUT_NONE, SIGN_INPUT_DIGEST, SIGN_INPUT_MESSAGE };

/* Schemes and hashes are the numbers of signer.proto, not yet checked against the enums. */
struct policy_lists {
    size_t scheme_count, hash_count;
    int schemes[POLICY_LIST_MAX];
    int hashes[POLICY_LIST_MAX];
};

struct key_info {
    const char *id;
    const char *algorithm;
    struct policy_lists policy;
    struct slice public_key;
    uint64_t created;
    struct slice certificate;
    bool unverified;
};

struct label { /* a protection or a counter */
    const char *name;
    const char *text;
    uint64_t number;
};

enum backup_input { BACKUP_INPUT_NONE, BACKUP_INPUT_ARCHIVE, BACKUP_INPUT_KEY };

struct share_given {
    uint32_t set, group, member, uid;
};

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
            struct slice keystore_id, sha256; /* of an archive */
            uint64_t time;
            const char *id; /* of a key */
            struct slice sealed_key;
        } authenticate_backup;
    };
};

struct response {
    uint64_t id;
    int status;
    const char *reason;
    const char *message;
    uint32_t retry_after_ms;
    enum operation operation; /* OPERATION_NONE: no result, an error */
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
            struct label protections[LABELS_MAX]; /* name, text */
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
            struct label counters[LABELS_MAX]; /* name, number */
        } stats;
    };
};

/* Memory that one decode may use. The bytes are the caller's. */
struct scratch {
    uint8_t *bytes;
    size_t size, used;
};

/* Enough scratch to decode any frame of `length` bytes that this protocol accepts. */
#define CODEC_SCRATCH(length) (2 * (size_t)(length) + 64 * 1024)

/* Wipes what was used and makes it free again. */
void codec_scratch_reset(struct scratch *scratch);

enum codec_result {
    CODEC_OK,
    CODEC_GARBAGE,       /* no such message: nothing in *out is set */
    CODEC_UNKNOWN_FIELD, /* intact, but with a field of another version: out->id is set */
    CODEC_NOT_CANONICAL, /* intact, but not the one encoding of its values: out->id is set */
    CODEC_LIST_TOO_LONG, /* intact, but a list is over its bound: out->id is set */
};

/* Decodes and judges a request (the signer's side). */
enum codec_result codec_decode_request(struct slice frame, struct scratch *scratch, struct request *out)
    __attribute__((warn_unused_result));

/* Decodes a response (the client's side). Unknown fields are ignored, over-long lists are
 * CODEC_GARBAGE. */
enum codec_result codec_decode_response(struct slice frame, struct scratch *scratch, struct response *out)
    __attribute__((warn_unused_result));

/* Write frame prefix and message to `out` and return their size in bytes; 0 if `capacity`
 * does not hold them. With a null `out` they return the size that is needed. */
size_t codec_encode_request(const struct request *request, uint8_t *out, size_t capacity);
size_t codec_encode_response(const struct response *response, uint8_t *out, size_t capacity);

#endif
