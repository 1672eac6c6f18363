/* SPDX-License-Identifier: Apache-2.0 */
/* A ceremony of kind issue: an offline CA signs a request that the plan names by its hash, or a CRL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/pki/authority.h"
#include "ceremony/pki/crl.h"
#include "ceremony/run/run.h"
#include "ceremony/tool/tool.h"

enum { REQUEST_MAX_SIZE = 64 * 1024 };

static char *read_request(const struct run *run)
{
    char hash[SHA256_TEXT], *pem = calloc(1, REQUEST_MAX_SIZE + 1);
    size_t length;
    if (!run->site.request || !pem) {
        command_fail("the site file does not name the request (request FILE)");
        free(pem);
        return NULL;
    }
    enum fault fault = tool_read_source(run->site.request, (uint8_t *)pem, REQUEST_MAX_SIZE, &length);
    if (fault)
        tool_refuse(fault, run->site.request);
    else
        sha256_text(pem, length, hash);
    if (!fault && strcmp(hash, run->plan.request_sha256) == 0)
        return pem;
    if (!fault)
        command_fail("%s: its SHA-256 is %s, and the plan names %s: this is another request", run->site.request, hash,
                     run->plan.request_sha256);
    free(pem);
    return NULL;
}

static char *read_issuer(struct private_signer *signer, const struct key_id *id)
{
    struct signer_key *key = NULL;
    struct signer_error error = { 0 };
    char *pem = NULL;
    if (signer_get_key(signer->client, id->text, &key, &error) != SIGNER_OK)
        command_fail("key %s: %s: %s", id->text, error.reason, error.message);
    else if (!key->certificate)
        command_fail("key %s has no certificate; file it with signerctl cert first", id->text);
    else
        pem = strdup(key->certificate);
    signer_key_free(key);
    return pem;
}

static char *issue(const struct run *run, const char *issuer, const char **why)
{
    const struct plan_key *key = &run->plan.keys[0];
    char subject[512], *request, *pem = NULL;
    if (!run->plan.request_sha256)
        return crl_sign(key, issuer,
                        &(struct revocations){ run->plan.crl_number, run->plan.revoked_count, run->plan.revoked }, why);
    request = read_request(run);
    if (request && authority_request_subject(request, subject, sizeof subject)) {
        fprintf(stderr, "the request is for: %s\n", subject);
        if (run_people_confirm("is this the subject that the plan means?", "yes"))
            pem = authority_issue(key, issuer, request, why);
    } else if (request) {
        *why = "this is not a certificate request in PEM, or its own signature is wrong";
    }
    free(request);
    return pem;
}

static const char *name_of(const struct run *run)
{
    return run->plan.request_sha256 ? "issued.pem" : "crl.pem";
}

static bool commit(struct run *run, const char *pem)
{
    struct transcript entry;
    char hash[SHA256_TEXT];
    const char *name = name_of(run);
    sha256_text(pem, strlen(pem), hash);
    fprintf(stderr, "signed and verified; its SHA-256 is %s\n", hash);
    bool confirmed = run_people_confirm("it has not left this process; commit?", "COMMIT");
    if (!run_commit_begin(run, &entry))
        return false;
    session_describe(&run->session, &entry);
    transcript_add(&entry, "signed-by", "%s", run->plan.keys[0].id.text);
    if (run->plan.request_sha256)
        transcript_add(&entry, "request", "sha256 %s", run->plan.request_sha256);
    if (!confirmed) {
        transcript_add(&entry, "outcome", "VOID: signed, sha256 %s, and forgotten before it left", hash);
        command_fail("what was signed is VOID: it was forgotten before it left this process");
        (void)!session_append(&run->session, &entry);
        return false;
    }
    if (run_commit_write(run, name, pem, strlen(pem), &entry))
        return session_append(&run->session, &entry);
    transcript_discard(&entry);
    return false;
}

static bool work(struct run *run, struct private_signer *signer)
{
    const char *why = "";
    char *issuer = read_issuer(signer, &run->plan.keys[0].id);
    char *pem = issuer ? issue(run, issuer, &why) : NULL;
    if (issuer && !pem && *why)
        command_fail("%s", why);
    bool ok = pem && commit(run, pem);
    free(pem);
    free(issuer);
    return ok;
}

int run_issue(struct run *run)
{
    struct private_signer signer;
    if (!session_open(&run->session, run->keystore) || !run_commit_is_free(run, name_of(run))
        || !run_commit_prepare(run, run->session.directory.owner, run->session.directory.group)
        || !session_read_kek(&run->session, "shares", NULL, 0) || !session_become_owner(&run->session)
        || !session_note_opened(&run->session)
        || !private_signer_start(&signer, run->session.directory.root, run->session.kek))
        return EXIT_REFUSED;
    bool ok = authority_open(signer.socket) && work(run, &signer);
    authority_close();
    private_signer_stop(&signer);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}
