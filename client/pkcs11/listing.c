/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "client/pkcs11/report.h"
#include "client/pkcs11/token.h"

typedef char id_text[KEY_ID_MAX + 1];

/* -- listing -- */

/* Takes a page in. False: out of memory, or the module was finalized. */
static bool take_page(const struct signer_key_list *list, uint64_t generation)
{
    struct token *token = token_lock();
    bool taken = token != NULL;
    for (size_t i = 0; taken && i < list->count; i++)
        if (patterns_match(&token->config.keys, list->keys[i].id))
            taken = inventory_add(&token->inventory, &list->keys[i], generation);
    if (token)
        token_unlock();
    return taken;
}

/* One page after `after`, which becomes its last id. *more: there is another. */
static CK_RV list_page(signer_client *client, uint64_t generation, id_text after, bool *more)
{
    struct signer_key_list *list = NULL;
    struct signer_error error;
    CK_RV rv = report_status(&error, signer_list_keys(client, after[0] ? after : NULL, 0, &list, &error));
    if (rv != CKR_OK)
        return rv;
    *more = list->more && list->count > 0;
    if (*more)
        snprintf(after, sizeof(id_text), "%s", list->keys[list->count - 1].id);
    rv = take_page(list, generation) ? CKR_OK : CKR_HOST_MEMORY;
    signer_key_list_free(list);
    return rv;
}

static CK_RV list_all(signer_client *client, uint64_t generation)
{
    id_text after = "";
    bool more = true;
    CK_RV rv = CKR_OK;
    while (rv == CKR_OK && more)
        rv = list_page(client, generation, after, &more);
    struct token *token = rv == CKR_OK ? token_lock() : NULL;
    if (!token)
        return rv;
    inventory_end(&token->inventory, generation);
    token->listed_ms = time_monotonic_ms();
    token_unlock();
    return CKR_OK;
}

CK_RV listing_refresh(bool now)
{
    struct token *token = token_lock();
    if (!token)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    bool is_fresh = token->listed_ms > 0 && time_monotonic_ms() - token->listed_ms < LISTING_FRESH_MS;
    uint64_t generation = is_fresh && !now ? 0 : inventory_begin(&token->inventory);
    token_unlock();
    if (generation == 0)
        return CKR_OK;
    signer_client *client;
    struct token_client *borrowed = token_borrow(&client);
    if (!borrowed)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    CK_RV rv = list_all(client, generation);
    token_return(borrowed);
    return rv;
}

/* -- opening -- */

static CK_RV take_key(const struct signer_key *key, const char *id, bool is_gone)
{
    struct token *token = token_lock();
    if (!token)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    bool taken = true;
    if (key)
        taken = inventory_open(&token->inventory, key, time_monotonic_ms());
    else if (is_gone)
        inventory_remove(&token->inventory, id);
    token_unlock();
    return taken ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV listing_open(const char *id)
{
    struct signer_key *key = NULL;
    struct signer_error error;
    signer_client *client;
    struct token_client *borrowed = token_borrow(&client);
    if (!borrowed)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    enum signer_status status = signer_get_key(client, id, &key, &error);
    token_return(borrowed);
    CK_RV rv = report_status(&error, status);
    CK_RV taken = take_key(key, id, status == SIGNER_NOT_FOUND);
    signer_key_free(key);
    return rv != CKR_OK ? rv : taken;
}

/* -- what a search could want -- */

/* Whether the certificates of a key could have this label: its id, or that and more. */
static bool may_have_label(const struct key *key, const CK_ATTRIBUTE *label)
{
    size_t length = strlen(key->id);
    return !label || (label->ulValueLen >= length && memcmp(label->pValue, key->id, length) == 0);
}

static bool has_id(const struct key *key, const CK_ATTRIBUTE *id)
{
    return id && id->ulValueLen == SHA1_SIZE && memcmp(id->pValue, key->public_key.id, SHA1_SIZE) == 0;
}

static bool any_has_id(const struct inventory *inventory, const CK_ATTRIBUTE *id)
{
    for (size_t i = 0; i < inventory->key_count; i++)
        if (has_id(inventory->keys[i], id))
            return true;
    return false;
}

/* The ids of the keys that are to be opened; NULL: out of memory. The caller frees it. */
static id_text *choose(const struct inventory *inventory, const struct template *wanted, size_t *count)
{
    const CK_ATTRIBUTE *label = template_find(wanted, CKA_LABEL), *id = template_find(wanted, CKA_ID);
    bool by_id = any_has_id(inventory, id);
    uint64_t now = time_monotonic_ms();
    id_text *chosen = calloc(inventory->key_count + 1, sizeof *chosen);
    *count = 0;
    for (size_t i = 0; chosen && i < inventory->key_count; i++) {
        const struct key *key = inventory->keys[i];
        bool is_fresh = key->asked_ms > 0 && now - key->asked_ms < LISTING_FRESH_MS;
        if (!is_fresh && may_have_label(key, label) && (!by_id || has_id(key, id)))
            memcpy(chosen[(*count)++], key->id, sizeof key->id);
    }
    return chosen;
}

CK_RV listing_open_for(const struct template *wanted)
{
    const CK_ATTRIBUTE *class = template_find(wanted, CKA_CLASS);
    CK_ULONG number = CKO_CERTIFICATE;
    if (class && (!template_number(class, &number) || number != CKO_CERTIFICATE))
        return CKR_OK;
    struct token *token = token_lock();
    if (!token)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    size_t count;
    id_text *chosen = choose(&token->inventory, wanted, &count);
    token_unlock();
    CK_RV rv = chosen ? CKR_OK : CKR_HOST_MEMORY;
    for (size_t i = 0; i < count && rv != CKR_CRYPTOKI_NOT_INITIALIZED; i++)
        rv = listing_open(chosen[i]);
    free(chosen);
    return rv == CKR_CRYPTOKI_NOT_INITIALIZED || rv == CKR_HOST_MEMORY ? rv : CKR_OK;
}
