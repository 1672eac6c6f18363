/* SPDX-License-Identifier: Apache-2.0 */
/* A program with a loaded key, as a daemon has one: `key_caller provider URI` through OpenSSL's provider, `key_caller
 * library ID` through libsigner, with libsigner's binding of a signature to the key that was loaded. It does what the
 * lines of its standard input say and prints one line for each:
 *
 *   load    loads the key
 *   sign    signs, and verifies with the public key that was loaded
 *   close   closes every descriptor from 3 up and opens pairs of sockets of its own
 *   look    whether each of those is still open and nothing was written to it
 *   unload  frees the key and closes what it came from
 *   fork    a child goes on with the next lines; when it has ended, the parent goes on
 *   end     ends the process */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/signer.h"

enum { PAIRS = 4, DIGEST = 32 };

static const char *name;
static EVP_PKEY *key; /* the provider's, or the public half that libsigner has loaded */
static signer_client *client;
static struct signer_key *known;
static struct signer_error error;
static int own[2 * PAIRS];

/* -- through the provider -- */

static const char *provider_load(void)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(name, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = store ? OSSL_STORE_load(store) : NULL;
    key = info ? OSSL_STORE_INFO_get1_PKEY(info) : NULL;
    OSSL_STORE_INFO_free(info);
    OSSL_STORE_close(store);
    return key ? "loaded" : "failed";
}

static bool provider_sign(const unsigned char *digest, unsigned char *signature, size_t *length)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool done = EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_sign(context, signature, length, digest, DIGEST) == 1;
    EVP_PKEY_CTX_free(context);
    return done;
}

/* -- through libsigner -- */

static const char *library_load(void)
{
    if ((!client && signer_open(&client, NULL, &error) != SIGNER_OK)
        || signer_get_key(client, name, &known, &error) != SIGNER_OK)
        return "failed";
    const unsigned char *at = known->public_key;
    key = d2i_PUBKEY(NULL, &at, (long)known->public_key_length);
    return "loaded";
}

static bool library_sign(const unsigned char *digest, unsigned char *signature, size_t *length)
{
    const struct signer_sign what = {
        .id = name,
        .scheme = SIGNER_ECDSA,
        .hash = SIGNER_SHA256,
        .input = digest,
        .input_length = DIGEST,
        .public_key_sha256 = known->public_key_sha256,
    };
    return signer_sign(client, &what, signature, length, &error) == SIGNER_OK;
}

/* -- either -- */

static bool by_provider;

static void print_failure(void)
{
    const char *sentence = error.message;
    int flags;
    if (by_provider) {
        unsigned long number = ERR_peek_last_error_all(NULL, NULL, NULL, &sentence, &flags);
        printf("failed %s: %s\n", number ? ERR_reason_error_string(number) : "without an error", sentence);
        ERR_clear_error();
    } else {
        printf("failed %s: %s\n", error.reason, sentence);
    }
}

static void load(void)
{
    const char *result = by_provider ? provider_load() : library_load();
    if (strcmp(result, "loaded") == 0)
        puts(result);
    else
        print_failure();
}

static bool verifies(const unsigned char *digest, const unsigned char *signature, size_t length)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_verify(context, signature, length, digest, DIGEST) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

static void sign(void)
{
    static unsigned char signature[SIGNER_SIGNATURE_MAX];
    static const unsigned char digest[DIGEST] = "a digest of thirty-two bytes...";
    size_t length = sizeof signature;
    bool done = by_provider ? provider_sign(digest, signature, &length) : library_sign(digest, signature, &length);
    if (!done)
        print_failure();
    else
        puts(verifies(digest, signature, length) ? "signed" : "signed, but the loaded key does not verify it");
}

static void close_all(void)
{
    close_range(STDERR_FILENO + 1, ~0U, 0);
    for (int i = 0; i < 2 * PAIRS; i += 2)
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, own + i) != 0)
            perror("socketpair");
    printf("own sockets from %d\n", own[0]);
}

/* Each pair still is one, and nothing is in it. */
static void look(void)
{
    char sent = 'm', got = 0;
    for (int i = 0; i < 2 * PAIRS; i++) {
        int other = own[i % 2 == 0 ? i + 1 : i - 1];
        if (recv(own[i], &got, 1, MSG_DONTWAIT) >= 0)
            printf("leak into %d, ", own[i]);
        if (send(own[i], &sent, 1, MSG_NOSIGNAL) != 1 || recv(other, &got, 1, MSG_DONTWAIT) != 1 || got != sent)
            printf("%d is not what it was, ", own[i]);
    }
    puts("looked");
}

static void unload(void)
{
    EVP_PKEY_free(key);
    signer_key_free(known);
    signer_close(client);
    key = NULL;
    known = NULL;
    client = NULL;
    puts("unloaded");
}

static void split(void)
{
    int status;
    pid_t child = fork();
    if (child > 0)
        waitpid(child, &status, 0);
    printf("%s\n", child == 0 ? "child" : "parent");
}

static void end(void)
{
    exit(0);
}

static void follow(const char *line)
{
    static const struct {
        const char *word;
        void (*run)(void);
    } words[] = { { "load", load },     { "sign", sign },  { "close", close_all }, { "look", look },
                  { "unload", unload }, { "fork", split }, { "end", end } };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(line, words[i].word) == 0)
            words[i].run();
}

int main(int argc, char **argv)
{
    char line[16], *at = line;
    if (argc != 3)
        return 2;
    by_provider = strcmp(argv[1], "provider") == 0;
    name = argv[2];
    setvbuf(stdout, NULL, _IONBF, 0);
    while (at < line + sizeof line && read(STDIN_FILENO, at, 1) == 1) { /* unbuffered: a child reads what is left */
        if (*at != '\n') {
            at++;
            continue;
        }
        *at = '\0';
        follow(line);
        at = line;
    }
    return 0;
}
