/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/restored.h"

#include <string.h>

#include "base/time.h"
#include "keystore/format/lines.h"
#include "keystore/share/share_set.h"

#define TITLE "signer restored 1\n"
#define NAME "restored"

static void put_time(struct writer *to, const char *name, uint64_t seconds)
{
    char text[TIME_TEXT];
    time_text(seconds, text);
    lines_put(to, name, text);
}

static bool parse_time(struct reader *from, const char *name, uint64_t *out)
{
    char text[TIME_TEXT];
    return lines_read(from, name, text, sizeof text) && time_parse(text, out) && *out != 0;
}

size_t restored_encode(const struct restored *mark, uint8_t out[static RESTORED_MAX])
{
    struct writer to = { out, RESTORED_MAX, false };
    bytes_put(&to, TITLE, strlen(TITLE));
    lines_put_hex(&to, "keystore", mark->keystore_id, KEYSTORE_ID_SIZE);
    lines_put_hex(&to, "archive", mark->archive, SHA256_SIZE);
    put_time(&to, "made", mark->made);
    put_time(&to, "restored", mark->restored);
    return RESTORED_MAX - to.left;
}

enum fault restored_parse(const uint8_t *bytes, size_t length, struct restored *out)
{
    struct reader from = { bytes, length, false };
    uint8_t again[RESTORED_MAX];
    bool ok = lines_read_title(&from, TITLE) && lines_read_hex(&from, "keystore", out->keystore_id, KEYSTORE_ID_SIZE)
        && lines_read_hex(&from, "archive", out->archive, SHA256_SIZE) && parse_time(&from, "made", &out->made)
        && parse_time(&from, "restored", &out->restored) && from.left == 0 && restored_encode(out, again) == length
        && memcmp(again, bytes, length) == 0;
    return ok ? FAULT_NONE : FAULT_RECORD_CORRUPT;
}

enum fault restored_read(const struct directory *directory, struct restored *out)
{
    uint8_t bytes[RESTORED_MAX];
    size_t length;
    enum fault fault = file_read(directory->root, NAME, directory->owner, bytes, sizeof bytes, &length, NULL);
    return fault ? fault : restored_parse(bytes, length, out);
}

enum fault restored_accept(const struct directory *directory)
{
    return file_remove(directory->root, NAME);
}
