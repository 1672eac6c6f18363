/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/source_advice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CREDENTIAL "credential:"

enum { OVERFLOW_UID = 65534 }; /* who a user is here who has no number here: NFS, user namespaces */

static const char *advise_credential(const char *name, char *out)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    const char *where = directory ? directory : "(not set: only systemd sets it, for the processes of a unit)";
    if (*name == '\0' || strchr(name, '/'))
        return "a credential's name is one word without a slash, as in credential:kek";
    snprintf(out, SOURCE_ADVICE,
             "there is no credential \"%.64s\" in $CREDENTIALS_DIRECTORY, which is %.200s; make one with systemd-creds "
             "encrypt --name=%.64s KEK /etc/credstore.encrypted/%.64s, and have the unit load it with "
             "LoadCredentialEncrypted=%.64s",
             name, where, name, name, name);
    return out;
}

static const char *kind_of(mode_t mode)
{
    return S_ISLNK(mode) ? "a symbolic link" : S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

/* Of a keystore it is a file or a link that is irregular, and of a file nearly everything. */
static const char *advise_irregular(const struct stat *status, char *out)
{
    if (S_ISREG(status->st_mode))
        return "this is a file, and a directory is needed here; name the directory itself";
    if (S_ISDIR(status->st_mode))
        return "this is a directory; name the file in it, not a link, pipe or device";
    snprintf(out, SOURCE_ADVICE, "this is %s; name the %s itself here, not a link, pipe or device",
             kind_of(status->st_mode), S_ISLNK(status->st_mode) ? "file or directory" : "file");
    return out;
}

static const char *advise_owner(const struct stat *status, char *out)
{
    if (status->st_uid == OVERFLOW_UID)
        return "this belongs to uid 65534, which stands for a user that has no number here: root squashed by an NFS "
               "server, or a user outside of this user namespace; map that user, or keep this on a local file system";
    snprintf(out, SOURCE_ADVICE, "this belongs to another user, uid %u; give it to the owner of the keystore (chown)",
             (unsigned)status->st_uid);
    return out;
}

const char *source_advice(enum fault fault, const char *source, char out[static SOURCE_ADVICE])
{
    struct stat status;
    int error = errno;
    const char *advice = fault_advice(fault);
    if (fault == FAULT_KEK_MISSING && strncmp(source, CREDENTIAL, strlen(CREDENTIAL)) == 0)
        advice = advise_credential(source + strlen(CREDENTIAL), out);
    else if (fault == FAULT_KEK_MISSING && strncmp(source, "fd:", 3) == 0)
        advice = "this descriptor is not open here; open it (N<FILE in a shell), or name the KEK's file";
    else if ((fault == FAULT_FILE_IRREGULAR || fault == FAULT_FILE_OWNER) && lstat(source, &status) == 0)
        advice = fault == FAULT_FILE_OWNER ? advise_owner(&status, out) : advise_irregular(&status, out);
    errno = error;
    return advice;
}
