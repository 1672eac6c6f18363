/* SPDX-License-Identifier: Apache-2.0 */
/* rekey: puts a keystore under another KEK, in steps that can be resumed or aborted. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/rekey/rekey.h"
#include "ceremony/rekey/rekey_ready.h"
#include "ceremony/rekey/rekey_status.h"
#include "ceremony/session/fresh_kek.h"
#include "ceremony/session/session.h"
#include "ceremony/share/split_options.h"
#include "ceremony/signers/private_signer.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/kek/kek_file.h"
#include "keystore/memory/arena.h"

static const char help[] = "usage: signer-ceremony rekey --keystore DIR --kek OLD --new-kek NEW\n"
                           "       signer-ceremony rekey --keystore DIR --kek OLD --new-kek new\n"
                           "               --threshold M --shares N --out DIR\n"
                           "       signer-ceremony rekey --keystore DIR --finish --new-kek NEW\n"
                           "               --socket PATH …\n"
                           "       signer-ceremony rekey --keystore DIR --abort --kek OLD\n"
                           "       signer-ceremony rekey --keystore DIR --status [--json]\n"
                           "\n"
                           "Wraps every sealed key for another KEK; no CA key changes, and signers go on\n"
                           "serving. The first form wraps each key for both KEKs, then reads the new KEK\n"
                           "again and opens each key with it. --new-kek new makes the KEK in memory and\n"
                           "splits it; the header changes only after all N custodians have typed their share\n"
                           "from its card. Then restart the signers with the new KEK and run --finish, which\n"
                           "removes the old wraps. If it is stopped at any point, run the same command again\n"
                           "to resume (with --new-kek shares in place of new), or --abort to go back;\n"
                           "--finish cannot be aborted.\n"
                           "\n"
                           "  --socket PATH            --finish asks this signer whether it has the new KEK;\n"
                           "                           may repeat\n"
                           "  --all-signers-restarted  for signers that cannot be asked from here\n"
                           "  --no-shares              --finish without a VERIFIED set of shares of the new\n"
                           "                           KEK\n"
                           "  --group --custodian --ceremony --authority --qr\n"
                           "                           as in split, with --new-kek new\n"
                           "--finish needs only the new KEK and --abort only the old one, unless some keys\n"
                           "have a wrap only for the other: those keys are named, and both KEKs are needed.\n";

enum { SOCKETS_MAX = 64 };

struct options {
    const char *keystore, *old_source, *new_source;
    bool finish, abort, status, json;
    const char *sockets[SOCKETS_MAX];
    struct rekey_readiness readiness;
    struct split_options shares; /* of a new KEK */
};

/* -- KEKs -- */

static bool knows_another_kek(const struct session *session)
{
    for (size_t i = 0; i < session->known.count; i++)
        if (!kek_id_equal(&session->known.sets[i].kek, &header_current(&session->header)->id))
            return true;
    return false;
}

/* Of the second KEK that is read, before anybody types shares of the first. NULL: none is read. */
static bool is_there(const char *source)
{
    enum fault fault = source && strcmp(source, "shares") != 0 ? kek_file_exists(source) : FAULT_NONE;
    if (fault)
        tool_refuse(fault, source);
    return fault == FAULT_NONE;
}

/* The header may not have the new KEK yet, and the records may not have its share set. */
static struct kek *read_new(const struct session *session, const char *source, struct kek_origin *origin)
{
    static const struct known_sets none = { 0 };
    const struct kek_request options = {
        .known = knows_another_kek(session) ? &session->known : &none,
        .purpose = "the new KEK",
    };
    return kek_source_read(source, &options, origin);
}

/* Reads a KEK that the header must have already. NULL: refused; the reason was printed. */
static struct kek *read_proven(const struct session *session, const char *source, const char *purpose,
                               struct kek_origin *origin)
{
    const struct kek_request options = { .header = &session->header, .known = &session->known, .purpose = purpose };
    struct kek *kek = kek_source_read(source, &options, origin);
    if (kek && tool_check_kek(&session->header, kek, source, session->path))
        return kek;
    arena_free(kek);
    return NULL;
}

static bool is_role(const struct session *session, const struct kek *kek, enum kek_role role, const char *option)
{
    const struct header_kek *entry = header_find(&session->header, &kek->id);
    if (entry && entry->role == role)
        return true;
    char id[KEK_ID_TEXT];
    kek_id_text(&kek->id, id);
    command_fail("%s: KEK %s is %s of this keystore; rekey --status shows which is which", option, id,
                 !entry                            ? "not a KEK"
                     : entry->role == KEK_CURRENT  ? "the current one"
                     : entry->role == KEK_INCOMING ? "the incoming one"
                                                   : "a retired one");
    return false;
}

/* -- records -- */

static bool note(struct session *session, const char *step, const struct kek *old_kek, const struct kek *new_kek)
{
    struct transcript entry;
    char id[KEK_ID_TEXT];
    if (!transcript_begin(&entry, "rekey"))
        return false;
    transcript_add(&entry, "step", "%s", step);
    if (old_kek) {
        kek_id_text(&old_kek->id, id);
        transcript_add(&entry, "old-kek", "%s", id);
    }
    if (new_kek) {
        kek_id_text(&new_kek->id, id);
        transcript_add(&entry, "kek", "%s", id);
    }
    session->kek = new_kek ? (struct kek *)new_kek : (struct kek *)old_kek; /* borrowed, for the MAC */
    bool ok = session_append(session, &entry);
    session->kek = NULL;
    return ok;
}

/* Records that shares opened the keystore, now that the header has the KEK that they were joined to. */
static bool note_opened(struct session *session, struct kek *kek, const struct kek_origin *origin)
{
    session->kek = kek;
    session->origin = *origin;
    bool ok = session_note_opened(session);
    session->kek = NULL;
    session->origin = (struct kek_origin){ 0 };
    return ok;
}

/* -- begin … verified -- */

static bool check_pair(const struct session *session, const struct kek *old_kek, const struct kek *new_kek)
{
    const struct header_kek *entry = header_find(&session->header, &new_kek->id);
    const struct header_kek *incoming = header_incoming(&session->header);
    if (!is_role(session, old_kek, KEK_CURRENT, "--kek"))
        return false;
    if (incoming && entry != incoming) {
        char id[KEK_ID_TEXT];
        kek_id_text(&incoming->id, id);
        command_fail("a rekey to KEK %s is under way; give that KEK, or run --abort", id);
        return false;
    }
    if (!incoming && entry) {
        command_fail("the new KEK was this keystore's before; make another with kek new");
        return false;
    }
    return true;
}

/* Reads the new KEK a second time from its source, so that the keys are opened with what is stored there and not with
 * the copy that wrapped them. Done before root becomes the keystore's owner, who may not be allowed to read it. A
 * descriptor can be read only once: then the copy must do. */
static struct kek *bring_again(const struct session *session, const struct options *options, const struct kek *new_kek,
                               const struct fresh_kek *fresh, struct kek_origin *origin)
{
    if (fresh)
        return fresh_kek_again(fresh, origin);
    if (kek_file_descriptor(options->new_source) < 0)
        return read_new(session, options->new_source, origin);
    struct kek *copy = arena_alloc(sizeof *copy);
    if (copy)
        *copy = *new_kek;
    return copy;
}

static bool carry_out(struct session *session, const struct kek *old_kek, const struct kek *new_kek, struct kek *again,
                      const struct kek_origin *origin, const struct fresh_kek *fresh)
{
    return (!fresh || session_file_set(session, &fresh->split.set)) && rekey_wrap(session, old_kek, new_kek)
        && rekey_verify(session, old_kek, again) && note_opened(session, again, origin)
        && note(session, "verified", old_kek, again);
}

/* After a failure: the shares are needed only where the header has their KEK. */
static void note_shares(const struct session *session, const char *directory)
{
    if (session->header.rekey == REKEY_NONE)
        fresh_kek_note_discarded(directory);
    else
        aftermath_note("%s: all shares of the new KEK, which the header has: hand them out, and go on with --new-kek"
                       " shares",
                       directory);
}

/* All that is known before anybody types a share. */
static bool may_begin(const struct options *options, const struct session *session, bool is_fresh)
{
    if (session->header.rekey == REKEY_FINISHING)
        command_fail("a rekey is being finished; end it with rekey --finish");
    else if (is_fresh && session->header.rekey != REKEY_NONE)
        command_fail("a rekey is under way: resume it with --new-kek shares or FILE, or run --abort");
    else if (is_fresh && !terminal_open())
        command_fail(TERMINAL_NONE "; nothing was changed");
    else
        return is_fresh ? handout_is_possible(&options->shares.handout, &options->shares.split)
                        : is_there(options->new_source);
    return false;
}

static int begin(const struct options *options, struct session *session)
{
    struct kek_origin origin = { 0 }, again_origin = { 0 };
    struct fresh_kek fresh = { 0 };
    bool is_fresh = strcmp(options->new_source, "new") == 0;
    if (!may_begin(options, session, is_fresh))
        return EXIT_REFUSED;
    struct kek *old_kek = read_proven(session, options->old_source, "the current KEK", &origin);
    struct kek *new_kek = !old_kek ? NULL
        : is_fresh                 ? fresh_kek_make(&options->shares.split, &options->shares.handout, session, &fresh)
                                   : read_new(session, options->new_source, NULL);
    const struct fresh_kek *of = is_fresh ? &fresh : NULL;
    struct kek *again = new_kek && check_pair(session, old_kek, new_kek)
        ? bring_again(session, options, new_kek, of, &again_origin)
        : NULL;
    bool ok = again && session_become_owner(session) && note_opened(session, old_kek, &origin)
        && carry_out(session, old_kek, new_kek, again, &again_origin, of);
    if (ok)
        rekey_status_print(session, false);
    else if (is_fresh && new_kek)
        note_shares(session, options->shares.handout.directory);
    arena_free(again);
    arena_free(old_kek);
    if (is_fresh)
        fresh_kek_free(&fresh);
    else
        arena_free(new_kek);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

/* -- finish -- */

static bool is_finishing_kek(const struct session *session, const struct kek *new_kek)
{
    return is_role(session, new_kek, session->header.rekey == REKEY_FINISHING ? KEK_CURRENT : KEK_INCOMING,
                   "--new-kek");
}

static int finish(const struct options *options, struct session *session)
{
    struct kek_origin origin = { 0 };
    if (!rekey_ready(session, &options->readiness) || !is_there(options->old_source))
        return EXIT_REFUSED;
    struct kek *new_kek = read_proven(session, options->new_source, "the new KEK", &origin);
    struct kek *old_kek = NULL;
    if (new_kek && options->old_source && !(old_kek = read_new(session, options->old_source, NULL)))
        return EXIT_REFUSED;
    bool ok = new_kek && is_finishing_kek(session, new_kek) && session_become_owner(session)
        && note_opened(session, new_kek, &origin) && rekey_ready(session, &options->readiness)
        && rekey_finish(session, new_kek, old_kek) && note(session, "finished", NULL, new_kek);
    arena_free(old_kek);
    arena_free(new_kek);
    if (ok)
        rekey_status_print(session, false);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

/* -- abort -- */

static int abort_rekey(const struct options *options, struct session *session)
{
    struct kek *new_kek = NULL;
    if (session->header.rekey == REKEY_NONE)
        return command_fail("there is nothing to abort: no rekey is under way");
    if (session->header.rekey == REKEY_FINISHING)
        return command_fail("the rekey is being finished, and the header has only the new KEK; end it with --finish");
    if (!is_there(options->new_source))
        return EXIT_REFUSED;
    struct kek *old_kek = read_proven(session, options->old_source, "the current KEK", NULL);
    if (!old_kek || (options->new_source && !(new_kek = read_new(session, options->new_source, NULL))))
        return EXIT_REFUSED;
    bool ok = is_role(session, old_kek, KEK_CURRENT, "--kek") && session_become_owner(session)
        && rekey_abort(session, old_kek, new_kek) && note(session, "aborted", old_kek, NULL);
    arena_free(new_kek);
    arena_free(old_kek);
    if (ok)
        puts("aborted: the keystore has only its old KEK; restart signers that were started with the new one");
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

/* -- the command line -- */

static bool add_socket(struct options *options, const char *path)
{
    if (options->readiness.socket_count == SOCKETS_MAX)
        return false;
    options->readiness.sockets = options->sockets;
    options->sockets[options->readiness.socket_count++] = path;
    return true;
}

static bool parse_option(struct options *options, int option)
{
    switch (option) {
    case 'd': options->keystore = optarg; return true;
    case 'k': options->old_source = optarg; return true;
    case 'w': options->new_source = optarg; return true;
    case 'F': options->finish = true; return true;
    case 'A': options->abort = true; return true;
    case 'S': options->status = true; return true;
    case 'j': options->json = true; return true;
    case 'R': options->readiness.restarted = true; return true;
    case 'N': options->readiness.no_shares = true; return true;
    case 's': return add_socket(options, optarg);
    default: return split_options_parse(&options->shares, option, optarg);
    }
}

static const char *check(struct options *options)
{
    int modes = options->finish + options->abort + options->status;
    if (!options->keystore || modes > 1)
        return "needs --keystore, and accepts only one of --finish, --abort and --status";
    if (options->finish && !options->new_source)
        return "--finish needs --new-kek";
    if (options->abort && !options->old_source)
        return "--abort needs --kek";
    if (modes == 0 && (!options->old_source || !options->new_source))
        return "needs --kek and --new-kek";
    if (modes > 0 || strcmp(options->new_source, "new") != 0)
        return NULL;
    if (!options->shares.handout.directory)
        return "--new-kek new needs --out for its shares";
    return split_settle(&options->shares.split, options->shares.threshold, options->shares.count);
}

static int run(struct options *options)
{
    static struct session session;
    if (!session_open(&session, options->keystore)
        || (!options->status && (!session_can_write(&session) || !private_signer_is_possible())))
        return EXIT_REFUSED;
    int code = options->status ? rekey_status_print(&session, options->json)
        : options->finish      ? finish(options, &session)
        : options->abort       ? abort_rekey(options, &session)
                               : begin(options, &session);
    if (session.header.rekey != REKEY_NONE)
        aftermath_note("%s: the rekey is in state \"%s\": %s", session.path, header_rekey_name(session.header.rekey),
                       session.header.rekey == REKEY_FINISHING
                           ? "end it with --finish"
                           : "go on with the same command, or go back with --abort");
    session_close(&session);
    return code;
}

static int run_rekey(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' },
        { "kek", required_argument, NULL, 'k' },
        { "new-kek", required_argument, NULL, 'w' },
        { "finish", no_argument, NULL, 'F' },
        { "abort", no_argument, NULL, 'A' },
        { "status", no_argument, NULL, 'S' },
        { "json", no_argument, NULL, 'j' },
        { "all-signers-restarted", no_argument, NULL, 'R' },
        { "no-shares", no_argument, NULL, 'N' },
        { "socket", required_argument, NULL, 's' },
        SPLIT_OPTIONS,
        { 0 },
    };
    static struct options options = { .shares = SPLIT_OPTIONS_NONE };
    int option;
    while ((option = command_option(argc, argv, known)) != -1) {
        if (option == '?')
            return EXIT_USAGE;
        if (!parse_option(&options, option))
            return command_misuse("\"%s\" is not a valid value for its option", optarg);
    }
    const char *wrong = optind < argc ? "accepts only options" : check(&options);
    return wrong ? command_misuse("%s", wrong) : run(&options);
}

const struct command_verb cmd_rekey = { "rekey", run_rekey, "put a keystore under another KEK while signers serve",
                                        help, VERB_USES_SIGNER };
