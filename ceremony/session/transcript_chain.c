/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/files/records.h"
#include "keystore/format/lines.h"
#include "keystore/share/share_set.h"

#define TITLE "signer transcript 2\n"
#define OLD_TITLE "signer transcript 1\n"
#define NO_MAC "mac -\n"

enum { MAC_LINE = (int)sizeof "mac " - 1 + KEK_ID_TEXT + 2 * TRANSCRIPT_MAC_SIZE + 1 }; /* the id's NUL is the space */

void transcript_chain_name(unsigned number, const char *suffix, char out[static TRANSCRIPT_NAME])
{
    snprintf(out, TRANSCRIPT_NAME, TRANSCRIPT_PREFIX "%06u%s", number % (TRANSCRIPT_NUMBER_MAX + 1), suffix);
}

/* -- the lines of an entry -- */

/* They bind it to its keystore, its number and the entry before it. */
static void put_head(const char *title, const struct transcript_link *last, const struct header *header,
                     struct text *to)
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1], previous[SHA256_TEXT] = "-";
    bytes_to_hex(header->keystore_id, KEYSTORE_ID_SIZE, keystore);
    if (last->claim.number > 0)
        bytes_to_hex(last->hash, SHA256_SIZE, previous);
    text_put(to, "%skeystore %s\nnumber %u\nprevious %s\n", title, keystore, (unsigned)last->claim.number + 1,
             previous);
}

void transcript_chain_head(const struct transcript_link *last, const struct header *header, struct text *to)
{
    put_head(TITLE, last, header, to);
}

void transcript_chain_claim(const struct transcript_link *last, const struct header *header, const char *text,
                            size_t length, struct transcript_claim *out)
{
    *out = (struct transcript_claim){ .number = last->claim.number + 1 };
    memcpy(out->keystore_id, header->keystore_id, KEYSTORE_ID_SIZE);
    if (last->claim.number > 0)
        memcpy(out->previous, last->hash, SHA256_SIZE);
    sha256(text, length, out->sha256);
}

static bool begins(const char *text, size_t length, const char *title, const struct transcript_link *last,
                   const struct header *header)
{
    char head[TRANSCRIPT_HEAD_MAX];
    struct text to = { head, sizeof head, false };
    put_head(title, last, header, &to);
    size_t size = strlen(head);
    return size <= length && memcmp(text, head, size) == 0;
}

/* Parses "mac <KEK id> <hex>\n". */
static bool parse_mac(const char *line, struct transcript_link *out)
{
    char id[KEK_ID_TEXT], hex[2 * TRANSCRIPT_MAC_SIZE + 1];
    memcpy(id, line + strlen("mac "), sizeof id - 1);
    memcpy(hex, line + strlen("mac ") + sizeof id, sizeof hex - 1);
    id[sizeof id - 1] = hex[sizeof hex - 1] = '\0';
    out->form = TRANSCRIPT_WITH_MAC;
    return memcmp(line, "mac ", strlen("mac ")) == 0 && line[strlen("mac ") + sizeof id - 1] == ' '
        && line[MAC_LINE - 1] == '\n' && kek_id_parse(id, &out->kek)
        && lines_parse_hex(hex, out->mac, TRANSCRIPT_MAC_SIZE);
}

/* Parses the last line; *length becomes that of what is above it. */
static bool parse_last_line(const char *text, size_t *length, struct transcript_link *out)
{
    const size_t none = strlen(NO_MAC);
    out->form = TRANSCRIPT_WITHOUT_MAC;
    if (*length > none && memcmp(text + *length - none - 1, "\n" NO_MAC, none + 1) == 0) {
        *length -= none;
        return true;
    }
    if (*length <= MAC_LINE || text[*length - MAC_LINE - 1] != '\n')
        return false;
    *length -= MAC_LINE;
    return parse_mac(text + *length, out);
}

static void parse(const char *text, size_t length, const struct header *header, const struct transcript_link *last,
                  struct transcript_link *out)
{
    size_t said = length;
    if (begins(text, length, OLD_TITLE, last, header)) {
        out->form = TRANSCRIPT_OLD;
        out->fits = true;
    } else {
        out->fits = begins(text, length, TITLE, last, header) && parse_last_line(text, &said, out);
    }
    transcript_chain_claim(last, header, text, said, &out->claim);
    sha256(text, length, out->hash);
}

/* -- the chain -- */

enum fault transcript_chain_next(const struct directory *directory, const struct header *header, char *text,
                                 struct transcript_link *link)
{
    const struct transcript_link last = *link;
    char name[TRANSCRIPT_NAME];
    size_t length;
    if (last.claim.number == TRANSCRIPT_NUMBER_MAX)
        return FAULT_FILE_MISSING;
    transcript_chain_name((unsigned)last.claim.number + 1, ".txt", name);
    enum fault fault = records_read(directory, name, (uint8_t *)text, TRANSCRIPT_MAX, &length);
    if (fault)
        return fault;
    *link = (struct transcript_link){ .fits = false };
    parse(text, length, header, &last, link);
    return FAULT_NONE;
}

enum fault transcript_chain_end(const struct directory *directory, const struct header *header,
                                struct transcript_link *last)
{
    char *text = malloc(TRANSCRIPT_MAX);
    enum fault fault = text ? FAULT_NONE : FAULT_MEMORY;
    *last = (struct transcript_link){ .fits = true };
    while (!fault)
        fault = transcript_chain_next(directory, header, text, last);
    free(text);
    return fault == FAULT_FILE_MISSING ? FAULT_NONE : fault;
}
