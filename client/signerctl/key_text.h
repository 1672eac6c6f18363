/* How a key is shown: one line, a page for people, or JSON. */
#ifndef CLIENT_SIGNERCTL_KEY_TEXT_H
#define CLIENT_SIGNERCTL_KEY_TEXT_H

#include "base/json.h"
#include "client/signer.h"

/* Prints what `show` says. */
void key_text_page(const struct signer_key *key);

/* Prints a line of `keys`. */
void key_text_line(const struct signer_key *key);

/* Opens an object and writes the same into it; the caller adds what it knows and closes it. */
void key_text_json(struct json *json, const struct signer_key *key);

#endif
