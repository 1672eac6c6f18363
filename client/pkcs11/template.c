/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/template.h"

#include <stddef.h>
#include <string.h>

CK_RV template_check(const struct template *template)
{
    if (template->count > TEMPLATE_MAX || (template->count > 0 && !template->attributes))
        return CKR_ARGUMENTS_BAD;
    for (CK_ULONG i = 0; i < template->count; i++) {
        const CK_ATTRIBUTE *attribute = &template->attributes[i];
        if (attribute->ulValueLen > TEMPLATE_VALUE_MAX || (attribute->ulValueLen > 0 && !attribute->pValue))
            return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    return CKR_OK;
}

const CK_ATTRIBUTE *template_find(const struct template *template, CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < template->count; i++)
        if (template->attributes[i].type == type)
            return &template->attributes[i];
    return NULL;
}

bool template_number(const CK_ATTRIBUTE *attribute, CK_ULONG *number)
{
    if (attribute->ulValueLen != sizeof *number)
        return false;
    memcpy(number, attribute->pValue, sizeof *number);
    return true;
}

bool template_flag(const CK_ATTRIBUTE *attribute, bool *flag)
{
    CK_BBOOL value;
    if (attribute->ulValueLen != sizeof value)
        return false;
    memcpy(&value, attribute->pValue, sizeof value);
    *flag = value != 0;
    return true;
}
