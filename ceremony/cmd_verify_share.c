/* SPDX-License-Identifier: Apache-2.0 */
/* verify-share: lets one custodian check, without anybody else, that their share is intact and the right one. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/session/session.h"
#include "ceremony/share/handout.h"
#include "ceremony/share/share_file.h"
#include "ceremony/share/share_prompt.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/files/records.h"
#include "keystore/format/bytes.h"

static const char help[] = "usage: signer-ceremony verify-share SHARE|shares [--record FILE]\n"
                           "               [--member MEMBER]\n"
                           "       signer-ceremony verify-share SHARE|shares --keystore DIR [--bag SERIAL]\n"
                           "       signer-ceremony verify-share --result FILE --keystore DIR [--bag SERIAL]\n"
                           "\n"
                           "Checks one share (a file, fd:N, or `shares`: typed from the card at the\n"
                           "terminal) against the public set record, which is looked for beside the share,\n"
                           "and prints one line without secrets that the custodian sends to the operator.\n"
                           "Needs no keystore, no signer and no root. Without a record, or with --no-record,\n"
                           "only the checksum is checked, and the exit code is 1. With --keystore the result\n"
                           "is filed there; --result files a line that a custodian sent. --member says which\n"
                           "custodian this is, where several hold the same words (a group of 1 of n).\n";

#define RESULT "signer-share-check 1"

struct options {
    const char *share, *record, *keystore, *result, *member, *bag;
    bool no_record;
};

struct check {
    struct share_set *set; /* the record of the share's set; NULL: none is known */
    struct share_holder *holder;
    struct slip39_share *share; /* in the arena */
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
};

/* -- the record -- */

static bool find_record(const struct options *options, struct session *session)
{
    char path[PATH_MAX];
    const char *record = options->record;
    if (options->no_record) {
        known_sets_free(&session->known);
        return true;
    }
    if (!record && options->share && handout_record_beside(options->share, path))
        record = path;
    enum fault fault = record ? known_sets_of_file(&session->known, record) : FAULT_NONE;
    if (fault)
        tool_refuse(fault, record);
    return fault == FAULT_NONE;
}

/* -- the share -- */

static bool read_share(const struct options *options, struct share_tray *tray)
{
    if (strcmp(options->share, "shares") != 0)
        return share_file_read(tray, options->share, false) == FAULT_NONE;
    enum share_prompt prompt = share_prompt_one(tray, "share check");
    if (prompt == SHARE_PROMPT_NO_TERMINAL)
        command_fail(TERMINAL_NONE "; or name a share file");
    return prompt == SHARE_PROMPT_DONE;
}

/* Where several custodians hold the same words, --member chooses one. */
static bool choose_holder(const struct options *options, struct check *check)
{
    char text[SHARE_MEMBER_TEXT];
    struct share_set *set = check->set;
    struct share_holder *holder = share_set_find(set, check->fingerprint, 0), *further;
    while (holder && options->member) {
        share_member_text(set->group_count, holder->group, holder->member, text);
        if (strcmp(text, options->member) == 0)
            break;
        holder = share_set_find(set, check->fingerprint, (size_t)(holder - set->holders) + 1);
    }
    check->holder = holder;
    if (!holder) {
        command_fail("%s: %s", fault_name(FAULT_SHARE_NOT_OURS),
                     options->member ? "this is not the share of that member" : fault_advice(FAULT_SHARE_NOT_OURS));
        return false;
    }
    further = share_set_find(set, check->fingerprint, (size_t)(holder - set->holders) + 1);
    if (!options->member && further) {
        command_fail("several custodians hold these words; say which one you are with --member %u-N", holder->group);
        return false;
    }
    return true;
}

static bool check_share(const struct options *options, const struct session *session, struct share_tray *tray,
                        struct check *check)
{
    if (!share_tray_open(tray, &session->known) || !read_share(options, tray))
        return false;
    check->share = &tray->shares[0];
    share_fingerprint_of(check->share, check->fingerprint);
    check->set = known_sets_find(&session->known, check->share);
    return !check->set || choose_holder(options, check);
}

/* -- the line -- */

static void print_line(const struct session *session, const struct check *check)
{
    char set[SHARE_SET_TEXT], member[SHARE_MEMBER_TEXT], kek[KEK_ID_TEXT] = "-", fingerprint[SHARE_FINGERPRINT_TEXT];
    char now[TIME_TEXT];
    share_set_text(check->share->id, set);
    share_member_text(check->share->group_count, check->share->group + 1u, check->share->member + 1u, member);
    share_fingerprint_text(check->fingerprint, fingerprint);
    time_text(time_now(), now);
    if (!check->set) {
        printf(RESULT " set %s generation - member %s kek - fingerprint %s date %s verdict checksum-only\n", set,
               member, fingerprint, now);
        command_fail("checksum only: the words are whole, but without the record it is unknown whose share this is");
        return;
    }
    kek_id_text(&check->set->kek, kek);
    share_member_text(check->set->group_count, check->holder->group, check->holder->member, member);
    printf(RESULT " set %s generation %u member %s kek %s fingerprint %s date %s verdict right\n", set,
           check->set->generation, member, kek, fingerprint, now);
    if (known_sets_superseded(&session->known, check->set))
        fprintf(stderr, "signer-ceremony: generation %u, superseded, still opens KEK %s: destroy it when told to\n",
                check->set->generation, kek);
}

/* -- filing -- */

/* Refuses the share of another CA. */
static bool is_ours(const struct session *session, const struct share_set *set)
{
    char kek[KEK_ID_TEXT];
    kek_id_text(&set->kek, kek);
    if (header_find(&session->header, &set->kek)
        && (bytes_are_zero(set->keystore_id, KEYSTORE_ID_SIZE)
            || memcmp(set->keystore_id, session->header.keystore_id, KEYSTORE_ID_SIZE) == 0))
        return true;
    command_fail("this share is of KEK %s, which is no KEK of keystore %s; nothing was filed", kek, session->path);
    return false;
}

static bool file_check(struct session *session, const struct check *check, uint64_t when, const char *bag)
{
    struct transcript entry;
    char name[SHARE_SET_NAME_MAX], set[SHARE_SET_TEXT], member[SHARE_MEMBER_TEXT], kek[KEK_ID_TEXT];
    char fingerprint[SHARE_FINGERPRINT_TEXT], date[TIME_TEXT];
    struct record_list list = { 0 };
    if (!is_ours(session, check->set))
        return false;
    share_set_name(check->set, name);
    share_set_text(check->set->set, set);
    share_member_text(check->set->group_count, check->holder->group, check->holder->member, member);
    kek_id_text(&check->set->kek, kek);
    share_fingerprint_text(check->holder->fingerprint, fingerprint);
    time_text(when, date);
    check->holder->verified = when; /* in our copy of the set; session_set_verified merges it into the record */
    if (!transcript_begin(&entry, "verify-share"))
        return false;
    transcript_add(&entry, "kek", "%s", kek);
    transcript_add(&entry, "share", "set %s generation %u member %s fingerprint %s verified %s", set,
                   check->set->generation, member, fingerprint, date);
    if (bag)
        transcript_add(&entry, "bag", "%s", bag);
    bool fresh = records_list(&session->directory, name, &list) == FAULT_NONE && list.count == 0;
    records_free(&list);
    return (fresh ? session_file_set(session, check->set)
                  : session_change_set(session, check->set, session_set_verified, check->set))
        && session_append(session, &entry);
}

static bool is_named(const struct share_set *known, const char *set, const char *kek)
{
    char set_text[SHARE_SET_TEXT], kek_text[KEK_ID_TEXT];
    share_set_text(known->set, set_text);
    kek_id_text(&known->kek, kek_text);
    return strcmp(set, set_text) == 0 && strcmp(kek, kek_text) == 0;
}

/* Parses a result line. False unless the verdict is `right` and set, member and fingerprint match a known record. */
static bool read_result(const struct options *options, const struct session *session, struct check *check,
                        uint64_t *when)
{
    char line[512] = "", set[5], member[8], kek[20], fingerprint[SHARE_FINGERPRINT_TEXT], date[TIME_TEXT], verdict[16];
    char text[SHARE_MEMBER_TEXT];
    unsigned generation;
    size_t length;
    if (tool_read_source(options->result, (uint8_t *)line, sizeof line - 1, &length)
        || sscanf(line, RESULT " set %4s generation %u member %7s kek %19s fingerprint %39s date %20s verdict %15s",
                  set, &generation, member, kek, fingerprint, date, verdict)
            != 7
        || strcmp(verdict, "right") != 0 || !time_parse(date, when) || *when > time_now() + 86400
        || !share_fingerprint_parse(fingerprint, check->fingerprint))
        return false;
    for (size_t i = 0; i < session->known.count; i++) {
        struct share_set *known = &session->known.sets[i];
        for (size_t j = 0; j < known->count; j++) {
            share_member_text(known->group_count, known->holders[j].group, known->holders[j].member, text);
            if (known->generation == generation && strcmp(text, member) == 0 && *when > 0 && is_named(known, set, kek)
                && memcmp(known->holders[j].fingerprint, check->fingerprint, SHARE_FINGERPRINT_SIZE) == 0) {
                check->set = known;
                check->holder = &known->holders[j];
                return true;
            }
        }
    }
    return false;
}

static int file_result(const struct options *options)
{
    static struct session session;
    struct check check = { 0 };
    uint64_t when;
    if (!session_open(&session, options->keystore) || !find_record(options, &session))
        return EXIT_REFUSED;
    if (!read_result(options, &session, &check, &when))
        return command_fail("%s: not a verify-share line with the verdict right, for a share in the records of %s",
                            options->result, options->keystore);
    return session_become_owner(&session) && file_check(&session, &check, when, options->bag) ? EXIT_DONE
                                                                                              : EXIT_REFUSED;
}

/* The verdict is printed; the line can be filed elsewhere. */
static bool file_here(struct session *session, const struct check *check, const char *bag)
{
    if (!session->directory.read_only)
        return session_become_owner(session) && file_check(session, check, time_now(), bag);
    fprintf(stderr,
            "signer-ceremony: %s: %s: the share was checked and the result not filed; file the line above with "
            "verify-share --result where the keystore can be written\n",
            fault_name(FAULT_STORE_READ_ONLY), session->path);
    return true;
}

static int run(const struct options *options)
{
    static struct session session;
    struct share_tray tray = { 0 };
    struct check check = { 0 };
    if (!session_open(&session, options->keystore) || !find_record(options, &session)
        || !check_share(options, &session, &tray, &check)) {
        share_tray_close(&tray);
        return EXIT_REFUSED;
    }
    print_line(&session, &check);
    bool ok = check.set != NULL;
    if (ok && session.path)
        ok = file_here(&session, &check, options->bag);
    share_tray_close(&tray);
    session_close(&session);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

static int run_verify_share(int argc, char **argv)
{
    static const struct option known[] = {
        { "record", required_argument, NULL, 'r' },
        { "keystore", required_argument, NULL, 'd' },
        { "result", required_argument, NULL, 's' },
        { "member", required_argument, NULL, 'm' },
        { "bag", required_argument, NULL, 'b' },
        { "no-record", no_argument, NULL, 'n' },
        { 0 },
    };
    struct options options = { 0 };
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 'r': options.record = optarg; break;
        case 'd': options.keystore = optarg; break;
        case 's': options.result = optarg; break;
        case 'm': options.member = optarg; break;
        case 'b': options.bag = optarg; break;
        case 'n': options.no_record = true; break;
        default: return EXIT_USAGE;
        }
    options.share = optind < argc ? argv[optind++] : NULL;
    if (optind < argc || !options.share == !options.result)
        return command_misuse("needs one share, or --result");
    if (options.result && !options.keystore)
        return command_misuse("--result needs --keystore");
    return options.result ? file_result(&options) : run(&options);
}

const struct command_verb cmd_verify_share = { "verify-share", run_verify_share, "check one share", help, 0 };
