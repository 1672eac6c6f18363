/* SPDX-License-Identifier: Apache-2.0 */
/* unseal: custodians give their shares to sealed signers. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "ceremony/share/kek_source.h"
#include "ceremony/share/share_file.h"
#include "ceremony/share/share_prompt.h"
#include "ceremony/signers/sealed_signer.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"
#include "keystore/memory/arena.h"

static const char help[] = "usage: signer-ceremony unseal [--socket PATH …] SHARE … | shares\n"
                           "       signer-ceremony unseal [--socket PATH …] --kek SOURCE\n"
                           "       signer-ceremony unseal [--socket PATH …]\n"
                           "\n"
                           "Gives shares (files, fd:N, or `shares`: typed at the terminal) to a signer that\n"
                           "was started with --sealed or was locked. Each share is encrypted here to the\n"
                           "signer's vaults, so that no process in between can read it. Custodians can come\n"
                           "one by one, from several terminals, each as their own uid (allowed by the\n"
                           "signer's --allow uid=N,operator), over ssh -t, without access to the keystore.\n"
                           "With several sockets the words are typed once. Without shares it prints how many\n"
                           "shares are still needed. --kek gives a whole KEK, also one that is protected by\n"
                           "a passphrase.\n"
                           "\n"
                           "Before anything is given, it prints whose signer it is, its keystore and the\n"
                           "fingerprint of its unseal keys. What is not typed goes only to a signer of\n"
                           "root's, of your own, of a directory right in /run, or of whom --user or\n"
                           "--fingerprint names.\n"
                           "\n"
                           "  --fingerprint F  the fingerprint that SOCKET.unseal must have; needed where\n"
                           "                   others could have written that file. The signer logs it when\n"
                           "                   it starts\n"
                           "  --user NAME      the user, or its number, that must listen on the socket\n"
                           "  --wait           stay until the signer is open: with `shares` ask for one\n"
                           "                   share after another, until it is open, also by others; else\n"
                           "                   print what others give\n"
                           "  --no-record      accept shares that the keystore's records do not list\n"
                           "  --json           print the state at the end as JSON\n";

enum { SOCKETS_MAX = 64, POLL_S = 1 };

struct options {
    const char *sockets[SOCKETS_MAX];
    size_t socket_count;
    const char *kek;
    struct sealed_signer_expected expected;
    bool wait, no_record, json;
    char **shares;
    size_t share_count;
};

struct unsealing {
    const struct options *options;
    struct sealed_signer signers[SOCKETS_MAX];
    size_t count;
    struct known_sets known;
    struct share_tray tray;
    uint64_t ask_ns;       /* when the signers are asked next, while somebody types */
    bool opened_by_others; /* so that what was being typed is not needed */
};

/* -- output -- */

static void print_share(const struct known_sets *known, const struct signer_share_given *given)
{
    char sentence[TRAY_SENTENCE];
    struct slip39_share share = {
        .id = (uint16_t)given->set, .extendable = true, .group = (uint8_t)given->group, .member = (uint8_t)given->member
    };
    const struct share_set *set = known_sets_find(known, &share);
    share.group_count = set ? set->group_count : (uint8_t)(given->group + 1);
    share_tray_describe(known, &share, sentence);
    fprintf(stderr, "  %s, from uid %u\n", sentence, given->uid);
}

static void print_state(const struct unsealing *unsealing, const struct sealed_signer *signer)
{
    char since[TIME_TEXT];
    const struct signer_unseal *state = &signer->state;
    if (state->state == SIGNER_OPEN) {
        fprintf(stderr, "%s: open\n", signer->socket);
        return;
    }
    time_text(state->started, since);
    if (state->share_count == 0) {
        fprintf(stderr, "%s: sealed, no share given yet; it was started at %s\n", signer->socket, since);
        return;
    }
    fprintf(stderr, "%s: sealed, %zu given, %u more needed\n", signer->socket, state->share_count, state->missing);
    for (size_t i = 0; i < state->share_count; i++)
        print_share(&unsealing->known, &state->shares[i]);
}

static bool are_open(const struct unsealing *unsealing)
{
    for (size_t i = 0; i < unsealing->count; i++)
        if (unsealing->signers[i].state.state != SIGNER_OPEN)
            return false;
    return true;
}

static void print_json(const struct unsealing *unsealing)
{
    struct json json = { .out = stdout };
    json_open(&json, NULL, '[');
    for (size_t i = 0; i < unsealing->count; i++) {
        const struct signer_unseal *state = &unsealing->signers[i].state;
        json_open(&json, NULL, '{');
        json_text(&json, "state", state->state == SIGNER_OPEN ? "open" : "sealed");
        json_number(&json, "given", state->share_count);
        json_number(&json, "missing", state->missing);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_end(&json);
}

/* -- giving shares -- */

static void name_duplicate(const struct unsealing *unsealing, const struct sealed_signer *signer,
                           const struct unseal_content *content, unsigned uid, bool is_same)
{
    char sentence[TRAY_SENTENCE];
    share_tray_describe(&unsealing->known, &content->share, sentence);
    fprintf(stderr, "%s: %s was given already, by uid %u%s%s\n", signer->socket, sentence, uid,
            is_same ? ": bring another member's share" : ", with other words: one of the two is wrong",
            is_same && uid != geteuid() ? "; the signer lists this one as yours from now on" : "");
}

static bool send_to(struct unsealing *unsealing, struct sealed_signer *signer, const struct unseal_content *content,
                    const struct kek_id *kek)
{
    if (!sealed_signer_refresh(signer)) /* others may have given theirs meanwhile */
        return false;
    const bool was_open = signer->state.state == SIGNER_OPEN;
    const size_t before = signer->state.share_count;
    const struct signer_share_given *given = content->kind == UNSEAL_SHARE
        ? sealed_signer_given(signer, &content->share)
        : NULL;
    const unsigned uid = given ? given->uid : 0;
    bool ok = was_open || sealed_signer_send(signer, content, kek);
    if (ok && given && signer->state.state != SIGNER_OPEN)
        name_duplicate(unsealing, signer, content, uid, signer->state.share_count == before);
    print_state(unsealing, signer);
    return ok;
}

/* Sends to every signer that is still sealed. False: one refused it; the reason was printed. */
static bool send_content(struct unsealing *unsealing, const struct unseal_content *content, const struct kek_id *kek)
{
    bool ok = true;
    for (size_t i = 0; i < unsealing->count; i++)
        if (unsealing->signers[i].state.state != SIGNER_OPEN)
            ok = send_to(unsealing, &unsealing->signers[i], content, kek) && ok;
    return ok;
}

static bool send_share(struct unsealing *unsealing, const struct slip39_share *share)
{
    struct unseal_content *content = arena_alloc(sizeof *content);
    if (!content)
        return false;
    content->kind = UNSEAL_SHARE;
    content->share = *share;
    const struct share_set *set = known_sets_find(&unsealing->known, share);
    bool ok = send_content(unsealing, content, set ? &set->kek : NULL);
    arena_free(content);
    return ok;
}

static bool send_kek(struct unsealing *unsealing)
{
    const struct kek_request options = { .known = &unsealing->known, .purpose = "the signer" };
    struct kek *kek = kek_source_read(unsealing->options->kek, &options, NULL);
    struct unseal_content *content = arena_alloc(sizeof *content);
    bool ok = kek && content;
    if (ok) {
        content->kind = UNSEAL_KEK;
        memcpy(content->kek, kek->key, KEK_SIZE);
        ok = send_content(unsealing, content, &kek->id);
    }
    arena_free(content);
    arena_free(kek);
    return ok;
}

/* While somebody types: whether others have opened every signer. One that cannot be asked now is asked when the share
 * is given. */
static bool is_opened_by_others(void *context)
{
    struct unsealing *unsealing = context;
    uint64_t now = time_monotonic_ns();
    if (now < unsealing->ask_ns)
        return false;
    unsealing->ask_ns = now + POLL_S * TIME_NS_PER_S;
    for (size_t i = 0; i < unsealing->count; i++)
        if (!sealed_signer_refresh(&unsealing->signers[i])) {
            unsealing->ask_ns = UINT64_MAX; /* it said why, once */
            return false;
        }
    unsealing->opened_by_others = are_open(unsealing);
    if (unsealing->opened_by_others)
        terminal_print("others have opened it: this share is not needed");
    return unsealing->opened_by_others;
}

/* Reads the next share into the tray. False: refused, or typing was stopped. */
static bool read_share(struct unsealing *unsealing, const char *source)
{
    if (strcmp(source, "shares") != 0)
        return share_file_read(&unsealing->tray, source, true) == FAULT_NONE;
    unsealing->ask_ns = time_monotonic_ns() + POLL_S * TIME_NS_PER_S;
    terminal_watch(is_opened_by_others, unsealing);
    enum share_prompt prompt = share_prompt_one(&unsealing->tray, "the signer");
    terminal_watch(NULL, NULL);
    if (prompt == SHARE_PROMPT_NO_TERMINAL)
        command_fail(TERMINAL_NONE "; or name a share file");
    return prompt == SHARE_PROMPT_DONE;
}

static bool send_one(struct unsealing *unsealing, const char *source)
{
    return read_share(unsealing, source) && send_share(unsealing, &unsealing->tray.shares[unsealing->tray.count - 1]);
}

/* With --wait the terminal asks for one share after another; a share that the signer refused is asked for again. */
static bool ask_on(struct unsealing *unsealing)
{
    const struct options *options = unsealing->options;
    bool typed = options->share_count > 0 && strcmp(options->shares[options->share_count - 1], "shares") == 0;
    while (options->wait && typed && !are_open(unsealing)) {
        size_t before = unsealing->tray.count;
        if (!send_one(unsealing, "shares") && unsealing->tray.count == before)
            return unsealing->opened_by_others; /* else typing was stopped */
    }
    return true;
}

static bool send_all(struct unsealing *unsealing)
{
    const struct options *options = unsealing->options;
    bool ok = true;
    if (options->kek)
        return send_kek(unsealing);
    for (size_t i = 0; i < options->share_count && !are_open(unsealing); i++)
        ok = send_one(unsealing, options->shares[i]) && ok;
    return unsealing->opened_by_others || (ok && ask_on(unsealing));
}

/* -- the signers -- */

static bool same_keystore(const struct unsealing *unsealing)
{
    for (size_t i = 1; i < unsealing->count; i++)
        if (memcmp(unsealing->signers[i].file.keystore_id, unsealing->signers[0].file.keystore_id, KEYSTORE_ID_SIZE)) {
            command_fail("%s: this signer serves another keystore than %s", unsealing->signers[i].socket,
                         unsealing->signers[0].socket);
            return false;
        }
    return true;
}

static bool open_signers(struct unsealing *unsealing)
{
    const struct options *options = unsealing->options;
    for (; unsealing->count < options->socket_count; unsealing->count++)
        if (!sealed_signer_open(&unsealing->signers[unsealing->count], options->sockets[unsealing->count],
                                &options->expected))
            return false;
    const struct unseal_file *file = &unsealing->signers[0].file;
    for (size_t i = 0; !options->no_record && i < file->record_count; i++)
        (void)!known_sets_add(&unsealing->known, file->records[i].bytes, file->records[i].length);
    bool ok = same_keystore(unsealing) && share_tray_open(&unsealing->tray, &unsealing->known);
    unsealing->tray.sets_apart = true; /* an old card that is given first does not shut out the new ones */
    return ok;
}

/* Waits until all signers are open; prints each change. */
static bool wait_until_open(struct unsealing *unsealing)
{
    while (!are_open(unsealing)) {
        time_sleep_ms(POLL_S * 1000);
        for (size_t i = 0; i < unsealing->count; i++) {
            struct sealed_signer *signer = &unsealing->signers[i];
            size_t before = signer->state.share_count;
            if (!sealed_signer_refresh(signer))
                return false;
            if (signer->state.share_count != before || signer->state.state == SIGNER_OPEN)
                print_state(unsealing, signer);
        }
    }
    return true;
}

/* Whether each share, or the KEK, is typed by a person, who can stop. */
static bool is_all_typed(const struct options *options)
{
    for (size_t i = 0; i < options->share_count; i++)
        if (strcmp(options->shares[i], "shares") != 0)
            return false;
    return !options->kek || strcmp(options->kek, "shares") == 0;
}

static void introduce(const struct unsealing *unsealing)
{
    char kek[KEK_ID_TEXT];
    for (size_t i = 0; i < unsealing->count; i++)
        sealed_signer_introduce(&unsealing->signers[i]);
    for (size_t i = 0; i < unsealing->known.count; i++) {
        const struct kek_id *id = &unsealing->known.sets[i].kek;
        if (i > 0 && kek_id_equal(id, &unsealing->known.sets[i - 1].kek))
            continue;
        kek_id_text(id, kek);
        fprintf(stderr, "  its records have shares of KEK %s\n", kek);
    }
}

static int run(const struct options *options)
{
    static struct unsealing unsealing;
    unsealing.options = options;
    if (!open_signers(&unsealing))
        return EXIT_REFUSED;
    if (options->kek || options->share_count > 0)
        introduce(&unsealing);
    for (size_t i = 0; i < unsealing.count; i++)
        print_state(&unsealing, &unsealing.signers[i]);
    bool ok = are_open(&unsealing) || send_all(&unsealing);
    if (ok && options->wait)
        ok = wait_until_open(&unsealing);
    if (options->json)
        print_json(&unsealing);
    share_tray_close(&unsealing.tray);
    known_sets_free(&unsealing.known);
    for (size_t i = 0; i < unsealing.count; i++)
        sealed_signer_close(&unsealing.signers[i]);
    return ok ? EXIT_DONE : EXIT_REFUSED;
}

static int run_unseal(int argc, char **argv)
{
    static const struct option known[] = {
        { "socket", required_argument, NULL, 's' },
        { "kek", required_argument, NULL, 'k' },
        { "fingerprint", required_argument, NULL, 'f' },
        { "user", required_argument, NULL, 'u' },
        { "wait", no_argument, NULL, 'w' },
        { "no-record", no_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },
        { 0 },
    };
    static struct options options;
    int option;
    while ((option = command_option(argc, argv, known)) != -1)
        switch (option) {
        case 's':
            if (options.socket_count == SOCKETS_MAX)
                return command_misuse("too many sockets");
            options.sockets[options.socket_count++] = optarg;
            break;
        case 'k': options.kek = optarg; break;
        case 'f': options.expected.fingerprint = optarg; break;
        case 'u':
            if (!sealed_signer_expect(optarg, &options.expected))
                return EXIT_USAGE;
            break;
        case 'w': options.wait = true; break;
        case 'n': options.no_record = true; break;
        case 'j': options.json = true; break;
        default: return EXIT_USAGE;
        }
    options.shares = argv + optind;
    options.share_count = (size_t)(argc - optind);
    if (options.kek && options.share_count > 0)
        return command_misuse("accepts shares or --kek, not both");
    options.expected.is_unasked = !is_all_typed(&options);
    if (options.socket_count == 0)
        options.sockets[options.socket_count++] = NULL; /* the default socket */
    return run(&options);
}

const struct command_verb cmd_unseal = { "unseal", run_unseal, "give shares to a sealed signer", help,
                                         VERB_USES_SIGNER };
