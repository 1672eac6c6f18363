/* import: an existing CA key becomes a sealed one, without ever touching a disk in clear. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/certificate.h"
#include "ceremony/passphrase.h"
#include "ceremony/private_key.h"
#include "ceremony/session.h"
#include "ceremony/tool.h"
#include "ceremony/verbs.h"
#include "keystore/arena.h"
#include "keystore/kek_file.h"
#include "keystore/secret.h"

enum { INPUT_MAX = 64 * 1024, LOCK_WAIT_MS = 5000 };

static const char help[] =
    "usage: signer-ceremony import --keystore DIR --kek SOURCE --id ID --key FILE [--cert FILE]\n"
    "                              [--passphrase FILE|fd:N]\n"
    "\n"
    "Seals an existing private key (PKCS#8 or traditional, PEM or DER, encrypted or not) as key ID.\n"
    "The policy allows all that its algorithm can do. --cert files its certificate, chain after it,\n"
    "only if that is this key's. The passphrase is asked at the terminal unless a source is given.\n"
    "The file that was imported stays where it is: destroy it when the keystore is backed up.\n";

struct wish {
    const char *keystore, *kek, *id, *key, *certificate, *passphrase;
};

struct certificate {
    uint8_t *pem;
    size_t length;
};

/* A file that a person named: its content into the arena, whoever owns it. */
static uint8_t *read_input(const char *path, size_t *length)
{
    uint8_t *content = arena_alloc(INPUT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;
    for (*length = 0; content && fd >= 0 && n > 0 && *length < INPUT_MAX;) {
        n = read(fd, content + *length, INPUT_MAX - *length);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            *length += (size_t)n;
    }
    bool ok = content && fd >= 0 && n == 0;
    if (!ok)
        tool_fail("%s: %s", path, fd < 0 || n < 0 ? strerror(errno) : "larger than 64 KiB");
    if (fd >= 0)
        close(fd);
    if (ok)
        return content;
    arena_free(content);
    return NULL;
}

static int ask(char *out, int size, void *context)
{
    return passphrase_read(context, "Passphrase of the key to import: ", out, size);
}

static struct private_key *read_key(const struct wish *wish)
{
    size_t length;
    struct private_key *key = arena_alloc(sizeof *key);
    uint8_t *content = read_input(wish->key, &length);
    const char *wrong = NULL;
    if (!key || !content)
        return NULL;
    wrong = private_key_decode(content, length, ask, (void *)wish->passphrase, key);
    arena_free(content); /* freeing wipes */
    if (!wrong)
        return key;
    tool_fail("%s: %s", wish->key, wrong);
    arena_free(key);
    return NULL;
}

/* Only the certificates of the file are kept: it may hold the private key as well. */
static bool read_certificate(const struct wish *wish, const struct private_key *key, struct certificate *out)
{
    size_t length;
    if (!wish->certificate)
        return true;
    uint8_t *content = read_input(wish->certificate, &length);
    out->pem = arena_alloc(DIRECTORY_CERTIFICATE_MAX);
    if (!content || !out->pem)
        return false;
    out->length = certificate_chain(content, length, out->pem, DIRECTORY_CERTIFICATE_MAX);
    arena_free(content);
    if (certificate_has_key(out->pem, out->length, key->spki, key->spki_length))
        return true;
    tool_fail("CERTIFICATE_OTHER_KEY: %s: its public key is not that of %s; nothing was imported",
              wish->certificate, wish->key);
    return false;
}

/* A certificate that is filed already waits for its own key: a restore may have lost that one. */
static bool suits_certificate(const struct directory *directory, const struct key_id *id,
                              const struct private_key *key, const struct wish *wish)
{
    size_t length;
    uint8_t *pem = arena_alloc(DIRECTORY_CERTIFICATE_MAX);
    enum fault fault = pem ? directory_read_certificate(directory, id, pem, &length) : FAULT_MEMORY;
    bool suits = fault == FAULT_FILE_MISSING
        || (fault == FAULT_NONE && certificate_has_key(pem, length, key->spki, key->spki_length));
    arena_free(pem);
    if (!suits && fault)
        tool_refuse(fault, wish->id);
    else if (!suits)
        tool_fail("CERTIFICATE_OTHER_KEY: certs/%s.pem: is there already and is not that of %s; choose another id",
                  wish->id, wish->key);
    return suits;
}

static struct policy policy_of(const struct private_key *key)
{
    struct policy policy = algorithm_policy(key->algorithm);
    if (key->only_pss)
        policy.schemes = 1u << SCHEME_RSA_PSS;
    return policy;
}

static size_t seal(const struct header *header, const struct kek *kek, const struct key_id *id,
                   const struct private_key *key, uint8_t *sealed)
{
    struct sealed_key_seed seed;
    struct key_public public = {
        .id = *id,
        .algorithm = key->algorithm,
        .created = (uint64_t)time(NULL),
        .policy = policy_of(key),
        .spki = key->spki,
        .spki_length = key->spki_length,
    };
    memcpy(public.keystore_id, header->keystore_id, KEYSTORE_ID_SIZE);
    sealed_key_seed_random(&seed);
    size_t length = sealed_key_seal(&public, kek, &seed, key->pkcs8, key->pkcs8_length, sealed);
    secret_wipe(&seed, sizeof seed);
    return length;
}

/* What was written opens again, or it is said at once and not in a disaster. */
static enum fault verify(const struct directory *directory, const struct header *header,
                         const struct kek *kek, const struct key_id *id)
{
    struct sealed_key sealed;
    size_t length, pkcs8_length;
    uint8_t *bytes = arena_alloc(SEALED_KEY_MAX), *pkcs8 = arena_alloc(PKCS8_MAX);
    enum fault fault = bytes && pkcs8 ? directory_read_key(directory, id, bytes, &length, NULL) : FAULT_MEMORY;
    if (!fault)
        fault = sealed_key_look(bytes, length, &sealed);
    if (!fault)
        fault = sealed_key_open(&sealed, kek, header->keystore_id, id, pkcs8, &pkcs8_length);
    arena_free(bytes);
    arena_free(pkcs8);
    return fault;
}

static enum fault publish(const struct directory *directory, const struct key_id *id, const uint8_t *sealed,
                          size_t length, const struct certificate *certificate)
{
    enum fault fault = directory_lock_within(directory, LOCK_WAIT_MS);
    if (fault)
        return fault;
    fault = directory_create_key(directory, id, sealed, length);
    if (!fault && certificate->pem) {
        fault = directory_replace_certificate(directory, id, certificate->pem, certificate->length);
        if (fault)
            (void)!directory_remove_key(directory, id); /* ours, made just above: both, or neither */
    }
    directory_unlock(directory);
    return fault;
}

static int import(const struct wish *wish, const struct directory *directory, const struct header *header,
                  const struct kek *kek, const struct key_id *id)
{
    struct certificate certificate = { 0 };
    struct private_key *key = read_key(wish);
    uint8_t *sealed = arena_alloc(SEALED_KEY_MAX);
    if (!key || !sealed || !read_certificate(wish, key, &certificate)
        || !tool_become(directory->owner, directory->group) || !suits_certificate(directory, id, key, wish))
        return EXIT_REFUSED;
    size_t length = seal(header, kek, id, key, sealed);
    enum fault fault = length > 0 ? publish(directory, id, sealed, length, &certificate) : FAULT_CRYPTO;
    if (!fault)
        fault = verify(directory, header, kek, id);
    if (fault)
        return tool_refuse(fault, wish->id);
    printf("imported %s (%s)%s; back the keystore up, then destroy %s\n", wish->id,
           algorithm_name(key->algorithm), certificate.pem ? " with its certificate" : "", wish->key);
    return EXIT_DONE;
}

static bool note(struct session *session, const struct wish *wish)
{
    struct transcript entry;
    if (!session_note_opened(session) || !transcript_begin(&entry, "import"))
        return false;
    session_describe(session, &entry);
    transcript_add(&entry, "key", "%s", wish->id);
    return session_append(session, &entry);
}

static int run(const struct wish *wish)
{
    static struct session session;
    struct key_id id;
    if (!key_id_from_text(wish->id, &id))
        return tool_refuse(FAULT_KEY_ID, wish->id);
    enum fault fault = strcmp(wish->kek, "shares") == 0 ? FAULT_NONE : kek_file_exists(wish->kek);
    if (fault)
        return tool_refuse(fault, wish->kek);
    if (!private_key_start())
        return tool_fail("OpenSSL does not start");
    if (!session_open(&session, wish->keystore) || !session_take_kek(&session, wish->kek, NULL, 0))
        return EXIT_REFUSED;
    int code = import(wish, &session.directory, &session.header, session.kek, &id);
    if (code == EXIT_DONE && !note(&session, wish))
        code = EXIT_REFUSED;
    session_close(&session);
    return code;
}

int cmd_import(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' },   { "kek", required_argument, NULL, 'k' },
        { "id", required_argument, NULL, 'i' },         { "key", required_argument, NULL, 'f' },
        { "cert", required_argument, NULL, 'c' },       { "passphrase", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },             { 0 },
    };
    struct wish wish = { 0 };
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        switch (option) {
        case 'd': wish.keystore = optarg; break;
        case 'k': wish.kek = optarg; break;
        case 'i': wish.id = optarg; break;
        case 'f': wish.key = optarg; break;
        case 'c': wish.certificate = optarg; break;
        case 'p': wish.passphrase = optarg; break;
        case 'h': return fputs(help, stdout) < 0;
        default: return tool_usage("import", "unknown option");
        }
    if (!wish.keystore || !wish.kek || !wish.id || !wish.key || optind < argc)
        return tool_usage("import", "needs --keystore, --kek, --id and --key");
    return run(&wish);
}
