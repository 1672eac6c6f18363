/* SPDX-License-Identifier: Apache-2.0 */
/* The URIs of keys: signer://ID or signer:ID. */
#ifndef CLIENT_PROVIDER_URI_H
#define CLIENT_PROVIDER_URI_H

/* The id in `uri`, as a pointer into it; NULL if it is not a valid URI of a key. */
const char *uri_id(const char *uri);

#endif
