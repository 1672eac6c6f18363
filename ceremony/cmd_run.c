/* SPDX-License-Identifier: Apache-2.0 */
/* run: a guided key ceremony that follows a reviewed plan. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/pki/authority.h"
#include "ceremony/run/run.h"
#include "ceremony/run/site.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/format/bytes.h"

static const char help[] = "usage: signer-ceremony run PLAN --site FILE [--rehearsal]\n"
                           "\n"
                           "Leads people through a key ceremony. PLAN, which was reviewed before, says what\n"
                           "is to be done (kind new, issue or rekey); the site file says where. It shows the\n"
                           "plan's SHA-256 in hex and as words to read aloud, and has two people confirm the\n"
                           "clock. Then:\n"
                           "  new    makes a KEK and CA keys, with certificates or requests; hands out the\n"
                           "         shares one card at a time; has all of them typed back; opens the\n"
                           "         keystore with a quorum and signs; and commits\n"
                           "  issue  has the custodians open a keystore in memory to sign the plan's\n"
                           "         request, or a CRL\n"
                           "  rekey  puts a keystore under another KEK\n"
                           "Nothing is written to the results before COMMIT. Run it again after an\n"
                           "interruption. --rehearsal does the same with throw-away keys in separate\n"
                           "directories, and marks every output; for issue and rekey it makes a throw-away\n"
                           "CA first. ceremony/RUNBOOK.md has a page for each ceremony.\n";

static bool choose_places(struct run *run)
{
    const char *mark = run->rehearsal ? ".rehearsal" : "";
    int a = snprintf(run->keystore, sizeof run->keystore, "%s%s", run->site.keystore, mark);
    int b = snprintf(run->out, sizeof run->out, "%s%s", run->site.out, mark);
    bool ok = a > 0 && (size_t)a < sizeof run->keystore && b > 0 && (size_t)b < sizeof run->out;
    if (!ok)
        command_fail("a path of the site's settings is too long");
    return ok;
}

/* Marks a rehearsal in the subject of its certificates. */
static bool mark_subjects(struct run *run)
{
    static char marked[PLAN_KEYS_MAX][512];
    for (size_t i = 0; i < run->plan.key_count && run->rehearsal; i++) {
        struct plan_key *key = &run->plan.keys[i];
        if (!key->subject)
            continue;
        int length = snprintf(marked[i], sizeof marked[i], "OU=REHEARSAL - NOT A CA, %s", key->subject);
        if (length < 0 || (size_t)length >= sizeof marked[i])
            return command_fail("the subject of %s is too long", key->id.text) == EXIT_DONE;
        key->subject = marked[i];
    }
    return true;
}

/* Everything about it that is known beforehand: an imported key may bring its own certificate. */
static bool can_be_signed(struct run *run, const struct plan_key *key, const char **why)
{
    return run->plan.kind != PLAN_NEW || key->result != PLAN_CERTIFICATE || key->imported
        || authority_check_self_signed(key, &run->lint, why);
}

static bool can_be_made(struct run *run, const char *path)
{
    const char *why = "";
    bool ok = true;
    for (size_t i = 0; ok && i < run->plan.key_count; i++)
        ok = can_be_signed(run, &run->plan.keys[i], &why);
    if (!ok)
        command_fail("%s: %s", path, why);
    return ok;
}

static bool read_plan(struct run *run, const char *path)
{
    if (!plan_read(path, &run->plan))
        return false;
    run->lint = (struct lint){ .overrides = run->plan.overrides, .override_count = run->plan.override_count };
    return can_be_made(run, path);
}

static int run_plan(struct run *run)
{
    if (!private_signer_is_possible() || !run_place_is_safe(run))
        return EXIT_REFUSED;
    run_clock_warn(run);
    if (!run_people_can_come() || !run_place_has_room(run) || !run_people_begin(run))
        return EXIT_REFUSED;
    if (run->rehearsal && run->plan.kind != PLAN_NEW && !run_throwaway_make(run))
        return EXIT_REFUSED;
    switch (run->plan.kind) {
    case PLAN_NEW: return run_new(run);
    case PLAN_ISSUE: return run_issue(run);
    case PLAN_REKEY: return run_rekey(run);
    }
    return EXIT_REFUSED;
}

static int run_run(int argc, char **argv)
{
    static const struct option known[] = {
        { "site", required_argument, NULL, 's' },
        { "rehearsal", no_argument, NULL, 'r' },
        { 0 },
    };
    static struct run run;
    const char *site = NULL;
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 's': site = optarg; break;
        case 'r': run.rehearsal = true; break;
        default: return EXIT_USAGE;
        }
    if (!site || optind + 1 != argc)
        return command_misuse("needs a plan and --site");
    if (!read_plan(&run, argv[optind]) || !site_read(site, &run.site) || !choose_places(&run)
        || !run_place_is_apart(&run) || !mark_subjects(&run))
        return EXIT_REFUSED;
    bytes_to_hex(run.plan.sha256, SHA256_SIZE, run.state.plan);
    int code = run_plan(&run);
    session_close(&run.session);
    plan_free(&run.plan);
    site_free(&run.site);
    return code;
}

const struct command_verb cmd_run = { "run", run_run, "run a guided ceremony by a reviewed plan", help,
                                      VERB_USES_SIGNER | VERB_PARSES_KEYS };
