/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/token.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/pkcs11/report.h"

struct token_client {
    signer_client *client;
    unsigned users;
    bool dropped; /* the module was finalized meanwhile: the last user closes it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct token *current; /* NULL: not initialized */
static pid_t owner;           /* the process that called C_Initialize */

/* -- forks -- */

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

/* The parent's other threads, which may have been using the client, are not here. */
static void in_child(void)
{
    if (current)
        current->client->users = 0;
    report_after_fork();
    pthread_mutex_unlock(&lock);
}

static void watch_forks(void)
{
    (void)pthread_atfork(before_fork, after_fork, in_child);
}

/* -- the life of the token -- */

static void close_client(struct token_client *client)
{
    if (client)
        signer_close(client->client);
    free(client);
}

static void free_token(struct token *token)
{
    if (!token)
        return;
    sessions_close_all(&token->sessions);
    inventory_clear(&token->inventory);
    free(token);
}

static struct token *make_token(void)
{
    char problem[CONFIG_PROBLEM_MAX];
    struct signer_error error;
    struct token *token = calloc(1, sizeof *token);
    struct token_client *client = calloc(1, sizeof *client);
    if (!token || !client)
        goto refused;
    if (!config_read(&token->config, CONFIG_USUAL, problem)) {
        report_line("%s", problem);
        goto refused;
    }
    if (signer_open(&client->client, &token->config.options, &error) != SIGNER_OK) {
        report_line("%s: %s", error.reason, error.message);
        goto refused;
    }
    token->client = client;
    return token;
refused:
    free(client);
    free(token);
    return NULL;
}

/* In the child of a fork that initializes again: its sessions are its own. */
static void forget_parent(struct token *token)
{
    sessions_close_all(&token->sessions);
    token->logged_in = false;
}

CK_RV token_open(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    CK_RV rv = CKR_OK;
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&lock);
    if (!current)
        current = make_token();
    else if (owner == getpid())
        rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;
    else
        forget_parent(current);
    if (!current)
        rv = CKR_FUNCTION_FAILED;
    owner = getpid();
    pthread_mutex_unlock(&lock);
    return rv;
}

CK_RV token_close(void)
{
    pthread_mutex_lock(&lock);
    struct token *token = current;
    struct token_client *unused = NULL;
    current = NULL;
    if (token) {
        token->client->dropped = true;
        unused = token->client->users == 0 ? token->client : NULL;
    }
    pthread_mutex_unlock(&lock);
    close_client(unused);
    free_token(token);
    return token ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED;
}

/* -- using it -- */

struct token *token_lock(void)
{
    pthread_mutex_lock(&lock);
    if (current)
        return current;
    pthread_mutex_unlock(&lock);
    return NULL;
}

void token_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

CK_RV token_enter(CK_SESSION_HANDLE handle, struct token **token, struct session **session)
{
    *token = token_lock();
    if (!*token)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    *session = sessions_find(&(*token)->sessions, handle);
    if (*session)
        return CKR_OK;
    token_unlock();
    return CKR_SESSION_HANDLE_INVALID;
}

CK_RV token_check(CK_SESSION_HANDLE handle)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv == CKR_OK)
        token_unlock();
    return rv;
}

struct token_client *token_borrow(signer_client **client)
{
    struct token *token = token_lock();
    if (!token)
        return NULL;
    struct token_client *borrowed = token->client;
    borrowed->users++;
    *client = borrowed->client;
    token_unlock();
    return borrowed;
}

void token_return(struct token_client *borrowed)
{
    pthread_mutex_lock(&lock);
    bool unused = --borrowed->users == 0 && borrowed->dropped;
    pthread_mutex_unlock(&lock);
    if (unused)
        close_client(borrowed);
}
