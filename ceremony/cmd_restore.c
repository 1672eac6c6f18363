/* restore: the keystore of an archive, in a directory that held nothing. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/archive/opening.h"
#include "ceremony/archive/restore.h"
#include "ceremony/archive/voucher.h"
#include "ceremony/doctor/doctor.h"
#include "ceremony/session/session.h"
#include "ceremony/share/kek_options.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/files/restored.h"

static const char help[] =
    "usage: signer-ceremony restore FILE --keystore DIR [--user NAME] [--kek SOURCE | --share FILE...]\n"
    "                                    [--no-record] [--json]\n"
    "       signer-ceremony restore --accept --keystore DIR\n"
    "\n"
    "Puts the keystore of an archive into a directory that is absent or empty (a mount point, say), after\n"
    "all of the archive was verified, and checks it as doctor does. A stopped restore is run again: until\n"
    "its end every tool says INCOMPLETE. With a KEK or shares the archive's MAC is judged first and every\n"
    "key is opened; without, that is left to a signer: start it sealed, unseal it, then run doctor and\n"
    "verify-backup with --socket. Root names the signer's user with --user.\n"
    "\n"
    "Stop every signer of a shared volume first, and move a damaged keystore aside as evidence. Keys that\n"
    "were made after the archive are missing, and keys that were destroyed since are back: until --accept\n"
    "says that this is as it should be, the signer signs and makes no key.\n";

enum { LOCK_WAIT_MS = 5000 };

struct wish {
    const char *archive, *keystore, *user;
    struct kek_options kek;
    bool accept, json;
};

/* -- what is known afterwards -- */

static void say_time(const struct opening *opening, struct report *report)
{
    char made[TIME_TEXT];
    time_text(opening->archive.manifest.time, made);
    opening_say_facts(opening, report);
    report_fact(report, "missing", "keys made after %s are missing, keys destroyed after %s are back", made, made);
    if (!opening->kek)
        report_fact(report, "not proven",
                    "who made the archive, and that its keys open: start the signer, sealed or with its KEK, then "
                    "doctor --socket and verify-backup --socket");
}

static bool note(struct session *session, const struct opening *opening)
{
    struct transcript entry;
    if (!session_note_opened(session) || !transcript_begin(&entry, "restore"))
        return false;
    session_describe(session, &entry);
    opening_describe(opening, &entry);
    return session_append(session, &entry);
}

/* The checks of doctor, on what is on disk now. */
static bool examine(struct session *session, struct report *report)
{
    struct voucher voucher = { .client = NULL };
    struct examination examination = { .report = report, .header = &session->header };
    if (session->kek) {
        if (!voucher_start(&voucher, session->directory.root, session->kek))
            return false;
        examination.client = voucher.client;
        examination.client_kek = voucher.kek;
    }
    doctor_examine(&session->directory, &examination);
    voucher_close(&voucher);
    return true;
}

static int finish(const struct wish *wish, struct opening *opening, struct report *report)
{
    static struct session session;
    if (!session_open(&session, wish->keystore) || !session_become_owner(&session))
        return report_refuse(report, wish->keystore);
    report_add(report, FINDING_OK, wish->keystore, NULL, "restored");
    opening_say_vouched(opening, report);
    say_time(opening, report);
    session.kek = opening->kek; /* the session's now */
    session.origin = opening->origin;
    opening->kek = NULL;
    bool ok = examine(&session, report);
    int code = report_end(report);
    ok = note(&session, opening) && ok;
    session_close(&session);
    return ok ? code : EXIT_REFUSED;
}

static int restore(const struct wish *wish)
{
    static struct opening opening;
    struct owner owner;
    struct report report;
    report_begin(&report, wish->json);
    if (!opening_open(&opening, wish->archive))
        return report_refuse(&report, wish->archive);
    bool ok = !kek_options_given(&wish->kek) || opening_take_kek(&opening, &wish->kek);
    ok = ok && restore_choose_owner(wish->keystore, wish->user, &owner)
        && restore_run(&opening.archive, wish->keystore, &owner);
    int code = ok ? finish(wish, &opening, &report) : report_refuse(&report, wish->archive);
    opening_close(&opening);
    return code;
}

/* -- accepting -- */

static enum fault take_mark_away(const struct session *session)
{
    enum fault fault = directory_lock_within(&session->directory, LOCK_WAIT_MS);
    if (fault)
        return fault;
    fault = restored_accept(&session->directory);
    directory_unlock(&session->directory);
    return fault;
}

static int accept(const struct wish *wish)
{
    static struct session session;
    struct transcript entry;
    if (!session_open(&session, wish->keystore) || !session_become_owner(&session))
        return EXIT_REFUSED;
    if (!directory_is_restored(&session.directory)) {
        command_fail("%s: there is nothing to accept: it was not restored, or was accepted before", wish->keystore);
        return EXIT_REFUSED;
    }
    if (!transcript_begin(&entry, "restore-accept") || !session_append(&session, &entry))
        return EXIT_REFUSED;
    enum fault fault = take_mark_away(&session);
    session_close(&session);
    if (fault)
        return tool_refuse(fault, wish->keystore);
    fprintf(stderr, "%s is accepted as it is: signers make keys again\n", wish->keystore);
    return EXIT_DONE;
}

/* NULL, or what is wrong. */
static const char *judge(const struct wish *wish, int arguments)
{
    if (!wish->keystore || arguments != (wish->accept ? 0 : 1))
        return wish->accept ? "--accept needs --keystore DIR and nothing else" : "needs one archive and --keystore DIR";
    if (wish->accept && (wish->user || kek_options_given(&wish->kek)))
        return "--accept needs --keystore DIR and nothing else";
    return wish->kek.kek && wish->kek.share_count > 0 ? "takes --kek or --share" : NULL;
}

static int run_restore(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' }, { "user", required_argument, NULL, 'u' },
        { "kek", required_argument, NULL, 'k' },      { "share", required_argument, NULL, 'S' },
        { "no-record", no_argument, NULL, 'n' },      { "accept", no_argument, NULL, 'a' },
        { "json", no_argument, NULL, 'j' },           { 0 },
    };
    struct wish wish = { .archive = NULL };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'd': wish.keystore = optarg; break;
        case 'u': wish.user = optarg; break;
        case 'k': wish.kek.kek = optarg; break;
        case 'a': wish.accept = true; break;
        case 'j': wish.json = true; break;
        case 'n': wish.kek.no_record = true; break;
        case 'S':
            if (!kek_options_share(&wish.kek, optarg))
                return command_misuse("too many shares");
            break;
        default: return EXIT_USAGE;
        }
    const char *wrong = judge(&wish, argc - optind);
    if (wrong)
        return command_misuse("%s", wrong);
    wish.archive = argv[optind];
    return wish.accept ? accept(&wish) : restore(&wish);
}

const struct command_verb cmd_restore = { "restore", run_restore,
                                          "put the keystore of an archive into an empty directory", help,
                                          VERB_USES_SIGNER };
