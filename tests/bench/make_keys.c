/* SPDX-License-Identifier: Apache-2.0 */
/* make_keys KEYSTORE KEKFILE COUNT [ALGORITHM [KINDS]]: fills a keystore with sealed keys k000000, k000001, …
 * Nothing is synced and nothing is read back: it is for keystores that a test throws away. A few
 * private keys serve all names in turn, since a name makes a key another one for the signer. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "keystore/files/directory.h"
#include "keystore/kek/kek_file.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "signer/vault/crypto.h"

enum { KINDS = 16, COUNT_MAX = 1000000 };

struct kind { /* a private key, and what its public part says */
    struct key_public public;
    uint8_t spki[KEY_PUBLIC_MAX], pkcs8[PKCS8_MAX];
    size_t pkcs8_length;
};

static struct kind kinds[KINDS];
static struct directory directory = DIRECTORY_CLOSED;
static struct kek kek;

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "make_keys: %s: %s\n", what, why);
    exit(1);
}

static void check(enum fault fault, const char *what)
{
    if (fault)
        die(what, fault_name(fault));
}

static void make_kind(struct kind *kind, enum algorithm algorithm, const struct header *header)
{
    struct crypto_key *key;
    struct key_public *public = &kind->public;
    *public = (struct key_public){ .algorithm = algorithm,
                                   .created = (uint64_t)time(NULL),
                                   .policy = algorithm_policy(algorithm),
                                   .spki = kind->spki };
    memcpy(public->keystore_id, header->keystore_id, KEYSTORE_ID_SIZE);
    check(crypto_generate(algorithm, public->policy, &key), algorithm_name(algorithm));
    public->spki_length = crypto_public_der(key, kind->spki, sizeof kind->spki);
    kind->pkcs8_length = crypto_private_der(key, kind->pkcs8, sizeof kind->pkcs8);
    crypto_free(key);
    if (public->spki_length == 0 || kind->pkcs8_length == 0)
        die(algorithm_name(algorithm), "does not fit");
}

static void write_file(const char *name, const uint8_t *bytes, size_t length)
{
    int fd = openat(directory.keys, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length)
        die(name, strerror(errno));
    if (directory.owner != geteuid() && fchown(fd, directory.owner, directory.group) != 0)
        die(name, strerror(errno));
    close(fd);
}

static void make_key(unsigned number, struct kind *kind)
{
    static uint8_t sealed[SEALED_KEY_MAX];
    char name[16], file[32];
    struct sealed_key_seed seed;
    snprintf(name, sizeof name, "k%06u", number);
    snprintf(file, sizeof file, "%s.key", name);
    if (!key_id_from_text(name, &kind->public.id))
        die(name, "is no key id");
    sealed_key_seed_random(&seed);
    size_t length = sealed_key_seal(&kind->public, &kek, &seed, kind->pkcs8, kind->pkcs8_length, sealed);
    if (length == 0)
        die(name, "cannot be sealed");
    write_file(file, sealed, length);
}

static void open_all(const char *keystore, const char *kek_path, struct header *header)
{
    if (!arena_open(ARENA_MAX) || !secret_start() || !crypto_start())
        die("start", "no memory for keys, or OpenSSL does not start in it");
    check(kek_file_read(kek_path, &kek), kek_path);
    check(directory_open(keystore, &directory), keystore);
    check(directory_read_header(&directory, header), keystore);
    check(header_check(header, &kek), kek_path);
}

int main(int argc, char **argv)
{
    struct header header;
    unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    unsigned long kind_count = argc > 5 ? strtoul(argv[5], NULL, 10) : KINDS;
    enum algorithm algorithm = argc > 4 ? algorithm_from_name(argv[4]) : ALGORITHM_DEFAULT;
    if (argc < 4 || argc > 6 || count == 0 || count > COUNT_MAX || algorithm == ALGORITHM_NONE || kind_count == 0
        || kind_count > KINDS)
        die("usage", "make_keys KEYSTORE KEKFILE COUNT [ALGORITHM [KINDS]], at most 1000000 keys of 16 kinds");
    open_all(argv[1], argv[2], &header);
    for (unsigned i = 0; i < kind_count; i++)
        make_kind(&kinds[i], algorithm, &header);
    for (unsigned i = 0; i < count; i++)
        make_key(i, &kinds[i % kind_count]);
    directory_close(&directory);
    return 0;
}
