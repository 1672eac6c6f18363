/* SPDX-License-Identifier: Apache-2.0 */
/* backup: everything that a restore needs, in one verified archive. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ceremony/archive/backup.h"
#include "ceremony/share/kek_options.h"
#include "ceremony/signers/private_signer.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"

static const char help[] = "usage: signer-ceremony backup --keystore DIR --out FILE|DIR\n"
                           "           [--kek SOURCE | --share FILE... | --socket PATH | --unauthenticated]\n"
                           "           [--keep N] [--keep-days D] [--json]\n"
                           "\n"
                           "Writes everything that a restore needs (header, sealed keys, certificates and\n"
                           "records; never a KEK) into one archive, while signers go on serving. Every key\n"
                           "is checked first; a damaged key stops the backup. The archive gets a MAC under\n"
                           "the KEK from the signer that serves the keystore (at --socket, or at the default\n"
                           "socket), so no KEK is needed here; with --kek or --share a private signer makes\n"
                           "it. With --unauthenticated the archive has no MAC: accidental damage is still\n"
                           "detected, but a replaced archive is not.\n"
                           "\n"
                           "--out is a file that must not exist, or a directory; there the name is made of\n"
                           "keystore, time and KEK. With --keep N or --keep-days D, archives of this\n"
                           "keystore and KEK are then removed, after the new one was verified, except for\n"
                           "the newest N and the newest one of each of the last D days that have one. What\n"
                           "is dated in the future does not count. The archive must not go inside the\n"
                           "keystore, or into a directory that holds a KEK of it. Copy it off this host, and\n"
                           "run verify-backup on that copy.\n";

struct options {
    const char *keystore, *out, *socket;
    struct kek_options kek;
    struct backup_keep keep;
    bool unauthenticated, json;
};

/* Records in the transcript who opened the keystore. Root becomes the keystore's owner for that, so this comes last. */
static bool note(struct session *session, const struct backup_result *result)
{
    struct transcript entry;
    if (!session->kek)
        return true;
    if (!session_become_owner(session) || !session_note_opened(session) || !transcript_begin(&entry, "backup"))
        return false;
    session_describe(session, &entry);
    transcript_add(&entry, "archive", "%s sha256 %s", result->path, result->sha256);
    return session_append(session, &entry);
}

static bool open_authenticator(const struct options *options, struct session *session,
                               struct archive_authenticator *authenticator)
{
    if (!kek_options_are_given(&options->kek)) {
        if (archive_authenticator_connect(authenticator, options->socket, session->header.keystore_id,
                                          &session->directory.owner))
            return true;
        command_fail(
            "no signer or KEK to authenticate the archive: name the signer with --socket, or the KEK with --kek or "
            "--share, or use --unauthenticated");
        return false;
    }
    return private_signer_is_possible()
        && session_read_kek(session, options->kek.kek, options->kek.shares, options->kek.share_count)
        && archive_authenticator_start(authenticator, session->directory.root, session->kek);
}

static bool is_ours(const struct trailer *trailer, const void *context)
{
    return archive_authenticator_verify(context, trailer);
}

static bool prunes(const struct options *options)
{
    return options->keep.count > 0 || options->keep.days > 0;
}

static int make(const struct options *options, struct session *session, struct backup_place *place,
                struct archive_authenticator *authenticator, struct report *report)
{
    struct backup_result result;
    bool ok = backup_make(session, place, options->unauthenticated ? NULL : authenticator, report, &result);
    if (ok && prunes(options))
        backup_place_prune(place, &options->keep, &session->header, is_ours, authenticator, report);
    archive_authenticator_close(authenticator);
    int code = report_end(report);
    if (!ok || !note(session, &result))
        return EXIT_REFUSED;
    aftermath_clear(); /* the report says what is there */
    return code;
}

static int run(const struct options *options)
{
    static struct session session;
    struct backup_place place;
    struct archive_authenticator authenticator = { .client = NULL };
    struct report report;
    report_begin(&report, options->json);
    report.quiet = true;
    if (!session_open(&session, options->keystore)
        || !backup_place_open(&place, options->out, options->keystore, &session.header))
        return report_refuse(&report, options->out);
    int code = options->unauthenticated || open_authenticator(options, &session, &authenticator)
        ? make(options, &session, &place, &authenticator, &report)
        : report_refuse(&report, options->out);
    backup_place_close(&place);
    session_close(&session);
    return code;
}

static bool read_keep(const char *text, unsigned *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return text[0] >= '1' && text[0] <= '9' && *end == '\0' && value <= 100000;
}

/* NULL, or a sentence about what is wrong. */
static const char *check(const struct options *options)
{
    int ways = (options->kek.kek != NULL) + (options->kek.share_count > 0) + (options->socket != NULL)
        + options->unauthenticated;
    if (!options->keystore || !options->out)
        return "needs --keystore DIR and --out FILE or DIR";
    if (ways > 1)
        return "accepts only one of --kek, --share, --socket and --unauthenticated";
    struct stat status;
    if (prunes(options) && (stat(options->out, &status) != 0 || !S_ISDIR(status.st_mode)))
        return "--keep and --keep-days need a directory as --out";
    return prunes(options) && options->unauthenticated ? "--keep and --keep-days do not go with --unauthenticated"
                                                       : NULL;
}

static int run_backup(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' }, { "out", required_argument, NULL, 'o' },
        { "kek", required_argument, NULL, 'k' },      { "share", required_argument, NULL, 'S' },
        { "socket", required_argument, NULL, 's' },   { "unauthenticated", no_argument, NULL, 'u' },
        { "keep", required_argument, NULL, 'n' },     { "keep-days", required_argument, NULL, 'D' },
        { "json", no_argument, NULL, 'j' },           { 0 },
    };
    struct options options = { 0 };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'd': options.keystore = optarg; break;
        case 'o': options.out = optarg; break;
        case 'k': options.kek.kek = optarg; break;
        case 's': options.socket = optarg; break;
        case 'u': options.unauthenticated = true; break;
        case 'j': options.json = true; break;
        case 'S':
            if (!kek_options_share(&options.kek, optarg))
                return command_misuse("too many shares");
            break;
        case 'n':
            if (!read_keep(optarg, &options.keep.count))
                return command_misuse("--keep is a number of archives, 1 or more");
            break;
        case 'D':
            if (!read_keep(optarg, &options.keep.days))
                return command_misuse("--keep-days is a number of days, 1 or more");
            break;
        default: return EXIT_USAGE;
        }
    const char *wrong = optind < argc ? "unknown argument" : check(&options);
    return wrong ? command_misuse("%s", wrong) : run(&options);
}

const struct command_verb cmd_backup = { "backup", run_backup,
                                         "back up everything that a restore needs, in one archive", help,
                                         VERB_USES_SIGNER };
