/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a key: as one line, as a page, or as JSON. */
#ifndef CLIENT_SIGNERCTL_KEY_TEXT_H
#define CLIENT_SIGNERCTL_KEY_TEXT_H

#include "base/json.h"
#include "client/signer.h"

/* Whether the public key is an id-RSASSA-PSS one (RFC 4055), which the policy rsa-pss alone makes. */
bool key_text_is_pss(const struct signer_key *key);

/* The SHA-256 of the public key in lower-case hex; "" if nothing in the key's file could be read. */
enum { FINGERPRINT_SIZE = 65 };
void key_text_fingerprint(const struct signer_key *key, char out[static FINGERPRINT_SIZE]);

/* Prints the page of `signerctl show`. */
void key_text_page(const struct signer_key *key);

/* Prints a line of `signerctl keys`. */
void key_text_line(const struct signer_key *key);

/* Opens an object and writes the same data into it. The caller can add more and must close it. */
void key_text_json(struct json *json, const struct signer_key *key);

#endif
