/* SPDX-License-Identifier: Apache-2.0 */
/* signer: the daemon. Privilege separation: main forks the store, the inspector and the vaults before a KEK is read,
 * and then becomes the gate. The order of the steps is the security argument; SECURITY.md explains it. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "keystore/files/presence.h"
#include "keystore/kek/kek_file.h"
#include "keystore/kek/source_advice.h"
#include "keystore/memory/arena.h"
#include "signer/gate/gate.h"
#include "signer/gate/reload.h"
#include "signer/ipc/room_fork.h"
#include "signer/listener.h"
#include "signer/options.h"
#include "signer/process/harden.h"
#include "signer/process/log.h"
#include "signer/process/log_open.h"
#include "signer/process/notify_open.h"
#include "signer/process/process_name.h"
#include "signer/process/signals.h"
#include "signer/spawn.h"
#include "signer/surroundings.h"
#include "signer/unseal_keys.h"

static void refuse_kek(const struct options *options)
{
    char advice[SOURCE_ADVICE];
    if (options->sealed)
        return;
    enum fault fault = kek_file_exists(options->kek);
    if (!fault)
        fault = kek_file_is_apart(options->kek, options->keystore);
    if (fault)
        log_die("%s: %s: %s", fault_name(fault), options->kek, source_advice(fault, options->kek, advice));
}

/* Keeps only the descriptors that were passed on purpose: the service manager's sockets and the KEK. */
static void harden(const struct options *options, int inherited, int notify)
{
    const int keep[] = { inherited, notify, options->sealed ? -1 : kek_file_descriptor(options->kek) };
    harden_process(keep, sizeof keep / sizeof *keep);
}

static void open_keystore(const char *path, struct directory *directory, struct header *header)
{
    char advice[SOURCE_ADVICE];
    enum fault fault = directory_open(path, directory);
    if (!fault)
        fault = directory_read_header(directory, header);
    if (!fault)
        fault = directory_settle(
            directory); /* the header that lists this signer's KEK, before a key is made under it */
    if (fault)
        log_die("%s: %s: %s%s%s", fault_name(fault), path, source_advice(fault, path, advice),
                fault == FAULT_STORE_IO ? ": " : "", fault == FAULT_STORE_IO ? strerror(errno) : "");
}

/* Before a room exists that could read a key. The gate keeps the descriptor, as the store does: other signers are to
 * know of this one as long as either lives. One that only checks the keystore reads no key and disturbs nobody. */
static void enter_keystore(const struct options *options, const struct directory *directory, struct presence *presence)
{
    enum { ENTER_MS = 10 * 1000 };
    enum fault fault = presence_open(directory, presence);
    if (!fault && !options->check)
        fault = presence_enter(presence, ENTER_MS);
    if (fault == FAULT_STORE_BUSY)
        log_die("STORE_BUSY: %s: another signer serves this keystore and has not let this one in for %d s: look for "
                "one that is stopped or whose disk hangs, or that is of an earlier version, end it, and start again",
                options->keystore, ENTER_MS / 1000);
    if (fault)
        log_die("%s: %s/lock: %s: %s", fault_name(fault), options->keystore, fault_advice(fault), strerror(errno));
    if (!options->check && !presence->alone)
        log_line("another signer serves this keystore too");
}

/* Root becomes --user, or else the owner of the keystore; any other user stays the same. */
static struct identity choose_identity(const struct options *options, const struct directory *directory)
{
    struct identity identity = { directory->owner, directory->group };
    if (options->user) {
        const struct passwd *user = getpwnam(options->user);
        if (!user)
            log_die("--user %s: there is no such user", options->user);
        identity = (struct identity){ user->pw_uid, user->pw_gid };
    }
    if (geteuid() != 0 && identity.uid != geteuid())
        log_die("--user: only root can become another user");
    if (identity.uid != directory->owner)
        log_die("%s: belongs to uid %u, and the signer runs as uid %u; chown -R it", options->keystore,
                directory->owner, identity.uid);
    if (identity.uid == 0)
        log_warning("warning: running as root; give the keystore to a user of its own");
    return identity;
}

static uid_t overflow_uid(void)
{
    unsigned uid = 65534;
    FILE *file = fopen("/proc/sys/kernel/overflowuid", "re");
    if (file && fscanf(file, "%u", &uid) != 1)
        uid = 65534;
    if (file)
        fclose(file);
    return uid;
}

/* The protections of a room are checked against --require before it receives a KEK. */
static void receive_hello(struct gate_setup *gate, int room, const char *name, struct room_hello *out)
{
    struct room_hello hello;
    room_fork_receive_hello(room, name, &hello);
    *out = hello;
    const char *missing = protections_missing(&hello.protections, gate->required);
    bool is_unlocked = hello.protections.memory == ARENA_UNLOCKED && gate->unlocked;
    if (missing)
        log_die("--require %s: it is not in force in %s%s%s", missing, name, is_unlocked ? "; " : "",
                is_unlocked ? gate->unlocked : "");
    if (gate->protections.uid == UINT32_MAX)
        gate->protections = hello.protections;
    protections_weaken(&gate->protections, &hello.protections);
    if (hello.algorithms)
        gate->algorithms = hello.algorithms;
}

/* Before the first fork, while it may still be root: the socket is given to the user that the rooms run as. */
static void listen_for_clients(struct gate_setup *gate, const struct options *options)
{
    gate->socket_path = gate->listener >= 0 ? "(inherited)" : options->socket;
    if (gate->listener < 0 && !options->check)
        gate->listener = listener_bind(options->socket, options->roles.count > 0 || options->access,
                                       gate->terms.identity.uid, gate->terms.identity.gid);
    if (gate->listener >= 0)
        listener_refuse_descriptors(gate->listener);
}

static struct limits fit_limits(struct limits limits)
{
    uint32_t wanted = limits.connections;
    limits_fit(&limits, harden_descriptors());
    if (limits.connections < wanted)
        log_warning("warning: at most %u connections instead of %u; raise the limit of open files", limits.connections,
                    wanted);
    return limits;
}

static void settle_roles(struct gate_setup *gate, const struct options *options, struct access_place *place)
{
    gate->roles = options->roles;
    gate->roles.self = gate->terms.identity.uid;
    gate->roles.overflow = overflow_uid();
    gate->begun_roles = gate->roles;
    gate->access_file = options->access;
    if (options->access && !access_file_place(options->access, gate->terms.identity.uid, place))
        log_die("--access %s: %s", options->access, strerror(errno));
}

/* Asked of the room that will read the file later, so that what it cannot do is seen now. */
static void read_access(struct gate_setup *gate)
{
    static uint8_t body[GRANTS_MAX * sizeof(struct grant) + 8];
    struct message question = { .op = MESSAGE_ACCESS }, answer;
    if (gate->access < 0)
        return;
    if (!io_write_all(gate->access, &question, sizeof question)
        || !io_read_exactly(gate->access, &answer, sizeof answer) || answer.length > sizeof body - 8
        || !io_read_exactly(gate->access, body, (answer.length + (size_t)7) & ~(size_t)7))
        log_die("the access room did not start");
    if (answer.status)
        log_die("--access: %.*s", (int)answer.length, (const char *)body);
    if (!reload_combine(&gate->roles, body, answer.length, &gate->begun_roles))
        log_die("--access %s: with --allow more than %d grants", gate->access_file, GRANTS_MAX);
}

static void close_place(const struct access_place *place)
{
    if (place->directory >= 0)
        close(place->directory);
    if (place->etc >= 0)
        close(place->etc);
}

static void spawn_rooms(struct gate_setup *gate, struct directory *directory, const struct presence *presence,
                        const struct access_place *place, struct unseal_file *unseal)
{
    char name[16];
    struct room_hello hello;
    struct store_setup store = { .directory = *directory, .presence = *presence, .terms = gate->terms };
    struct access_setup access = { .place = *place, .terms = gate->terms };
    struct inspector_setup inspector = { .terms = gate->terms };
    struct vault_setup vault = { .sealed = gate->sealed, .header = gate->header, .terms = gate->terms };
    gate->store = spawn_store(&store);
    gate->inspector = spawn_inspector(&inspector);
    for (unsigned i = 0; i <= gate->vault_count; i++)
        gate->vaults[i] = spawn_vault(&vault, i);
    gate->access = gate->access_file ? spawn_access(&access) : -1;
    directory_close(directory);
    gate->protections.uid = UINT32_MAX; /* no hello received yet */
    receive_hello(gate, gate->store, "the store", &hello);
    gate->read_only = hello.read_only != 0;
    receive_hello(gate, gate->inspector, "the inspector", &hello);
    if (gate->access >= 0)
        receive_hello(gate, gate->access, "the access room", &hello);
    read_access(gate);
    for (unsigned i = 0; i <= gate->vault_count; i++) {
        snprintf(name, sizeof name, "vault %u", i);
        receive_hello(gate, gate->vaults[i], name, &hello);
        memcpy(unseal->vaults[unseal->vault_count++], hello.unseal_key, UNSEAL_KEY_SIZE);
    }
}

/* Beside the socket, whether it was bound or inherited. */
static void publish_unseal_keys(const struct gate_setup *gate, const struct unseal_file *unseal)
{
    char path[LISTENER_PATH];
    if (listener_path(gate->listener, path))
        unseal_keys_publish(unseal, path, gate->sealed);
    else if (gate->sealed)
        log_die("--sealed: the socket has no path, so there is no place for the file that custodians unseal with");
}

static void bring_kek(const struct gate_setup *gate, const struct options *options)
{
    spawn_courier(options->kek, options->keystore, &gate->header, gate->vaults, gate->vault_count + 1);
    if (kek_file_descriptor(options->kek) >= 0)
        close(kek_file_descriptor(options->kek));
}

int main(int argc, char **argv)
{
    struct options options;
    struct directory directory;
    struct presence presence;
    static struct gate_setup gate;
    static struct unseal_file unseal;
    struct access_place place = { .directory = -1, .etc = -1 };

    options_parse(argc, argv, &options);
    log_open();
    refuse_kek(&options);
    gate.notify = options.check ? -1 : notify_open();
    gate.listener = options.check ? -1 : listener_inherited();
    harden(&options, gate.listener, gate.notify);
    signals_ignore_nuisances();
    surroundings_check();
    gate.unlocked = surroundings_memory();

    open_keystore(options.keystore, &directory, &gate.header);
    gate.restored = directory_is_restored(&directory);
    if (gate.restored)
        log_warning("%s: %s: %s", fault_name(FAULT_RESTORED), options.keystore, fault_advice(FAULT_RESTORED));
    if (directory.read_only)
        log_warning("%s: %s: %s", fault_name(FAULT_STORE_READ_ONLY), options.keystore,
                    fault_advice(FAULT_STORE_READ_ONLY));
    gate.terms = (struct sandbox_terms){ choose_identity(&options, &directory), options.sandbox };
    gate.required = options.required;
    gate.vault_count = options.vaults;
    gate.check_only = options.check;
    gate.sealed = options.sealed;
    gate.limits = fit_limits(options.limits);
    settle_roles(&gate, &options, &place);
    listen_for_clients(&gate, &options);

    unseal_keys_gather(&directory, &gate.header, &unseal);
    gate.started = unseal.started;
    enter_keystore(&options, &directory, &presence);
    gate.shared = !presence.alone;
    spawn_rooms(&gate, &directory, &presence, &place, &unseal);
    close_place(&place);
    process_name_set("gate");
    if (gate.listener >= 0)
        publish_unseal_keys(&gate, &unseal);
    if (!options.sealed)
        bring_kek(&gate, &options);

    int code = gate_run(&gate);
    if (options.check && code == 0)
        log_line(options.sealed ? "ok: %s can be served, sealed" : "ok: %s opens with this KEK", options.keystore);
    return code;
}
