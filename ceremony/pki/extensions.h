/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions that a plan may ask for, and the forms of their values: a list of what is allowed. OpenSSL's own
 * syntax can name files (policy:file:), sections of a configuration (@) and any bytes (DER:, ASN1:), and takes more
 * with each release. */
#ifndef CEREMONY_PKI_EXTENSIONS_H
#define CEREMONY_PKI_EXTENSIONS_H

/* Returns NULL if name and value may be handed to OpenSSL, else a sentence that names both, in a static buffer. */
const char *extensions_check(const char *name, const char *value) __attribute__((warn_unused_result));

/* The forms of its values; "" where a plan may not ask for it. */
const char *extensions_form(const char *name);

#endif
