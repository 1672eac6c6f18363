/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signerctl/key_text.h"

#include <string.h>

#include "base/time.h"
#include "client/signerctl/names.h"

bool key_text_is_pss(const struct signer_key *key)
{
    /* SEQUENCE, SEQUENCE, OID 1.2.840.113549.1.1.10; both lengths are of one to three bytes */
    static const uint8_t oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a };
    enum { HEAD_MAX = 8 };
    size_t searched = key->public_key_length < HEAD_MAX + sizeof oid ? key->public_key_length : HEAD_MAX + sizeof oid;
    return searched > 0 && memmem(key->public_key, searched, oid, sizeof oid) != NULL;
}

void key_text_fingerprint(const struct signer_key *key, char out[static FINGERPRINT_SIZE])
{
    out[0] = '\0';
    for (size_t i = 0; key->public_key_length > 0 && i < sizeof key->public_key_sha256; i++)
        snprintf(out + 2 * i, 3, "%02x", key->public_key_sha256[i]);
}

void key_text_page(const struct signer_key *key)
{
    char created[TIME_TEXT], fingerprint[FINGERPRINT_SIZE];
    time_text(key->created, created);
    key_text_fingerprint(key, fingerprint);
    printf("id           %s\nalgorithm    %s\nschemes     ", key->id, key->algorithm);
    for (size_t i = 0; i < key->policy.scheme_count; i++)
        printf(" %s", names_scheme(key->policy.schemes[i]));
    printf("\nhashes      ");
    for (size_t i = 0; i < key->policy.hash_count; i++)
        printf(" %s", names_hash(key->policy.hashes[i]));
    if (key_text_is_pss(key))
        printf("\npublic key   id-RSASSA-PSS: who cannot read such keys cannot read its certificates");
    printf("\ncreated      %s\nsha256       %s\ncertificate  %s\n", created, fingerprint,
           key->certificate ? "yes" : "no");
}

void key_text_line(const struct signer_key *key)
{
    char created[TIME_TEXT], fingerprint[FINGERPRINT_SIZE];
    if (key->public_key_length == 0) { /* nothing in its file can be read */
        printf("%-24s %s\n", key->id, key->fault);
        return;
    }
    time_text(key->created, created);
    key_text_fingerprint(key, fingerprint);
    printf("%-24s %-12s %s %s%s%s%s\n", key->id, key->algorithm, created, fingerprint,
           key->unverified ? " unverified" : "", *key->fault ? " " : "", key->fault);
}

void key_text_json(struct json *json, const struct signer_key *key)
{
    char created[TIME_TEXT] = "", fingerprint[FINGERPRINT_SIZE];
    if (key->public_key_length > 0) /* else nothing in its file can be read */
        time_text(key->created, created);
    key_text_fingerprint(key, fingerprint);
    json_open(json, NULL, '{');
    json_text(json, "id", key->id);
    json_text(json, "algorithm", key->algorithm);
    json_open(json, "schemes", '[');
    for (size_t i = 0; i < key->policy.scheme_count; i++)
        json_text(json, NULL, names_scheme(key->policy.schemes[i]));
    json_close(json, ']');
    json_open(json, "hashes", '[');
    for (size_t i = 0; i < key->policy.hash_count; i++)
        json_text(json, NULL, names_hash(key->policy.hashes[i]));
    json_close(json, ']');
    json_text(json, "created", created);
    json_text(json, "public_key_sha256", fingerprint);
    json_bool(json, "unverified", key->unverified);
    json_text(json, "fault", key->fault);
}
