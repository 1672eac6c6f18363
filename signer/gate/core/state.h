/* All that the gate knows, for its own files: who is connected, what is in flight, what its rooms do. */
#ifndef SIGNER_GATE_CORE_STATE_H
#define SIGNER_GATE_CORE_STATE_H

#include "keystore/kek/header.h"
#include "signer/gate/core/connection.h"
#include "signer/gate/core/keys.h"
#include "signer/gate/core/limits.h"
#include "signer/gate/core/peers.h"
#include "signer/gate/core/roles.h"
#include "signer/gate/core/workers.h"
#include "signer/sandbox/sandbox.h"

/* What main hands over when it becomes the gate. */
struct gate_setup {
    int listener, notify; /* notify: connected to the service manager, or -1 */
    int store, vaults[VAULTS_MAX + 1];
    unsigned vault_count; /* fast ones */
    const char *socket_path;
    bool check_only;  /* ends, with 0, when every room has started */
    bool sealed;      /* started without a KEK */
    bool restored;    /* as the keystore was at the start */
    uint64_t started; /* seconds since 1970-01-01 UTC, as SOCKET.unseal has it */
    struct header header;
    struct roles roles;
    struct limits limits;
    struct sandbox_terms terms;
    uint32_t required;              /* protections */
    struct protections protections; /* of the rooms beyond the gate */
    uint64_t algorithms;            /* that the vaults' OpenSSL offers */
};

enum gate_counter {
    COUNT_CONNECTIONS,
    COUNT_REFUSED,
    COUNT_REQUESTS,
    COUNT_ERRORS,
    COUNT_SIGNATURES,
    COUNT_LOADS,
    COUNT_NOT_LOADED,
    COUNT_GENERATED,
    COUNT_DESTROYED,
    COUNT_OVERLOADED,
    COUNT_TIMED_OUT,
    COUNTERS
};

struct gate {
    const struct gate_setup *setup;
    enum state state;
    bool writable;
    struct kek_id kek;   /* that the vaults hold; zeros while locked */
    bool kek_retired;    /* the keystore's header does not know it any longer */
    bool restored;       /* the keystore came from a backup, and nobody has accepted what it lacks */
    unsigned seal_count; /* how often it was sealed: an unsealing that crosses one has not opened it */
    struct workers workers;
    struct keys keys;
    struct fair fast, slow;
    struct fair reads, changes; /* jobs that wait for the store */
    struct fair loading;        /* jobs that would begin a load: load.h */
    unsigned loads, slow_loads; /* under way, to fast vaults and to the slow one */
    struct peers peers;
    struct connection *connections, *touched;
    size_t ready_count; /* connections that have frames to take, of all peers */
    size_t connection_count, job_count;
    size_t slow_count; /* jobs that are slow work, waiting or under way */
    size_t kept;       /* bytes of input that jobs keep */
    uint64_t now_ns, started_ns, next_deadline_ns;
    uint64_t drain_until_ns, refused_ns, next_sweep_ns;
    uint64_t accept_again_ns; /* when the listener is watched again; 0: nothing is waited for */
    unsigned ready_vaults;
    uint64_t counters[COUNTERS];
    struct protections protections; /* in force for all rooms, this one too */
    int epoll;
    int signals;
    bool accepting;
    bool looking;     /* the store was asked for changes and has not answered */
    uint64_t look_ns; /* when it is asked again */
};

/* A connection signs 16 times in a row with P-256, 8 times with RSA-2048 and once with RSA-4096, before the next
 * connection of its uid: weights are as algorithm_cost. */
enum { SIGN_TURN = 96, SIGN_WEIGHT_LEAST = 6 };

enum { GATE_LISTENER = 1 }; /* the listener, among what epoll tells of */

/* The connection has output, or its interest may have changed: seen to at the end of the turn. */
void state_touch(struct gate *gate, struct connection *connection);
/* Ends a connection now; it is freed at the end of the turn. */
void state_drop(struct gate *gate, struct connection *connection);

#endif
