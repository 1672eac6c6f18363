/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/kek_source.h"

#include <stdio.h>
#include <string.h>

#include "ceremony/share/share_file.h"
#include "ceremony/share/share_prompt.h"
#include "ceremony/tool/passphrase.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "keystore/kek/kek_file.h"
#include "keystore/kek/kek_protect.h"
#include "keystore/memory/arena.h"

/* -- from shares -- */

struct acceptance {
    const struct header *header;
    const struct known_sets *known;
    struct kek_id last;
};

static bool is_known(const struct known_sets *known, const struct kek_id *kek)
{
    for (size_t i = 0; i < known->count; i++)
        if (kek_id_equal(&known->sets[i].kek, kek))
            return true;
    return known->count == 0;
}

/* Accepts a joined KEK by the header's tag; without a header by the KEK ids in the records; without either, the digest
 * in the shares (SLIP-0039), which was checked before, must do. */
static bool accept(const struct kek *kek, void *context)
{
    struct acceptance *acceptance = context;
    acceptance->last = kek->id;
    return acceptance->header ? header_check(acceptance->header, kek) == FAULT_NONE
                              : is_known(acceptance->known, &kek->id);
}

static void print_false_ones(const struct share_tray *tray, const struct quorum *quorum)
{
    for (size_t i = 0; i < tray->count; i++)
        if (quorum->false_ones >> i & 1)
            command_fail("%s: %s: it does not fit the others: its words were altered; the KEK was joined without it",
                         fault_name(FAULT_SHARE_MISMATCH), tray->names[i]);
}

static void fill_origin(const struct share_tray *tray, const struct quorum *quorum, struct kek_origin *origin)
{
    *origin = (struct kek_origin){ .by_shares = true };
    for (size_t i = 0; i < tray->count; i++) {
        const struct slip39_share *share = &tray->shares[i];
        if (!(quorum->used >> i & 1))
            continue;
        struct share_seen *seen = &origin->shares[origin->share_count++];
        *seen = (struct share_seen){ .group = share->group, .member = share->member };
        share_fingerprint_of(share, seen->fingerprint);
        origin->set = share->id;
    }
}

static void print_failure(enum fault fault, const struct acceptance *acceptance, const struct share_tray *tray)
{
    char given[KEK_ID_TEXT], needed[KEK_ID_TEXT];
    kek_id_text(&acceptance->last, given);
    kek_id_text(acceptance->header                 ? &header_current(acceptance->header)->id
                    : acceptance->known->count > 0 ? &acceptance->known->sets[0].kek
                                                   : &acceptance->last,
                needed);
    if (fault == FAULT_SHARE_TOO_FEW && tray->count > 0)
        command_fail("%s: too few shares, %zu given: at least %u more are needed, of the same set", fault_name(fault),
                     tray->count, quorum_missing(tray->shares, tray->count, 0));
    else if (fault == FAULT_KEK_MISMATCH)
        command_fail("%s: these shares are of KEK %s, but KEK %s is needed; bring the shares of that KEK",
                     fault_name(fault), given, needed);
    else
        tool_refuse(fault, "the shares");
}

struct kek *kek_source_join(const struct share_tray *tray, const struct kek_request *options, struct kek_origin *origin)
{
    struct acceptance acceptance = { .header = options->header, .known = options->known };
    struct quorum quorum;
    struct kek *kek = arena_alloc(sizeof *kek);
    enum fault fault = kek ? quorum_find(tray->shares, tray->count, accept, &acceptance, kek, &quorum) : FAULT_MEMORY;
    if (fault) {
        print_failure(fault, &acceptance, tray);
        arena_free(kek);
        return NULL;
    }
    print_false_ones(tray, &quorum);
    if (origin)
        fill_origin(tray, &quorum, origin);
    return kek;
}

static bool gather(struct share_tray *tray, const struct kek_request *options)
{
    for (size_t i = 0; i < options->share_count; i++)
        (void)!share_file_read(tray, options->shares[i], false); /* it printed the reason; the others may be enough */
    if (options->share_count > 0)
        return true;
    enum share_prompt prompt = share_prompt_quorum(tray, options->purpose);
    if (prompt == SHARE_PROMPT_NO_TERMINAL)
        command_fail(TERMINAL_NONE "; or name share files, or a file with the KEK");
    return prompt == SHARE_PROMPT_DONE;
}

static struct kek *from_shares(const struct kek_request *options, struct kek_origin *origin)
{
    struct share_tray tray;
    struct kek *kek = NULL;
    if (!share_tray_open(&tray, options->known))
        tool_refuse(FAULT_MEMORY, "the shares");
    else if (gather(&tray, options))
        kek = kek_source_join(&tray, options, origin);
    share_tray_close(&tray);
    return kek;
}

/* -- from a file -- */

/* False: the reason was printed. */
static bool unprotect(const char *source, const struct kek_request *options, struct kek *kek)
{
    size_t length = 0;
    uint8_t *content = arena_alloc(KEK_FILE_MAX);
    char *passphrase = arena_alloc(PASSPHRASE_MAX);
    enum fault fault = content && passphrase ? tool_read_source(source, content, KEK_FILE_MAX, &length) : FAULT_MEMORY;
    int typed = fault ? 0 : passphrase_read(options->passphrase, "passphrase of the KEK: ", passphrase, PASSPHRASE_MAX);
    if (!fault && typed >= 0)
        fault = kek_protect_open(content, length, passphrase, (size_t)typed, kek);
    if (fault)
        tool_refuse(fault, source);
    arena_free(content);
    arena_free(passphrase);
    return !fault && typed >= 0;
}

static struct kek *from_file(const char *source, const struct kek_request *options)
{
    struct kek *kek = arena_alloc(sizeof *kek);
    enum fault fault = kek ? kek_file_read(source, kek) : FAULT_MEMORY;
    bool is_protected = fault == FAULT_KEK_PROTECTED && kek_file_descriptor(source) < 0;
    if (fault && !is_protected)
        tool_refuse(fault, source);
    if (!fault || (is_protected && unprotect(source, options, kek)))
        return kek;
    arena_free(kek);
    return NULL;
}

struct kek *kek_source_read(const char *source, const struct kek_request *options, struct kek_origin *origin)
{
    if (origin)
        *origin = (struct kek_origin){ 0 };
    return !source || strcmp(source, "shares") == 0 ? from_shares(options, origin) : from_file(source, options);
}
