/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/share_file.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/share/share_text.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/text.h"
#include "keystore/memory/arena.h"
#include "keystore/share/slip39_words.h"

/* -- writing -- */

static void put_words(struct text *to, const uint16_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_put(to, "%s%c", slip39_words_text(words[i]), i + 1 < count ? ' ' : '\n');
}

size_t share_file_text(const struct share_set *set, const struct share_holder *holder, const uint16_t *words,
                       size_t count, bool rehearsal, char *out, size_t capacity)
{
    struct text to = { out, capacity, false };
    char kek[KEK_ID_TEXT], id[SHARE_SET_TEXT], member[SHARE_MEMBER_TEXT], policy[256], made[TIME_TEXT];
    char fingerprint[SHARE_FINGERPRINT_TEXT];
    kek_id_text(&set->kek, kek);
    share_set_text(set->set, id);
    share_member_text(set->group_count, holder->group, holder->member, member);
    share_set_policy_text(set, policy, sizeof policy);
    share_fingerprint_text(holder->fingerprint, fingerprint);
    time_text(set->made, made);
    if (rehearsal)
        text_put(&to, "# REHEARSAL: this is a share of a throw-away key\n");
    text_put(&to, "# SECRET: a share of KEK %s; enough of these open the keystore\n", kek);
    text_put(&to, "# member %s; %s open; set %s, generation %u, made %s\n", member, policy, id, set->generation, made);
    if (holder->label[0])
        text_put(&to, "# custodian %s\n", holder->label);
    text_put(&to, "# fingerprint %s\n", fingerprint);
    put_words(&to, words, count);
    return to.full ? 0 : capacity - to.left;
}

void share_file_name(const struct share_set *set, const struct share_holder *holder, const char *kind,
                     const char *suffix, char out[static SHARE_FILE_NAME])
{
    char member[SHARE_MEMBER_TEXT];
    share_member_text(set->group_count, holder->group, holder->member, member);
    snprintf(out, SHARE_FILE_NAME, "%s-%s%s", kind, member, suffix);
}

/* -- reading -- */

/* Reads only the words. On FAULT_SHARE_WORD *bad is the number of the wrong word, counted from 1, and *foreign what the
 * file is instead of text, or NULL. */
static enum fault read_words(const char *source, uint16_t words[static SLIP39_WORDS_MAX], size_t *count, size_t *bad,
                             const char **foreign)
{
    size_t length = 0;
    *count = *bad = 0;
    char *text = arena_alloc(SHARE_FILE_MAX);
    enum fault fault = text ? tool_read_source(source, (uint8_t *)text, SHARE_FILE_MAX, &length) : FAULT_MEMORY;
    *foreign = !fault || fault == FAULT_FILE_TOO_LARGE ? share_text_foreign(text, length) : NULL;
    if (*foreign)
        fault = FAULT_SHARE_WORD;
    if (!fault)
        fault = share_text_read(text, length, words, count, bad);
    arena_free(text);
    return fault;
}

/* For the operator who names files; custodians at the terminal are to bring the right card. */
static const char *advice_on_records(const struct share_tray *tray, enum fault fault)
{
    return fault == FAULT_SHARE_OTHER_SET && tray->known->count > 0
        ? "; if they are wrong, or older than the shares, add --no-record"
        : "";
}

enum fault share_file_read(struct share_tray *tray, const char *source, bool strict)
{
    char sentence[TRAY_SENTENCE];
    size_t count, bad;
    const char *foreign = NULL;
    uint16_t *words = arena_alloc(SLIP39_WORDS_MAX * sizeof *words);
    enum fault fault = words ? read_words(source, words, &count, &bad, &foreign) : FAULT_MEMORY;
    if (fault == FAULT_FILE_MISSING && slip39_words_number(source, strlen(source)) >= 0)
        command_fail("words are not accepted on the command line, where every process on this host can read them: name "
                     "a file, fd:N, or `shares` to type them; report that these words were exposed");
    else if (foreign)
        command_fail("%s: %s: it is %s", fault_name(fault), source, foreign);
    else if (fault == FAULT_SHARE_WORD)
        command_fail("%s: %s: word %zu is not in the list", fault_name(fault), source, bad);
    else if (fault)
        tool_refuse(fault, source);
    if (!fault && (fault = share_tray_add(tray, words, count, source, strict, sentence)))
        command_fail("%s: %s: %s%s", fault_name(fault), source, sentence, advice_on_records(tray, fault));
    arena_free(words);
    return fault;
}
