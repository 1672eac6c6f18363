/* SPDX-License-Identifier: Apache-2.0 */
/* bare ALGORITHM CALLERS SECONDS: the least that a gate and vaults cost. Callers are threads with a socket each, one
 * process passes messages of 128 bytes on and back, one for each processor signs them with OpenSSL: as in the signer,
 * and nothing else is: no protocol, no fairness, no bounds, no sandbox, one request of a caller at a time. What this
 * lacks to OpenSSL in one process is the kernel's: system calls, wake-ups, changes of process.
 *
 * It prints as `signerctl bench --json` does. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLERS_MAX = 1024, VAULTS_MAX = 16, MESSAGE = 128, BATCH = 256, SIGNATURE_MAX = 1024, SAMPLES = 1 << 20 };

struct message {
    uint32_t caller;
    uint8_t bytes[MESSAGE - sizeof(uint32_t)];
};

struct batch {
    struct message messages[BATCH];
    size_t used; /* bytes */
};

static unsigned callers, vaults;
static int sockets[CALLERS_MAX][2], links[VAULTS_MAX][2]; /* the gate's end is the second, and the first */
static uint64_t end;
static pthread_barrier_t start;

static struct caller {
    pthread_t thread;
    uint32_t *samples; /* nanoseconds */
    size_t count, errors;
} table[CALLERS_MAX];

static noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* -- a vault -- */

static EVP_PKEY_CTX *make_key(const char *algorithm)
{
    bool rsa = strncmp(algorithm, "rsa-", 4) == 0;
    const char *group = strcmp(algorithm, "ec-p384") == 0 ? "P-384" : "P-256";
    EVP_PKEY *key = rsa ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)strtoul(algorithm + 4, NULL, 10))
                        : EVP_PKEY_Q_keygen(NULL, NULL, "EC", group);
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
    if (!context || EVP_PKEY_sign_init(context) != 1
        || (rsa && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1)
        || EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1)
        die("a key");
    return context;
}

static void sign(EVP_PKEY_CTX *context, struct message *message)
{
    uint8_t signature[SIGNATURE_MAX];
    size_t length = sizeof signature;
    if (EVP_PKEY_sign(context, signature, &length, message->bytes, 32) != 1)
        _exit(1);
    memcpy(message->bytes, signature, sizeof message->bytes);
}

/* Does all there is, and answers all of it with one write. */
static noreturn void be_vault(const char *algorithm, int fd)
{
    static struct batch batch;
    EVP_PKEY_CTX *context = make_key(algorithm);
    for (;;) {
        ssize_t got = read(fd, (uint8_t *)batch.messages + batch.used, sizeof batch.messages - batch.used);
        if (got <= 0)
            _exit(0);
        batch.used += (size_t)got;
        size_t whole = batch.used / MESSAGE * MESSAGE;
        for (size_t i = 0; i < whole / MESSAGE; i++)
            sign(context, &batch.messages[i]);
        if (write(fd, batch.messages, whole) != (ssize_t)whole)
            _exit(0);
        memmove(batch.messages, (uint8_t *)batch.messages + whole, batch.used - whole);
        batch.used -= whole;
    }
}

/* -- the gate -- */

static struct batch to_vault[VAULTS_MAX], answers;
static size_t outstanding[VAULTS_MAX];

static void take_request(unsigned caller)
{
    unsigned least = 0;
    for (unsigned i = 1; i < vaults; i++)
        if (outstanding[i] < outstanding[least])
            least = i;
    struct message *message = &to_vault[least].messages[to_vault[least].used / MESSAGE];
    ssize_t got = recv(sockets[caller][1], message, MESSAGE, MSG_DONTWAIT);
    if (got == 0)
        _exit(0); /* the callers have ended */
    if (got != MESSAGE)
        return;
    message->caller = caller;
    to_vault[least].used += MESSAGE;
    outstanding[least]++;
}

static void take_answers(unsigned vault)
{
    ssize_t got = recv(links[vault][0], (uint8_t *)answers.messages + answers.used,
                       sizeof answers.messages - answers.used, MSG_DONTWAIT);
    if (got <= 0)
        return;
    answers.used += (size_t)got;
    outstanding[vault] -= (size_t)got / MESSAGE;
}

static void send_all(void)
{
    for (unsigned i = 0; i < vaults; i++)
        if (to_vault[i].used > 0 && send(links[i][0], to_vault[i].messages, to_vault[i].used, MSG_NOSIGNAL) < 0)
            _exit(0);
    for (size_t i = 0; i < answers.used / MESSAGE; i++)
        (void)send(sockets[answers.messages[i].caller][1], &answers.messages[i], MESSAGE, MSG_NOSIGNAL);
    for (unsigned i = 0; i < vaults; i++)
        to_vault[i].used = 0;
    answers.used = 0;
}

static void watch(int epoll, int fd, uint32_t number)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
}

static noreturn void be_gate(void)
{
    struct epoll_event events[BATCH / 4];
    int epoll = epoll_create1(0);
    for (unsigned i = 0; i < callers; i++)
        watch(epoll, sockets[i][1], i);
    for (unsigned i = 0; i < vaults; i++)
        watch(epoll, links[i][0], CALLERS_MAX + i);
    for (;;) {
        int count = epoll_wait(epoll, events, BATCH / 4, -1);
        for (int i = 0; i < count; i++)
            if (events[i].data.u32 < CALLERS_MAX)
                take_request(events[i].data.u32);
            else
                take_answers(events[i].data.u32 - CALLERS_MAX);
        send_all();
    }
}

/* -- callers -- */

static bool ask(int fd)
{
    struct message message = { .bytes = "the thirty-two bytes of a digest" };
    struct pollfd readable = { .fd = fd, .events = POLLIN };
    return send(fd, &message, sizeof message, MSG_NOSIGNAL) == MESSAGE && ppoll(&readable, 1, NULL, NULL) == 1
        && recv(fd, &message, sizeof message, 0) == MESSAGE;
}

static void *call(void *argument)
{
    struct caller *caller = argument;
    int fd = sockets[caller - table][0];
    uint64_t began;
    pthread_barrier_wait(&start);
    while ((began = now()) < end) {
        if (!ask(fd)) {
            caller->errors++;
            break;
        }
        if (caller->count < SAMPLES)
            caller->samples[caller->count++] = (uint32_t)(now() - began);
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other;
}

static void print(double seconds)
{
    size_t total = 0, errors = 0, at = 0;
    for (unsigned i = 0; i < callers; i++) {
        total += table[i].count;
        errors += table[i].errors;
    }
    uint32_t *all = calloc(total + 1, sizeof *all);
    if (!all)
        die("calloc");
    for (unsigned i = 0; i < callers; at += table[i++].count)
        memcpy(all + at, table[i].samples, table[i].count * sizeof *all);
    qsort(all, total, sizeof *all, compare);
    printf("{\"operations_per_second\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"errors\":%zu}\n", (double)total / seconds,
           all[total / 2] / 1e3, all[total * 99 / 100] / 1e3, errors);
    free(all);
}

/* -- all of it -- */

static void open_sockets(int (*pairs)[2], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) != 0)
            die("socketpair");
}

/* True in a child, which ends with its parent at the latest. */
static bool in_child(void)
{
    pid_t child = fork();
    if (child < 0)
        die("fork");
    return child == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

static void close_all(int (*pairs)[2], unsigned count, unsigned side)
{
    for (unsigned i = 0; i < count; i++)
        close(pairs[i][side]);
}

static void start_vault(const char *algorithm, unsigned number)
{
    if (!in_child())
        return;
    int fd = dup(links[number][1]);
    close_all(links, vaults, 0);
    close_all(links, vaults, 1);
    be_vault(algorithm, fd);
}

static void start_rooms(const char *algorithm)
{
    open_sockets(links, vaults);
    for (unsigned i = 0; i < vaults; i++)
        start_vault(algorithm, i);
    close_all(links, vaults, 1);
    open_sockets(sockets, callers);
    if (in_child()) {
        close_all(sockets, callers, 0);
        be_gate();
    }
    close_all(links, vaults, 0);
    close_all(sockets, callers, 1);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: bare ALGORITHM CALLERS SECONDS\n", stderr);
        return 2;
    }
    double seconds = strtod(argv[3], NULL);
    callers = (unsigned)strtoul(argv[2], NULL, 10);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    vaults = processors < VAULTS_MAX ? (unsigned)processors : VAULTS_MAX;
    if (callers < 1 || callers > CALLERS_MAX || seconds <= 0)
        return 2;
    start_rooms(argv[1]);
    pthread_barrier_init(&start, NULL, callers + 1);
    for (unsigned i = 0; i < callers; i++) {
        table[i].samples = malloc(SAMPLES * sizeof *table[i].samples);
        if (!table[i].samples || !ask(sockets[i][0])) /* the vaults have their keys by then */
            die("bare");
        if (pthread_create(&table[i].thread, NULL, call, &table[i]) != 0)
            die("pthread_create");
    }
    end = now() + (uint64_t)(seconds * 1e9);
    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < callers; i++)
        pthread_join(table[i].thread, NULL);
    print(seconds);
    close_all(sockets, callers, 0); /* the gate ends, and then the vaults */
    while (wait(NULL) > 0)
        continue;
    return 0;
}
