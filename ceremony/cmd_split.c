/* SPDX-License-Identifier: Apache-2.0 */
/* split and reshare: split a KEK into shares for custodians. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/session/session.h"
#include "ceremony/share/split_options.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/kek/kek_file.h"

static const char split_help[] = "usage: signer-ceremony split --kek SOURCE --threshold M --shares N --out DIR\n"
                                 "               [--keystore DIR]\n"
                                 "       signer-ceremony split --kek SOURCE --group M/N --group M/N …\n"
                                 "               [--threshold GROUPS] --out DIR\n"
                                 "\n"
                                 "Splits a KEK into N shares of 33 words (SLIP-0039), any M of which restore it;\n"
                                 "every quorum is checked in memory first. With groups, give --group once for\n"
                                 "each: a quorum of all groups is needed, or of as many groups as --threshold\n"
                                 "says. Writes to --out, which should be on a tmpfs: share-K.txt, card-K.txt and\n"
                                 "card-K.pdf for each custodian, and the public record set-record.txt.\n"
                                 "\n"
                                 "  --keystore DIR    file the record there, where backups and doctor find it\n"
                                 "  --record FILE     the record of an earlier set that is in no keystore\n"
                                 "  --custodian NAME  who gets the next share; once for each share, in order\n"
                                 "  --ceremony NAME   --authority NAME   printed on the cards\n"
                                 "  --qr              a QR code on the cards (any camera in the room can read it)\n"
                                 "  --no-cards        write only share files\n";

static const char reshare_help[] = "usage: signer-ceremony reshare --keystore DIR --kek SOURCE --threshold M\n"
                                   "               --shares N --out DIR\n"
                                   "       signer-ceremony reshare --keystore DIR --share FILE … --threshold M\n"
                                   "               --shares N --out DIR\n"
                                   "\n"
                                   "Splits the same KEK again, as the next generation, for other custodians or\n"
                                   "another threshold. The old shares go on opening the keystore until they are\n"
                                   "destroyed: if you do not know where one is, change the KEK with rekey. The old\n"
                                   "set is superseded once the new one is VERIFIED. Accepts the options of split;\n"
                                   "with --kek shares the custodians type the old shares at the terminal.\n";

struct options {
    const char *verb, *keystore, *kek, *record;
    struct split_options shares;
    const char *files[QUORUM_SHARES_MAX];
    size_t file_count;
};

/* -- the work -- */

static bool add_record(struct session *session, const char *path)
{
    enum fault fault = path ? known_sets_of_file(&session->known, path) : FAULT_NONE;
    if (fault)
        tool_refuse(fault, path);
    return fault == FAULT_NONE;
}

/* A second set of the same KEK must be asked for as `reshare`, so that nobody makes one unawares. */
static bool check_generation(const struct options *options, const struct session *session, const struct kek_id *kek)
{
    unsigned newest = known_sets_newest(&session->known, kek);
    bool again = strcmp(options->verb, "reshare") == 0;
    if (again && newest == 0)
        command_fail("reshare: no record of a set of this KEK is known; name it with --record, or use split");
    else if (!again && newest > 0)
        command_fail("split: this KEK has shares already (generation %u); use reshare for the next generation", newest);
    else
        return true;
    return false;
}

/* Before anybody types: a keystore with one KEK says already which one it will be. */
static bool may_begin(const struct options *options, const struct session *session)
{
    return session_can_write(session)
        && (!session->path || header_incoming(&session->header)
            || check_generation(options, session, &header_current(&session->header)->id));
}

static void print_result(const struct options *options, const struct share_set *set)
{
    char id[SHARE_SET_TEXT], kek[KEK_ID_TEXT], policy[256];
    share_set_text(set->set, id);
    kek_id_text(&set->kek, kek);
    share_set_policy_text(set, policy, sizeof policy);
    printf("set %s, generation %u of KEK %s: %s\n%zu shares in %s\n", id, set->generation, kek, policy, set->count,
           options->shares.handout.directory);
    if (options->keystore)
        printf("next: every custodian runs verify-share on the share that they keep, then %s of them open the keystore "
               "once (combine, unseal); until then the set is not VERIFIED\n",
               set->group_count == 1 ? "enough" : "a quorum");
    else
        printf("the record is in no keystore, and no backup will hold it: keep " HANDOUT_RECORD
               " with the shares, or file it with verify-share --keystore\n");
}

static bool file_set(struct session *session, const struct options *options, const struct share_set *set)
{
    struct transcript entry;
    if (!session->path)
        return true;
    if (!session_become_owner(session) || !session_file_set(session, set)) {
        command_fail("the record of the shares is in no keystore; file it with verify-share --keystore %s",
                     session->path);
        return false;
    }
    if (!session_note_opened(session) || !transcript_begin(&entry, options->verb))
        return false;
    session_describe(session, &entry);
    session_describe_set(set, &entry);
    return session_append(session, &entry);
}

static void note_shares(const struct options *options, const struct share_set *set)
{
    char id[SHARE_SET_TEXT];
    share_set_text(set->set, id);
    aftermath_note("%s: all %zu shares of set %s, which together are the KEK, and " HANDOUT_RECORD ": hand them out, or"
                   " destroy them",
                   options->shares.handout.directory, set->count, id);
}

static bool is_apart(const struct options *options)
{
    if (!options->keystore || kek_file_is_apart(options->shares.handout.directory, options->keystore) == FAULT_NONE)
        return true;
    command_fail("%s: the shares would lie inside the keystore, where one theft or one backup takes both",
                 options->shares.handout.directory);
    return false;
}

static int run(struct options *options)
{
    static struct session session;
    static struct split split;
    if (!is_apart(options) || !handout_is_possible(&options->shares.handout, &options->shares.split)
        || !session_open(&session, options->keystore) || !add_record(&session, options->record)
        || !may_begin(options, &session)
        || !session_read_kek(&session, options->kek, options->files, options->file_count)
        || !check_generation(options, &session, &session.kek->id)
        || !split_make(&options->shares.split, session.kek, &session.known, session.header.keystore_id, &split))
        return EXIT_REFUSED;
    bool ok = handout_write(&options->shares.handout, &split);
    if (ok)
        note_shares(options, &split.set);
    ok = ok && file_set(&session, options, &split.set);
    if (ok)
        print_result(options, &split.set);
    split_free(&split);
    session_close(&session);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

/* -- the command line -- */

static bool add_file(struct options *options, const char *path)
{
    if (options->file_count == QUORUM_SHARES_MAX)
        return false;
    options->files[options->file_count++] = path;
    return true;
}

static bool parse_option(struct options *options, int option)
{
    switch (option) {
    case 'd': options->keystore = optarg; return true;
    case 'k': options->kek = optarg; return true;
    case 'r': options->record = optarg; return true;
    case 's': return add_file(options, optarg);
    case 'x': options->shares.handout.cards = false; return true;
    default: return split_options_parse(&options->shares, option, optarg);
    }
}

static int split_or_reshare(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' },
        { "kek", required_argument, NULL, 'k' },
        { "record", required_argument, NULL, 'r' },
        { "share", required_argument, NULL, 's' },
        { "no-cards", no_argument, NULL, 'x' },
        SPLIT_OPTIONS,
        { 0 },
    };
    struct options options = { .verb = argv[0], .shares = SPLIT_OPTIONS_NONE };
    int option;
    while ((option = command_option(argc, argv, known)) != -1) {
        if (option == '?')
            return EXIT_USAGE;
        if (!parse_option(&options, option))
            return command_misuse("\"%s\" is not a valid value for its option", optarg);
    }
    if ((!options.kek && options.file_count == 0) || !options.shares.handout.directory || optind < argc)
        return command_misuse("needs --kek (or --share) and --out");
    const char *wrong = split_settle(&options.shares.split, options.shares.threshold, options.shares.count);
    return wrong ? command_misuse("%s", wrong) : run(&options);
}

const struct command_verb cmd_split = { "split", split_or_reshare, "split a KEK into shares for custodians", split_help,
                                        0 };
const struct command_verb cmd_reshare = { "reshare", split_or_reshare, "split the same KEK again, for other custodians",
                                          reshare_help, 0 };
