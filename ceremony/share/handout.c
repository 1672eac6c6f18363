/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/handout.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "ceremony/card/winansi.h"
#include "ceremony/share/share_file.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/leftovers.h"
#include "ceremony/tool/tool.h"
#include "ceremony/tool/unnamed_file.h"
#include "keystore/format/bytes.h"
#include "keystore/kek/kek_file.h"
#include "keystore/memory/arena.h"

static bool is_drawable(const char *option, const char *name)
{
    char missing[UTF8_BYTES_MAX + 1];
    if (winansi_holds(name, missing))
        return true;
    command_fail("--%s \"%s\": a card in PDF has no letter %s: its fonts have those of Western European languages; "
                 "write it with these, or add --no-cards",
                 option, name, missing);
    return false;
}

static int open_directory(const char *path)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;
    if (dir < 0 || fstat(dir, &status) != 0)
        command_fail("%s: %s", path, strerror(errno));
    else if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)))
        command_fail("%s: others may write here; name a directory of your own", path);
    else
        return dir;
    if (dir >= 0)
        close(dir);
    return -1;
}

bool handout_record_beside(const char *share, char path[static PATH_MAX])
{
    char file[PATH_MAX];
    if (strcmp(share, "shares") == 0 || kek_file_descriptor(share) >= 0 || !kek_file_path(share, file))
        return false;
    int size = snprintf(path, PATH_MAX, "%s/" HANDOUT_RECORD, dirname(file));
    return size > 0 && size < PATH_MAX && access(path, R_OK) == 0;
}

/* -- one holder -- */

static void describe_member(const struct share_set *set, const struct share_holder *holder, char *out, size_t size)
{
    char policy[256];
    unsigned threshold = set->groups[holder->group - 1].threshold, count = set->groups[holder->group - 1].count;
    share_set_policy_text(set, policy, sizeof policy);
    if (set->group_count == 1)
        snprintf(out, size, "%u of %u, any %u open", holder->member, count, threshold);
    else
        snprintf(out, size, "%u of %u in group %u; open: %s", holder->member, count, holder->group, policy);
}

struct card handout_card(const struct handout *handout, const struct split *split, size_t holder,
                         struct card_strings *strings)
{
    const struct share_set *set = &split->set;
    const struct share_holder *of = &set->holders[holder];
    bytes_to_hex(set->keystore_id, KEYSTORE_ID_SIZE, strings->keystore);
    if (bytes_are_zero(set->keystore_id, KEYSTORE_ID_SIZE))
        strings->keystore[0] = '\0';
    kek_id_text(&set->kek, strings->kek);
    share_set_text(set->set, strings->set);
    share_fingerprint_text(of->fingerprint, strings->fingerprint);
    time_text(set->made, strings->date);
    strings->date[strlen("2026-11-21")] = '\0';
    describe_member(set, of, strings->member, sizeof strings->member);
    return (struct card){
        .ceremony = handout->ceremony,
        .keystore = strings->keystore,
        .authority = handout->authority,
        .custodian = of->label,
        .set = strings->set,
        .kek = strings->kek,
        .fingerprint = strings->fingerprint,
        .date = strings->date,
        .member = strings->member,
        .generation = set->generation,
        .rehearsal = handout->rehearsal,
        .words = split->words[holder],
        .word_count = split->word_count,
    };
}

struct pages { /* in the arena */
    char text[CARD_TEXT_MAX];
    uint8_t pdf[CARD_PDF_MAX];
    struct qr qr;
};

/* What was written so far, so that it can be taken back. */
static struct {
    const char *directory;
    int dir;
    size_t count;
    char names[3 * QUORUM_SHARES_MAX + 1][SHARE_FILE_NAME];
} written = { .dir = -1 };

static enum fault publish(int dir, const char *name, const void *bytes, size_t length)
{
    enum fault fault = unnamed_file_publish(dir, name, bytes, length);
    if (!fault || fault == FAULT_STORE_UNSYNCED)
        snprintf(written.names[written.count++], SHARE_FILE_NAME, "%s", name);
    return fault;
}

static void take_back(void)
{
    for (size_t i = 0; i < written.count; i++)
        if (unlinkat(written.dir, written.names[i], 0) != 0 && errno != ENOENT)
            aftermath_note("%s/%s: could not be removed (%s): destroy it", written.directory, written.names[i],
                           strerror(errno));
    written.count = 0;
}

static enum fault write_file(int dir, const struct split *split, size_t holder, const char *kind, const char *suffix,
                             const void *bytes, size_t length)
{
    char name[SHARE_FILE_NAME];
    share_file_name(&split->set, &split->set.holders[holder], kind, suffix, name);
    return length == 0 ? FAULT_MEMORY : publish(dir, name, bytes, length);
}

static enum fault write_cards(int dir, const struct handout *handout, const struct split *split, size_t holder,
                              struct pages *pages)
{
    struct card_strings strings;
    const struct card card = handout_card(handout, split, holder, &strings);
    if (handout->qr && !qr_make(split->words[holder], split->word_count, &pages->qr))
        return FAULT_MEMORY;
    enum fault fault = write_file(dir, split, holder, "card", ".txt", pages->text,
                                  card_text(&card, pages->text, sizeof pages->text));
    if (!fault)
        fault = write_file(dir, split, holder, "card", ".pdf", pages->pdf,
                           card_pdf(&card, handout->qr ? &pages->qr : NULL, pages->pdf, sizeof pages->pdf));
    return fault;
}

static enum fault write_holder(int dir, const struct handout *handout, const struct split *split, size_t holder,
                               struct pages *pages)
{
    size_t length = share_file_text(&split->set, &split->set.holders[holder], split->words[holder], split->word_count,
                                    handout->rehearsal, pages->text, sizeof pages->text);
    enum fault fault = write_file(dir, split, holder, "share", ".txt", pages->text, length);
    return fault || !handout->cards ? fault : write_cards(dir, handout, split, holder, pages);
}

/* -- all of them -- */

static bool is_free(int dir, const char *name)
{
    struct stat status;
    return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/* Checks every name before the first file is written, so that a refusal changes nothing. */
static bool are_free(int dir, const struct handout *handout, const struct share_set *set)
{
    static const char *const kinds[][2] = { { "share", ".txt" }, { "card", ".txt" }, { "card", ".pdf" } };
    bool ok = is_free(dir, HANDOUT_RECORD);
    if (!ok)
        tool_refuse(FAULT_FILE_EXISTS, HANDOUT_RECORD);
    for (size_t i = 0; ok && i < set->count; i++)
        for (size_t kind = 0; ok && kind < (handout->cards ? 3 : 1); kind++) {
            char name[SHARE_FILE_NAME];
            share_file_name(set, &set->holders[i], kinds[kind][0], kinds[kind][1], name);
            ok = is_free(dir, name);
            if (!ok)
                tool_refuse(FAULT_FILE_EXISTS, name);
        }
    return ok;
}

/* Who will hold the shares, as far as files' names depend on it. */
static void outline(const struct split_policy *policy, struct share_set *set)
{
    *set = (struct share_set){ .group_count = policy->group_count };
    for (uint8_t group = 0; group < policy->group_count; group++)
        for (uint8_t member = 0; member < policy->groups[group].count; member++)
            set->holders[set->count++] = (struct share_holder){ .group = (uint8_t)(group + 1),
                                                                .member = (uint8_t)(member + 1) };
}

static bool is_drawable_for(const struct handout *handout, const struct split_policy *policy)
{
    bool ok = !handout->cards
        || (is_drawable("ceremony", handout->ceremony) && is_drawable("authority", handout->authority));
    for (size_t i = 0; ok && handout->cards && i < policy->label_count; i++)
        ok = is_drawable("custodian", policy->labels[i]);
    return ok;
}

bool handout_is_possible(const struct handout *handout, const struct split_policy *policy)
{
    static struct share_set set; /* too large for the stack */
    if (!is_drawable_for(handout, policy))
        return false;
    if (access(handout->directory, F_OK) != 0 && errno == ENOENT)
        return tool_can_make(handout->directory);
    int dir = open_directory(handout->directory);
    outline(policy, &set);
    bool ok = dir >= 0 && are_free(dir, handout, &set);
    if (dir >= 0)
        close(dir);
    return ok;
}

static enum fault write_record(int dir, const struct share_set *set)
{
    uint8_t *text = malloc(SHARE_SET_FILE_MAX);
    size_t length = text ? share_set_encode(set, text, SHARE_SET_FILE_MAX) : 0;
    enum fault fault = length > 0 ? publish(dir, HANDOUT_RECORD, text, length) : FAULT_MEMORY;
    free(text);
    return fault;
}

static bool write_all(int dir, const struct handout *handout, const struct split *split)
{
    struct pages *pages = arena_alloc(sizeof *pages);
    enum fault fault = pages ? FAULT_NONE : FAULT_MEMORY;
    for (size_t i = 0; !fault && i < split->set.count; i++)
        fault = write_holder(dir, handout, split, i, pages);
    arena_free(pages);
    if (!fault)
        fault = write_record(dir, &split->set);
    if (fault) {
        tool_refuse(fault, handout->directory);
        take_back();
    }
    return fault == FAULT_NONE;
}

bool handout_write(const struct handout *handout, const struct split *split)
{
    if (mkdir(handout->directory, 0700) != 0 && errno != EEXIST) {
        command_fail("%s: %s", handout->directory, strerror(errno));
        return false;
    }
    int dir = open_directory(handout->directory);
    if (dir < 0)
        return false;
    if (!tool_is_in_memory(dir))
        fprintf(stderr,
                "signer-ceremony: warning: %s is on a disk, and all these files together are the KEK; use a tmpfs "
                "(/dev/shm), or destroy the disk once the shares are handed out\n",
                handout->directory);
    leftovers_name(dir, handout->directory);
    written.dir = dir;
    written.directory = handout->directory;
    bool ok = are_free(dir, handout, &split->set) && write_all(dir, handout, split);
    close(dir);
    return ok;
}
