/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/public_key.h"

#include <string.h>

enum { UNCOMPRESSED = 0x04, RSA_BYTES_MIN = 256, RSA_BYTES_MAX = 512, EXPONENT_MAX = 8 };

static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };

/* What an algorithm or a curve makes of a key; `bytes` is the length of the key's bits. */
static const struct curve {
    uint8_t oid[8];
    size_t oid_length, bytes;
    CK_KEY_TYPE type;
    CK_ULONG bits;
    size_t signature_size;
} curves[] = {
    { { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 }, 8, 65, CKK_EC, 256, 64 },
    { { 0x2b, 0x81, 0x04, 0x00, 0x22 }, 5, 97, CKK_EC, 384, 96 },
    { { 0x2b, 0x81, 0x04, 0x00, 0x23 }, 5, 133, CKK_EC, 521, 132 },
    { { 0x2b, 0x65, 0x70 }, 3, 32, CKK_EC_EDWARDS, 255, 64 },
    { { 0x2b, 0x65, 0x71 }, 3, 57, CKK_EC_EDWARDS, 448, 114 },
};

static bool is_oid(struct der oid, const uint8_t *bytes, size_t length)
{
    return oid.left == length && memcmp(oid.at, bytes, length) == 0;
}

static const struct curve *find_curve(struct der oid, CK_KEY_TYPE type)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (curves[i].type == type && is_oid(oid, curves[i].oid, curves[i].oid_length))
            return &curves[i];
    return NULL;
}

/* The element that begins at `at`, tag and length with it: an OID is short. */
static struct der whole_oid(struct der contents)
{
    return (struct der){ contents.at - 2, contents.left + 2 };
}

static bool parse_point(struct public_key *key, const struct curve *curve, struct der oid, struct der bits)
{
    if (!curve || bits.left != curve->bytes || (curve->type == CKK_EC && bits.at[0] != UNCOMPRESSED))
        return false;
    size_t header = bits.left < 0x80 ? 2 : 3;
    key->type = curve->type;
    key->bits = curve->bits;
    key->signature_size = curve->signature_size;
    key->curve = whole_oid(oid);
    key->point_size = header + bits.left;
    key->point[0] = DER_OCTET_STRING;
    key->point[1] = header == 3 ? 0x81 : (uint8_t)bits.left;
    if (header == 3)
        key->point[2] = (uint8_t)bits.left;
    memcpy(key->point + header, bits.at, bits.left);
    return true;
}

/* A positive INTEGER in its shortest form; `from` is then behind it. */
static bool parse_positive(struct der *from, struct der *number)
{
    if (!der_expect(from, DER_INTEGER, number) || number->left == 0 || number->at[0] >= 0x80)
        return false;
    if (number->at[0] != 0)
        return true;
    number->at++;
    number->left--;
    return number->left > 0 && number->at[0] >= 0x80;
}

static bool parse_rsa(struct public_key *key, struct der bits)
{
    struct der both;
    if (!der_expect(&bits, DER_SEQUENCE, &both) || bits.left > 0 || !parse_positive(&both, &key->modulus)
        || !parse_positive(&both, &key->exponent) || both.left > 0)
        return false;
    key->type = CKK_RSA;
    key->bits = 8 * key->modulus.left;
    key->signature_size = key->modulus.left;
    return key->modulus.left >= RSA_BYTES_MIN && key->modulus.left <= RSA_BYTES_MAX
        && key->exponent.left <= EXPONENT_MAX;
}

/* The algorithm and the bits of the key. */
static bool open_spki(struct der spki, struct der *algorithm, struct der *bits)
{
    struct der inside;
    if (!der_expect(&spki, DER_SEQUENCE, &inside) || spki.left > 0 || !der_expect(&inside, DER_SEQUENCE, algorithm)
        || !der_expect(&inside, DER_BIT_STRING, bits) || inside.left > 0 || bits->left < 2 || bits->at[0] != 0)
        return false;
    bits->at++; /* the number of unused bits */
    bits->left--;
    return true;
}

bool public_key_id(struct der spki, uint8_t id[static SHA1_SIZE])
{
    struct der algorithm, bits;
    if (!open_spki(spki, &algorithm, &bits))
        return false;
    sha1(bits.at, bits.left, id);
    return true;
}

bool public_key_parse(const uint8_t *spki, size_t length, struct public_key *key)
{
    struct der algorithm, bits, oid, curve;
    *key = (struct public_key){ .spki = { spki, length } };
    if (!open_spki(key->spki, &algorithm, &bits) || !der_expect(&algorithm, DER_OID, &oid))
        return false;
    sha1(bits.at, bits.left, key->id);
    if (is_oid(oid, rsa, sizeof rsa))
        return der_expect(&algorithm, DER_NULL, NULL) && algorithm.left == 0 && parse_rsa(key, bits);
    if (is_oid(oid, ec, sizeof ec))
        return der_expect(&algorithm, DER_OID, &curve) && algorithm.left == 0
            && parse_point(key, find_curve(curve, CKK_EC), curve, bits);
    return algorithm.left == 0 && parse_point(key, find_curve(oid, CKK_EC_EDWARDS), oid, bits);
}
