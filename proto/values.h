/* SPDX-License-Identifier: Apache-2.0 */
/* Values of requests and responses as plain structures. Strings are NUL-terminated. */
#ifndef PROTO_VALUES_H
#define PROTO_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"

struct slice {
    const uint8_t *data;
    size_t length;
};

enum operation { /* the field numbers of Request.operation and Response.result */
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

/* Schemes and hashes are numbers of signer.proto as received, not yet checked against the enums. */
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
    const char *fault; /* why its file cannot be used; "" or NULL: nothing is known against it */
};

struct label { /* a protection or a counter */
    const char *name;
    const char *text;
    uint64_t number;
};

struct share_given {
    uint32_t set, group, member, uid;
};

enum decode_result {
    DECODE_OK,
    DECODE_GARBAGE,       /* not a message of this type, or out of memory: *out is unspecified */
    DECODE_UNKNOWN_FIELD, /* valid, but with a field that this version does not know: out->id is set */
    DECODE_NOT_CANONICAL, /* valid, but not in canonical encoding: out->id is set */
    DECODE_LIST_TOO_LONG, /* valid, but a list is over its limit: out->id is set */
};

#endif
