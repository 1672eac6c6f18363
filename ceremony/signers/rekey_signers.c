/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/rekey_signers.h"

#include <string.h>

#include "ceremony/tool/tool.h"
#include "client/signer.h"

enum { ANSWER_MS = 5000 };

static bool ask(const char *socket, struct signer_about *about)
{
    const struct signer_options options = { .socket = socket, .timeout_ms = ANSWER_MS };
    struct signer_error error = { 0 };
    signer_client *client = NULL;
    enum signer_status status = signer_open(&client, &options, &error);
    if (status == SIGNER_OK)
        status = signer_hello(client, about, &error);
    signer_close(client);
    if (status != SIGNER_OK)
        command_fail("%s: cannot be asked (%s); if this signer is gone for good, leave it out", socket, error.message);
    return status == SIGNER_OK;
}

static bool has(const char *socket, const char *needed)
{
    struct signer_about about;
    if (!ask(socket, &about))
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

bool rekey_signers_have(const char *const *sockets, size_t count, bool all_restarted, const struct kek_id *kek)
{
    char id[KEK_ID_TEXT];
    bool ok = true;
    kek_id_text(kek, id);
    for (size_t i = 0; i < count; i++)
        ok = has(sockets[i], id) && ok;
    if (count > 0 || all_restarted)
        return ok;
    command_fail("a signer that still has the old KEK would lose its keys: name each signer with --socket, or use"
                 " --all-signers-restarted");
    return false;
}
