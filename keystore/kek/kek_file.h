/* Where a KEK comes from: a path, `fd:N`, or `credential:NAME` (systemd's
 * $CREDENTIALS_DIRECTORY). Only a process that keeps its secrets in an arena calls this. */
#ifndef KEYSTORE_KEK_KEK_FILE_H
#define KEYSTORE_KEK_KEK_FILE_H

#include <stdbool.h>

#include "keystore/kek/kek.h"

/* Reads and parses. A path must name a regular file that belongs to us or root and is closed to
 * everybody else; a credential is exempt from the rule for owner and group; a descriptor from
 * both. FAULT_KEK_MISSING, FAULT_FILE_…, FAULT_KEK_… `kek` is in secret memory. */
enum fault kek_file_read(const char *source, struct kek *kek) __attribute__((warn_unused_result));

/* FAULT_KEK_MISSING if the source is a descriptor that is not open, or a path where there is nothing.
 * Asked before anything is opened: a descriptor's number would soon be another file's. */
enum fault kek_file_exists(const char *source) __attribute__((warn_unused_result));

/* FAULT_KEK_INSIDE_KEYSTORE if the source is a file below the directory; FAULT_NONE if it is not,
 * or if either does not exist. */
enum fault kek_file_is_apart(const char *source, const char *keystore) __attribute__((warn_unused_result));

/* The path of a source that has one, a descriptor's as the kernel shows it; false where it has none or
 * is longer than PATH_MAX bytes, which `out` holds. */
bool kek_file_path(const char *source, char *out) __attribute__((warn_unused_result));

/* The descriptor of a `fd:N` source; -1 for the other kinds and for no number. */
int kek_file_descriptor(const char *source);

#endif
