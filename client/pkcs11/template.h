/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: arrays of attributes that a caller gives. Values need not be aligned. */
#ifndef CLIENT_PKCS11_TEMPLATE_H
#define CLIENT_PKCS11_TEMPLATE_H

#include <stdbool.h>

#include "client/pkcs11/cryptoki.h"

enum { TEMPLATE_MAX = 256, TEMPLATE_VALUE_MAX = 65536 }; /* attributes; bytes */

struct template
{
    const CK_ATTRIBUTE *attributes;
    CK_ULONG count;
};

/* Checks what a caller gives as input: pointers are not NULL where there is a length, and counts and lengths are within
 * the limits. CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_VALUE_INVALID: not so. */
CK_RV template_check(const struct template *template) __attribute__((warn_unused_result));

/* The first attribute of this type; NULL: there is none. */
const CK_ATTRIBUTE *template_find(const struct template *template, CK_ATTRIBUTE_TYPE type);

/* The value of an attribute that is a number, or a CK_BBOOL. False: it has another length. */
bool template_number(const CK_ATTRIBUTE *attribute, CK_ULONG *number) __attribute__((warn_unused_result));
bool template_flag(const CK_ATTRIBUTE *attribute, bool *flag) __attribute__((warn_unused_result));

#endif
