/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/ecdsa.h"

#include <string.h>

#include "pki/der.h"

static bool write_number(struct der *from, uint8_t *out, size_t size)
{
    struct der number;
    if (!der_expect(from, DER_INTEGER, &number) || number.left == 0 || number.at[0] >= 0x80)
        return false;
    if (number.at[0] == 0 && number.left > 1 && number.at[1] >= 0x80) {
        number.at++;
        number.left--;
    }
    if (number.left > size || (number.at[0] == 0 && number.left > 1))
        return false;
    memset(out, 0, size - number.left);
    memcpy(out + size - number.left, number.at, number.left);
    return true;
}

bool ecdsa_raw(const uint8_t *der, size_t length, uint8_t *out, size_t size)
{
    struct der from = { der, length }, both;
    return der_expect(&from, DER_SEQUENCE, &both) && from.left == 0 && write_number(&both, out, size / 2)
        && write_number(&both, out + size / 2, size / 2) && both.left == 0;
}
