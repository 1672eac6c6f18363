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
