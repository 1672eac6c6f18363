/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/key/sealed_key.h"
#include "signer/gate/core/answer.h"

enum {
    TRIES_MAX = 16,             /* more than one, because a rekey may replace the file during a load */
    BUSY_ENOUGH = 4,            /* questions out at a holder of a key before another vault loads it */
    COSTLY_ENOUGH = 12,         /* or their cost, in signatures of P-256: about that of a load */
    LOADS_PER_VAULT = 2,        /* the store reads one while the vault opens another */
    LOADS_PER_VAULT_SHARED = 1, /* while another uid may need a signature at any moment */
};

struct load {
    struct gate *gate;
    struct key *key;
    unsigned vault; /* VAULT_UNDECIDED until the file shows the kind of key */
    bool slow;      /* to the slow vault */
    bool stale;     /* the file has changed since it was read */
    struct job_queue waiting;
    struct load *next; /* of the same key */
    size_t length;
    uint8_t sealed[SEALED_KEY_MAX];
};

/* -- the end of a load -- */

static void end(struct load *load)
{
    struct key *key = load->key;
    struct load **slot = &key->loads;
    while (*slot != load)
        slot = &(*slot)->next;
    *slot = load->next;
    *(load->slow ? &load->gate->slow_loads : &load->gate->loads) -= 1;
    struct job *job = key->loads ? NULL : key->settling;
    if (job)
        key->settling = NULL;
    keys_release(&load->gate->keys, key);
    free(load);
    if (job)
        job->step(job);
}

void load_settle(struct job *job, job_step *then)
{
    job->step = then;
    if (job->key->loads)
        job->key->settling = job;
    else
        then(job);
}

/* Names both KEKs: the one that is needed and the one that this signer has. */
static void describe_mismatch(const struct load *load, const struct sealed_key *sealed, char *out, size_t size)
{
    char needed[KEK_ID_TEXT], ours[KEK_ID_TEXT];
    struct kek_id id = sealed_key_kek(sealed, 0);
    kek_id_text(&id, needed);
    kek_id_text(&load->gate->kek, ours);
    snprintf(out, size, "keys/%s.key: sealed under KEK %s, and the signer has KEK %s; %s", load->key->id.text, needed,
             ours, "find the KEK that is needed, or restore this keystore's own file");
}

static void describe(const struct load *load, enum fault fault, const char *why, char *out, size_t size)
{
    struct sealed_key sealed;
    char subject[KEY_ID_SIZE + 16];
    snprintf(subject, sizeof subject, "keys/%s.key", load->key->id.text);
    if (fault == FAULT_KEK_MISMATCH && sealed_key_look(load->sealed, load->length, &sealed) == FAULT_NONE)
        describe_mismatch(load, &sealed, out, size);
    else if (why[0])
        snprintf(out, size, "%s: %s: %s", subject, fault_advice(fault), why);
    else
        fault_sentence(out, size, fault, subject);
}

static void fail(struct load *load, enum fault fault, const char *why)
{
    char sentence[SENTENCE_MAX];
    bool about_file = fault != FAULT_KEY_UNKNOWN && fault != FAULT_KEY_LOST;
    struct job_queue waiting = load->waiting;
    describe(load, fault, why, sentence, sizeof sentence);
    if (!about_file)
        load_forget(load->gate, &load->key->id); /* another replica destroyed it */
    if (fault == FAULT_KEY_UNKNOWN)
        damage_clear(&load->gate->damage, &load->key->id);
    for (struct job *job = waiting.first; job; job = job->next)
        job->queue = &waiting;
    end(load);
    for (struct job *job; (job = job_queue_pop(&waiting));)
        answer_fault(job, fault, about_file ? sentence : NULL);
}

static bool is_slow(const struct key *key)
{
    return key->known ? algorithm_is_slow(key->public.algorithm) : key->said_slow;
}

static void go_on(struct job *job)
{
    load_key(job, job->then);
}

/* A signing job takes a new turn at the vaults, because thousands may have waited for this key. */
static bool takes_a_turn(const struct job *job)
{
    return job->kind != SIGN_INPUT_NONE && !is_slow(job->key) && job->connection;
}

void load_resume(struct job *job)
{
    if (!takes_a_turn(job)) {
        go_on(job);
        return;
    }
    job->step = go_on;
    fair_push_front(&job->gate->fast, &job->connection->fast, job);
}

/* The first waiting job goes on at once, before the vault may evict the key for another. Who takes a turn is put before
 * all that wait for one, so the last of them comes first. */
static void succeed(struct load *load)
{
    struct job_queue waiting = load->waiting;
    for (struct job *job = waiting.first; job; job = job->next)
        job->queue = &waiting;
    end(load);
    struct job *first = job_queue_pop(&waiting);
    if (first)
        go_on(first);
    for (struct job *job = waiting.last, *previous; job; job = previous) {
        previous = job->previous;
        if (takes_a_turn(job)) {
            job_queue_remove(job);
            load_resume(job);
        }
    }
    for (struct job *job; (job = job_queue_pop(&waiting));)
        load_resume(job);
}

/* -- the steps of a load -- */

static void on_forgotten(void *context, const struct message *answer, const uint8_t *body)
{
    (void)context;
    (void)answer;
    (void)body;
}

void load_disown(struct gate *gate, unsigned vault, const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE])
{
    struct message forget = { .op = MESSAGE_FORGET };
    memcpy(forget.key, fingerprint, sizeof forget.key);
    workers_ask_vault(&gate->workers, vault, forget, NULL, 0, on_forgotten, NULL);
}

static void forget_known(struct gate *gate, struct key *key)
{
    if (!key->known)
        return;
    for (unsigned i = 0; i <= gate->workers.vault_count; i++)
        if (key->loaded >> i & 1)
            load_disown(gate, i, key->fingerprint);
    keys_unlearn(key);
}

static void on_opened(void *context, const struct message *answer, const uint8_t *body)
{
    struct load *load = context;
    struct sealed_key sealed;
    struct key_public public;
    (void)body;
    load->gate->counters[COUNT_LOADS]++;
    if (answer->status) {
        fail(load, (enum fault)answer->status, "");
        return;
    }
    if (load->key->known && memcmp(load->key->fingerprint, answer->key, KEY_FINGERPRINT_SIZE) != 0)
        forget_known(load->gate, load->key); /* the file has another key by now */
    /* The vault has authenticated these very bytes, so the public part can be trusted. */
    if (sealed_key_look(load->sealed, load->length, &sealed) != FAULT_NONE
        || key_public_parse(sealed.public_part, sealed.public_length, &public) != FAULT_NONE
        || !keys_learn(load->key, &public, answer->key)) {
        fail(load, FAULT_MEMORY, "");
        return;
    }
    load->key->loaded |= 1u << load->vault;
    damage_clear_key(&load->gate->damage, &load->key->id);
    if (load->stale)
        load_forget(load->gate, &load->key->id); /* the waiting jobs then read it again */
    succeed(load);
}

/* Chooses the vault for a key that no vault has opened yet, by the unverified algorithm in the file. False: the key is
 * for the slow vault, and its jobs must queue there. A file that is no key goes to a vault too, which refuses it. */
static bool decide_vault(struct load *load)
{
    struct sealed_key sealed;
    struct key_public public;
    struct workers *workers = &load->gate->workers;
    if (load->vault != VAULT_UNDECIDED)
        return true;
    load->key->said_slow = sealed_key_look(load->sealed, load->length, &sealed) == FAULT_NONE
        && key_public_parse(sealed.public_part, sealed.public_length, &public) == FAULT_NONE
        && algorithm_is_slow(public.algorithm);
    load->vault = (unsigned)workers_least_busy(workers, workers_fast_mask(workers));
    return !load->key->said_slow;
}

static void on_read(void *context, const struct message *answer, const uint8_t *body)
{
    struct load *load = context;
    if (answer->status) {
        char why[128];
        snprintf(why, sizeof why, "%.*s", (int)answer->length, (const char *)body);
        fail(load, (enum fault)answer->status, why);
        return;
    }
    if (answer->length > sizeof load->sealed) {
        fail(load, FAULT_FILE_TOO_LARGE, "");
        return;
    }
    memcpy(load->sealed, body, answer->length);
    load->length = answer->length;
    if (!decide_vault(load)) {
        succeed(load);
        return;
    }
    struct body_part parts[] = { { load->key->id.text, KEY_ID_SIZE }, { load->sealed, load->length } };
    workers_ask_vault(&load->gate->workers, load->vault, (struct message){ .op = MESSAGE_LOAD }, parts, 2, on_opened,
                      load);
}

static struct load *find(const struct key *key, unsigned vault)
{
    struct load *load = key->loads;
    while (load && load->vault != vault)
        load = load->next;
    return load;
}

/* Single-flight: the load of this key to this vault that is under way, else a new one. NULL: out of memory. */
static struct load *begin(struct gate *gate, struct key *key, unsigned vault)
{
    struct load *load = find(key, vault);
    if (load)
        return load;
    load = calloc(1, sizeof *load);
    if (!load)
        return NULL;
    *load = (struct load){ .gate = gate,
                           .key = keys_hold(&gate->keys, &key->id),
                           .vault = vault,
                           .slow = vault == workers_slow(&gate->workers),
                           .next = key->loads };
    key->loads = load;
    *(load->slow ? &gate->slow_loads : &gate->loads) += 1;
    struct body_part part = { key->id.text, KEY_ID_SIZE };
    workers_ask_store(&gate->workers, MESSAGE_READ, &part, 1, on_read, load);
    return load;
}

static void wait_for(struct job *job, unsigned vault)
{
    if (job->tries++ >= TRIES_MAX) {
        answer_fault(job, FAULT_NOT_LOADED, NULL);
        return;
    }
    struct load *load = begin(job->gate, job->key, vault);
    if (load)
        job_queue_push(&load->waiting, job);
    else
        answer_fault(job, FAULT_MEMORY, NULL);
}

/* -- turns -- */

static bool has_place(const struct gate *gate)
{
    unsigned each = peers_expect_one(&gate->peers, gate->now_ns) ? LOADS_PER_VAULT_SHARED : LOADS_PER_VAULT;
    return gate->loads < each * gate->workers.vault_count;
}

bool load_may_begin(const struct gate *gate)
{
    return gate->loading.waiting > 0 && has_place(gate);
}

/* -- choosing -- */

uint32_t load_holders(const struct gate *gate, const struct key *key)
{
    return key->known ? key->loaded & workers_fast_mask(&gate->workers) : 0;
}

void load_spread(struct gate *gate, struct key *key)
{
    int other = workers_least_busy(&gate->workers, workers_fast_mask(&gate->workers));
    if ((key->loaded >> other & 1) == 0 && gate->loading.waiting == 0 && has_place(gate))
        (void)begin(gate, key, (unsigned)other);
}

static bool is_busy(const struct gate *gate, const struct key *key, int vault)
{
    unsigned outstanding = gate->workers.vaults[vault].outstanding;
    return outstanding >= BUSY_ENOUGH || outstanding * algorithm_cost(key->public.algorithm) >= COSTLY_ENOUGH;
}

/* The vault to ask among those that hold the key, or -1. If it is busy, another vault begins to load the key too. */
static int choose(struct gate *gate, struct key *key)
{
    struct workers *workers = &gate->workers;
    if (algorithm_is_slow(key->public.algorithm))
        return key->loaded >> workers_slow(workers) & 1 ? (int)workers_slow(workers) : -1;
    int holder = workers_choose(workers, load_holders(gate, key));
    if (holder >= 0 && is_busy(gate, key, holder))
        load_spread(gate, key);
    return holder;
}

static unsigned where_to_load(struct gate *gate, const struct key *key)
{
    struct workers *workers = &gate->workers;
    if (is_slow(key))
        return workers_slow(workers);
    return key->known ? (unsigned)workers_least_busy(workers, workers_fast_mask(workers)) : VAULT_UNDECIDED;
}

/* Its turn to load a key, which by now may be loaded, on its way, or being destroyed. */
static void serve(struct job *job)
{
    struct key *key = job->key;
    if (key->closed)
        go_on(job);
    else if (key->known && choose(job->gate, key) >= 0)
        load_resume(job);
    else
        wait_for(job, where_to_load(job->gate, key));
}

static void stand_in_line(struct job *job)
{
    struct gate *gate = job->gate;
    struct connection *connection = job->connection;
    job->step = serve;
    if (is_slow(job->key))
        fair_push(&gate->slow, &connection->slow, job);
    else
        fair_push(&gate->loading, &connection->loading, job);
}

void load_key(struct job *job, job_step *then)
{
    struct key *key = job->key;
    job->then = then;
    if (!job->connection) {
        answer_nothing(job); /* nothing has begun, and nobody waits for the answer */
        return;
    }
    if (key->closed && key->changing != job) {
        job_queue_push(&key->held, job);
        return;
    }
    int vault = key->known ? choose(job->gate, key) : -1;
    if (vault >= 0) {
        job->vault = (unsigned)vault;
        then(job);
    } else if (find(key, where_to_load(job->gate, key))) {
        wait_for(job, where_to_load(job->gate, key));
    } else {
        stand_in_line(job);
    }
}

void load_again(struct job *job, job_step *then)
{
    job->gate->counters[COUNT_NOT_LOADED]++;
    job->key->loaded &= ~(1u << job->vault);
    load_key(job, then);
}

void load_forget(struct gate *gate, const struct key_id *id)
{
    struct key *key = keys_find(&gate->keys, id);
    for (struct load *load = key ? key->loads : NULL; load; load = load->next)
        load->stale = true;
    if (!key)
        return;
    key->forgets++;
    forget_known(gate, key);
}
