/* SPDX-License-Identifier: Apache-2.0 */
/* The results of a ceremony, and the proof before the commit. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/archive/backup.h"
#include "ceremony/run/run.h"
#include "ceremony/signers/challenge.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"

static void add_set(const struct run *run, struct transcript *entry)
{
    for (size_t i = 0; i < run->session.known.count; i++) {
        const struct share_set *set = &run->session.known.sets[i];
        if (!run->state.delivered || set->set != run->state.set)
            continue;
        session_describe_set(set, entry);
        for (size_t j = 0; j < set->count; j++)
            if (run->bags[j][0])
                transcript_add(entry, "bag", "%s of %s", run->bags[j], set->holders[j].label);
    }
}

bool run_commit_begin(const struct run *run, struct transcript *entry)
{
    static const char *const kinds[] = { [PLAN_NEW] = "new", [PLAN_ISSUE] = "issue", [PLAN_REKEY] = "rekey" };
    char plan[SHA256_TEXT];
    bytes_to_hex(run->plan.sha256, SHA256_SIZE, plan);
    if (!transcript_begin(entry, "run"))
        return false;
    if (run->rehearsal)
        transcript_add(entry, "rehearsal", "yes: throw-away keys");
    transcript_add(entry, "ceremony", "%s", run->plan.ceremony);
    transcript_add(entry, "plan", "%s sha256 %s", kinds[run->plan.kind], plan);
    for (int i = 0; i < 2; i++)
        transcript_add(entry, "witness", "%s", run->witnesses[i]);
    add_set(run, entry);
    return true;
}

void run_commit_say_overrides(const struct run *run)
{
    for (size_t i = 0; i < run->lint.count; i++) {
        const struct lint_finding *finding = &run->lint.findings[i];
        if (finding->override)
            fprintf(stderr, "override %s: %s; the plan says: %s\n", finding->rule, finding->text,
                    finding->override->reason);
    }
}

void run_commit_add_overrides(const struct run *run, struct transcript *entry)
{
    for (size_t i = 0; i < run->lint.count; i++) {
        const struct lint_finding *finding = &run->lint.findings[i];
        if (finding->override)
            transcript_add(entry, "override", "%s: %s; the plan says: %s", finding->rule, finding->text,
                           finding->override->reason);
    }
}

/* -- files -- */

/* By the descriptor: the name could lead elsewhere by now. */
static bool give_out(const struct run *run, int dir, bool made, uid_t owner, gid_t group)
{
    struct stat status;
    if (fstat(dir, &status) != 0 || (made && geteuid() == 0 && status.st_uid == 0 && fchown(dir, owner, group) != 0)) {
        command_fail("%s: %s", run->out, strerror(errno));
        return false;
    }
    if (fstat(dir, &status) == 0 && status.st_uid == owner)
        return true;
    command_fail("%s: belongs to uid %u, but the owner of the keystore (uid %u) must write there", run->out,
                 status.st_uid, owner);
    return false;
}

bool run_commit_prepare(const struct run *run, uid_t owner, gid_t group)
{
    bool made = mkdir(run->out, 0700) == 0;
    int dir = made || errno == EEXIST ? open(run->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (made ? O_NOFOLLOW : 0))
                                      : -1;
    bool ok = dir >= 0 && give_out(run, dir, made, owner, group);
    if (dir < 0)
        command_fail("%s: %s", run->out, strerror(errno));
    else
        close(dir);
    return ok;
}

static void path_of(const struct run *run, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s%s", run->out, run->rehearsal ? "REHEARSAL-" : "", name);
}

bool run_commit_is_free(const struct run *run, const char *name)
{
    char path[512];
    struct stat status;
    path_of(run, name, path, sizeof path);
    if (lstat(path, &status) != 0)
        return true;
    tool_refuse(FAULT_FILE_EXISTS, path);
    return false;
}

bool run_commit_write(const struct run *run, const char *name, const void *bytes, size_t length,
                      struct transcript *entry)
{
    char path[512], hash[SHA256_TEXT];
    path_of(run, name, path, sizeof path);
    enum fault fault = tool_write_new(path, "a result of this ceremony: move it away before the ceremony is run again",
                                      bytes, length);
    if (fault) {
        tool_refuse(fault, path);
        return false;
    }
    sha256_text(bytes, length, hash);
    transcript_add(entry, "file", "%s%s sha256 %s", run->rehearsal ? "REHEARSAL-" : "", name, hash);
    return true;
}

static bool make_archive(const struct run *run, struct backup_place *place, const struct kek *kek)
{
    static struct report report;
    struct backup_result result;
    struct archive_authenticator authenticator = { .client = NULL };
    if (kek && !archive_authenticator_start(&authenticator, run->session.directory.root, kek))
        return false;
    report_begin(&report, false);
    report.quiet = true;
    bool ok = backup_make(&run->session, place, kek ? &authenticator : NULL, &report, &result);
    archive_authenticator_close(&authenticator);
    return report_end(&report) == EXIT_DONE && ok;
}

bool run_commit_can_archive(const struct run *run)
{
    struct backup_place place;
    if (!backup_place_open(&place, run->out, run->keystore, &run->session.header))
        return false;
    backup_place_close(&place);
    return true;
}

bool run_commit_archive(const struct run *run, const struct kek *kek)
{
    struct backup_place place;
    if (!backup_place_open(&place, run->out, run->keystore, &run->session.header))
        return false;
    place.prefix = run->rehearsal ? "REHEARSAL-" : "";
    bool ok = make_archive(run, &place, kek);
    backup_place_close(&place);
    return ok;
}

/* -- proof -- */

static bool prove_key(struct private_signer *signer, const struct key_id *id, struct transcript *entry)
{
    struct challenge challenge;
    struct signer_error error = { 0 };
    bool right = challenge_key(signer->client, id->text, NULL, 0, &challenge, &error);
    if (right)
        transcript_add(entry, "key", "%s %s public-key-sha256 %s signed a challenge", id->text, challenge.algorithm,
                       challenge.public_sha256);
    else
        command_fail("key %s: did not sign with the recombined KEK: %s", id->text, error.message);
    return right;
}

bool run_commit_prove(const struct run *run, struct private_signer *signer, struct transcript *entry)
{
    struct key_list list;
    if (directory_list_keys(&run->session.directory, &list) != FAULT_NONE)
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < list.count; i++)
        ok = prove_key(signer, &list.ids[i], entry);
    directory_free_list(&list);
    return ok;
}
