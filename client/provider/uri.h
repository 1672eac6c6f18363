/* The names of keys: signer://ID, or signer:ID. */
#ifndef CLIENT_PROVIDER_URI_H
#define CLIENT_PROVIDER_URI_H

/* The id within `uri`, whose characters are those of an id; NULL where it is anything else. */
const char *uri_id(const char *uri);

#endif
