/* SPDX-License-Identifier: Apache-2.0 */
/* The gate with its workers played by the test: the links to the store and the vaults are socketpairs whose other
 * ends are here, clients are socketpairs too, and time passes when the test says so. A test sends requests,
 * receives the questions that the gate puts to its workers, and answers each as it likes: late, out of order, with
 * any fault. fake_close() answers what is left and checks that the gate has forgotten nothing. */
#ifndef TESTS_UNIT_SIGNER_GATE_FAKE_WORKERS_H
#define TESTS_UNIT_SIGNER_GATE_FAKE_WORKERS_H

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "keystore/key/sealed_key.h"
#include "keystore/memory/secret.h"
#include "signer/gate/clients.h"
#include "signer/gate/core/answer.h"
#include "signer/gate/core/load.h"
#include "signer/gate/pump.h"
#include "signer/gate/timeouts.h"
#include "signer/ipc/channel.h"
#include "tests/unit/unit.h"

enum {
    FAKE_STORE = WORKERS_STORE,
    FAKE_INSPECTOR = WORKERS_INSPECTOR,
    FAKE_ALL_ROLES = ROLE_SIGN | ROLE_ADMIN | ROLE_OPERATOR | ROLE_MONITOR,
    FAKE_UID = 1000
};
static const uint64_t fake_ms = 1000000, fake_s = 1000000000;

/* A question that the gate has put to a worker, in the order in which it came. */
struct fake_question {
    unsigned room; /* 0 … for vaults, FAKE_STORE, FAKE_INSPECTOR */
    struct message header;
    uint8_t *body;
    struct fake_question *next;
};

/* The worker's end of a link. */
struct fake_room {
    int fd;
    uint8_t *in;
    size_t in_end, in_size;
};

/* The client's end of a connection, and the answer that it received last. */
struct fake_client {
    int fd;
    struct connection *connection; /* the gate's; it may be gone */
    uint8_t *in;
    size_t in_start, in_end;
    struct response response;
    uint8_t *decoded;
};

static struct gate gate;
static struct gate_setup fake_setup;
static struct fake_room fake_rooms[VAULTS_MAX + 3]; /* the vaults, and after them the store and the inspector */
static struct fake_question *fake_waiting;
static struct fake_client fake_clients[32];
static unsigned fake_client_count;
static bool fake_alive; /* false once a worker is gone */

enum { FAKE_IN = 4 * 1024 * 1024 };

/* A step without which no test makes sense. */
static inline void fake_must(bool done, const char *what)
{
    if (done)
        return;
    perror(what);
    abort();
}

/* -- the workers' ends -- */

static inline struct fake_room *fake_room_of(unsigned room)
{
    if (room == FAKE_STORE)
        return &fake_rooms[gate.workers.vault_count + 1];
    return &fake_rooms[room == FAKE_INSPECTOR ? gate.workers.vault_count + 2 : room];
}

static inline size_t fake_padded(size_t length)
{
    return (length + 7) & ~(size_t)7;
}

static inline void fake_keep_question(unsigned room, const struct message *header, const uint8_t *body)
{
    struct fake_question *question = calloc(1, sizeof *question), **last = &fake_waiting;
    fake_must(question && (question->body = calloc(1, header->length + 1)), "a question");
    question->room = room;
    question->header = *header;
    memcpy(question->body, body, header->length);
    while (*last)
        last = &(*last)->next;
    *last = question;
}

static inline void fake_keep_questions(unsigned room, struct fake_room *of)
{
    struct message header;
    size_t at = 0;
    while (of->in_end - at >= sizeof header) {
        memcpy(&header, of->in + at, sizeof header);
        size_t whole = sizeof header + fake_padded(header.length);
        if (of->in_end - at < whole)
            break;
        fake_keep_question(room, &header, of->in + at + sizeof header);
        at += whole;
    }
    memmove(of->in, of->in + at, of->in_end - at);
    of->in_end -= at;
}

/* Whether something was there. */
static inline bool fake_read_room(unsigned room)
{
    struct fake_room *of = fake_room_of(room);
    ssize_t n = of->fd < 0 ? -1 : recv(of->fd, of->in + of->in_end, FAKE_IN - of->in_end, MSG_DONTWAIT);
    if (n <= 0)
        return false;
    of->in_end += (size_t)n;
    fake_keep_questions(room, of);
    return true;
}

static inline bool fake_read_rooms(void)
{
    bool read = fake_read_room(FAKE_STORE);
    read = fake_read_room(FAKE_INSPECTOR) || read;
    for (unsigned i = 0; i <= gate.workers.vault_count; i++)
        read = fake_read_room(i) || read;
    return read;
}

/* -- the gate's loop, as gate.c has it -- */

/* Whether there were any. */
static inline bool fake_handle_events(void)
{
    struct epoll_event events[64];
    int count = epoll_wait(gate.epoll, events, 64, 0);
    for (int i = 0; i < count; i++)
        if (events[i].data.u64 == GATE_LISTENER)
            clients_accept(&gate);
        else
            clients_read(&gate, (struct connection *)(uintptr_t)events[i].data.u64, events[i].events);
    return count > 0;
}

/* Whether a client had something for the gate. */
static inline bool fake_turn(void)
{
    bool handled = fake_handle_events();
    for (unsigned i = 0; fake_alive && i <= gate.workers.vault_count; i++)
        fake_alive = workers_receive(&gate.workers, i);
    fake_alive = fake_alive && workers_receive(&gate.workers, FAKE_STORE);
    fake_alive = fake_alive && workers_receive(&gate.workers, FAKE_INSPECTOR);
    clients_serve_ready(&gate);
    answer_overdue(&gate);
    timeouts_sweep(&gate);
    clients_resume(&gate);
    lease_release(&gate.lease, gate.now_ns);
    pump_run(&gate);
    fake_alive = fake_alive && workers_flush(&gate.workers);
    clients_settle(&gate);
    pump_run(&gate);
    fake_alive = fake_alive && workers_flush(&gate.workers);
    return handled;
}

/* Until nothing more comes of what was sent: a turn may have the next one listen to more. */
static inline void fake_run(void)
{
    for (int turns = 0, quiet = 0; turns < 10000 && quiet < 2; turns++) {
        bool busy = fake_turn();
        busy = fake_read_rooms() || busy || gate.ready_count > 0 || gate.touched;
        quiet = busy ? 0 : quiet + 1;
    }
}

/* Time passes, and the gate looks at it. */
static inline void fake_pass(uint64_t ns)
{
    gate.now_ns += ns;
    fake_run();
}

/* -- questions and answers -- */

static inline void fake_free_question(struct fake_question *question)
{
    if (question)
        free(question->body);
    free(question);
}

/* The oldest question to this worker that was not received yet; NULL if there is none. It is the caller's, who
 * answers it or frees it. */
static inline struct fake_question *fake_receive(unsigned room)
{
    fake_run();
    struct fake_question **slot = &fake_waiting;
    while (*slot && (*slot)->room != room)
        slot = &(*slot)->next;
    struct fake_question *found = *slot;
    if (found)
        *slot = found->next;
    return found;
}

static inline bool fake_is_asked(const struct fake_question *question, enum message_op op)
{
    return question && question->header.op == op;
}

/* How many questions of this kind wait at a worker. */
static inline unsigned fake_count(unsigned room, enum message_op op)
{
    unsigned count = 0;
    fake_run();
    for (const struct fake_question *question = fake_waiting; question; question = question->next)
        count += question->room == room && question->header.op == op;
    return count;
}

static inline bool fake_is_quiet(void)
{
    fake_run();
    return fake_waiting == NULL;
}

static inline void fake_write(int fd, const void *bytes, size_t length)
{
    for (const uint8_t *at = bytes; length > 0;) {
        ssize_t n = send(fd, at, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        fake_must(n > 0 || errno == EAGAIN, "a fake worker's answer");
        if (n < 0) {
            (void)fake_turn();
            continue;
        }
        at += n;
        length -= (size_t)n;
    }
}

struct fake_answer {
    unsigned status;    /* enum fault; of the inspector, enum inspect_verdict */
    const uint8_t *key; /* a fingerprint; NULL: none */
    const void *body;
    size_t length;
};

/* Answers a question, which is gone after it. What comes of it happens at the next fake_run. */
static inline void fake_send(struct fake_question *question, struct fake_answer answer)
{
    static const uint8_t zeros[8] = { 0 };
    struct message header = { .length = (uint32_t)answer.length, .status = (uint16_t)answer.status };
    if (!question) {
        CU_FAIL("there is no question to answer");
        return;
    }
    header.op = question->header.op;
    header.tag = question->header.tag;
    if (answer.key)
        memcpy(header.key, answer.key, sizeof header.key);
    int fd = fake_room_of(question->room)->fd;
    fake_write(fd, &header, sizeof header);
    if (answer.length > 0)
        fake_write(fd, answer.body, answer.length);
    fake_write(fd, zeros, fake_padded(answer.length) - answer.length);
    fake_free_question(question);
}

/* Receives a worker's next question, which must be this one, and answers it. */
static inline bool fake_serve(unsigned room, enum message_op op, struct fake_answer answer)
{
    struct fake_question *question = fake_receive(room);
    bool asked = fake_is_asked(question, op);
    if (!asked)
        fprintf(stderr, "\n    room %u was asked %d in place of %d", room, question ? question->header.op : -1, op);
    if (question)
        fake_send(question, answer);
    fake_run();
    return asked;
}

static inline bool fake_fault(unsigned room, enum message_op op, enum fault fault)
{
    return fake_serve(room, op, (struct fake_answer){ .status = fault });
}

static inline bool fake_done(unsigned room, enum message_op op)
{
    return fake_fault(room, op, FAULT_NONE);
}

/* -- keys -- */

struct fake_key { /* a sealed file, and the name by which a vault speaks of it */
    struct key_public public;
    uint8_t spki[256];
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE];
    size_t length;
    uint8_t sealed[SEALED_KEY_MAX];
};

static const uint8_t fake_keystore_id[KEYSTORE_ID_SIZE] = "a fake keystore";

/* The file of a key with this public key, of which a vault would say that it opened. */
static inline void fake_seal(struct fake_key *key, const char *id, enum algorithm algorithm, const uint8_t *spki,
                             size_t length)
{
    static struct kek kek;
    static const uint8_t raw[KEK_SIZE] = "the KEK of a fake keystore", pkcs8[100] = { 0 };
    struct sealed_key_seed seed = { 0 };
    memset(key, 0, sizeof *key);
    memcpy(key->spki, spki, length);
    key->public = (struct key_public){ .algorithm = algorithm, .created = 1767225600, .spki_length = length };
    key->public.spki = key->spki;
    key->public.policy = algorithm_policy(algorithm);
    memcpy(key->public.keystore_id, fake_keystore_id, KEYSTORE_ID_SIZE);
    bool good = key_id_from_text(id, &key->public.id) && kek_from_bytes(raw, &kek) == FAULT_NONE;
    key->length = sealed_key_seal(&key->public, &kek, &seed, pkcs8, sizeof pkcs8, key->sealed);
    key_public_fingerprint(&key->public, key->fingerprint);
    fake_must(good && key->length > 0, "a sealed key");
}

/* The same with a public key that is no key at all: `variant` makes it another one. */
static inline void fake_make_key(struct fake_key *key, const char *id, enum algorithm algorithm, uint8_t variant)
{
    uint8_t spki[91];
    memset(spki, variant, sizeof spki);
    fake_seal(key, id, algorithm, spki, sizeof spki);
}

static inline struct fake_answer fake_file(const struct fake_key *key)
{
    return (struct fake_answer){ .body = key->sealed, .length = key->length };
}

static inline struct fake_answer fake_opened(const struct fake_key *key)
{
    return (struct fake_answer){ .key = key->fingerprint };
}

/* Serves one load: the store reads the file, the vault opens it. */
static inline bool fake_load(unsigned vault, const struct fake_key *key)
{
    return fake_serve(FAKE_STORE, MESSAGE_READ, fake_file(key)) && fake_serve(vault, MESSAGE_LOAD, fake_opened(key));
}

/* -- certificates -- */

/* The inspector is asked whether this is a chain of the key's, and answers so; what it leaves of it, if it is good. */
static inline bool fake_inspect(const struct fake_key *key, const char *pem, enum inspect_verdict verdict,
                                const char *left)
{
    struct fake_question *asked = fake_receive(FAKE_INSPECTOR);
    struct inspect_body head = { 0 };
    bool asked_so = fake_is_asked(asked, MESSAGE_INSPECT)
        && asked->header.length == sizeof head + key->public.spki_length + strlen(pem);
    if (asked_so) {
        memcpy(&head, asked->body, sizeof head);
        const uint8_t *spki = asked->body + sizeof head;
        asked_so = head.spki_length == key->public.spki_length && memcmp(spki, key->public.spki, head.spki_length) == 0
            && memcmp(spki + head.spki_length, pem, strlen(pem)) == 0;
    }
    if (asked)
        fake_send(asked, (struct fake_answer){ .status = verdict, .body = left, .length = strlen(left) });
    fake_run();
    return asked_so;
}

/* -- clients -- */

/* A client that is let in as this uid with these roles. */
static inline struct fake_client *fake_connect(uid_t uid, unsigned roles)
{
    int ends[2];
    fake_must(fake_client_count < UNIT_COUNT(fake_clients), "a place for a client");
    struct fake_client *client = &fake_clients[fake_client_count++];
    fake_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0, "socketpair");
    struct peer *peer = peers_of(&gate.peers, uid);
    const struct rights rights = { .all = roles };
    struct connection *connection = connection_new(ends[0], peer, &rights);
    *client = (struct fake_client){ .fd = ends[1], .connection = connection, .in = malloc(FAKE_IN) };
    client->decoded = aligned_alloc(16, SCRATCH_SIZE(RESPONSE_MAX));
    fake_must(connection && client->in && client->decoded, "a client");
    connection->next = gate.connections;
    if (gate.connections)
        gate.connections->previous = connection;
    gate.connections = connection;
    gate.connection_count++;
    peer->connections++;
    timeouts_begin(&gate, connection);
    connection->interest = EPOLLIN;
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = (uint64_t)(uintptr_t)connection };
    fake_must(epoll_ctl(gate.epoll, EPOLL_CTL_ADD, ends[0], &event) == 0, "epoll");
    return client;
}

/* One that may do everything. */
static inline struct fake_client *fake_connect_admin(void)
{
    return fake_connect(FAKE_UID, FAKE_ALL_ROLES);
}

static inline void fake_disconnect(struct fake_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    fake_run();
}

static inline void fake_send_bytes(struct fake_client *client, const void *bytes, size_t length)
{
    fake_write(client->fd, bytes, length);
    fake_run();
}

static inline void fake_ask(struct fake_client *client, const struct request *request)
{
    size_t length = request_encode(request, NULL, 0);
    uint8_t *frame = malloc(length);
    fake_must(frame && request_encode(request, frame, length) == length, "a request");
    fake_send_bytes(client, frame, length);
    free(frame);
}

static inline void fake_receive_bytes(struct fake_client *client)
{
    memmove(client->in, client->in + client->in_start, client->in_end - client->in_start);
    client->in_end -= client->in_start;
    client->in_start = 0;
    for (ssize_t n = 1; n > 0; client->in_end += n > 0 ? (size_t)n : 0, fake_run())
        n = recv(client->fd, client->in + client->in_end, FAKE_IN - client->in_end, MSG_DONTWAIT);
}

/* Receives the next answer into client->response, which is valid until the one after it. False: there is none. */
static inline bool fake_receive_response(struct fake_client *client)
{
    size_t payload;
    fake_run();
    fake_receive_bytes(client);
    memset(&client->response, 0, sizeof client->response);
    enum frame_result result = frame_look(client->in, client->in_end, RESPONSE_MAX, &payload);
    if (result != FRAME_WHOLE || client->in_end < FRAME_PREFIX + payload)
        return false;
    struct scratch scratch = { client->decoded, SCRATCH_SIZE(RESPONSE_MAX), 0 };
    struct slice frame = { client->in + FRAME_PREFIX, payload };
    fake_must(response_decode(frame, &scratch, &client->response) == DECODE_OK, "a response");
    client->in_start = FRAME_PREFIX + payload;
    return true;
}

/* Whether the next answer is a result of this operation. */
static inline bool fake_is_result(struct fake_client *client, uint64_t id, enum operation operation)
{
    return fake_receive_response(client) && client->response.id == id && client->response.status == STATUS_OK
        && client->response.operation == operation;
}

/* Whether the next answer refuses, in this way. */
static inline bool fake_is_refused(struct fake_client *client, uint64_t id, enum status status, const char *reason)
{
    bool refused = fake_receive_response(client) && client->response.id == id && client->response.status == (int)status
        && strcmp(client->response.reason, reason) == 0;
    if (!refused)
        fprintf(stderr, "\n    request %lu: %s %s in place of %s", (unsigned long)client->response.id,
                status_name(client->response.status), client->response.reason ? client->response.reason : "-", reason);
    return refused;
}

/* Whether the gate has closed the connection. */
static inline bool fake_is_closed(struct fake_client *client)
{
    uint8_t byte;
    fake_run();
    return recv(client->fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* -- requests -- */

static inline struct request fake_sign(uint64_t id, const char *key)
{
    static const uint8_t digest[32] = "a digest of thirty-two bytes, ok";
    return (
        struct request){ .id = id,
                         .operation = OPERATION_SIGN,
                         .sign = { key, SCHEME_ECDSA, HASH_SHA256, SIGN_INPUT_DIGEST, { digest, 32 }, { NULL, 0 } } };
}

static inline void fake_ask_sign(struct fake_client *client, uint64_t id, const char *key)
{
    struct request request = fake_sign(id, key);
    fake_ask(client, &request);
}

static inline void fake_ask_generate(struct fake_client *client, uint64_t id, const char *key, const char *algorithm)
{
    struct request request = { .id = id,
                               .operation = OPERATION_GENERATE_KEY,
                               .generate_key = { key, algorithm, { 0 } } };
    fake_ask(client, &request);
}

static inline void fake_ask_destroy(struct fake_client *client, uint64_t id, const char *key)
{
    struct request request = { .id = id, .operation = OPERATION_DESTROY_KEY, .destroy_key = { key } };
    fake_ask(client, &request);
}

static inline void fake_ask_get(struct fake_client *client, uint64_t id, const char *key)
{
    struct request request = { .id = id, .operation = OPERATION_GET_KEY, .get_key = { key } };
    fake_ask(client, &request);
}

/* One that brings nothing but its operation: Hello, Health, Stats, Seal. */
static inline void fake_ask_plain(struct fake_client *client, uint64_t id, enum operation operation)
{
    struct request request = { .id = id, .operation = operation };
    fake_ask(client, &request);
}

/* The next question of this vault is a signature's; it is given. */
static inline bool fake_serve_sign(unsigned vault)
{
    return fake_serve(vault, MESSAGE_SIGN, (struct fake_answer){ .body = "signature", .length = 9 });
}

/* Has the gate and vault 0 know a key, by a signature with it. */
static inline bool fake_prepare_key(struct fake_client *client, const struct fake_key *key)
{
    fake_ask_sign(client, 999, key->public.id.text);
    return fake_load(0, key) && fake_serve_sign(0) && fake_is_result(client, 999, OPERATION_SIGN);
}

/* -- the beginning and the end -- */

static inline void fake_open_room(unsigned room, struct link *link, const char *name)
{
    int ends[2];
    struct fake_room *of = fake_room_of(room);
    fake_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
    *of = (struct fake_room){ .fd = ends[1], .in = malloc(FAKE_IN), .in_size = FAKE_IN };
    fake_must(of->in && link_open(link, ends[0], name), "a link");
}

static inline void fake_open(unsigned vaults)
{
    static uint64_t now_ns = 1000 * (uint64_t)1000000000; /* the gate's clock only ever goes on */
    now_ns += 1000000 * fake_s;
    fake_setup = (struct gate_setup){ .listener = -1, .notify = -1, .access = -1, .vault_count = vaults };
    fake_setup.limits = limits_default();
    fake_setup.header.kek_count = 1;
    fake_setup.header.keks[0].role = KEK_CURRENT;
    memcpy(fake_setup.header.keystore_id, fake_keystore_id, KEYSTORE_ID_SIZE);
    for (enum algorithm a = ALGORITHM_NONE + 1; a < ALGORITHM_COUNT; a++)
        fake_setup.algorithms |= (uint64_t)1 << a;
    gate = (struct gate){ .setup = &fake_setup, .state = STATE_OPEN, .writable = true, .accepting = true };
    gate.now_ns = gate.started_ns = now_ns;
    gate.next_deadline_ns = UINT64_MAX;
    gate.fast.turn = SIGN_TURN;
    gate.workers.vault_count = vaults;
    gate.kek = (struct kek_id){ { 1, 2, 3, 4, 5, 6, 7, 8 } };
    gate.epoll = epoll_create1(EPOLL_CLOEXEC);
    fake_must(secret_start() && keys_open(&gate.keys) && gate.epoll >= 0, "the gate");
    fake_open_room(FAKE_STORE, &gate.workers.store, "the fake store");
    fake_open_room(FAKE_INSPECTOR, &gate.workers.inspector, "the fake inspector");
    for (unsigned i = 0; i <= vaults; i++)
        fake_open_room(i, &gate.workers.vaults[i].link, "a fake vault");
    fake_alive = true;
}

static inline void fake_close_clients(void)
{
    for (unsigned i = 0; i < fake_client_count; i++) {
        fake_disconnect(&fake_clients[i]);
        free(fake_clients[i].in);
        free(fake_clients[i].decoded);
    }
    fake_client_count = 0;
    fake_run();
}

/* Nothing that was counted for a job is left when there are no jobs. */
static inline bool fake_is_empty(void)
{
    bool empty = gate.job_count == 0 && gate.kept == 0 && gate.slow_count == 0 && gate.loads == 0
        && gate.slow_loads == 0 && gate.workers.reads == 0 && gate.workers.changes == 0 && gate.workers.inspections == 0
        && gate.workers.calls.open == 0 && gate.connections == NULL && gate.connection_count == 0
        && gate.ready_count == 0 && !gate.touched;
    for (unsigned i = 0; i <= gate.workers.vault_count; i++)
        empty = empty && gate.workers.vaults[i].outstanding == 0;
    for (unsigned i = 0; i < gate.peers.count; i++) {
        const struct peer *peer = &gate.peers.peer[i];
        empty = empty && peer->connections == 0 && peer->in_flight == 0 && peer->slow_in_flight == 0 && peer->kept == 0;
    }
    return empty && !gate.fast.waiting && !gate.slow.waiting && !gate.loading.waiting && !gate.reads.waiting
        && !gate.changes.waiting && !gate.inspecting.waiting;
}

static inline bool fake_no_key_is_held(void)
{
    for (const struct key *key = gate.keys.newest; key; key = key->older)
        if (key->references > 0 || key->closed || key->changing || key->loads)
            return false;
    return true;
}

static inline void fake_free_keys(void)
{
    keys_unlearn_all(&gate.keys);
    while (gate.keys.newest)
        keys_release(&gate.keys, keys_hold(&gate.keys, &gate.keys.newest->id));
    free(gate.keys.buckets);
}

static inline void fake_close_room(unsigned room, struct link *link)
{
    struct fake_room *of = fake_room_of(room);
    link_close(link);
    if (of->fd >= 0)
        close(of->fd);
    free(of->in);
}

/* Every client goes and every question is answered, with a fault: then nothing may be left of any request. */
static inline void fake_close(void)
{
    fake_close_clients();
    while (fake_alive && fake_waiting)
        fake_fault(fake_waiting->room, (enum message_op)fake_waiting->header.op, FAULT_STORE_IO);
    if (fake_alive)
        CU_ASSERT(fake_is_empty() && fake_no_key_is_held());
    while (fake_waiting) {
        struct fake_question *question = fake_waiting;
        fake_waiting = question->next;
        fake_free_question(question);
    }
    fake_close_room(FAKE_STORE, &gate.workers.store);
    fake_close_room(FAKE_INSPECTOR, &gate.workers.inspector);
    for (unsigned i = 0; i <= gate.workers.vault_count; i++)
        fake_close_room(i, &gate.workers.vaults[i].link);
    fake_free_keys();
    free(gate.workers.calls.table);
    close(gate.epoll);
}

#endif
