/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signerctl/key_text.h"

#include "base/time.h"
#include "client/signerctl/digest.h"
#include "client/signerctl/names.h"

void key_text_page(const struct signer_key *key)
{
    char created[TIME_TEXT], fingerprint[FINGERPRINT_SIZE];
    time_text(key->created, created);
    digest_fingerprint(key->public_key, key->public_key_length, fingerprint);
    printf("id           %s\nalgorithm    %s\nschemes     ", key->id, key->algorithm);
    for (size_t i = 0; i < key->policy.scheme_count; i++)
        printf(" %s", names_scheme(key->policy.schemes[i]));
    printf("\nhashes      ");
    for (size_t i = 0; i < key->policy.hash_count; i++)
        printf(" %s", names_hash(key->policy.hashes[i]));
    printf("\ncreated      %s\nsha256       %s\ncertificate  %s\n", created, fingerprint,
           key->certificate ? "yes" : "no");
}

void key_text_line(const struct signer_key *key)
{
    char created[TIME_TEXT], fingerprint[FINGERPRINT_SIZE];
    time_text(key->created, created);
    digest_fingerprint(key->public_key, key->public_key_length, fingerprint);
    if (key->public_key_length == 0) { /* nothing in its file can be read */
        printf("%-24s %s\n", key->id, key->fault);
        return;
    }
    printf("%-24s %-12s %s %s%s%s%s\n", key->id, key->algorithm, created, fingerprint,
           key->unverified ? " unverified" : "", *key->fault ? " " : "", key->fault);
}

void key_text_json(struct json *json, const struct signer_key *key)
{
    char created[TIME_TEXT], fingerprint[FINGERPRINT_SIZE];
    time_text(key->created, created);
    digest_fingerprint(key->public_key, key->public_key_length, fingerprint);
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
