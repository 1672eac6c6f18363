/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/inspector/chain.h"

#include "pki/pem_chain.h"

_Static_assert((int)CERTIFICATES_MAX == (int)PEM_CHAIN_MAX, "the bound that clients are told is the one in force");

static enum inspect_verdict verdict_of(enum pem_chain_verdict found)
{
    switch (found) {
    case PEM_CHAIN_HAS_KEY: return INSPECT_GOOD;
    case PEM_CHAIN_TOO_LONG: return INSPECT_TOO_LONG;
    case PEM_CHAIN_EXPLICIT: return INSPECT_EXPLICIT;
    case PEM_CHAIN_OTHER_KEY: return INSPECT_OTHER_KEY;
    case PEM_CHAIN_INVALID: break;
    }
    return INSPECT_INVALID;
}

enum inspect_verdict chain_inspect(const uint8_t *spki, size_t spki_length, const uint8_t *pem, size_t pem_length,
                                   uint8_t *out, size_t *length)
{
    enum inspect_verdict verdict = verdict_of(pem_chain_screen(pem, pem_length));
    *length = 0;
    if (verdict != INSPECT_GOOD)
        return verdict;
    size_t size = pem_chain_rewrite(pem, pem_length, out, CERTIFICATE_MAX);
    if (size == 0)
        return INSPECT_INVALID;
    verdict = verdict_of(pem_chain_check_key(out, size, spki, spki_length));
    if (verdict == INSPECT_GOOD)
        *length = size;
    return verdict;
}
