/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/rekey_signers.h"

#include <string.h>

#include "ceremony/signers/running_signer.h"
#include "ceremony/tool/tool.h"

enum { ANSWER_MS = 5000 };

static bool ask(const char *socket, uid_t owner, struct signer_about *about)
{
    struct running_signer signer;
    struct signer_error error = { 0 };
    enum signer_status status = running_signer_open(&signer, socket, ANSWER_MS, &error);
    if (status == SIGNER_OK)
        status = signer_hello(signer.client, about, &error);
    if (status != SIGNER_OK)
        command_fail("%s: cannot be asked (%s); if this signer is gone for good, leave it out", socket, error.message);
    bool ok = status == SIGNER_OK && running_signer_is_of(&signer, owner);
    running_signer_close(&signer);
    return ok;
}

static bool has(const char *socket, const char *needed, uid_t owner)
{
    struct signer_about about;
    if (!ask(socket, owner, &about))
        return false;
    if (strcmp(about.kek_id, needed) == 0)
        return true;
    if (about.state == SIGNER_SEALED)
        command_fail("%s: this signer is sealed and waits for KEK %s; restart it, and unseal it with KEK %s", socket,
                     about.kek_id, needed);
    else
        command_fail("%s: this signer still has KEK %s; restart it with KEK %s first", socket, about.kek_id, needed);
    return false;
}

bool rekey_signers_have(const char *const *sockets, size_t count, bool all_restarted, const struct kek_id *kek,
                        uid_t owner)
{
    char id[KEK_ID_TEXT];
    bool ok = true;
    kek_id_text(kek, id);
    for (size_t i = 0; i < count; i++)
        ok = has(sockets[i], id, owner) && ok;
    if (count > 0 || all_restarted)
        return ok;
    command_fail("a signer that still has the old KEK would lose its keys: name each signer with --socket, or use"
                 " --all-signers-restarted");
    return false;
}
