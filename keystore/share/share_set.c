/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/share_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "keystore/format/bytes.h"
#include "keystore/format/checksum.h"
#include "keystore/format/text.h"

#define TITLE "signer share set 1\n"

/* -- labels -- */

bool share_set_is_label(const char *label)
{
    return utf8_is_name(label, SHARE_LABEL_MAX);
}

/* -- writing -- */

static void put_head(struct text *to, const struct share_set *set)
{
    char hex[2 * KEYSTORE_ID_SIZE + 1] = "-", kek[KEK_ID_TEXT], id[SHARE_SET_TEXT], made[TIME_TEXT], opened[TIME_TEXT];
    if (!bytes_are_zero(set->keystore_id, KEYSTORE_ID_SIZE))
        bytes_to_hex(set->keystore_id, KEYSTORE_ID_SIZE, hex);
    kek_id_text(&set->kek, kek);
    share_set_text(set->set, id);
    time_text(set->made, made);
    time_text(set->opened, opened);
    text_put(to, TITLE "keystore %s\nkek %s\nset %s\ngeneration %u\nmade %s\nopened %s\n", hex, kek, id,
             set->generation, made, opened);
    text_put(to, "groups %u of %u\n", set->group_threshold, set->group_count);
    for (size_t i = 0; i < set->group_count; i++)
        text_put(to, "group %zu: %u of %u\n", i + 1, set->groups[i].threshold, set->groups[i].count);
}

static void put_holder(struct text *to, const struct share_set *set, const struct share_holder *holder)
{
    char member[SHARE_MEMBER_TEXT], fingerprint[SHARE_FINGERPRINT_TEXT], verified[TIME_TEXT];
    share_member_text(set->group_count, holder->group, holder->member, member);
    share_fingerprint_text(holder->fingerprint, fingerprint);
    time_text(holder->verified, verified);
    text_put(to, "share %s %s verified %s%s%s\n", member, fingerprint, verified, holder->label[0] ? " " : "",
             holder->label);
}

size_t share_set_encode(const struct share_set *set, uint8_t *out, size_t capacity)
{
    struct text to = { (char *)out, capacity, false };
    uint8_t sum[CHECKSUM_SIZE];
    char hex[2 * CHECKSUM_SIZE + 1];
    put_head(&to, set);
    for (size_t i = 0; i < set->count; i++)
        put_holder(&to, set, &set->holders[i]);
    checksum(out, capacity - to.left, sum);
    bytes_to_hex(sum, sizeof sum, hex);
    text_put(&to, "checksum %s\n", hex);
    return to.full ? 0 : capacity - to.left;
}

/* -- reading -- */

/* The parsers below are lenient; share_set_parse then checks for the canonical encoding by encoding the result
 * again. */

static bool parse_keystore(const char *text, uint8_t out[static KEYSTORE_ID_SIZE])
{
    unsigned byte;
    bool none = strcmp(text, "-") == 0;
    if (!none && strlen(text) != 2 * KEYSTORE_ID_SIZE)
        return false;
    for (size_t i = 0; i < KEYSTORE_ID_SIZE && !none; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return false;
        out[i] = (uint8_t)byte;
    }
    return true;
}

static const char *parse_head(const char *text, struct share_set *out)
{
    char keystore[33], kek[20], made[21], opened[21];
    unsigned set, threshold, count;
    int used = 0;
    if (sscanf(text,
               TITLE "keystore %32s\nkek %19s\nset %4x\ngeneration %4u\nmade %20s\nopened %20s\n"
                     "groups %2u of %2u\n%n",
               keystore, kek, &set, &out->generation, made, opened, &threshold, &count, &used)
            != 8
        || used == 0 || !parse_keystore(keystore, out->keystore_id) || !kek_id_parse(kek, &out->kek)
        || !time_parse(made, &out->made) || !time_parse(opened, &out->opened) || count < 1 || count > SLIP39_GROUPS_MAX
        || threshold < 1 || threshold > count || set >= SLIP39_ID_COUNT || out->generation < 1)
        return NULL;
    out->set = (uint16_t)set;
    out->group_threshold = (uint8_t)threshold;
    out->group_count = (uint8_t)count;
    return text + used;
}

static const char *parse_groups(const char *text, struct share_set *out)
{
    for (size_t i = 0; i < out->group_count; i++) {
        unsigned group, threshold, count;
        int used = 0;
        if (sscanf(text, "group %2u: %2u of %2u\n%n", &group, &threshold, &count, &used) != 3 || used == 0
            || threshold < 1 || threshold > count || count > SHAMIR_SHARES_MAX)
            return NULL;
        out->groups[i].threshold = (uint8_t)threshold;
        out->groups[i].count = (uint8_t)count;
        text += used;
    }
    return text;
}

/* Parses one line without its newline. Group and member are compared later, when the set is encoded again. */
static bool parse_holder(char *line, struct share_holder *holder)
{
    char member[8], fingerprint[SHARE_FINGERPRINT_TEXT], verified[TIME_TEXT];
    int used = 0;
    if (sscanf(line, "share %7s %39s verified %20s%n", member, fingerprint, verified, &used) != 3 || used == 0
        || !share_fingerprint_parse(fingerprint, holder->fingerprint) || !time_parse(verified, &holder->verified))
        return false;
    const char *label = line[used] == ' ' ? line + used + 1 : line + used;
    if (!share_set_is_label(label))
        return false;
    memcpy(holder->label, label, strlen(label) + 1);
    return true;
}

static bool parse_holders(char *text, struct share_set *out)
{
    for (uint8_t group = 1; group <= out->group_count; group++)
        for (uint8_t member = 1; member <= out->groups[group - 1].count; member++) {
            struct share_holder *holder = &out->holders[out->count++];
            char *end = text ? strchr(text, '\n') : NULL;
            if (!end)
                return false;
            *end = '\0';
            holder->group = group;
            holder->member = member;
            if (!parse_holder(text, holder))
                return false;
            text = end + 1;
        }
    return true;
}

enum fault share_set_parse(const uint8_t *bytes, size_t length, struct share_set *out)
{
    memset(out, 0, sizeof *out);
    if (length == 0 || length > SHARE_SET_FILE_MAX || memchr(bytes, '\0', length))
        return FAULT_RECORD_CORRUPT;
    char *text = calloc(2, length + 1), *again = text ? text + length + 1 : NULL;
    if (!text)
        return FAULT_MEMORY;
    memcpy(text, bytes, length);
    char *rest = (char *)parse_head(text, out);
    rest = rest ? (char *)parse_groups(rest, out) : NULL;
    bool ok = rest && parse_holders(rest, out) && share_set_encode(out, (uint8_t *)again, length + 1) == length
        && memcmp(again, bytes, length) == 0;
    free(text);
    if (!ok)
        memset(out, 0, sizeof *out);
    return ok ? FAULT_NONE : FAULT_RECORD_CORRUPT;
}

/* -- properties -- */

void share_set_name(const struct share_set *set, char out[static SHARE_SET_NAME_MAX])
{
    char kek[KEK_ID_TEXT];
    kek_id_text(&set->kek, kek);
    snprintf(out, SHARE_SET_NAME_MAX, "set-%s-%u.txt", kek, set->generation);
}

bool share_set_is_verified(const struct share_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->holders[i].verified == 0)
            return false;
    return set->count > 0 && set->opened != 0;
}

void share_set_policy_text(const struct share_set *set, char *out, size_t size)
{
    struct text to = { out, size, false };
    if (set->group_count > 1)
        text_put(&to, "%u of %u groups: ", set->group_threshold, set->group_count);
    for (size_t i = 0; i < set->group_count; i++)
        text_put(&to, "%s%u of %u", i > 0 ? ", " : "", set->groups[i].threshold, set->groups[i].count);
}

bool share_set_has_id(const struct share_set *set, const struct slip39_share *share)
{
    return share->extendable && share->exponent == 0 && share->id == set->set;
}

struct share_holder *share_set_find(struct share_set *set, const uint8_t fingerprint[static SHARE_FINGERPRINT_SIZE],
                                    size_t from)
{
    for (size_t i = from; i < set->count; i++)
        if (memcmp(set->holders[i].fingerprint, fingerprint, SHARE_FINGERPRINT_SIZE) == 0)
            return &set->holders[i];
    return NULL;
}
