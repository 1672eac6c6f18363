/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/context.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "client/provider/decoder.h"
#include "client/provider/keymgmt.h"
#include "client/provider/section.h"
#include "client/provider/signature.h"
#include "client/provider/store.h"

#define PROPERTIES "provider=signer"

OSSL_provider_init_fn OSSL_provider_init;

static const OSSL_ALGORITHM stores[] = {
    { "signer", PROPERTIES, store_functions, "keys of a signer, signer://ID" },
    { NULL, NULL, NULL, NULL },
};

static void teardown(void *context)
{
    struct provider *provider = context;
    if (provider == NULL)
        return;
    clients_close(&provider->clients);
    if (provider->inner_default != NULL)
        OSSL_PROVIDER_unload(provider->inner_default);
    OSSL_LIB_CTX_free(provider->inner);
    OPENSSL_free(provider);
}

static const OSSL_PARAM *gettable_params(void *context)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, NULL, 0),
        OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL),
        OSSL_PARAM_END,
    };
    (void)context;
    return list;
}

static int set_text(OSSL_PARAM params[], const char *key, const char *text)
{
    OSSL_PARAM *found = OSSL_PARAM_locate(params, key);
    return found == NULL || OSSL_PARAM_set_utf8_ptr(found, text);
}

static int get_params(void *context, OSSL_PARAM params[])
{
    OSSL_PARAM *status = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);
    (void)context;
    return set_text(params, OSSL_PROV_PARAM_NAME, "signer provider")
        && set_text(params, OSSL_PROV_PARAM_VERSION, SIGNER_VERSION)
        && set_text(params, OSSL_PROV_PARAM_BUILDINFO, SIGNER_VERSION)
        && (status == NULL || OSSL_PARAM_set_int(status, 1));
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    const struct provider *provider = context;
    *no_cache = 0;
    switch (operation) {
    case OSSL_OP_KEYMGMT: return provider->keymgmts;
    case OSSL_OP_SIGNATURE: return provider->signatures;
    case OSSL_OP_STORE: return stores;
    case OSSL_OP_DECODER: return provider->decoders;
    default: return NULL;
    }
}

static const OSSL_ITEM *get_reason_strings(void *context)
{
    (void)context;
    return report_reasons();
}

static const OSSL_DISPATCH functions[] = {
    { OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown },
    { OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (void (*)(void))gettable_params },
    { OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))get_params },
    { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
    { OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, (void (*)(void))get_reason_strings },
    { 0, NULL },
};

/* Adds an algorithm to a list that ends in an empty row, or replaces the one of the same name: RSA and RSA-PSS keys
 * share a signature algorithm. */
static void add(OSSL_ALGORITHM *list, const char *name, const char *properties, const OSSL_DISPATCH *implementation)
{
    while (list->algorithm_names != NULL && strcmp(list->algorithm_names, name) != 0)
        list++;
    *list = (OSSL_ALGORITHM){ name, properties, implementation, "a key held by a signer" };
}

static void add_kinds(struct provider *provider)
{
    add(provider->decoders, "DER", PROPERTIES ",input=pem", decoder_pem_functions);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const struct kind *kind = &kind_table[i];
        if (!kind_supported(kind, provider->inner))
            continue;
        add(provider->keymgmts, kind->name, PROPERTIES, keymgmt_functions(kind));
        add(provider->signatures, kind->signature, PROPERTIES, signature_functions(kind));
        add(provider->decoders, kind->name, PROPERTIES ",input=der,structure=" DECODER_STRUCTURE,
            decoder_der_functions);
    }
}

/* A private library context, so that operations on public halves use neither the providers that the application has
 * configured nor this provider. It can read what OpenSSL gives a decoder to read. */
static int open_inner(struct provider *provider, const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in)
{
    provider->inner = OSSL_LIB_CTX_new_from_dispatch(handle, in);
    if (provider->inner == NULL)
        return 0;
    provider->inner_default = OSSL_PROVIDER_load(provider->inner, "default");
    return provider->inner_default != NULL;
}

/* A setting that is refused does not end the loading: OpenSSL keeps silent about a provider in openssl.cnf that does
 * not load, and the program would only hear that the scheme "signer" is unknown. It is reported for every key. */
static void open_client(struct provider *provider, const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in)
{
    struct signer_options options;
    if (section_read(&options, handle, in, &provider->refusal) == SIGNER_OK)
        (void)clients_open(&provider->clients, &options, &provider->refusal);
}

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                       void **context)
{
    struct provider *provider = OPENSSL_zalloc(sizeof *provider);
    if (provider == NULL)
        return 0;
    report_init(&provider->report, handle, in);
    if (!open_inner(provider, handle, in)) {
        teardown(provider);
        return 0;
    }
    open_client(provider, handle, in);
    add_kinds(provider);
    *out = functions;
    *context = provider;
    return 1;
}
