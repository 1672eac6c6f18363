/* SPDX-License-Identifier: Apache-2.0 */
/* libsigner: requests signatures from a signer over its Unix socket.
 *
 * A client is thread-safe: any number of threads can use it at the same time, and their requests share one connection
 * with many in flight (pipelining). The first call connects; a lost connection is made again. After a lost connection,
 * requests that are safe to repeat (all but destroy, set_certificate and seal) are sent once more; the others return
 * SIGNER_UNAVAILABLE / CONNECTION_LOST, and whether the signer carried them out is not known.
 *
 * After a fork, the child's first call makes its own connection; tickets of the parent are unknown in the child. No
 * call raises a signal, writes to standard error, or exits.
 *
 * The process may close every descriptor, as daemons do: the next call makes a new connection, and a descriptor that
 * the process has opened under the old number is left alone. No thread may be in a call meanwhile.
 *
 * Every call blocks for at most the client's timeout. It returns a status and, if that is not SIGNER_OK and `error` is
 * not NULL, fills *error. A call that fails returns no key and no list. Strings are UTF-8 and NUL-terminated; sizes are
 * in bytes. */
#ifndef SIGNER_H
#define SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum signer_status { /* the numbers of signer.v1.Status */
                     SIGNER_OK = 0,
                     SIGNER_INVALID_ARGUMENT = 1,
                     SIGNER_NOT_FOUND = 2,
                     SIGNER_ALREADY_EXISTS = 3,
                     SIGNER_PERMISSION_DENIED = 4,
                     SIGNER_FAILED_PRECONDITION = 5,
                     SIGNER_RESOURCE_EXHAUSTED = 6,
                     SIGNER_DEADLINE_EXCEEDED = 7,
                     SIGNER_UNAVAILABLE = 8,
                     SIGNER_INTERNAL = 9,
};

enum signer_scheme { /* the numbers of signer.v1.Scheme */
                     SIGNER_RSA_PKCS1 = 1,
                     SIGNER_RSA_PSS = 2,
                     SIGNER_ECDSA = 3,
                     SIGNER_EDDSA = 4,
                     SIGNER_ML_DSA = 5,
                     SIGNER_SLH_DSA = 6,
};

enum signer_hash { /* the numbers of signer.v1.Hash */
                   SIGNER_HASH_NONE = 0,
                   SIGNER_SHA256 = 1,
                   SIGNER_SHA384 = 2,
                   SIGNER_SHA512 = 3,
};

#define SIGNER_SIGNATURE_MAX 65536
#define SIGNER_SHA256_SIZE 32
#define SIGNER_POLICY_MAX 8

struct signer_error {
    enum signer_status status;
    char reason[33];         /* for programs: a reason of the signer, or of this library: CONNECTION_REFUSED,
                              * CONNECTION_LOST, TIMEOUT, PROTOCOL, TOO_MANY, OUT_OF_MEMORY, BUFFER_TOO_SMALL,
                              * TICKET_UNKNOWN, ARGUMENT, SERVER_UNEXPECTED, REFERENCE_INVALID */
    char message[513];       /* for people: what failed, on which key or socket, what to do */
    uint32_t retry_after_ms; /* if the signer is overloaded: when to try again; otherwise 0 */
};

/* Several sockets, of signers of one keystore: the client uses the first one that it can connect to, and stays with
 * it. When the connection is lost, or the signer answers SEALED or DRAINING, the next one is tried, each once for a
 * request. A request that is not safe to repeat and may have been executed is not sent again. */
struct signer_options {
    const char *socket;  /* a path, or up to 8, separated by ':'. NULL: $SIGNER_SOCKET, else
                          * /run/signer/signer.sock */
    uint32_t timeout_ms; /* for a whole call, connecting included; 0: $SIGNER_TIMEOUT, else 30,000 */
    uint32_t spin_us;    /* busy polling: how long to poll for an answer before sleeping; 0: sleep at once */
    bool expects_uid;    /* the server must have the uid `expect_uid`, else nothing is sent: SERVER_UNEXPECTED.
                          * false: $SIGNER_EXPECT_UID, else root or the owner of the socket's directory */
    uint32_t expect_uid;
    bool environment_first; /* the environment overrides socket, timeout_ms and expect_uid: they are from a file */
};

/* Sets one option from text, as a configuration file has it: "signer_socket" (the text is not copied and must live
 * until signer_open), "timeout" (milliseconds, 1 to 86,400,000) or "expect_uid". INVALID_ARGUMENT: the message names
 * the option and says what is allowed. */
enum signer_status signer_set_option(struct signer_options *options, const char *name, const char *text,
                                     struct signer_error *error);

typedef struct signer_client signer_client;

/* Makes a client without connecting; `options` may be NULL. Fails only if it is out of memory or an option, or a
 * variable of the environment, is refused. The caller closes it with signer_close. */
enum signer_status signer_open(signer_client **client, const struct signer_options *options,
                               struct signer_error *error);

/* Closes the connection and frees the client; NULL is allowed and does nothing. No other thread may be in a call. */
void signer_close(signer_client *client);

/* -- signing -- */

struct signer_sign {
    const char *id;
    enum signer_scheme scheme;
    enum signer_hash hash; /* SIGNER_HASH_NONE for EdDSA, ML-DSA and SLH-DSA */
    const uint8_t *input;  /* RSA and ECDSA: the digest; others: the whole message, less than 1 MiB */
    size_t input_length;
    const uint8_t
        *public_key_sha256; /* SIGNER_SHA256_SIZE bytes, of a struct signer_key: signs with this key alone, and
                                       * fails with KEY_CHANGED if the id is another key's by now; a signer that
                                       * cannot check it refuses (UNKNOWN_FIELD). NULL: whatever key has the id */
};

/* Signs and waits for the signature. *length is the capacity of `signature` on entry and the size of the signature on
 * return; SIGNER_SIGNATURE_MAX always suffices. BUFFER_TOO_SMALL: *length is the size needed. */
enum signer_status signer_sign(signer_client *client, const struct signer_sign *what, uint8_t *signature,
                               size_t *length, struct signer_error *error);

/* Submits a sign request without waiting for the answer. *ticket must be ended by exactly one signer_collect or
 * signer_abandon. `what` and its input are copied. More than in_flight_max tickets (see signer_hello) at a time are
 * allowed, but the signer does not read them earlier.
 *
 * Write coalescing: if other requests of this client are in flight and no thread waits for an answer, the request is
 * held back and sent with others in one system call: when a thread waits (signer_collect, signer_wait_any), when 32 are
 * held back, or at signer_flush. */
enum signer_status signer_submit(signer_client *client, const struct signer_sign *what, uint64_t *ticket,
                                 struct signer_error *error);

/* Sends the requests that signer_submit holds back; for a thread that does other work before it waits. */
void signer_flush(signer_client *client);

/* Waits for the answer to a ticket, with the client's timeout counted from now. Ends the ticket with any status, so a
 * signature that does not fit (BUFFER_TOO_SMALL) is lost. TICKET_UNKNOWN: the ticket has ended already, or belongs to
 * the process before a fork. */
enum signer_status signer_collect(signer_client *client, uint64_t ticket, uint8_t *signature, size_t *length,
                                  struct signer_error *error);

/* Waits until any submitted request has its answer or has failed; signer_collect of *ticket then does not wait, unless
 * the request goes to another socket. Each
 * ticket is returned once, so several threads can share the work. SIGNER_NOT_FOUND: every ticket was returned already
 * or has ended. */
enum signer_status signer_wait_any(signer_client *client, uint64_t *ticket, struct signer_error *error);

/* Ends a ticket and drops its answer. The signer may still make the signature. */
void signer_abandon(signer_client *client, uint64_t ticket);

/* -- keys -- */

struct signer_policy {
    size_t scheme_count, hash_count;
    enum signer_scheme schemes[SIGNER_POLICY_MAX];
    enum signer_hash hashes[SIGNER_POLICY_MAX];
};

struct signer_key {
    char *id;
    char *algorithm; /* "ec-p256", "rsa-3072", … */
    struct signer_policy policy;
    uint8_t *public_key; /* SubjectPublicKeyInfo, DER */
    size_t public_key_length;
    uint8_t public_key_sha256[SIGNER_SHA256_SIZE]; /* of public_key: names the key in struct signer_sign */
    uint64_t created;                              /* seconds since 1970-01-01 UTC */
    char *certificate;                             /* PEM chain, only from signer_get_key; NULL if none is set */
    bool unverified;                               /* the data is from the key's file, which no vault has opened yet */
    char fault[33]; /* why its file cannot be used: KEY_TAMPERED, …; "": nothing is known against it */
};

/* The id in a key's name, signer://ID, which programs that use OpenSSL know it by; a pointer into `uri`. signer:ID is
 * taken too. NULL: it is no such name. */
const char *signer_uri_id(const char *uri);

/* A key reference names a key and is bound to its public half. It is DER, in one encoding:
 *
 *   SEQUENCE { IA5String "signer://ID", SubjectPublicKeyInfo (RFC 5280) }
 *
 * In a PEM file (RFC 7468) with the label SIGNER_REFERENCE_LABEL it is what a program opens, by OpenSSL and the
 * provider, in place of a private key. Nothing in it is secret. */
#define SIGNER_REFERENCE_LABEL "SIGNER KEY REFERENCE"
#define SIGNER_REFERENCE_MAX 8192
#define SIGNER_ID_SIZE 65

struct signer_reference {
    char id[SIGNER_ID_SIZE];
    const uint8_t *public_key; /* SubjectPublicKeyInfo, in the bytes that were read */
    size_t public_key_length;
};

/* Reads a reference. REFERENCE_INVALID: it is none, or not in its one encoding. */
enum signer_status signer_reference_read(const uint8_t *der, size_t length, struct signer_reference *out,
                                         struct signer_error *error);

/* Writes the reference of a key. REFERENCE_INVALID: it has no public key, because its file cannot be read. */
enum signer_status signer_reference_write(const struct signer_key *key, uint8_t out[SIGNER_REFERENCE_MAX],
                                          size_t *length, struct signer_error *error);

/* Frees a key that a call returned; NULL is allowed and does nothing. */
void signer_key_free(struct signer_key *key);

/* Returns a key, with its certificate. The caller frees it with signer_key_free. */
enum signer_status signer_get_key(signer_client *client, const char *id, struct signer_key **key,
                                  struct signer_error *error);

/* Makes a key, or returns the existing one if it has the same algorithm and policy (SIGNER_ALREADY_EXISTS if not).
 * `algorithm` NULL: ec-p256. `policy` NULL: everything that the algorithm supports. *created, which may be NULL, is
 * whether the key is new. The caller frees *key with signer_key_free. */
enum signer_status signer_generate(signer_client *client, const char *id, const char *algorithm,
                                   const struct signer_policy *policy, struct signer_key **key, bool *created,
                                   struct signer_error *error);

struct signer_key_list {
    size_t count;
    struct signer_key *keys;
    bool more; /* there are more keys after the last one */
};

/* Returns a page of at most `limit` keys (0: as many as fit) whose ids come after `after` (NULL: from the first) in
 * byte order. The caller frees it with signer_key_list_free. */
enum signer_status signer_list_keys(signer_client *client, const char *after, uint32_t limit,
                                    struct signer_key_list **list, struct signer_error *error);
void signer_key_list_free(struct signer_key_list *list);

/* Stores the key's certificate with its chain: PEM, the key's own certificate first. */
enum signer_status signer_set_certificate(signer_client *client, const char *id, const char *pem, size_t length,
                                          struct signer_error *error);

/* Destroys a key and its certificate. SIGNER_OK also if it is gone already. `existed` may be NULL. */
enum signer_status signer_destroy(signer_client *client, const char *id, bool *existed, struct signer_error *error);

/* -- the signer itself -- */

enum signer_state { SIGNER_OPEN = 1, SIGNER_SEALED = 2, SIGNER_DRAINING = 3 };

#define SIGNER_LABELS_MAX 64

struct signer_about {
    char version[33];
    char keystore_id[33]; /* hex */
    char kek_id[33];      /* a1b2-c3d4-e5f6-0718 */
    uint32_t protocol;
    enum signer_state state;
    uint32_t request_max, sign_request_max, response_max, in_flight_max;
    size_t algorithm_count, role_count;
    char algorithms[SIGNER_LABELS_MAX][33];
    char roles[SIGNER_LABELS_MAX][80]; /* of this caller: sign, sign=web-*, admin, operator, monitor, … */
};

/* Returns version, limits, algorithms and the roles of this caller. */
enum signer_status signer_hello(signer_client *client, struct signer_about *about, struct signer_error *error);

struct signer_protection {
    char name[65];
    char value[129];
};

struct signer_health {
    enum signer_state state;
    uint32_t vaults;
    uint64_t uptime_seconds;
    bool writable; /* false after a failed sync: keys cannot be changed until a restart */
    size_t protection_count;
    struct signer_protection protections[SIGNER_LABELS_MAX];
    bool reopens; /* was started with a KEK: a restart opens it without custodians */
    size_t problem_count;
    char problems[SIGNER_LABELS_MAX][33]; /* why an open signer is not ready: KEK_RETIRED, KEY_TAMPERED, … */
};

/* Returns the state, the protections in force and the problems. */
enum signer_status signer_health(signer_client *client, struct signer_health *health, struct signer_error *error);

struct signer_counter {
    char name[65];
    uint64_t value;
};

struct signer_stats {
    size_t count;
    struct signer_counter counters[SIGNER_LABELS_MAX];
};

/* Returns the signer's counters. This request and all below need the role operator. */
enum signer_status signer_stats(signer_client *client, struct signer_stats *stats, struct signer_error *error);

/* Seals the signer: every vault wipes its KEK and its keys. As with signer_unseal, the client must have one socket. */
enum signer_status signer_seal(signer_client *client, struct signer_error *error);

/* -- unsealing -- */

#define SIGNER_UNSEAL_VAULTS_MAX 17
#define SIGNER_UNSEAL_SHARES_MAX 16
#define SIGNER_UNSEAL_CHALLENGE 32

struct signer_unseal {
    enum signer_state state;
    size_t challenge_count, share_count;
    uint8_t challenges[SIGNER_UNSEAL_VAULTS_MAX][SIGNER_UNSEAL_CHALLENGE]; /* one for each vault, in order */
    struct signer_share_given {
        uint32_t set, group, member, uid; /* group and member from 0; uid of the process that delivered it */
    } shares[SIGNER_UNSEAL_SHARES_MAX];
    uint32_t missing; /* shares still needed, for the set that needs fewest */
    uint64_t started; /* seconds since 1970-01-01 UTC; shares delivered before are gone */
};

/* Used by signer-ceremony unseal. Delivers one sealed box to each vault: `count` boxes of `size` bytes each, one after
 * another in `boxes`. With a `count` of 0 it only asks for the progress. */
enum signer_status signer_unseal(signer_client *client, const uint8_t *boxes, size_t count, size_t size,
                                 struct signer_unseal *unseal, struct signer_error *error);

/* -- backups -- */

#define SIGNER_KEYSTORE_ID 16
#define SIGNER_ARCHIVE_MAC 32

struct signer_archive { /* the claim in an archive's trailer */
    uint8_t keystore_id[SIGNER_KEYSTORE_ID];
    uint64_t time; /* seconds since 1970-01-01 UTC */
    uint8_t sha256[SIGNER_SHA256_SIZE];
};

struct signer_archive_mac {
    char kek_id[33]; /* of the KEK that the MAC was made with */
    uint8_t mac[SIGNER_ARCHIVE_MAC];
};

/* Used by signer-ceremony backup and verify-backup. Makes a vault compute the archive's MAC under its KEK. */
enum signer_status signer_authenticate_archive(signer_client *client, const struct signer_archive *archive,
                                               struct signer_archive_mac *mac, struct signer_error *error);

/* Used by signer-ceremony verify-backup and doctor. Makes a vault open a sealed key and check that its private half
 * matches its public half. The key is not kept. */
enum signer_status signer_check_key(signer_client *client, const char *id, const uint8_t *sealed, size_t length,
                                    struct signer_error *error);

/* "OK", "INVALID_ARGUMENT", …; "UNKNOWN" for a number outside the list. */
const char *signer_status_name(enum signer_status status);

#ifdef __cplusplus
}
#endif

#endif
