/* SPDX-License-Identifier: Apache-2.0 */
/* An archive's first member, the manifest, which lists its files, and its last, the trailer, with the hash and the MAC
 * of everything before it (FORMAT.md, "Archive"). Both have a canonical encoding: a parser accepts only bytes that
 * encode again to the same bytes. */
#ifndef CEREMONY_ARCHIVE_MANIFEST_H
#define CEREMONY_ARCHIVE_MANIFEST_H

#include "ceremony/archive/tar.h"
#include "keystore/files/directory.h"
#include "keystore/files/kinds.h"
#include "keystore/kek/archive_mac.h"

enum {
    MANIFEST_MAX = 256 * 1024 * 1024,
    MANIFEST_FILES_MAX = 1000 * 1000,
    MANIFEST_VERSION_TEXT = 96,
    TRAILER_MAX = 512,
    ARCHIVE_FILE_NAME = 96,
};

#define MANIFEST_NAME "manifest.txt"
#define TRAILER_NAME "trailer.txt"

struct archive_file {
    enum part part;
    char name[ARCHIVE_FILE_NAME]; /* without its part: "ca.key" */
    uint64_t size;
    uint8_t sha256[SHA256_SIZE];
    /* only of a sealed key: */
    enum algorithm algorithm;
    uint8_t public_sha256[SHA256_SIZE]; /* of its SubjectPublicKeyInfo */
    size_t kek_count;
    struct kek_id keks[SEALED_KEY_WRAPS_MAX]; /* that it has wraps for */
};

struct manifest {
    struct header header; /* without its tags, which the manifest does not have */
    uint64_t time;        /* seconds since 1970-01-01 UTC */
    char tool[MANIFEST_VERSION_TEXT], libraries[MANIFEST_VERSION_TEXT];
    size_t count;
    struct archive_file *files; /* owned; in order */
};

/* "keys/ca.key" */
void manifest_path(const struct archive_file *file, char out[static TAR_NAME_MAX]);
/* The key id in the name of a sealed key's or a certificate's file; false where there is none. */
bool manifest_key_id(const struct archive_file *file, struct key_id *out);
/* The largest size in bytes that a file of this part may have. */
uint64_t manifest_size_max(const struct archive_file *file);
/* The archive's order, for qsort and bsearch: by part, then by name in byte order. */
int manifest_compare(const void *a, const void *b);
/* NULL where the manifest has no such file. */
const struct archive_file *manifest_find(const struct manifest *manifest, enum part part, const char *name);
/* The certificate of a sealed key, or the sealed key of a certificate; NULL where there is none. */
const struct archive_file *manifest_partner(const struct manifest *manifest, const struct archive_file *file);
/* Whether a sealed key has a wrap for this KEK. */
bool manifest_has_kek(const struct archive_file *file, const struct kek_id *kek);
/* The number of files in a part. */
size_t manifest_count(const struct manifest *manifest, enum part part);

/* The caller frees the text of *length bytes, which has no NUL at its end. NULL: out of memory. */
char *manifest_encode(const struct manifest *manifest, size_t *length) __attribute__((warn_unused_result));
/* FAULT_ARCHIVE_CORRUPT, FAULT_ARCHIVE_NEWER, FAULT_MEMORY. manifest_free after success. */
enum fault manifest_parse(const uint8_t *bytes, size_t length, struct manifest *out)
    __attribute__((warn_unused_result));
void manifest_free(struct manifest *manifest);

struct trailer {
    struct archive_claim claim;
    struct kek_id kek;  /* of the MAC; without a MAC, the header's current one */
    bool authenticated; /* it has a MAC; not that the MAC is valid */
    uint8_t mac[ARCHIVE_MAC_SIZE];
};

/* Returns the length. */
size_t trailer_encode(const struct trailer *trailer, uint8_t out[static TRAILER_MAX]);
/* FAULT_ARCHIVE_CORRUPT. */
enum fault trailer_parse(const uint8_t *bytes, size_t length, struct trailer *out) __attribute__((warn_unused_result));

#endif
