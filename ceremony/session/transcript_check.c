/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript_check.h"

#include <stdlib.h>
#include <string.h>

#include "keystore/files/records.h"
#include "keystore/memory/secret.h"

static enum transcript_verdict check_mac(const struct transcript_link *link, const struct kek *kek)
{
    uint8_t mac[TRANSCRIPT_MAC_SIZE];
    if (!kek || !kek_id_equal(&kek->id, &link->kek))
        return TRANSCRIPT_UNCHECKED;
    transcript_mac(kek, &link->claim, mac);
    return secret_equal(mac, link->mac, sizeof mac) ? TRANSCRIPT_PROVEN : TRANSCRIPT_FORGED;
}

static enum transcript_verdict judge(const struct transcript_link *link, const struct kek *kek)
{
    if (!link->fits)
        return TRANSCRIPT_BROKEN;
    switch (link->form) {
    case TRANSCRIPT_OLD: return TRANSCRIPT_ANCIENT;
    case TRANSCRIPT_WITHOUT_MAC: return TRANSCRIPT_UNSEALED;
    case TRANSCRIPT_WITH_MAC: break;
    }
    return check_mac(link, kek);
}

/* A file with a higher number means that an entry in between was removed. */
static enum fault find_gap(const struct directory *directory, unsigned last, bool *gap)
{
    struct record_list list;
    char name[TRANSCRIPT_NAME];
    enum fault fault = records_list(directory, TRANSCRIPT_PREFIX, &list);
    if (fault)
        return fault;
    transcript_chain_name(last, ".zzz", name); /* sorts before every file of a later number */
    *gap = list.count > 0 && strcmp(list.names[list.count - 1], name) > 0;
    records_free(&list);
    return FAULT_NONE;
}

enum fault transcript_check(const struct directory *directory, const struct header *header, const struct kek *kek,
                            transcript_visit *visit, void *context)
{
    struct transcript_link link = { .fits = true };
    char *text = malloc(TRANSCRIPT_MAX);
    bool gap = false;
    enum fault fault = text ? FAULT_NONE : FAULT_MEMORY;
    while (!fault) {
        fault = transcript_chain_next(directory, header, text, &link);
        if (!fault)
            visit(judge(&link, kek), (unsigned)link.claim.number, &link.kek, context);
    }
    free(text);
    if (fault == FAULT_FILE_MISSING)
        fault = find_gap(directory, (unsigned)link.claim.number, &gap);
    if (!fault && gap)
        visit(TRANSCRIPT_BROKEN, (unsigned)link.claim.number + 1, &link.kek, context);
    return fault;
}
