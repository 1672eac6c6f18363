/* SPDX-License-Identifier: Apache-2.0 */
/* The last member of an archive (manifest.h). */
#include <string.h>

#include "base/time.h"
#include "ceremony/archive/manifest.h"
#include "keystore/format/lines.h"
#include "keystore/share/share_set.h"

#define TITLE "signer archive trailer 1\n"
#define NO_MAC "UNAUTHENTICATED"

size_t trailer_encode(const struct trailer *trailer, uint8_t out[static TRAILER_MAX])
{
    struct writer to = { out, TRAILER_MAX, false };
    char kek[KEK_ID_TEXT], time[TIME_TEXT];
    uint8_t sum[SHA256_SIZE];
    kek_id_text(&trailer->kek, kek);
    time_text(trailer->claim.time, time);
    bytes_put(&to, TITLE, strlen(TITLE));
    lines_put_hex(&to, "keystore", trailer->claim.keystore_id, KEYSTORE_ID_SIZE);
    lines_put(&to, "kek", kek);
    lines_put(&to, "time", time);
    lines_put_hex(&to, "sha256", trailer->claim.sha256, SHA256_SIZE);
    if (trailer->authenticated)
        lines_put_hex(&to, "mac", trailer->mac, ARCHIVE_MAC_SIZE);
    else
        lines_put(&to, "mac", NO_MAC);
    sha256(out, TRAILER_MAX - to.left, sum);
    lines_put_hex(&to, "checksum", sum, SHA256_SIZE);
    return TRAILER_MAX - to.left;
}

static bool parse_mac(struct reader *from, struct trailer *out)
{
    char text[2 * ARCHIVE_MAC_SIZE + 1];
    if (!lines_read(from, "mac", text, sizeof text))
        return false;
    out->authenticated = strcmp(text, NO_MAC) != 0;
    return !out->authenticated || lines_parse_hex(text, out->mac, ARCHIVE_MAC_SIZE);
}

enum fault trailer_parse(const uint8_t *bytes, size_t length, struct trailer *out)
{
    struct reader from = { bytes, length, false };
    char kek[KEK_ID_TEXT], time[TIME_TEXT];
    uint8_t again[TRAILER_MAX], sum[SHA256_SIZE];
    *out = (struct trailer){ .authenticated = false };
    bool ok = lines_read_title(&from, TITLE)
        && lines_read_hex(&from, "keystore", out->claim.keystore_id, KEYSTORE_ID_SIZE)
        && lines_read(&from, "kek", kek, sizeof kek) && kek_id_parse(kek, &out->kek)
        && lines_read(&from, "time", time, sizeof time) && time_parse(time, &out->claim.time) && out->claim.time != 0
        && lines_read_hex(&from, "sha256", out->claim.sha256, SHA256_SIZE) && parse_mac(&from, out)
        && lines_read_hex(&from, "checksum", sum, SHA256_SIZE) && from.left == 0 && trailer_encode(out, again) == length
        && memcmp(again, bytes, length) == 0;
    return ok ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT;
}
