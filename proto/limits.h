/* SPDX-License-Identifier: Apache-2.0 */
/* All limits of the wire protocol. PROTOCOL.md repeats them for client authors; tests/lint compares the two. Sizes are
 * in bytes unless the name or the comment has another unit. */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

enum {
    PROTOCOL_VERSION = 1,

    FRAME_PREFIX = 4,               /* big-endian length of the payload */
    REQUEST_MAX = 64 * 1024,        /* any request except a Sign over a message */
    SIGN_REQUEST_MAX = 1024 * 1024, /* a Sign over a message */
    RESPONSE_MAX = 1024 * 1024,

    KEY_ID_MAX = 64,         /* characters */
    ALGORITHM_NAME_MAX = 32, /* characters */
    DIGEST_MAX = 64,
    PUBLIC_KEY_SHA256_SIZE = 32,
    CERTIFICATE_MAX = 48 * 1024, /* a PEM chain */
    CERTIFICATES_MAX = 10,       /* in a chain */
    SIGNATURE_MAX = 64 * 1024,   /* the longest is 49,856, of SLH-DSA */
    SENTENCE_MAX = 512,          /* characters of a message for people */

    POLICY_LIST_MAX = 8,    /* entries of a list in a policy */
    LIST_PAGE_MAX = 100,    /* keys in one ListKeys response */
    UNSEAL_BOXES_MAX = 17,  /* one for each vault */
    UNSEAL_SHARES_MAX = 16, /* that a sealed signer keeps */
    LABELS_MAX = 64,        /* entries of each list of protections, counters, algorithms or roles */

    IN_FLIGHT_PER_CONNECTION = 256, /* more requests stay in the socket, unread */
    IN_FLIGHT_TOTAL = 8192,         /* more are answered RESOURCE_EXHAUSTED */
    SLOW_PER_CONNECTION = 4,        /* GenerateKey, AuthenticateBackup, SLH-DSA: queued or being processed */
    SLOW_PER_UID = 64,
    SLOW_TOTAL = 256,
    OUTPUT_PER_CONNECTION = 2 * 1024 * 1024, /* responses that the client has not read yet */
    OUTPUT_PER_UID = 64 * 1024 * 1024,
    OUTPUT_TOTAL = 128 * 1024 * 1024,
    KEPT_PER_CONNECTION = 2 * 1024 * 1024, /* queued messages and certificates */
    KEPT_PER_UID = 128 * 1024 * 1024,
    KEPT_TOTAL = 256 * 1024 * 1024, /* more are answered RESOURCE_EXHAUSTED */

    DEADLINE_DEFAULT_MS = 60 * 1000,
    DEADLINE_MAX_MS = 10 * 60 * 1000,

    /* Defaults that an operator can change with --limit; the last three are seconds. */
    CONNECTIONS_MAX = 16000,
    CONNECTIONS_PER_UID = 12000,
    IN_FLIGHT_PER_UID = 4096,
    FRAME_S = 30, /* for a whole request to arrive */
    IDLE_S = 600, /* without a request */
    STALL_S = 30, /* without reading pending responses */
};

#endif
