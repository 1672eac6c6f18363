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
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"
#include "keystore/format/bytes.h"
#include "keystore/share/share_set.h"

#define TITLE "signer transcript 1\n"
#define PREFIX "transcript-"

enum { LOCK_WAIT_MS = 5000, NUMBER_MAX = 999999 };

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

void transcript_name(unsigned number, const char *suffix, char out[static TRANSCRIPT_NAME])
{
    snprintf(out, TRANSCRIPT_NAME, PREFIX "%06u%s", number % (NUMBER_MAX + 1), suffix);
}

/* -- the chain -- */

struct link {
    unsigned number;
    char hash[SHA256_TEXT]; /* of this entry */
};

/* The first lines of an entry, which bind it to its keystore, its number and the entry before it. */
static int head_of(char *out, size_t size, const struct header *header, unsigned number, const char *previous)
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1];
    bytes_to_hex(header->keystore_id, KEYSTORE_ID_SIZE, keystore);
    return snprintf(out, size, TITLE "keystore %s\nnumber %u\nprevious %s\n", keystore, number, previous);
}

/* Reads the entry after `last` and checks its head. FAULT_FILE_MISSING: `last` is the end of the chain. */
static enum fault follow(const struct directory *directory, const struct header *header, char *text, struct link *last,
                         bool *fits)
{
    char name[TRANSCRIPT_NAME], head[512];
    size_t length;
    transcript_name(last->number + 1, ".txt", name);
    enum fault fault = records_read(directory, name, (uint8_t *)text, TRANSCRIPT_MAX, &length);
    if (fault)
        return fault;
    int size = head_of(head, sizeof head, header, last->number + 1, last->number == 0 ? "-" : last->hash);
    *fits = (size_t)size <= length && memcmp(text, head, (size_t)size) == 0;
    last->number++;
    sha256_text(text, length, last->hash);
    return FAULT_NONE;
}

static enum fault find_end(const struct directory *directory, const struct header *header, struct link *last,
                           unsigned *broken)
{
    char *text = malloc(TRANSCRIPT_MAX);
    enum fault fault = text ? FAULT_NONE : FAULT_MEMORY;
    *last = (struct link){ 0 };
    *broken = 0;
    while (!fault && last->number < NUMBER_MAX) {
        bool fits = true;
        fault = follow(directory, header, text, last, &fits);
        if (!fault && !fits && *broken == 0)
            *broken = last->number;
    }
    free(text);
    return fault == FAULT_FILE_MISSING ? FAULT_NONE : fault;
}

/* An entry or a signature beyond the end means that an entry in between was removed. */
static enum fault find_gap(const struct directory *directory, const struct link *last, unsigned *broken)
{
    struct record_list list;
    char name[TRANSCRIPT_NAME];
    enum fault fault = records_list(directory, PREFIX, &list);
    if (fault)
        return fault;
    transcript_name(last->number, ".zzz", name); /* sorts before every file of a later number */
    for (size_t i = 0; i < list.count && *broken == 0; i++)
        if (strcmp(list.names[i], name) > 0)
            *broken = last->number + 1;
    records_free(&list);
    return FAULT_NONE;
}

enum fault transcript_check(const struct directory *directory, const struct header *header, unsigned *count,
                            unsigned *broken)
{
    struct link last;
    enum fault fault = find_end(directory, header, &last, broken);
    if (!fault)
        fault = find_gap(directory, &last, broken);
    *count = last.number;
    return fault;
}

static enum fault publish(struct transcript *entry, const struct directory *directory, const struct header *header,
                          struct link *made)
{
    char name[TRANSCRIPT_NAME], head[512];
    struct link last;
    unsigned broken;
    enum fault fault = find_end(directory, header, &last, &broken);
    if (fault)
        return fault;
    size_t length = (size_t)(entry->rest.at - entry->text);
    int size = head_of(head, sizeof head, header, last.number + 1, last.number == 0 ? "-" : last.hash);
    if (entry->rest.full || length + (size_t)size >= TRANSCRIPT_MAX)
        return FAULT_FILE_TOO_LARGE;
    memmove(entry->text + size, entry->text, length);
    memcpy(entry->text, head, (size_t)size);
    length += (size_t)size;
    made->number = last.number + 1;
    sha256_text(entry->text, length, made->hash);
    transcript_name(made->number, ".txt", name);
    return records_create(directory, name, (const uint8_t *)entry->text, length);
}

bool transcript_append(struct transcript *entry, const struct directory *directory, const struct header *header,
                       unsigned *number)
{
    struct link made = { 0 };
    enum fault fault = directory_lock_within(directory, LOCK_WAIT_MS);
    if (!fault) {
        fault = publish(entry, directory, header, &made);
        directory_unlock(directory);
    }
    transcript_discard(entry);
    if (fault) {
        tool_refuse(fault, "the transcript");
        return false;
    }
    if (number)
        *number = made.number;
    fprintf(stderr, "transcript entry %u, sha256 %s\n", made.number, made.hash);
    return true;
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
        && time_parse(when, &time_of) && time_of >= since;
}

bool transcript_has(const struct directory *directory, const char *verb, const struct kek_id *kek, uint64_t since)
{
    struct record_list list;
    char id[KEK_ID_TEXT], *text = calloc(1, TRANSCRIPT_MAX + 1);
    size_t length;
    bool tells = false;
    kek_id_text(kek, id);
    if (text && records_list(directory, PREFIX, &list) == FAULT_NONE) {
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
