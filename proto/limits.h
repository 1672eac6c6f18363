/* Every bound of the wire protocol, in one place. PROTOCOL.md repeats them for client
 * authors; tests/lint compares the two. All sizes are bytes unless the name says otherwise. */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

enum {
    PROTOCOL_VERSION = 1,

    FRAME_PREFIX = 4,               /* big-endian length of what follows */
    REQUEST_MAX = 64 * 1024,        /* any request but a Sign over a message */
    SIGN_REQUEST_MAX = 1024 * 1024, /* a Sign over a whole message */
    RESPONSE_MAX = 1024 * 1024,

    KEY_ID_MAX = 64,         /* characters */
    ALGORITHM_NAME_MAX = 32, /* characters */
    DIGEST_MAX = 64,
    CERTIFICATE_MAX = 48 * 1024, /* a PEM chain */
    SIGNATURE_MAX = 64 * 1024,   /* SLH-DSA has the longest: 49,856 */
    SENTENCE_MAX = 512,          /* characters of a message for people */

    POLICY_LIST_MAX = 8,    /* entries of a list in a policy */
    LIST_PAGE_MAX = 100,    /* keys in one ListKeys answer */
    UNSEAL_BOXES_MAX = 17,  /* one for each vault */
    UNSEAL_SHARES_MAX = 16, /* that a locked signer keeps */
    LABELS_MAX = 64,        /* protections, counters, algorithms, roles */

    IN_FLIGHT_PER_CONNECTION = 256, /* further requests wait in the socket */
    IN_FLIGHT_TOTAL = 8192,         /* further ones are answered RESOURCE_EXHAUSTED */
    SLOW_PER_CONNECTION = 4,        /* generate and SLH-DSA: waiting or under way */
    SLOW_PER_UID = 64,
    SLOW_TOTAL = 256,
    OUTPUT_PER_CONNECTION = 2 * 1024 * 1024,
    KEPT_PER_CONNECTION = 2 * 1024 * 1024, /* of messages to sign that wait for their turn */
    KEPT_PER_UID = 128 * 1024 * 1024,
    KEPT_TOTAL = 256 * 1024 * 1024, /* further ones are answered RESOURCE_EXHAUSTED */

    DEADLINE_DEFAULT_MS = 60 * 1000,
    DEADLINE_MAX_MS = 10 * 60 * 1000,

    /* The usual values of what an operator may move with --limit; the last three are seconds. */
    CONNECTIONS_MAX = 16000,
    CONNECTIONS_PER_UID = 12000,
    IN_FLIGHT_PER_UID = 4096,
    FRAME_S = 30, /* for a request to arrive whole */
    IDLE_S = 600, /* without a request */
    STALL_S = 30, /* without reading answers */
};

#endif
