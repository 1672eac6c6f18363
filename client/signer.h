/* libsigner: ask a signer for signatures over its Unix socket.
 *
 * A client is thread-safe: any number of threads may call with one client at once, and
 * their requests share one connection, many in flight. The connection is made by the first
 * call, and made again when it was lost. What is safe to repeat (everything but destroy,
 * set_certificate and seal) is sent once more after a lost connection; the rest answers
 * SIGNER_UNAVAILABLE / CONNECTION_LOST, and whether it was done is not known.
 *
 * After a fork the child's first call makes a connection of its own; a ticket of the parent
 * is unknown to it. No call raises a signal, writes to standard error, or exits.
 *
 * Every call returns a status and, where `error` is not NULL, fills it when that is not
 * SIGNER_OK. Strings are UTF-8 and NUL-terminated; sizes are bytes. */
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
#define SIGNER_POLICY_MAX 8

struct signer_error {
    enum signer_status status;
    char reason[33];         /* for programs: the signer's, or CONNECTION_REFUSED, CONNECTION_LOST,
                              * TIMEOUT, PROTOCOL, TOO_MANY, OUT_OF_MEMORY, BUFFER_TOO_SMALL,
                              * TICKET_UNKNOWN, ARGUMENT of this library */
    char message[513];       /* for people: what failed, on which key or socket, what to do */
    uint32_t retry_after_ms; /* when overloaded: a good time to try again */
};

struct signer_options {
    const char *socket;  /* NULL: $SIGNER_SOCKET, else $RUNTIME_DIRECTORY/signer.sock, else
                          * /run/signer/signer.sock */
    uint32_t timeout_ms; /* of a whole call, connecting included; 0: 30,000 */
    uint32_t spin_us;    /* poll this long for an answer before sleeping; 0: sleep at once */
};

typedef struct signer_client signer_client;

/* Makes a client; `options` may be NULL. It does not connect yet, so it fails only for want of
 * memory or a socket path that is too long. */
enum signer_status signer_open(signer_client **client, const struct signer_options *options,
                               struct signer_error *error);

/* Closes the connection and frees the client; NULL is nothing. No other thread may be in a call. */
void signer_close(signer_client *client);

/* -- signing -- */

struct signer_sign {
    const char *id;
    enum signer_scheme scheme;
    enum signer_hash hash; /* SIGNER_HASH_NONE for EdDSA, ML-DSA and SLH-DSA */
    const uint8_t *input;  /* RSA, ECDSA: the digest; others: the whole message, under 1 MiB */
    size_t input_length;
};

/* Signs. *length is the capacity of `signature` on entry and the signature's size on return;
 * SIGNER_SIGNATURE_MAX holds any. */
enum signer_status signer_sign(signer_client *client, const struct signer_sign *what, uint8_t *signature,
                               size_t *length, struct signer_error *error);

/* Submits a sign request and returns at once with a ticket, which must be collected or abandoned
 * exactly once. At most in_flight_max (see signer_hello) are worth having at a time. `what` may be
 * reused. Where other requests of this client are under way and no thread waits for them, it is held
 * back, to be sent with others in one system call: when a thread waits (signer_collect,
 * signer_wait_any), with the 32nd, or at signer_flush. */
enum signer_status signer_submit(signer_client *client, const struct signer_sign *what, uint64_t *ticket,
                                 struct signer_error *error);

/* Sends at once what signer_submit holds back: for a thread that does something else before it waits. */
void signer_flush(signer_client *client);

/* Waits for the answer to a ticket, at most the client's timeout counted from now, and ends the
 * ticket, whatever the status. */
enum signer_status signer_collect(signer_client *client, uint64_t ticket, uint8_t *signature, size_t *length,
                                  struct signer_error *error);

/* Waits for any submitted request to be answered: *ticket is one that signer_collect will end
 * without waiting. Each ticket is given once, so threads may share the work. SIGNER_NOT_FOUND
 * when none is outstanding that was not given. */
enum signer_status signer_wait_any(signer_client *client, uint64_t *ticket, struct signer_error *error);

/* Ends a ticket without its answer. */
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
    uint64_t created;  /* seconds since 1970-01-01 UTC */
    char *certificate; /* PEM chain, NULL where none is set; signer_get_key only */
    bool unverified;   /* listed from its file, not yet opened */
};

/* Frees a key that a call gave; NULL is nothing. */
void signer_key_free(struct signer_key *key);

enum signer_status signer_get_key(signer_client *client, const char *id, struct signer_key **key,
                                  struct signer_error *error);

/* Makes a key, or gives the one that is there with the same algorithm and policy. `algorithm`
 * NULL: ec-p256; `policy` NULL: all that the algorithm can do; `created` may be NULL. */
enum signer_status signer_generate(signer_client *client, const char *id, const char *algorithm,
                                   const struct signer_policy *policy, struct signer_key **key, bool *created,
                                   struct signer_error *error);

struct signer_key_list {
    size_t count;
    struct signer_key *keys;
    bool more;
};

/* A page of keys whose ids come after `after` (NULL: from the first), in byte order. */
enum signer_status signer_list_keys(signer_client *client, const char *after, uint32_t limit,
                                    struct signer_key_list **list, struct signer_error *error);
void signer_key_list_free(struct signer_key_list *list);

/* Files the key's certificate, with the chain after it (PEM). */
enum signer_status signer_set_certificate(signer_client *client, const char *id, const char *pem, size_t length,
                                          struct signer_error *error);

/* Destroys a key for ever. SIGNER_OK also when it is gone already; `existed` may be NULL. */
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
    char roles[SIGNER_LABELS_MAX][33]; /* what this caller may do */
};

enum signer_status signer_hello(signer_client *client, struct signer_about *about, struct signer_error *error);

struct signer_protection {
    char name[65];
    char value[129];
};

struct signer_health {
    enum signer_state state;
    uint32_t vaults;
    uint64_t uptime_seconds;
    bool writable;
    size_t protection_count;
    struct signer_protection protections[SIGNER_LABELS_MAX];
    bool reopens; /* started with a KEK: after a restart it is open without custodians */
    size_t problem_count;
    char problems[SIGNER_LABELS_MAX][33]; /* it serves, and is not ready because of: KEK_RETIRED, RESTORED */
};

enum signer_status signer_health(signer_client *client, struct signer_health *health, struct signer_error *error);

struct signer_counter {
    char name[65];
    uint64_t value;
};

struct signer_stats {
    size_t count;
    struct signer_counter counters[SIGNER_LABELS_MAX];
};

enum signer_status signer_stats(signer_client *client, struct signer_stats *stats, struct signer_error *error);

/* Locks the signer: every vault wipes its KEK and its keys. */
enum signer_status signer_seal(signer_client *client, struct signer_error *error);

/* -- unsealing: what custodians seal to the vaults (signer-ceremony unseal does it) -- */

#define SIGNER_UNSEAL_VAULTS_MAX 17
#define SIGNER_UNSEAL_SHARES_MAX 16
#define SIGNER_UNSEAL_CHALLENGE 32

struct signer_unseal {
    enum signer_state state;
    size_t challenge_count, share_count;
    uint8_t challenges[SIGNER_UNSEAL_VAULTS_MAX][SIGNER_UNSEAL_CHALLENGE]; /* of each vault, in order */
    struct signer_share_given {
        uint32_t set, group, member, uid; /* group and member from 0 */
    } shares[SIGNER_UNSEAL_SHARES_MAX];
    uint32_t missing; /* shares of the set that lacks fewest */
    uint64_t started; /* seconds since 1970-01-01 UTC: shares given before are gone */
};

/* Gives one sealed box to each vault, `count` boxes of `size` bytes behind each other; 0 asks how far it is. */
enum signer_status signer_unseal(signer_client *client, const uint8_t *boxes, size_t count, size_t size,
                                 struct signer_unseal *unseal, struct signer_error *error);

/* -- backups (signer-ceremony backup and verify-backup do it) -- */

#define SIGNER_KEYSTORE_ID 16
#define SIGNER_SHA256_SIZE 32
#define SIGNER_ARCHIVE_MAC 32

struct signer_archive { /* what an archive's trailer says */
    uint8_t keystore_id[SIGNER_KEYSTORE_ID];
    uint64_t time; /* seconds since 1970-01-01 UTC */
    uint8_t sha256[SIGNER_SHA256_SIZE];
};

struct signer_archive_mac {
    char kek_id[33]; /* of the vault that made it */
    uint8_t mac[SIGNER_ARCHIVE_MAC];
};

/* Has a vault make the archive's MAC under its KEK. */
enum signer_status signer_authenticate_archive(signer_client *client, const struct signer_archive *archive,
                                               struct signer_archive_mac *mac, struct signer_error *error);

/* Has a vault open a sealed key and compare its halves, without keeping it. */
enum signer_status signer_check_key(signer_client *client, const char *id, const uint8_t *sealed, size_t length,
                                    struct signer_error *error);

/* "OK", "INVALID_ARGUMENT", … */
const char *signer_status_name(enum signer_status status);

#ifdef __cplusplus
}
#endif

#endif
