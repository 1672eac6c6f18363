/* SPDX-License-Identifier: Apache-2.0 */
/* rivals KIND ALGORITHM CALLERS IN_FLIGHT SECONDS [WHERE [KEY [PIN]]]: how fast others sign, in the words of
 * `signerctl bench --json`, so that one table can hold both. A caller is a thread with a connection, session
 * or context of its own.
 *
 *   openssl                     in this process with a kept context: the limit
 *   relay                       the same, and 100 bytes to a process on another core and back: what a signature
 *                               beyond a socket takes at least, in one hop
 *   provider MODULES ID         through this project's OpenSSL provider in MODULES, key signer://ID
 *   agent    SOCKET             ssh-agent, the first key that it has
 *   pkcs11   MODULE LABEL PIN   a PKCS#11 module: SoftHSM2, or p11-kit-client.so for one behind a server */
#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if __has_include(<p11-kit-1/p11-kit/pkcs11.h>)
#include <p11-kit-1/p11-kit/pkcs11.h>
#define HAVE_PKCS11 1
#else
#define HAVE_PKCS11 0
#endif

enum { DIGEST = 32, SIGNATURE = 1024, SAMPLES = 1 << 22, AGENT_ANSWER = 4096 };

struct algorithm {
    const char *name, *type, *group; /* for EVP_PKEY_Q_keygen */
    size_t bits;
    bool whole_message;
};

static const struct algorithm algorithms[] = {
    { "ec-p256", "EC", "P-256", 0, false },   { "ec-p384", "EC", "P-384", 0, false },
    { "ed25519", "ED25519", NULL, 0, true },  { "rsa-2048", "RSA", NULL, 2048, false },
    { "rsa-3072", "RSA", NULL, 3072, false },
};

struct caller {
    pthread_t thread;
    void *state;       /* of the kind */
    uint32_t *samples; /* nanoseconds */
    size_t count;
    uint64_t errors;
};

struct kind {
    const char *name;
    bool (*open)(void);
    bool (*open_caller)(struct caller *caller);
    bool (*sign)(struct caller *caller); /* one; NULL where it pipelines */
    void (*pipeline)(struct caller *caller, uint64_t end);
};

static struct {
    const struct kind *kind;
    const struct algorithm *algorithm;
    unsigned callers, in_flight;
    double seconds;
    const char *where, *key, *pin;
    EVP_PKEY *pkey;
    pthread_barrier_t start;
    uint64_t end; /* one for all: with many threads some begin late */
} plan;

static const uint8_t digest[DIGEST] = "the thirty-two bytes of a digest";

static uint64_t now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static void count(struct caller *caller, uint64_t began)
{
    uint64_t at = now(), span = at - began;
    if (at > plan.end)
        return; /* what ends later is not in the time that is divided by */
    if (caller->count < SAMPLES)
        caller->samples[caller->count++] = span > UINT32_MAX ? UINT32_MAX : (uint32_t)span;
}

/* -- OpenSSL, in process or through the provider -- */

static bool open_openssl(void)
{
    const struct algorithm *a = plan.algorithm;
    plan.pkey = a->group ? EVP_PKEY_Q_keygen(NULL, NULL, a->type, a->group)
        : a->bits        ? EVP_PKEY_Q_keygen(NULL, NULL, a->type, a->bits)
                         : EVP_PKEY_Q_keygen(NULL, NULL, a->type);
    return plan.pkey != NULL;
}

static bool open_provider(void)
{
    char uri[128];
    if (OSSL_PROVIDER_set_default_search_path(NULL, plan.where) != 1 || !OSSL_PROVIDER_load(NULL, "default")
        || !OSSL_PROVIDER_load(NULL, "signer"))
        return false;
    snprintf(uri, sizeof uri, "signer://%s", plan.key);
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
    while (store && !plan.pkey && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            plan.pkey = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    return plan.pkey != NULL;
}

static bool open_context(struct caller *caller)
{
    if (plan.algorithm->whole_message) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        caller->state = context;
        return context && EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, plan.pkey, NULL) == 1;
    }
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, plan.pkey, NULL);
    caller->state = context;
    return context && EVP_PKEY_sign_init(context) == 1
        && (plan.algorithm->bits == 0 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1)
        && EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1;
}

static bool sign_openssl(struct caller *caller)
{
    uint8_t signature[SIGNATURE];
    size_t length = sizeof signature;
    if (plan.algorithm->whole_message)
        return EVP_DigestSign(caller->state, signature, &length, digest, sizeof digest) == 1;
    return EVP_PKEY_sign(caller->state, signature, &length, digest, sizeof digest) == 1;
}

/* -- the same and a raw round trip -- */

enum { RELAYED = 100 };

static int relay = -1;

/* Keeps this thread, and those that it starts, on the n-th processor that it may use, from 0. */
static bool stay_on(unsigned n)
{
    cpu_set_t all, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        return false;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && n-- == 0) {
            CPU_SET(cpu, &one);
            return sched_setaffinity(0, sizeof one, &one) == 0;
        }
    return false;
}

static noreturn void send_back(int fd)
{
    uint8_t bytes[RELAYED];
    bool placed = stay_on(1);
    while (placed && read(fd, bytes, sizeof bytes) == sizeof bytes && write(fd, bytes, sizeof bytes) == sizeof bytes)
        continue;
    _exit(0);
}

static bool open_relay(void)
{
    int ends[2];
    if (plan.callers > 1 || !open_openssl() || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        send_back(ends[1]);
    }
    close(ends[1]);
    relay = ends[0];
    return child > 0 && stay_on(0);
}

static bool sign_and_relay(struct caller *caller)
{
    uint8_t bytes[RELAYED] = { 0 };
    return sign_openssl(caller) && write(relay, bytes, sizeof bytes) == sizeof bytes
        && recv(relay, bytes, sizeof bytes, MSG_WAITALL) == sizeof bytes;
}

/* -- ssh-agent (draft-ietf-sshm-ssh-agent) -- */

struct agent {
    int fd;
    uint8_t request[1024];
    size_t length;
};

static size_t put_string(uint8_t *out, const void *bytes, size_t length)
{
    const uint8_t head[4] = { (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                              (uint8_t)length };
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, bytes, length);
    return sizeof head + length;
}

static size_t take_length(const uint8_t *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static bool read_answer(int fd, uint8_t answer[static AGENT_ANSWER])
{
    uint8_t head[4];
    if (recv(fd, head, sizeof head, MSG_WAITALL) != sizeof head || take_length(head) > AGENT_ANSWER)
        return false;
    return recv(fd, answer, take_length(head), MSG_WAITALL) == (ssize_t)take_length(head);
}

/* SSH_AGENTC_SIGN_REQUEST with the blob of the first identity. */
static bool make_request(struct agent *agent)
{
    static const uint8_t ask[] = { 0, 0, 0, 1, 11 };
    uint8_t answer[AGENT_ANSWER];
    if (write(agent->fd, ask, sizeof ask) != sizeof ask || !read_answer(agent->fd, answer) || answer[0] != 12
        || take_length(answer + 1) == 0 || take_length(answer + 5) > 512)
        return false;
    uint8_t *at = agent->request + 4;
    *at++ = 13;
    at += put_string(at, answer + 9, take_length(answer + 5));
    at += put_string(at, digest, sizeof digest);
    memset(at, 0, 4); /* flags */
    agent->length = (size_t)(at + 4 - agent->request);
    const size_t body = agent->length - 4;
    const uint8_t head[4] = { 0, 0, (uint8_t)(body >> 8), (uint8_t)body };
    memcpy(agent->request, head, sizeof head);
    return true;
}

static bool open_nothing(void)
{
    return true;
}

static bool open_agent(struct caller *caller)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct agent *agent = calloc(1, sizeof *agent);
    caller->state = agent;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", plan.where);
    return agent && (agent->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0
        && connect(agent->fd, (const struct sockaddr *)&address, sizeof address) == 0 && make_request(agent);
}

/* Answers come in order; so many requests are always out. */
static void pipeline_agent(struct caller *caller, uint64_t end)
{
    struct agent *agent = caller->state;
    uint64_t sent[256];
    uint8_t answer[AGENT_ANSWER];
    unsigned head = 0, out = 0;
    while (now() < end || out > 0) {
        while (out < plan.in_flight && now() < end) {
            sent[(head + out++) % 256] = now();
            if (write(agent->fd, agent->request, agent->length) != (ssize_t)agent->length)
                caller->errors++;
        }
        if (out == 0)
            break;
        if (!read_answer(agent->fd, answer) || answer[0] != 14) {
            caller->errors++;
            return;
        }
        count(caller, sent[head++ % 256]);
        out--;
    }
}

/* -- PKCS #11 -- */

#if HAVE_PKCS11
static CK_FUNCTION_LIST *pkcs11;
static CK_SLOT_ID slots[16]; /* the first is that of the token which was made first */

static bool open_pkcs11(void)
{
    CK_C_INITIALIZE_ARGS threads = { .flags = CKF_OS_LOCKING_OK };
    CK_ULONG slot_count = sizeof slots / sizeof *slots;
    void *module = dlopen(plan.where, RTLD_NOW);
    CK_C_GetFunctionList get = NULL;
    if (module)
        *(void **)&get = dlsym(module, "C_GetFunctionList");
    return get && get(&pkcs11) == CKR_OK && pkcs11->C_Initialize(&threads) == CKR_OK
        && pkcs11->C_GetSlotList(CK_TRUE, slots, &slot_count) == CKR_OK && slot_count > 0;
}

struct session {
    CK_SESSION_HANDLE handle;
    CK_OBJECT_HANDLE key;
};

static bool find_key(struct session *session)
{
    CK_OBJECT_CLASS private = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &private, sizeof private },
                              { CKA_LABEL, (void *)plan.key, strlen(plan.key) } };
    CK_ULONG found = 0;
    return pkcs11->C_FindObjectsInit(session->handle, wanted, 2) == CKR_OK
        && pkcs11->C_FindObjects(session->handle, &session->key, 1, &found) == CKR_OK
        && pkcs11->C_FindObjectsFinal(session->handle) == CKR_OK && found == 1;
}

static bool open_session(struct caller *caller)
{
    struct session *session = calloc(1, sizeof *session);
    caller->state = session;
    if (!session || pkcs11->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session->handle) != CKR_OK)
        return false;
    CK_RV login = pkcs11->C_Login(session->handle, CKU_USER, (unsigned char *)plan.pin, strlen(plan.pin));
    return (login == CKR_OK || login == CKR_USER_ALREADY_LOGGED_IN) && find_key(session);
}

static bool sign_pkcs11(struct caller *caller)
{
    static const uint8_t prefix[] = {
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20
    }; /* DigestInfo of SHA-256: RFC 8017, 9.2 */
    const struct session *session = caller->state;
    bool rsa = plan.algorithm->bits > 0;
    CK_MECHANISM mechanism = { rsa ? CKM_RSA_PKCS : plan.algorithm->whole_message ? 0x1057 : CKM_ECDSA, NULL, 0 };
    uint8_t input[sizeof prefix + DIGEST], signature[SIGNATURE];
    CK_ULONG length = sizeof signature;
    memcpy(input, prefix, sizeof prefix);
    memcpy(input + (rsa ? sizeof prefix : 0), digest, DIGEST);
    return pkcs11->C_SignInit(session->handle, &mechanism, session->key) == CKR_OK
        && pkcs11->C_Sign(session->handle, input, rsa ? sizeof input : DIGEST, signature, &length) == CKR_OK;
}
#endif

/* -- a turn -- */

static const struct kind kinds[] = {
    { "openssl", open_openssl, open_context, sign_openssl, NULL },
    { "relay", open_relay, open_context, sign_and_relay, NULL },
    { "provider", open_provider, open_context, sign_openssl, NULL },
    { "agent", open_nothing, open_agent, NULL, pipeline_agent },
#if HAVE_PKCS11
    { "pkcs11", open_pkcs11, open_session, sign_pkcs11, NULL },
#endif
};

static void *run_caller(void *argument)
{
    struct caller *caller = argument;
    pthread_barrier_wait(&plan.start);
    uint64_t began;
    if (plan.kind->pipeline) {
        plan.kind->pipeline(caller, plan.end);
        return NULL;
    }
    while ((began = now()) < plan.end) {
        if (plan.kind->sign(caller))
            count(caller, began);
        else
            caller->errors++;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other;
}

static void print(struct caller *callers)
{
    size_t total = 0, errors = 0, at = 0;
    for (unsigned i = 0; i < plan.callers; i++) {
        total += callers[i].count;
        errors += callers[i].errors;
    }
    uint32_t *all = calloc(total + 1, sizeof *all);
    for (unsigned i = 0; all && i < plan.callers; at += callers[i++].count)
        memcpy(all + at, callers[i].samples, callers[i].count * sizeof *all);
    if (!all)
        exit(1);
    qsort(all, total, sizeof *all, compare);
    printf("{\"operations_per_second\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"errors\":%zu}\n",
           (double)total / plan.seconds, all[total / 2] / 1e3, all[total * 99 / 100] / 1e3, errors);
    free(all);
}

static int run(void)
{
    struct caller *callers = calloc(plan.callers, sizeof *callers);
    if (!callers || !plan.kind->open() || pthread_barrier_init(&plan.start, NULL, plan.callers + 1) != 0) {
        fprintf(stderr, "rivals: %s cannot be used here\n", plan.kind->name);
        return 1;
    }
    for (unsigned i = 0; i < plan.callers; i++) {
        callers[i].samples = malloc(SAMPLES * sizeof *callers->samples);
        if (!callers[i].samples || !plan.kind->open_caller(&callers[i])) {
            fprintf(stderr, "rivals: %s: caller %u finds no key or no place\n", plan.kind->name, i);
            return 1;
        }
    }
    for (unsigned i = 0; i < plan.callers; i++)
        if (pthread_create(&callers[i].thread, NULL, run_caller, &callers[i]) != 0)
            return 1;
    plan.end = now() + (uint64_t)(plan.seconds * 1e9);
    pthread_barrier_wait(&plan.start);
    for (unsigned i = 0; i < plan.callers; i++)
        pthread_join(callers[i].thread, NULL);
    print(callers);
    close(relay); /* what sends back ends, and its time is this process's */
    while (wait(NULL) > 0)
        continue;
    return 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 5 && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            plan.kind = &kinds[i];
    for (size_t i = 0; argc > 5 && i < sizeof algorithms / sizeof *algorithms; i++)
        if (strcmp(argv[2], algorithms[i].name) == 0)
            plan.algorithm = &algorithms[i];
    if (!plan.kind || !plan.algorithm) {
        fputs("usage: rivals openssl|relay|provider|agent|pkcs11 ALGORITHM CALLERS IN_FLIGHT SECONDS [WHERE [KEY "
              "[PIN]]]\n",
              stderr);
        return 2;
    }
    plan.callers = (unsigned)strtoul(argv[3], NULL, 10);
    plan.in_flight = (unsigned)strtoul(argv[4], NULL, 10);
    plan.seconds = strtod(argv[5], NULL);
    plan.where = argc > 6 ? argv[6] : "";
    plan.key = argc > 7 ? argv[7] : "";
    plan.pin = argc > 8 ? argv[8] : "";
    if (plan.callers < 1 || plan.callers > 1024 || plan.in_flight < 1 || plan.in_flight > 256 || plan.seconds <= 0)
        return 2;
    return run();
}
