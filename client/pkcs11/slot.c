/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/slot.h"

#include <stdlib.h>
#include <string.h>

#include "client/pkcs11/general.h"
#include "client/pkcs11/mechanism.h"
#include "client/pkcs11/report.h"
#include "client/pkcs11/token.h"

enum { PIN_MAX = 255 };

CK_RV slot_check(CK_SLOT_ID slot)
{
    if (!token_lock())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    token_unlock();
    return slot == SLOT_ONLY ? CKR_OK : CKR_SLOT_ID_INVALID;
}

/* Whether the signer is open; its keystore's id is the token's serial number. */
static bool is_present(char keystore_id[static 33])
{
    struct signer_error error;
    signer_client *client;
    struct signer_about *about = malloc(sizeof *about);
    struct token_client *borrowed = about ? token_borrow(&client) : NULL;
    bool present = borrowed && report_status(&error, signer_hello(client, about, &error)) == CKR_OK
        && about->state == SIGNER_OPEN;
    if (present)
        memcpy(keystore_id, about->keystore_id, sizeof about->keystore_id);
    if (borrowed)
        token_return(borrowed);
    free(about);
    return present;
}

CK_RV slot_list(CK_BBOOL with_token, CK_SLOT_ID *list, CK_ULONG *count)
{
    char ignored[33];
    CK_RV rv = slot_check(SLOT_ONLY);
    if (rv != CKR_OK)
        return rv;
    if (!count)
        return CKR_ARGUMENTS_BAD;
    CK_ULONG room = *count;
    *count = with_token && !is_present(ignored) ? 0 : 1;
    if (list && room < *count)
        return CKR_BUFFER_TOO_SMALL;
    if (list && *count > 0)
        list[0] = SLOT_ONLY;
    return CKR_OK;
}

CK_RV slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
    char ignored[33];
    CK_RV rv = slot_check(slot);
    if (rv != CKR_OK)
        return rv;
    if (!info)
        return CKR_ARGUMENTS_BAD;
    *info = (CK_SLOT_INFO){ .flags = CKF_REMOVABLE_DEVICE | (is_present(ignored) ? (CK_FLAGS)CKF_TOKEN_PRESENT : 0) };
    general_pad(info->slotDescription, sizeof info->slotDescription, "signer");
    general_pad(info->manufacturerID, sizeof info->manufacturerID, "signer");
    return CKR_OK;
}

/* Without CKF_LOGIN_REQUIRED: many programs fail where a PIN is needed, and who may sign is the signer's to say, by the
 * uid of the process. */
CK_RV slot_token(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    char serial[33] = "";
    CK_RV rv = slot_check(slot);
    if (rv != CKR_OK)
        return rv;
    if (!info)
        return CKR_ARGUMENTS_BAD;
    if (!is_present(serial))
        return CKR_TOKEN_NOT_PRESENT;
    const CK_ULONG unknown = CK_UNAVAILABLE_INFORMATION;
    *info = (CK_TOKEN_INFO){ .flags = CKF_RNG | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED,
                             .ulMaxSessionCount = SESSIONS_MAX,
                             .ulSessionCount = unknown,
                             .ulMaxRwSessionCount = SESSIONS_MAX,
                             .ulRwSessionCount = unknown,
                             .ulMaxPinLen = PIN_MAX,
                             .ulTotalPublicMemory = unknown,
                             .ulFreePublicMemory = unknown,
                             .ulTotalPrivateMemory = unknown,
                             .ulFreePrivateMemory = unknown };
    general_pad(info->label, sizeof info->label, "signer");
    general_pad(info->manufacturerID, sizeof info->manufacturerID, "signer");
    general_pad(info->model, sizeof info->model, "signer");
    general_pad(info->serialNumber, sizeof info->serialNumber, serial);
    general_pad(info->utcTime, sizeof info->utcTime, "");
    return CKR_OK;
}

/* Whether this module makes keys. */
static CK_RV ask_generates(CK_SLOT_ID slot, bool *generates)
{
    struct token *token = token_lock();
    if (!token)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    *generates = token->config.generates;
    token_unlock();
    return slot == SLOT_ONLY ? CKR_OK : CKR_SLOT_ID_INVALID;
}

CK_RV slot_mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
    bool generates;
    CK_RV rv = ask_generates(slot, &generates);
    if (rv != CKR_OK)
        return rv;
    return count ? mechanism_list(generates, list, count) : CKR_ARGUMENTS_BAD;
}

CK_RV slot_mechanism(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    bool generates;
    CK_RV rv = ask_generates(slot, &generates);
    if (rv != CKR_OK)
        return rv;
    const struct mechanism *mechanism = mechanism_find(generates, type);
    if (!info)
        return CKR_ARGUMENTS_BAD;
    if (!mechanism)
        return CKR_MECHANISM_INVALID;
    *info = mechanism->info;
    return CKR_OK;
}

/* The signer tells nobody when it opens. */
CK_RV slot_wait(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)
{
    CK_RV rv = slot_check(SLOT_ONLY);
    if (rv != CKR_OK)
        return rv;
    if (reserved || !slot)
        return CKR_ARGUMENTS_BAD;
    return flags & CKF_DONT_BLOCK ? CKR_NO_EVENT : CKR_FUNCTION_NOT_SUPPORTED;
}
