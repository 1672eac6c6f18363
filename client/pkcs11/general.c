/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/general.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/pkcs11/token.h"

enum { RANDOM_MAX = 1024 * 1024 };

/* The module locks with the threads of the system; it cannot use functions of the caller. */
CK_RV general_initialize(void *arguments)
{
    const CK_C_INITIALIZE_ARGS *given = arguments;
    if (given) {
        int count = (given->CreateMutex != NULL) + (given->DestroyMutex != NULL) + (given->LockMutex != NULL)
            + (given->UnlockMutex != NULL);
        if (given->pReserved || (count != 0 && count != 4))
            return CKR_ARGUMENTS_BAD;
        if (count == 4 && !(given->flags & CKF_OS_LOCKING_OK))
            return CKR_CANT_LOCK;
    }
    return token_open();
}

CK_RV general_finalize(void *reserved)
{
    return reserved ? CKR_ARGUMENTS_BAD : token_close();
}

void general_pad(CK_BYTE *field, CK_ULONG size, const char *text)
{
    size_t length = strlen(text);
    memset(field, ' ', size);
    memcpy(field, text, length < size ? length : size);
}

CK_RV general_get_info(CK_INFO *info)
{
    if (!token_lock())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    token_unlock();
    if (!info)
        return CKR_ARGUMENTS_BAD;
    char *rest;
    unsigned long major = strtoul(SIGNER_VERSION, &rest, 10), minor = *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;
    *info = (CK_INFO){ .cryptokiVersion = { 3, 0 }, .libraryVersion = { (CK_BYTE)major, (CK_BYTE)minor } };
    general_pad(info->manufacturerID, sizeof info->manufacturerID, "signer");
    general_pad(info->libraryDescription, sizeof info->libraryDescription, "signer PKCS #11 module");
    return CKR_OK;
}

CK_RV general_seed_random(CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG length)
{
    CK_RV rv = token_check(session);
    if (rv != CKR_OK)
        return rv;
    return length > 0 && !seed ? CKR_ARGUMENTS_BAD : CKR_RANDOM_SEED_NOT_SUPPORTED;
}

CK_RV general_generate_random(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG length)
{
    CK_RV rv = token_check(session);
    if (rv != CKR_OK)
        return rv;
    if (length > RANDOM_MAX || (length > 0 && !out))
        return CKR_ARGUMENTS_BAD;
    for (CK_ULONG done = 0; done < length;) {
        ssize_t got = getrandom(out + done, length - done, 0);
        if (got < 0 && errno != EINTR)
            return CKR_DEVICE_ERROR;
        done += got > 0 ? (CK_ULONG)got : 0;
    }
    return CKR_OK;
}
