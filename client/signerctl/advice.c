/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signerctl/advice.h"

#include <stddef.h>
#include <string.h>

#define FROM_BACKUP                                                                                                    \
    "`signerctl keys` names the key; take its file from a backup in which it is whole, then `signerctl show ID`"
#define WHO_WROTE "; find out who wrote it"
#define RIGHTS                                                                                                         \
    "`signer-ceremony doctor --keystore DIR` names the file; give it back to the signer's user with mode 0600"
#define RESTART "; then restart the signer"

static const struct {
    const char *name, *advice;
} problems[] = {
    { "RESTORED",
      "it signs, and makes no new key; look for keys that the backup lacks, then run `signer-ceremony restore --accept "
      "--keystore DIR`" },
    { "KEK_RETIRED",
      "a rekey gave the keystore another KEK; restart the signer with that one, or, where custodians open it, "
      "`signerctl "
      "seal` and unseal it with the new shares" },
    { "KEY_TAMPERED", FROM_BACKUP WHO_WROTE },
    { "KEY_CORRUPT", FROM_BACKUP },
    { "KEY_FOREIGN", FROM_BACKUP },
    { "KEY_MISNAMED", FROM_BACKUP },
    { "KEY_LOST",
      "`signerctl keys` names it; bring its file back from a backup, or let it go with `signerctl destroy ID`" },
    { "KEY_NEWER", "a newer version wrote that key; use that version of signer" },
    { "KEK_MISMATCH", "a key of this keystore needs another KEK; run `signer-ceremony doctor --keystore DIR`" },
    { "CERTIFICATE_OTHER_KEY", "set the right one with `signerctl cert ID --set FILE`" },
    { "CERTIFICATE_INVALID", "set a whole one with `signerctl cert ID --set FILE`" },
    { "FILE_IRREGULAR", RIGHTS },
    { "FILE_OWNER", RIGHTS },
    { "FILE_MODE", RIGHTS },
    { "FILE_LINKED", RIGHTS },
    { "STORE_FULL", "make room on the keystore's disk; the next change that succeeds ends this" },
    { "STORE_READ_ONLY", "make the keystore's file system writable" RESTART },
    { "STORE_UNSYNCED", "look at the disk and the kernel's log" RESTART },
    { "STORE_IO", "look at the disk and the kernel's log" },
    { "LOCK_MISSING", "`signer-ceremony doctor --keystore DIR --repair` makes it" RESTART },
};

const char *advice_problem(const char *name)
{
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
        if (strcmp(problems[i].name, name) == 0)
            return problems[i].advice;
    return "the signer's log and `signer-ceremony doctor --keystore DIR` say more";
}

const char *advice_state(enum signer_state state, bool reopens)
{
    if (state == SIGNER_OPEN)
        return NULL;
    if (state == SIGNER_DRAINING)
        return "it is stopping; wait for the one that follows it";
    return reopens ? "unseal it with `signer-ceremony unseal`, or restart it"
                   : "unseal it: custodians run `signer-ceremony unseal shares`";
}
