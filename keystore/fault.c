/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/fault.h"

#include <errno.h>
#include <stdio.h>

struct entry {
    const char *name, *advice;
};

static const struct entry table[FAULT_COUNT] = {
    [FAULT_NONE] = { "OK", "nothing is wrong" },
    [FAULT_KEK_MISSING] = { "KEK_MISSING",
                            "there is no KEK here; bring the KEK file back, or combine it from its shares" },
    [FAULT_KEK_MALFORMED] = { "KEK_MALFORMED",
                              "this is no KEK: it must be 32 raw bytes or their base64 (44 characters), random, "
                              "without anything after it" },
    [FAULT_KEK_PROTECTED] = { "KEK_PROTECTED",
                              "this KEK is protected by a passphrase, for which a daemon cannot ask; start the signer "
                              "sealed and unseal it" },
    [FAULT_KEK_MISMATCH] = { "KEK_MISMATCH",
                             "this is another KEK than the one that is needed; find the KEK with the id that is "
                             "needed" },
    [FAULT_KEK_RETIRED] = { "KEK_RETIRED",
                            "this KEK was retired by a rekey and no longer opens the keystore; use the current KEK, or "
                            "an archive older than the rekey" },
    [FAULT_KEK_INSIDE_KEYSTORE] = { "KEK_INSIDE_KEYSTORE",
                                    "the KEK lies inside the keystore directory, where one theft or one backup takes "
                                    "both; move it elsewhere" },
    [FAULT_KEYSTORE_MISSING] = { "KEYSTORE_MISSING",
                                 "there is no keystore here; restore a backup, or make a keystore with signer-ceremony "
                                 "init" },
    [FAULT_KEYSTORE_EXISTS] = { "KEYSTORE_EXISTS",
                                "there is something here already; name a directory that is absent or empty" },
    [FAULT_KEYSTORE_CORRUPT] = { "KEYSTORE_CORRUPT", "the keystore's header is damaged; restore it from a backup" },
    [FAULT_KEYSTORE_NEWER] = { "KEYSTORE_NEWER",
                               "the keystore was written by a newer version; use that version of signer" },
    [FAULT_KEYSTORE_TAMPERED] = { "KEYSTORE_TAMPERED",
                                  "the keystore's header does not carry this KEK's tag: it was altered; restore it "
                                  "from a backup and find out who wrote it" },
    [FAULT_INCOMPLETE] = { "INCOMPLETE",
                           "a restore into this directory was stopped before its end; run the same restore again" },
    [FAULT_KEYS_MISSING] = { "KEYS_MISSING",
                             "the header is here and the directory keys is not: this is a part of a keystore; restore "
                             "it from a backup" },
    [FAULT_CERTS_MISSING] = { "CERTS_MISSING",
                              "the directory certs is missing from this keystore, which has its header; bring it back, "
                              "or have signer-ceremony doctor --repair make an empty one" },
    [FAULT_RECORDS_MISSING] = { "RECORDS_MISSING",
                                "the directory records is missing from this keystore, which has its header; bring it "
                                "back, or have signer-ceremony doctor --repair make an empty one" },
    [FAULT_LOCK_MISSING] = { "LOCK_MISSING",
                             "the file lock is missing from this keystore, or was replaced while it was in use; have "
                             "signer-ceremony doctor --repair make it, then restart the signers that serve this "
                             "keystore" },
    [FAULT_RESTORED] = { "RESTORED",
                         "this keystore came from a backup and may lack newer keys, so no new one is made; find the "
                         "missing key, or let it go with signer-ceremony restore --accept --keystore DIR" },
    [FAULT_TARGET_NOT_EMPTY] = { "TARGET_NOT_EMPTY",
                                 "a restore writes only into an absent or an empty directory; move what is there aside "
                                 "as evidence, never delete it, and restore again" },
    [FAULT_KEY_UNKNOWN] = { "KEY_UNKNOWN", "there is no such key; signerctl keys lists those that there are" },
    [FAULT_KEY_EXISTS] = { "KEY_EXISTS",
                           "a key of this id exists already, and a key is never replaced; choose another id" },
    [FAULT_KEY_LOST] = { "KEY_LOST",
                         "there is a certificate but no key of this id: a restore went wrong; restore the key, or "
                         "destroy the id to let it go" },
    [FAULT_KEY_CORRUPT] = { "KEY_CORRUPT",
                            "the sealed key is damaged; take this file from a backup in which it is whole" },
    [FAULT_KEY_NEWER] = { "KEY_NEWER",
                          "the sealed key was written by a newer version, or with a policy that this one cannot "
                          "enforce; use that version of signer" },
    [FAULT_KEY_FOREIGN] = { "KEY_FOREIGN",
                            "the sealed key belongs to another keystore; restore this keystore's own file" },
    [FAULT_KEY_MISNAMED] = { "KEY_MISNAMED",
                             "the sealed key was made under another id; give the file its own name back" },
    [FAULT_KEY_TAMPERED] = { "KEY_TAMPERED",
                             "the sealed key was altered: its tags do not verify; take it from a backup in which it is "
                             "whole, and find out who wrote it" },
    [FAULT_KEY_ID] = { "KEY_ID_INVALID",
                       "a key id is 1 to 64 characters of a-z 0-9 . _ - and begins with a letter or a digit" },
    [FAULT_CERTIFICATE_MISSING] = { "CERTIFICATE_MISSING",
                                    "the key has no certificate here; file it with signerctl cert, then make a new "
                                    "backup" },
    [FAULT_CERTIFICATE_OTHER_KEY] = { "CERTIFICATE_OTHER_KEY",
                                      "this is not the certificate of this key; set the right one with signerctl "
                                      "cert" },
    [FAULT_CERTIFICATE_INVALID] = { "CERTIFICATE_INVALID",
                                    "this is no PEM chain of certificates that can be used; set the right one with "
                                    "signerctl cert" },
    [FAULT_SHARE_WORD] = { "SHARE_WORD", "a word of this share is not in the list; look at the card again" },
    [FAULT_SHARE_LENGTH] = { "SHARE_LENGTH", "this share has too few or too many words; a share of a KEK has 33" },
    [FAULT_SHARE_CHECKSUM] = { "SHARE_CHECKSUM",
                               "the checksum of this share does not fit: a word is wrong or was left out, or two "
                               "changed places; compare it with the card" },
    [FAULT_SHARE_PADDING] = { "SHARE_PADDING",
                              "this share does not encode a value: the program that made it is faulty" },
    [FAULT_SHARE_THRESHOLD] = { "SHARE_THRESHOLD",
                                "this share asks for more groups than it says there are: the program that made it is "
                                "faulty" },
    [FAULT_SHARE_EXPONENT] = { "SHARE_EXPONENT",
                               "this share asks for hours of arithmetic, which no share of this program does; another "
                               "program made it" },
    [FAULT_SHARE_OTHER_SET] = { "SHARE_OTHER_SET",
                                "this share belongs to another set than the others; bring shares of one set" },
    [FAULT_SHARE_DUPLICATE] = { "SHARE_DUPLICATE",
                                "two different shares claim to be the same member; find out which of them is false" },
    [FAULT_SHARE_TOO_FEW] = { "SHARE_TOO_FEW", "these shares are too few; bring more of the same set" },
    [FAULT_SHARE_MISMATCH] = { "SHARE_MISMATCH",
                               "these shares name the same set but do not fit together: one of them was altered; try "
                               "others" },
    [FAULT_SHARE_NOT_OURS] = { "SHARE_NOT_OURS",
                               "this share is not the one that the record names for its member: it was altered, or the "
                               "record was" },
    [FAULT_RECORD_CORRUPT] = { "RECORD_CORRUPT",
                               "this is not a record of the expected kind, or it was altered; take the one from the "
                               "keystore's records or a backup" },
    [FAULT_PASSPHRASE] = { "PASSPHRASE_WRONG",
                           "the passphrase is wrong, or the file was altered; try again, or combine the KEK from its "
                           "shares" },
    [FAULT_UNSEAL_BOX] = { "UNSEAL_STALE",
                           "this was sealed for another signer, or for this one before it was sealed again or "
                           "restarted; "
                           "unseal again" },
    [FAULT_ARCHIVE_TRUNCATED] = { "ARCHIVE_TRUNCATED",
                                  "the archive ends too early; fetch it again from where it is kept, or take another "
                                  "copy" },
    [FAULT_ARCHIVE_CORRUPT] = { "ARCHIVE_CORRUPT",
                                "this is no archive, or it was altered or damaged after it was made; fetch it again, "
                                "or take another copy" },
    [FAULT_ARCHIVE_NEWER] = { "ARCHIVE_NEWER",
                              "the archive was written by a newer version; use a package not older than the archive" },
    [FAULT_ARCHIVE_FORGED] = { "ARCHIVE_FORGED",
                               "the archive's MAC is wrong: its writer did not have the KEK that it names; take "
                               "another "
                               "copy, and find out who wrote this one" },
    [FAULT_ARCHIVE_UNAUTHENTICATED] = { "ARCHIVE_UNAUTHENTICATED",
                                        "no KEK authenticates this archive: damage is detected, a replaced archive is "
                                        "not; make a new one with the signer's socket or the KEK" },
    [FAULT_ARCHIVE_OTHER_KEYSTORE] = { "ARCHIVE_OTHER_KEYSTORE",
                                       "the archive is of another keystore; find this keystore's own" },
    [FAULT_ARCHIVE_LACKS_KEY] = { "ARCHIVE_LACKS_KEY",
                                  "the keystore has this key and the archive does not; make a new backup, and move it "
                                  "off this host before the key is used" },
    [FAULT_KEYSTORE_LACKS_KEY] = { "KEYSTORE_LACKS_KEY",
                                   "the archive has this key and the keystore does not: it was destroyed since, and a "
                                   "restore would bring it back, or it was lost" },
    [FAULT_KEK_BESIDE_BACKUP] = { "KEK_BESIDE_BACKUP",
                                  "a KEK of this keystore lies in the directory of the backup, where one theft takes "
                                  "both; move one of them elsewhere" },
    [FAULT_FILE_MISSING] = { "FILE_MISSING", "there is no such file" },
    [FAULT_FILE_EXISTS] = { "FILE_EXISTS", "the file exists already and is never overwritten; name another one" },
    [FAULT_FILE_IRREGULAR] = { "FILE_IRREGULAR",
                               "this is not a regular file; put the file itself here, not a link, pipe or device" },
    [FAULT_FILE_OWNER] = { "FILE_OWNER",
                           "the file belongs to another user; give it to the owner of the keystore (chown)" },
    [FAULT_FILE_MODE] = { "FILE_MODE", "others may read or write this; take their rights away (chmod go=)" },
    [FAULT_FILE_LINKED] = { "FILE_LINKED", "the file has a second name; remove the other hard link" },
    [FAULT_FILE_TOO_LARGE] = { "FILE_TOO_LARGE", "the file is larger than its kind can be; restore it from a backup" },
    [FAULT_STORE_BUSY] = { "STORE_BUSY",
                           "another process holds the keystore's lock; try again, and look for a signer or ceremony "
                           "that hangs" },
    [FAULT_STORE_STALE] = { "STORE_STALE",
                            "other signers serve this keystore too, and this one could not look for 5 s whether they "
                            "destroyed the key; ask another signer or try again, and look for a disk that hangs" },
    [FAULT_STORE_UNSUPPORTED] = { "STORE_UNSUPPORTED",
                                  "this file system cannot create a file without the risk of replacing another; run "
                                  "signer-ceremony doctor for details" },
    [FAULT_STORE_FULL] = { "STORE_FULL", "the disk or its quota is full; make room and try again" },
    [FAULT_STORE_IO] = { "STORE_IO", "the file system failed" },
    [FAULT_STORE_UNSYNCED] = { "STORE_UNSYNCED",
                               "a sync failed, so what is on disk is not known; nothing more is written until the "
                               "signer is restarted and reads it again" },
    [FAULT_STORE_READ_ONLY] = { "STORE_READ_ONLY",
                                "the file system is read-only: what is there can be read and used, and nothing can be "
                                "changed; make it writable, then restart the signer" },
    [FAULT_NOT_LOADED] = { "NOT_LOADED", "the vault does not hold the key at the moment; try again" },
    [FAULT_SEALED] = { "SEALED", "the signer is sealed; unseal it" },
    [FAULT_ALGORITHM] = { "ALGORITHM_UNSUPPORTED",
                          "the OpenSSL in use does not offer this algorithm; choose one that Hello lists" },
    [FAULT_POLICY_SCHEME] = { "POLICY_SCHEME", "the key's policy does not allow this scheme" },
    [FAULT_POLICY_HASH] = { "POLICY_HASH", "the key's policy does not allow this hash" },
    [FAULT_INPUT_DIGEST] = { "INPUT_DIGEST", "this scheme signs a digest; send the hash of what is signed" },
    [FAULT_INPUT_MESSAGE] = { "INPUT_MESSAGE",
                              "this scheme signs a whole message and no hash; send the message itself" },
    [FAULT_DIGEST_LENGTH] = { "DIGEST_LENGTH", "the digest does not have the length of its hash" },
    [FAULT_MEMORY] = { "MEMORY", "out of key memory; try again, or raise the limit of locked memory" },
    [FAULT_CRYPTO] = { "CRYPTO", "the cryptographic library failed; try again, and restart the signer if it stays so" },
};

const char *fault_name(enum fault fault)
{
    return (unsigned)fault < FAULT_COUNT ? table[fault].name : "INTERNAL";
}

const char *fault_advice(enum fault fault)
{
    return (unsigned)fault < FAULT_COUNT ? table[fault].advice : "an unknown fault";
}

void fault_sentence(char *out, size_t size, enum fault fault, const char *subject)
{
    snprintf(out, size, "%s: %s", subject, fault_advice(fault));
}

enum fault fault_of_errno(void)
{
    switch (errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return FAULT_STORE_FULL;
    case EROFS: return FAULT_STORE_READ_ONLY;
    default: return FAULT_STORE_IO;
    }
}
