/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the gate, shared by its files: who is connected, what is in flight, what its workers do. */
#ifndef SIGNER_GATE_CORE_STATE_H
#define SIGNER_GATE_CORE_STATE_H

#include "keystore/kek/header.h"
#include "signer/gate/core/connection.h"
#include "signer/gate/core/damage.h"
#include "signer/gate/core/keys.h"
#include "signer/gate/core/lease.h"
#include "signer/gate/core/limits.h"
#include "signer/gate/core/peers.h"
#include "signer/gate/core/refusals.h"
#include "signer/gate/core/roles.h"
#include "signer/gate/core/workers.h"
#include "signer/sandbox/sandbox.h"

/* What main passes to gate_run. */
struct gate_setup {
    int listener, notify; /* notify: connected to the service manager, or -1 */
    int store, inspector, vaults[VAULTS_MAX + 1];
    int access;           /* the access room's socket, or -1 */
    unsigned vault_count; /* fast ones */
    const char *socket_path;
    const char *unlocked; /* why key memory cannot be locked, or NULL */
    bool check_only;      /* return 0 when every room has started */
    bool sealed;          /* started without a KEK */
    bool read_only;       /* the store says that nothing in the keystore can be changed */
    bool restored;        /* at the start, the keystore was a restored backup that is not accepted yet */
    bool shared;          /* at the start, other signers serve the keystore */
    uint64_t started;     /* seconds since 1970-01-01 UTC, as SOCKET.unseal has it */
    struct header header;
    struct roles roles;       /* with the grants of --allow alone */
    struct roles begun_roles; /* and with those that the file of --access had at the start */
    const char *access_file;  /* NULL: none */
    struct limits limits;
    struct sandbox_terms terms;
    uint32_t required;              /* set of protections, see protections_require */
    struct protections protections; /* of the rooms beyond the gate */
    uint64_t algorithms;            /* bit n: the vaults' OpenSSL offers enum algorithm n */
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
    COUNT_OUTPUT_DROPPED, /* connections that lost their answers for lack of room */
    COUNTERS
};

struct gate {
    const struct gate_setup *setup;
    enum state state;
    bool writable;
    struct kek_id kek;   /* of the vaults; zeros while sealed */
    bool kek_retired;    /* the keystore's header no longer lists it */
    bool restored;       /* the keystore is a restored backup that is not accepted yet */
    unsigned seal_count; /* how often it was sealed: a Seal during an Unseal wins */
    struct workers workers;
    struct keys keys;
    struct fair fast, slow;
    struct fair reads, changes; /* jobs that wait for the store */
    struct fair inspecting;     /* jobs that wait for the inspector */
    struct fair loading;        /* jobs that wait for their turn to begin a load: load.h */
    unsigned loads, slow_loads; /* under way, to fast vaults and to the slow one */
    struct roles roles;         /* in force: those of --allow, and of the file of --access as last read */
    bool rereading;             /* the access room was asked and has not answered */
    bool reread_again;          /* SIGHUP came meanwhile: the file may have changed since it was read */
    struct peers peers;
    struct connection *connections, *touched;
    size_t ready_count; /* connections that have frames to take, of all peers */
    size_t connection_count, job_count;
    size_t slow_count; /* jobs that are slow work, waiting or under way */
    size_t kept;       /* bytes of input that jobs keep */
    uint64_t now_ns, started_ns, next_deadline_ns;
    uint64_t drain_until_ns, next_sweep_ns;
    uint64_t accept_again_ns; /* when the listener is watched again after a pause; 0: no pause */
    unsigned ready_vaults;
    uint64_t counters[COUNTERS];
    uint64_t store_log_dropped; /* lines that the store could not log, at its last look */
    struct lease lease;
    struct damage damage;
    struct refusals refusals;
    struct protections protections; /* in force for all rooms, this one too */
    int epoll;
    int signals;
    bool accepting;
    bool looking;     /* the store was asked for changes and has not answered */
    uint64_t look_ns; /* when it is asked again */
};

/* A turn (fair.h): 16 signatures in a row with P-256, 8 with RSA-2048 or one with RSA-4096, before the next
 * connection of its uid: weights are as algorithm_cost. */
enum { SIGN_TURN = 96, SIGN_WEIGHT_LEAST = 6 };

enum { GATE_LISTENER = 1 }; /* the listener's user data in epoll */

/* Lists a connection for clients_settle: it has output, or its epoll interest may have changed. */
void state_touch(struct gate *gate, struct connection *connection);
/* Marks a connection as dead; it is closed and freed at the end of the turn. */
void state_drop(struct gate *gate, struct connection *connection);

#endif
