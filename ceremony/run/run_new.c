/* SPDX-License-Identifier: Apache-2.0 */
/* A ceremony of kind new: KEK, CA keys, certificates, shares, proof, commit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "ceremony/pki/authority.h"
#include "ceremony/pki/import.h"
#include "ceremony/run/run.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/owner.h"
#include "ceremony/tool/tool.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

static bool write_state(struct run *run, enum run_step step)
{
    run->state.step = step;
    enum fault fault = run_state_write(&run->session.directory, &run->state);
    if (fault)
        tool_refuse(fault, "the ceremony's state");
    else
        fprintf(stderr, "state: %s\n", run_state_step_name(step));
    return fault == FAULT_NONE;
}

/* -- the keystore -- */

static bool publish_header(struct run *run, struct directory *directory, const struct kek *kek)
{
    struct header header;
    uint8_t id[KEYSTORE_ID_SIZE];
    secret_random(id, sizeof id);
    header_create(&header, id, kek, time_now());
    enum fault fault = directory_create_header(directory, &header);
    directory_close(directory);
    if (fault)
        tool_refuse(fault, run->keystore);
    else
        run->state.step = RUN_PENDING; /* it is there, for what is said of a failure */
    return !fault && session_open(&run->session, run->keystore) && write_state(run, RUN_PENDING);
}

static bool make_keystore(struct run *run, const struct kek *kek)
{
    struct directory directory;
    struct owner owner;
    if (!owner_choose(run->site.user, &owner))
        return false;
    if (!run_commit_prepare(run, owner.uid, owner.gid))
        return false;
    enum fault fault = directory_create(run->keystore, owner.uid, owner.gid, &directory);
    if (fault) {
        tool_refuse(fault, run->keystore);
        return false;
    }
    return tool_become(owner.uid, owner.gid) && publish_header(run, &directory, kek);
}

/* -- keys -- */

static struct import_options import_options(const struct run *run, const struct plan_key *key)
{
    struct import_options options = { .id = key->id.text };
    for (size_t i = 0; i < run->site.import_count; i++)
        if (strcmp(run->site.imports[i].id, key->id.text) == 0) {
            options.key = run->site.imports[i].path;
            options.certificate = run->site.imports[i].certificate;
        }
    return options;
}

static bool bring_imported(struct run *run, const struct kek *kek)
{
    for (size_t i = 0; i < run->plan.key_count; i++) {
        const struct plan_key *key = &run->plan.keys[i];
        const struct import_options options = import_options(run, key);
        if (!key->imported || run->rehearsal)
            continue; /* a rehearsal generates a throw-away key instead */
        if (import_key(&options, &run->session.directory, &run->session.header, kek, &key->id) != EXIT_DONE)
            return false;
    }
    return true;
}

static bool generate(struct private_signer *signer, const struct plan_key *key)
{
    struct signer_error error = { 0 };
    struct signer_key *made = NULL;
    bool ok = signer_generate(signer->client, key->id.text, key->algorithm, NULL, &made, NULL, &error) == SIGNER_OK;
    if (ok)
        fprintf(stderr, "key %s (%s)\n", key->id.text, made->algorithm);
    else
        command_fail("key %s: %s: %s", key->id.text, error.reason, error.message);
    signer_key_free(made);
    return ok;
}

static bool file_certificate(struct run *run, struct private_signer *signer, const struct plan_key *key)
{
    struct signer_error error = { 0 };
    const char *why = "";
    char *pem = authority_self_signed(key, &run->lint, &why);
    run_commit_say_overrides(run);
    bool ok = pem && signer_set_certificate(signer->client, key->id.text, pem, strlen(pem), &error) == SIGNER_OK;
    if (!ok)
        command_fail("key %s: %s", key->id.text, pem ? error.message : why);
    free(pem);
    return ok;
}

static bool is_of_algorithm(struct private_signer *signer, const struct plan_key *key)
{
    struct signer_error error = { 0 };
    struct signer_key *found = NULL;
    bool ok = signer_get_key(signer->client, key->id.text, &found, &error) == SIGNER_OK;
    if (!ok)
        command_fail("key %s: %s: %s", key->id.text, error.reason, error.message);
    else if (key->algorithm && strcmp(found->algorithm, key->algorithm) != 0)
        ok = command_fail("key %s: was imported as %s, but the plan says %s", key->id.text, found->algorithm,
                          key->algorithm)
            == EXIT_DONE;
    signer_key_free(found);
    return ok;
}

static bool make_keys(struct run *run, struct private_signer *signer)
{
    bool ok = true;
    for (size_t i = 0; ok && i < run->plan.key_count; i++) {
        const struct plan_key *key = &run->plan.keys[i];
        bool imported = key->imported && !run->rehearsal;
        bool has_certificate = imported && import_options(run, key).certificate;
        ok = imported ? is_of_algorithm(signer, key) : generate(signer, key);
        if (ok && key->result == PLAN_CERTIFICATE && !has_certificate)
            ok = file_certificate(run, signer, key);
    }
    return ok;
}

/* Runs `work` with a private signer that has the KEK, and with OpenSSL using its keys. */
static bool with_signer(struct run *run, const struct kek *kek,
                        bool (*work)(struct run *run, struct private_signer *signer))
{
    struct private_signer signer;
    if (!private_signer_start(&signer, run->session.directory.root, kek))
        return false;
    bool ok = authority_open(signer.socket);
    if (!ok)
        command_fail("OpenSSL could not load the signer provider");
    ok = ok && work(run, &signer);
    authority_close();
    private_signer_stop(&signer);
    return ok;
}

/* -- commit -- */

struct result_name {
    char text[KEY_ID_SIZE + 8];
};

static struct result_name name_of(const struct plan_key *key)
{
    struct result_name name;
    snprintf(name.text, sizeof name.text, "%s.%s", key->id.text, key->result == PLAN_REQUEST ? "csr" : "pem");
    return name;
}

/* Checked before anybody types. Results of a run that was killed during its commit must be moved away by hand. */
static bool are_free(const struct run *run)
{
    bool ok = true;
    for (size_t i = 0; i < run->plan.key_count; i++)
        ok = run_commit_is_free(run, name_of(&run->plan.keys[i]).text) && ok;
    return ok;
}

static bool write_result(struct run *run, struct private_signer *signer, const struct plan_key *key,
                         struct transcript *entry)
{
    const char *why = "";
    struct signer_key *info = NULL;
    char *request = key->result == PLAN_REQUEST ? authority_request(key, &why) : NULL;
    bool ok = key->result == PLAN_REQUEST
        ? request != NULL
        : signer_get_key(signer->client, key->id.text, &info, NULL) == SIGNER_OK && info->certificate;
    const char *pem = request ? request : ok ? info->certificate : "";
    if (!ok)
        command_fail("key %s: %s", key->id.text, *why ? why : "it has no certificate");
    if (ok && !request && key->subject && authority_lint_self_signed(pem, &run->lint))
        run_commit_add_overrides(run, entry);
    ok = ok && run_commit_write(run, name_of(key).text, pem, strlen(pem), entry);
    signer_key_free(info);
    free(request);
    return ok;
}

/* Nothing is written to `out` before the keys have signed with the recombined KEK and people have typed COMMIT. */
static bool prove_and_commit(struct run *run, struct private_signer *signer)
{
    struct transcript entry;
    if (!run_commit_begin(run, &entry) || !run_commit_prove(run, signer, &entry) || !write_state(run, RUN_VERIFIED)
        || !run_people_confirm("all shares are verified and a quorum of them signed; commit?", "COMMIT")) {
        transcript_discard(&entry);
        return false;
    }
    session_describe(&run->session, &entry);
    bool ok = true;
    for (size_t i = 0; ok && i < run->plan.key_count; i++)
        ok = write_result(run, signer, &run->plan.keys[i], &entry);
    if (!ok) {
        transcript_discard(&entry);
        return false;
    }
    if (!session_append(&run->session, &entry) || !write_state(run, RUN_COMMITTED))
        return false;
    aftermath_clear(); /* nothing of it is to be done again; only the archive may be missing */
    aftermath_note("%s: this ceremony is COMMITTED; if it has no archive, run it again", run->out);
    return run_commit_archive(run, run->session.kek);
}

static bool finish(struct run *run, struct kek *again)
{
    if (header_check(&run->session.header, again) != FAULT_NONE) {
        command_fail("the recombined KEK does not open the keystore");
        return false;
    }
    run->session.kek = again;
    run->session.origin = (struct kek_origin){ .by_shares = true, .set = run->state.set };
    bool ok = session_note_opened(&run->session) && with_signer(run, again, prove_and_commit);
    run->session.kek = NULL;
    return ok;
}

/* -- begin, resume, void -- */

static bool note_void(struct run *run, const char *why)
{
    struct transcript entry;
    if (!session_become_owner(&run->session) || !write_state(run, RUN_VOID) || !run_commit_begin(run, &entry))
        return false;
    transcript_add(&entry, "outcome", "VOID: %s", why);
    return session_append(&run->session, &entry);
}

/* In a child that becomes the keystore's owner, so that this process can stay root and begin again. */
static bool note_void_apart(struct run *run, const char *why)
{
    int status = 1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool ok = note_void(run, why);
        fflush(NULL);
        _exit(ok ? 0 : 1);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && status == 0;
}

/* An uncommitted keystore has no other set. One that was not delivered whole may have been handed out in part. */
static void print_void_cards(const struct run *run)
{
    for (size_t set = 0; set < run->session.known.count; set++)
        for (size_t i = 0; i < run->session.known.sets[set].count; i++)
            fprintf(stderr, "the card of %s%s: VOID: burn it\n", run->session.known.sets[set].holders[i].label,
                    run->state.delivered ? "" : ", if it was handed out");
}

/* Keeps what an aborted run made, under a name that says VOID. */
static bool make_void(struct run *run, const char *why)
{
    char name[320];
    snprintf(name, sizeof name, "%s.void-%lld", run->keystore, (long long)time_now());
    if (!note_void_apart(run, why))
        return false;
    if (rename(run->keystore, name) != 0) {
        command_fail("%s: %s", name, strerror(errno));
        return false;
    }
    fprintf(stderr, "what was there is VOID, and kept as %s\n", name);
    print_void_cards(run);
    session_close(&run->session);
    return true;
}

/* What can be done with a keystore that was begun depends on whether the custodians have its KEK. */
static void note_begun(const struct run *run)
{
    if (run->state.step == RUN_COMMITTED || run->state.step == RUN_NONE)
        return;
    if (run->state.delivered)
        aftermath_note("%s: the keystore of this ceremony: run it again with the same plan to go on, or to give it up",
                       run->keystore);
    else
        aftermath_note("%s: a keystore whose KEK nobody has: run it again with the same plan: that keeps it aside as "
                       "VOID, and begins anew",
                       run->keystore);
}

static int begin(struct run *run)
{
    struct kek *kek = run_kek_draw(run), *again = NULL;
    bool ok = kek && make_keystore(run, kek) && bring_imported(run, kek) && with_signer(run, kek, make_keys)
        && run_kek_share(run, kek, &again);
    arena_free(kek);
    ok = ok && finish(run, again);
    arena_free(again);
    if (!ok)
        note_begun(run);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

static int resume(struct run *run)
{
    struct kek *again = NULL;
    char answer[16];
    fprintf(stderr, "this ceremony was interrupted in state %s, after its shares were delivered\n",
            run_state_step_name(run->state.step));
    if (!run_people_choose(answer, sizeof answer))
        return EXIT_REFUSED;
    if (strcmp(answer, "void") == 0)
        return make_void(run, "it was given up; destroy the shares that were delivered") ? EXIT_DONE : EXIT_REFUSED;
    if (!run_commit_prepare(run, run->session.directory.owner, run->session.directory.group)
        || !session_become_owner(&run->session))
        return EXIT_REFUSED;
    bool ok = run_kek_verify(run, &again) && finish(run, again);
    arena_free(again);
    if (!ok)
        note_begun(run);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

static int go_on(struct run *run)
{
    char plan[SHA256_TEXT];
    snprintf(plan, sizeof plan, "%s", run->state.plan);
    enum fault fault = run_state_read(&run->session.directory, &run->state);
    if (fault)
        return tool_refuse(fault, run->keystore);
    if (run->state.step == RUN_COMMITTED && strcmp(plan, run->state.plan) == 0) {
        fputs("this ceremony is COMMITTED; another archive is made\n", stderr);
        return run_commit_prepare(run, run->session.directory.owner, run->session.directory.group)
                && session_become_owner(&run->session) && run_commit_archive(run, NULL)
            ? EXIT_DONE
            : EXIT_REFUSED;
    }
    /* given up before, but killed before it was moved aside: move it aside now */
    bool is_void = run->state.step == RUN_VOID && strcmp(plan, run->state.plan) == 0;
    if (!is_void && (run->state.step == RUN_NONE || run->state.step >= RUN_COMMITTED))
        return command_fail(
            "%s: is there already (ceremony: %s); a first ceremony makes a keystore where there is none", run->keystore,
            run_state_step_name(run->state.step));
    if (strcmp(plan, run->state.plan) != 0)
        return command_fail("%s: was begun by another plan (sha256 %s)", run->keystore, run->state.plan);
    if (!are_free(run))
        return EXIT_REFUSED;
    if (run->state.delivered && run->state.step != RUN_VOID)
        return resume(run);
    if (!make_void(run, "its KEK was lost before the shares were delivered"))
        return EXIT_REFUSED;
    run->state.step = RUN_NONE;
    run->state.delivered = false;
    return begin(run);
}

int run_new(struct run *run)
{
    struct directory there;
    enum fault fault = directory_open(run->keystore, &there);
    directory_close(&there);
    if (fault == FAULT_KEYSTORE_MISSING)
        return are_free(run) ? begin(run) : EXIT_REFUSED;
    return session_open(&run->session, run->keystore) ? go_on(run) : EXIT_REFUSED;
}
