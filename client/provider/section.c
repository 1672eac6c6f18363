/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/section.h"

#include <stddef.h>
#include <stdint.h>

#include <openssl/core_dispatch.h>
#include <openssl/params.h>

static const char *const names[] = { "signer_socket", "timeout", "expect_uid" };

enum { SETTINGS = sizeof names / sizeof names[0] };

static OSSL_FUNC_core_get_params_fn *find_get_params(const OSSL_DISPATCH *upcalls)
{
    for (; upcalls->function_id != 0; upcalls++)
        if (upcalls->function_id == OSSL_FUNC_CORE_GET_PARAMS)
            return OSSL_FUNC_core_get_params(upcalls);
    return NULL;
}

/* OpenSSL hands out every line of the section as text. */
enum signer_status section_read(struct signer_options *options, const OSSL_CORE_HANDLE *handle,
                                const OSSL_DISPATCH *upcalls, struct signer_error *error)
{
    char *values[SETTINGS] = { NULL };
    OSSL_PARAM params[SETTINGS + 1];
    OSSL_FUNC_core_get_params_fn *get_params = find_get_params(upcalls);
    enum signer_status status = SIGNER_OK;

    *options = (struct signer_options){ .environment_first = true };
    for (size_t i = 0; i < SETTINGS; i++)
        params[i] = OSSL_PARAM_construct_utf8_ptr((char *)(uintptr_t)names[i], &values[i], 0);
    params[SETTINGS] = OSSL_PARAM_construct_end();
    if (get_params == NULL || !get_params(handle, params))
        return SIGNER_OK;
    for (size_t i = 0; i < SETTINGS && status == SIGNER_OK; i++)
        if (values[i] != NULL)
            status = signer_set_option(options, names[i], values[i], error);
    return status;
}
