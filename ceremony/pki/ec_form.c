/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/ec_form.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <string.h>

enum { COORDINATE_MAX = 66 }; /* P-521 */

/* 04, x and y (SEC 1, 2.3.3). */
static size_t encode_point(const EVP_PKEY *key, uint8_t out[static 1 + 2 * COORDINATE_MAX])
{
    BIGNUM *x = NULL, *y = NULL;
    int size = (EVP_PKEY_get_bits(key) + 7) / 8; /* of the order, which is as long as the field on these curves */
    bool ok = size > 0 && size <= COORDINATE_MAX && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1
        && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 && BN_bn2binpad(x, out + 1, size) == size
        && BN_bn2binpad(y, out + 1 + size, size) == size;
    out[0] = POINT_CONVERSION_UNCOMPRESSED;
    BN_free(x);
    BN_free(y);
    return ok ? 1 + 2 * (size_t)size : 0;
}

static EVP_PKEY *build(const char *group, const BIGNUM *private, const uint8_t *point, size_t length)
{
    EVP_PKEY *made = NULL;
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bool ok = builder && context && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1
        && OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, length) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, private) == 1
        && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL;
    if (ok && EVP_PKEY_fromdata_init(context) == 1)
        (void)!EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return made;
}

static const char *difference(const EVP_PKEY *was)
{
    char encoding[32] = "", point[32] = "";
    (void)!EVP_PKEY_get_utf8_string_param(was, OSSL_PKEY_PARAM_EC_ENCODING, encoding, sizeof encoding, NULL);
    (void)!EVP_PKEY_get_utf8_string_param(was, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, point, sizeof point, NULL);
    if (strcmp(encoding, OSSL_PKEY_EC_ENCODING_EXPLICIT) == 0)
        return "its curve was given by parameters, which relying parties refuse: it is sealed with the curve's name";
    if (point[0] && strcmp(point, OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 0)
        return "its public point was compressed, which some relying parties refuse: it is sealed uncompressed";
    return NULL;
}

bool ec_form_normalise(EVP_PKEY **key, const char **changed)
{
    char group[64] = "";
    uint8_t point[1 + 2 * COORDINATE_MAX];
    BIGNUM *private = NULL;
    EVP_PKEY *made = NULL;
    *changed = NULL;
    if (!EVP_PKEY_is_a(*key, "EC"))
        return true;
    size_t length = encode_point(*key, point);
    if (length > 0 && EVP_PKEY_get_group_name(*key, group, sizeof group, NULL) == 1
        && EVP_PKEY_get_bn_param(*key, OSSL_PKEY_PARAM_PRIV_KEY, &private) == 1)
        made = build(group, private, point, length);
    BN_clear_free(private);
    if (!made)
        return false;
    *changed = difference(*key);
    EVP_PKEY_free(*key);
    *key = made;
    return true;
}
