/* SPDX-License-Identifier: Apache-2.0 */
/* The messages between the rooms of one signer over their socketpairs: a fixed header, then `length` bytes of body,
 * padded to 8. Both ends are the same binary, so numbers are in host order.
 *
 * The rooms beyond the gate fail closed: a message that does not fit this format ends the room. Bodies, by operation
 * (a key id is a zero-padded field of 64 bytes):
 *
 *   from the store and each vault, unasked
 *   HELLO     struct room_hello   (once its sandbox is in force)
 *   READY     struct kek_id       (from a vault, once it has the KEK; zeros if it starts sealed)
 *
 *   to a vault                                     its answer
 *   LOAD      key id, sealed key                   key = fingerprint
 *   SIGN      digest or message                    the signature
 *   GENERATE  struct generate_body                 key = fingerprint, the sealed key
 *   FORGET    key = fingerprint, or zeros for all  -
 *   SEAL      -                                    -
 *   CHECK     key id, sealed key                   -
 *   MAC_BACKUP  struct archive_body                struct archive_answer
 *   UNSEAL    u32 uid; box (or none: only asks)    struct unseal_state
 *
 *   to the inspector                               its answer: an enum inspect_verdict in place of a fault
 *   INSPECT   struct inspect_body, public key, PEM   INSPECT_GOOD: the certificates alone, as PEM
 *
 *   to the access room
 *   ACCESS    -                                    status 0: struct grant, …; else what is wrong, as text
 *
 *   to the store
 *   READ         key id                            sealed key
 *   LIST         key id (or zeros), u32 limit      struct list_head; list_entry, start of file; …
 *   CREATE       key id, sealed key                -
 *   REMOVE       key id                            -
 *   SYNC         key id                            -
 *   READ_CERT    key id                            PEM
 *   WRITE_CERT   key id, PEM                       -
 *   REMOVE_CERT  key id                            -
 *   LOOK         struct look_body                  struct look_head, ids of keys that changed since
 *                                                  they were read
 *
 * An answer echoes op and tag. Its status is an enum fault; if it is not FAULT_NONE, the store's body is the text
 * of errno, or empty. */
#ifndef SIGNER_IPC_MESSAGE_H
#define SIGNER_IPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/kek/archive_mac.h"
#include "keystore/key/key_id.h"
#include "keystore/key/key_public.h"
#include "keystore/share/unseal_box.h"
#include "proto/limits.h"
#include "signer/sandbox/protections.h"

enum message_op {
    MESSAGE_HELLO = 1,
    MESSAGE_READY,
    MESSAGE_LOAD,
    MESSAGE_SIGN,
    MESSAGE_GENERATE,
    MESSAGE_FORGET,
    MESSAGE_SEAL,
    MESSAGE_UNSEAL,
    MESSAGE_CHECK,
    MESSAGE_MAC_BACKUP,
    MESSAGE_READ,
    MESSAGE_LIST,
    MESSAGE_CREATE,
    MESSAGE_REMOVE,
    MESSAGE_SYNC,
    MESSAGE_READ_CERT,
    MESSAGE_WRITE_CERT,
    MESSAGE_REMOVE_CERT,
    MESSAGE_LOOK,
    MESSAGE_INSPECT,
    MESSAGE_ACCESS,
};

struct message {
    uint32_t length;
    uint16_t op;
    uint16_t status;
    uint64_t tag;
    uint8_t key[KEY_FINGERPRINT_SIZE];
    uint16_t scheme, hash;
    uint32_t kind; /* SIGN: enum sign_kind */
};

_Static_assert(sizeof(struct message) == 56, "no padding that could carry old bytes");

enum sign_kind { SIGN_DIGEST = 1, SIGN_MESSAGE = 2 };

enum { MESSAGE_BODY_MAX = SIGN_REQUEST_MAX + 4096 };

struct room_hello {
    uint64_t algorithms; /* of a vault; bit n: its OpenSSL offers enum algorithm n */
    struct protections protections;
    uint32_t read_only;                  /* of the store; nothing in the keystore can be changed */
    uint8_t unseal_key[UNSEAL_KEY_SIZE]; /* of a vault */
};

_Static_assert(sizeof(struct room_hello) == sizeof(struct protections) + 12 + UNSEAL_KEY_SIZE, "no padding");

struct generate_body {
    char id[KEY_ID_SIZE];
    uint64_t created;
    uint16_t algorithm, schemes, hashes, zero;
};

/* What an archive's trailer authenticates beside the keystore's id and the KEK, which the vault has. */
struct archive_body {
    uint64_t time;
    uint8_t sha256[SHA256_SIZE];
};

struct archive_answer {
    struct kek_id kek;
    uint8_t mac[ARCHIVE_MAC_SIZE];
};

/* Before the SubjectPublicKeyInfo of a key, and the PEM that is said to be its chain. */
struct inspect_body {
    uint32_t spki_length, zero;
};

enum inspect_verdict {
    INSPECT_GOOD,      /* certificates, the first of them of this key */
    INSPECT_INVALID,   /* no chain of certificates, or too long once only they are left of the file */
    INSPECT_TOO_LONG,  /* more certificates than a chain may have */
    INSPECT_EXPLICIT,  /* a curve is given by parameters */
    INSPECT_OTHER_KEY, /* the first certificate is of another key */
    INSPECT_MEMORY,    /* reading it takes more memory than the inspector has */
};

/* The progress of unsealing. */
struct unseal_state {
    uint8_t challenge[UNSEAL_CHALLENGE_SIZE];
    struct kek_id kek; /* zeros while sealed */
    uint32_t missing, count;
    struct unseal_share {
        uint32_t set, group, member, uid;
    } shares[UNSEAL_SHARES_MAX], last; /* last: the latest share accepted, also the one that unsealed the vault */
    uint32_t last_was_share, took;     /* took: the vault was sealed when this question came; else it ignores the box */
};

struct list_head {
    uint32_t more; /* this answer is not the last part */
};

struct look_body {
    struct kek_id kek; /* of the signer; zeros while it is sealed */
    uint32_t shared;   /* the gate acts as if others served the keystore too: they may be let in */
};

/* Who else serves the keystore; zero takes the least for granted. */
enum look_presence {
    LOOK_SHARED,  /* others may serve it too */
    LOOK_KNOCKED, /* nobody else does yet, and somebody wants to */
    LOOK_ALONE,   /* nobody else does, or can begin to before this signer allows it */
};

struct look_head {
    uint32_t more;        /* the round over all keys is not over */
    uint32_t presence;    /* enum look_presence, from before any file was looked at */
    uint32_t retired;     /* this KEK no longer opens the keystore */
    uint32_t restored;    /* a restored backup is not accepted yet */
    uint32_t log_dropped; /* lines that the store could not log */
};

struct list_entry {
    char id[KEY_ID_SIZE];
    uint16_t fault, zero;
    uint32_t length; /* how many bytes of the file's start follow */
};

#endif
