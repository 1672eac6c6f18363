/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signerctl/names.h"

#include <stddef.h>
#include <string.h>

struct name {
    const char *text;
    int number;
};

static const struct name schemes[] = {
    { "rsa-pkcs1", SIGNER_RSA_PKCS1 },
    { "rsa-pss", SIGNER_RSA_PSS },
    { "ecdsa", SIGNER_ECDSA },
    { "eddsa", SIGNER_EDDSA },
    { "ml-dsa", SIGNER_ML_DSA },
    { "slh-dsa", SIGNER_SLH_DSA },
    { NULL, 0 },
};

static const struct name hashes[] = {
    { "none", SIGNER_HASH_NONE },
    { "sha256", SIGNER_SHA256 },
    { "sha384", SIGNER_SHA384 },
    { "sha512", SIGNER_SHA512 },
    { NULL, 0 },
};

static const struct name states[] = {
    { "open", SIGNER_OPEN },
    { "sealed", SIGNER_SEALED },
    { "draining", SIGNER_DRAINING },
    { NULL, 0 },
};

/* The schemes of algorithms, by the beginning of their names. */
static const struct name algorithms[] = {
    { "rsa-", SIGNER_RSA_PKCS1 },
    { "ec-", SIGNER_ECDSA },
    { "ed25519", SIGNER_EDDSA },
    { "ed448", SIGNER_EDDSA },
    { "ml-dsa-", SIGNER_ML_DSA },
    { "slh-dsa-", SIGNER_SLH_DSA },
    { NULL, 0 },
};

/* What algorithms are called elsewhere, in lower case: by openssl, by NIST and SECG, and without the hyphen. */
static const struct {
    const char *other, *name;
} aliases[] = {
    { "p256", "ec-p256" },      { "p-256", "ec-p256" },     { "prime256v1", "ec-p256" }, { "secp256r1", "ec-p256" },
    { "nistp256", "ec-p256" },  { "ecp256", "ec-p256" },    { "p384", "ec-p384" },       { "p-384", "ec-p384" },
    { "secp384r1", "ec-p384" }, { "nistp384", "ec-p384" },  { "ecp384", "ec-p384" },     { "p521", "ec-p521" },
    { "p-521", "ec-p521" },     { "secp521r1", "ec-p521" }, { "nistp521", "ec-p521" },   { "ecp521", "ec-p521" },
    { "rsa2048", "rsa-2048" },  { "rsa:2048", "rsa-2048" }, { "rsa3072", "rsa-3072" },   { "rsa:3072", "rsa-3072" },
    { "rsa4096", "rsa-4096" },  { "rsa:4096", "rsa-4096" }, { "ec-p-256", "ec-p256" },   { "ec-p-384", "ec-p384" },
    { "ec-p-521", "ec-p521" },  { "ed-25519", "ed25519" },  { "ed-448", "ed448" },       { "mldsa44", "ml-dsa-44" },
    { "mldsa65", "ml-dsa-65" }, { "mldsa87", "ml-dsa-87" },
};

static const char *text_of(const struct name *names, int number)
{
    for (; names->text; names++)
        if (names->number == number)
            return names->text;
    return "unknown";
}

/* The entry whose name is `text`, of `length` characters; NULL if there is none. */
static const struct name *find(const struct name *names, const char *text, size_t length)
{
    for (; names->text; names++)
        if (strlen(names->text) == length && memcmp(names->text, text, length) == 0)
            return names;
    return NULL;
}

const char *names_scheme(enum signer_scheme scheme)
{
    return text_of(schemes, (int)scheme);
}

const char *names_hash(enum signer_hash hash)
{
    return text_of(hashes, (int)hash);
}

const char *names_state(enum signer_state state)
{
    return text_of(states, (int)state);
}

bool names_to_scheme(const char *name, enum signer_scheme *scheme)
{
    const struct name *found = find(schemes, name, strlen(name));
    if (found)
        *scheme = (enum signer_scheme)found->number;
    return found != NULL;
}

bool names_to_hash(const char *name, enum signer_hash *hash)
{
    const struct name *found = find(hashes, name, strlen(name));
    if (found)
        *hash = (enum signer_hash)found->number;
    return found != NULL;
}

/* Parses the next name of a comma-separated list and moves *list past it. NULL: the name is unknown. */
static const struct name *next_name(const struct name *names, const char **list)
{
    size_t length = strcspn(*list, ",");
    const struct name *found = find(names, *list, length);
    *list += length;
    if (**list == ',')
        (*list)++;
    return found;
}

bool names_add_schemes(const char *list, struct signer_policy *policy)
{
    do {
        const struct name *found = next_name(schemes, &list);
        if (!found || policy->scheme_count == SIGNER_POLICY_MAX)
            return false;
        policy->schemes[policy->scheme_count++] = (enum signer_scheme)found->number;
    } while (*list);
    return true;
}

bool names_add_hashes(const char *list, struct signer_policy *policy)
{
    do {
        const struct name *found = next_name(hashes, &list);
        if (!found || policy->hash_count == SIGNER_POLICY_MAX)
            return false;
        policy->hashes[policy->hash_count++] = (enum signer_hash)found->number;
    } while (*list);
    return true;
}

const char *names_algorithm(const char *name, char out[static NAMES_ALGORITHM])
{
    size_t length = strlen(name);
    if (length >= NAMES_ALGORITHM)
        return name;
    for (size_t i = 0; i <= length; i++)
        out[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(out, aliases[i].other) == 0)
            return aliases[i].name;
    return out;
}

bool names_scheme_of(const char *algorithm, enum signer_scheme *scheme)
{
    for (const struct name *name = algorithms; name->text; name++) {
        if (strncmp(algorithm, name->text, strlen(name->text)) != 0)
            continue;
        *scheme = (enum signer_scheme)name->number;
        return true;
    }
    return false;
}

bool names_wants_digest(enum signer_scheme scheme)
{
    return scheme == SIGNER_RSA_PKCS1 || scheme == SIGNER_RSA_PSS || scheme == SIGNER_ECDSA;
}
