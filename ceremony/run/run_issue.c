/* SPDX-License-Identifier: Apache-2.0 */
/* A ceremony of kind issue: an offline CA signs a request that the plan names by its hash, or a CRL. What it is to sign
 * is checked before anybody types a share, and again before it is signed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/pki/authority.h"
#include "ceremony/pki/crl.h"
#include "ceremony/run/issue_inputs.h"
#include "ceremony/tool/tool.h"

struct issue {
    struct run *run;
    struct issue_inputs inputs;
    struct crl_facts facts; /* of the CRL */
};

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

/* -- before the keystore is opened -- */

static void print_crl(const struct issue *issue)
{
    const struct crl_facts *facts = &issue->facts;
    char before[80] = "there is no previous one";
    if (issue->inputs.crl.previous)
        snprintf(before, sizeof before, "the previous one has number %" PRIu64 " and revokes %zu",
                 facts->previous_number, facts->previous_count);
    fprintf(stderr, "the CRL has number %" PRIu64 " and revokes %zu: %zu more, %zu no longer; %s\n",
            issue->inputs.crl.number, facts->count, facts->added, facts->dropped, before);
}

static bool check(struct issue *issue, const char *issuer)
{
    struct run *run = issue->run;
    const struct plan_key *key = &run->plan.keys[0];
    const char *why = "";
    char subject[512];
    bool ok;
    if (!issue->inputs.request) {
        ok = crl_check(key, issuer, &issue->inputs.crl, &run->lint, &issue->facts, &why);
    } else if (!authority_request_subject(issue->inputs.request, subject, sizeof subject)) {
        ok = false;
        why = "this is not a certificate request in PEM, or its own signature is wrong";
    } else {
        ok = authority_check_issue(key, issuer, issue->inputs.request, &run->lint, &why);
    }
    if (!ok)
        command_fail("%s", why);
    else if (!issue->inputs.request)
        print_crl(issue);
    return ok;
}

/* With the certificate as it is on disk: the one that the signer states is looked at again. */
static bool check_beforehand(struct issue *issue)
{
    const struct key_id *id = &issue->run->plan.keys[0].id;
    char *pem = calloc(1, DIRECTORY_CERTIFICATE_MAX + 1);
    size_t length = 0;
    enum fault fault = pem ? directory_read_certificate(&issue->run->session.directory, id, (uint8_t *)pem, &length)
                           : FAULT_MEMORY;
    bool ok = false;
    if (fault == FAULT_FILE_MISSING)
        command_fail("key %s has no certificate; file it with signerctl cert first", id->text);
    else if (fault)
        tool_refuse(fault, id->text);
    else
        ok = check(issue, pem);
    free(pem);
    return ok;
}

/* -- signing -- */

static char *sign(struct issue *issue, const char *issuer, const char **why)
{
    struct run *run = issue->run;
    const struct plan_key *key = &run->plan.keys[0];
    char subject[512];
    if (!issue->inputs.request)
        return crl_sign(key, issuer, &issue->inputs.crl, &run->lint, &issue->facts, why);
    if (!authority_request_subject(issue->inputs.request, subject, sizeof subject))
        return NULL;
    fprintf(stderr, "the request is for: %s\n", subject);
    if (!run_people_confirm("is this the subject that the plan means?", "yes"))
        return NULL;
    return authority_issue(key, issuer, issue->inputs.request, &run->lint, why);
}

static const char *name_of(const struct run *run)
{
    return run->plan.request_sha256 ? "issued.pem" : "crl.pem";
}

/* The line `crl` counts as a CRL that left (issue_inputs.c). */
static void describe_crl(const struct issue *issue, const char *hash, struct transcript *entry)
{
    const struct revocations *crl = &issue->inputs.crl;
    transcript_add(entry, "crl", "%s number %" PRIu64 " revoked %zu sha256 %s", issue->run->plan.keys[0].id.text,
                   crl->number, issue->facts.count, hash);
    if (crl->previous)
        transcript_add(entry, "previous-crl", "number %" PRIu64 " revoked %zu sha256 %s", issue->facts.previous_number,
                       issue->facts.previous_count, issue->run->plan.previous_crl_sha256);
    else
        transcript_add(entry, "previous-crl", "none");
    if (issue->run->plan.revoked_list_sha256)
        transcript_add(entry, "revoked-list", "sha256 %s", issue->run->plan.revoked_list_sha256);
    for (size_t i = 0; i < crl->dropped_count; i++)
        transcript_add(entry, "no-longer-revoked", "%s %s", crl->dropped[i].serial, crl->dropped[i].reason);
}

static bool commit(struct issue *issue, const char *pem)
{
    struct run *run = issue->run;
    struct transcript entry;
    char hash[SHA256_TEXT];
    sha256_text(pem, strlen(pem), hash);
    run_commit_say_overrides(run);
    fprintf(stderr, "signed and verified; its SHA-256 is %s\n", hash);
    bool confirmed = run_people_confirm("it has not left this process; commit?", "COMMIT");
    if (!run_commit_begin(run, &entry))
        return false;
    session_describe(&run->session, &entry);
    transcript_add(&entry, "signed-by", "%s", run->plan.keys[0].id.text);
    if (run->plan.request_sha256)
        transcript_add(&entry, "request", "sha256 %s", run->plan.request_sha256);
    run_commit_add_overrides(run, &entry);
    if (!confirmed) {
        transcript_add(&entry, "outcome", "VOID: signed, sha256 %s, and forgotten before it left", hash);
        command_fail("what was signed is VOID: it was forgotten before it left this process");
        (void)!session_append(&run->session, &entry);
        return false;
    }
    if (!run->plan.request_sha256)
        describe_crl(issue, hash, &entry);
    if (run_commit_write(run, name_of(run), pem, strlen(pem), &entry))
        return session_append(&run->session, &entry);
    transcript_discard(&entry);
    return false;
}

static bool work(struct issue *issue, struct private_signer *signer)
{
    const char *why = "";
    char *issuer = read_issuer(signer, &issue->run->plan.keys[0].id);
    char *pem = issuer ? sign(issue, issuer, &why) : NULL;
    if (issuer && !pem && *why)
        command_fail("%s", why);
    bool ok = pem && commit(issue, pem);
    free(pem);
    free(issuer);
    return ok;
}

static int open_and_work(struct issue *issue)
{
    struct run *run = issue->run;
    struct private_signer signer;
    if (!run_commit_prepare(run, run->session.directory.owner, run->session.directory.group)
        || !session_read_kek(&run->session, "shares", NULL, 0) || !session_become_owner(&run->session)
        || !session_note_opened(&run->session)
        || !private_signer_start(&signer, run->session.directory.root, run->session.kek))
        return EXIT_REFUSED;
    bool ok = authority_open(signer.socket) && work(issue, &signer);
    authority_close();
    private_signer_stop(&signer);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

int run_issue(struct run *run)
{
    struct issue issue = { .run = run };
    if (!session_open(&run->session, run->keystore) || !run_commit_is_free(run, name_of(run)))
        return EXIT_REFUSED;
    int code = issue_inputs_read(run, &issue.inputs) && check_beforehand(&issue) ? open_and_work(&issue) : EXIT_REFUSED;
    issue_inputs_free(&issue.inputs);
    return code;
}
