/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "ceremony/session/clock.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"
#include "keystore/format/bytes.h"
#include "keystore/share/share_set.h"

enum { LOCK_WAIT_MS = 5000 };

/* -- writing -- */

void transcript_add(struct transcript *entry, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_put_field(&entry->rest, name, format, arguments);
    va_end(arguments);
}

static void add_who(struct transcript *entry)
{
    char host[256] = "?";
    uid_t uid = getuid();
    const struct passwd *user = getpwuid(uid);
    (void)gethostname(host, sizeof host - 1);
    transcript_add(entry, "who", "uid %u (%s) on %s", uid, user ? user->pw_name : "?", host);
}

/* SHA-256 of the running program in hex; "-" where it cannot be read. */
static void hash_program(char out[static SHA256_TEXT])
{
    uint8_t digest[SHA256_SIZE];
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && sha256_of_descriptor(fd, digest))
        bytes_to_hex(digest, sizeof digest, out);
    else
        snprintf(out, SHA256_TEXT, "-");
    if (fd >= 0)
        close(fd);
}

bool transcript_begin(struct transcript *entry, const char *verb)
{
    char now[TIME_TEXT], program[SHA256_TEXT];
    *entry = (struct transcript){ .text = malloc(TRANSCRIPT_MAX) };
    if (!entry->text)
        return false;
    entry->rest = (struct text){ entry->text, TRANSCRIPT_MAX, false };
    time_text(time_now(), now);
    hash_program(program);
    transcript_add(entry, "verb", "%s", verb);
    transcript_add(entry, "time", "%s", now);
    add_who(entry);
    transcript_add(entry, "tool", "signer-ceremony " SIGNER_VERSION " sha256 %s", program);
    return true;
}

void transcript_discard(struct transcript *entry)
{
    free(entry->text);
    *entry = (struct transcript){ 0 };
}

/* -- appending it -- */

/* Puts the lines that chain it in front, and the MAC behind. */
static enum fault complete(struct transcript *entry, const struct transcript_link *last, const struct header *header,
                           const struct kek *kek)
{
    char head[TRANSCRIPT_HEAD_MAX], id[KEK_ID_TEXT], hex[2 * TRANSCRIPT_MAC_SIZE + 1];
    struct transcript_claim claim;
    uint8_t mac[TRANSCRIPT_MAC_SIZE];
    struct text to = { head, sizeof head, false };
    transcript_chain_head(last, header, &to);
    size_t size = strlen(head), length = (size_t)(entry->rest.at - entry->text);
    if (entry->rest.full || size >= entry->rest.left)
        return FAULT_FILE_TOO_LARGE;
    memmove(entry->text + size, entry->text, length);
    memcpy(entry->text, head, size);
    entry->rest.at += size;
    entry->rest.left -= size;
    if (kek) {
        transcript_chain_claim(last, header, entry->text, length + size, &claim);
        transcript_mac(kek, &claim, mac);
        bytes_to_hex(mac, sizeof mac, hex);
        kek_id_text(&kek->id, id);
    }
    text_put(&entry->rest, "mac %s%s%s\n", kek ? id : "-", kek ? " " : "", kek ? hex : "");
    return entry->rest.full ? FAULT_FILE_TOO_LARGE : FAULT_NONE;
}

static enum fault publish(struct transcript *entry, const struct directory *directory, const struct header *header,
                          const struct kek *kek)
{
    char name[TRANSCRIPT_NAME], hash[SHA256_TEXT];
    struct transcript_link last;
    enum fault fault = transcript_chain_end(directory, header, &last);
    if (!fault)
        fault = complete(entry, &last, header, kek);
    if (fault)
        return fault;
    const size_t length = (size_t)(entry->rest.at - entry->text);
    const unsigned number = (unsigned)last.claim.number + 1;
    transcript_chain_name(number, ".txt", name);
    fault = records_create(directory, name, (const uint8_t *)entry->text, length);
    if (fault)
        return fault;
    entry->number = number;
    sha256_text(entry->text, length, hash);
    fprintf(stderr, "transcript entry %u, sha256 %s: the keystore's record of this; the hash is for your notes\n",
            number, hash);
    return FAULT_NONE;
}

bool transcript_append(struct transcript *entry, const struct directory *directory, const struct header *header,
                       const struct kek *kek)
{
    enum fault fault = directory_lock_within(directory, LOCK_WAIT_MS);
    if (!fault) {
        fault = publish(entry, directory, header, kek);
        directory_unlock(directory);
    }
    const unsigned number = entry->number;
    transcript_discard(entry);
    entry->number = number;
    if (fault)
        tool_refuse(fault, "the transcript");
    return fault == FAULT_NONE;
}

/* -- searching it -- */

static bool entry_has(const char *text, const char *verb, const char *kek, uint64_t since)
{
    char verb_line[64], kek_line[64], when[TIME_TEXT];
    uint64_t time_of;
    snprintf(verb_line, sizeof verb_line, "\nverb %s\n", verb);
    snprintf(kek_line, sizeof kek_line, "\nkek %s\n", kek);
    const char *made = strstr(text, "\narchive-made "); /* a proof is only as recent as its archive */
    const char *at = made ? made : strstr(text, "\ntime ");
    return strstr(text, verb_line) && strstr(text, kek_line) && at && sscanf(at, "\n%*s %20s", when) == 1
        && time_parse(when, &time_of) && time_of >= since && !clock_is_future(time_of);
}

bool transcript_has(const struct directory *directory, const char *verb, const struct kek_id *kek, uint64_t since)
{
    struct record_list list;
    char id[KEK_ID_TEXT], *text = calloc(1, TRANSCRIPT_MAX + 1);
    size_t length;
    bool tells = false;
    kek_id_text(kek, id);
    if (text && records_list(directory, TRANSCRIPT_PREFIX, &list) == FAULT_NONE) {
        for (size_t i = list.count; i > 0 && !tells; i--)
            if (records_read(directory, list.names[i - 1], (uint8_t *)text, TRANSCRIPT_MAX, &length) == FAULT_NONE) {
                text[length] = '\0';
                tells = entry_has(text, verb, id, since);
            }
        records_free(&list);
    }
    free(text);
    return tells;
}
