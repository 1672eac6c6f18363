/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/archive_authenticator.h"

#include <stdio.h>
#include <string.h>

#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

enum { ANSWER_MS = 30 * 1000 };

_Static_assert((int)SIGNER_KEYSTORE_ID == (int)KEYSTORE_ID_SIZE && (int)SIGNER_SHA256_SIZE == (int)SHA256_SIZE
                   && (int)SIGNER_ARCHIVE_MAC == (int)ARCHIVE_MAC_SIZE,
               "the client library and the formats agree on sizes");

static bool is_right(const char *name, const struct signer_about *about,
                     const uint8_t keystore_id[static KEYSTORE_ID_SIZE])
{
    char expected[2 * KEYSTORE_ID_SIZE + 1];
    bytes_to_hex(keystore_id, KEYSTORE_ID_SIZE, expected);
    if (strcmp(about->keystore_id, expected) != 0)
        command_fail("%s: %s: this signer serves keystore %s, not keystore %s; name the right one with --socket",
                     fault_name(FAULT_ARCHIVE_OTHER_KEYSTORE), name, about->keystore_id, expected);
    else if (about->state != SIGNER_OPEN)
        tool_refuse(FAULT_SEALED, name);
    else
        return true;
    return false;
}

static bool is_whose(const struct running_signer *running, const uid_t *owner)
{
    char user[PEER_USER];
    if (owner)
        return running_signer_is_of(running, *owner);
    peer_user(running->peer.uid, user);
    fprintf(stderr, "%s: a signer of %s vouches for this archive\n", running->socket, user);
    return true;
}

bool archive_authenticator_connect(struct archive_authenticator *authenticator, const char *socket,
                                   const uint8_t keystore_id[static KEYSTORE_ID_SIZE], const uid_t *owner)
{
    struct running_signer *running = &authenticator->running;
    const char *name = socket ? socket : "the signer";
    struct signer_error error = { 0 };
    struct signer_about about;
    *authenticator = (struct archive_authenticator){ .client = NULL };
    if (running_signer_open(running, socket, ANSWER_MS, &error) != SIGNER_OK
        || signer_hello(running->client, &about, &error) != SIGNER_OK) {
        command_fail("%s: %s: %s", error.reason, name, error.message);
        archive_authenticator_close(authenticator);
        return false;
    }
    authenticator->client = running->client;
    bool ok = is_whose(running, owner) && is_right(name, &about, keystore_id)
        && kek_id_parse(about.kek_id, &authenticator->kek);
    if (!ok)
        archive_authenticator_close(authenticator);
    return ok;
}

bool archive_authenticator_start(struct archive_authenticator *authenticator, int keystore, const struct kek *kek)
{
    *authenticator = (struct archive_authenticator){ .kek = kek->id };
    if (!private_signer_start(&authenticator->own, keystore, kek))
        return false;
    authenticator->client = authenticator->own.client;
    return true;
}

bool archive_authenticator_make_mac(const struct archive_authenticator *authenticator,
                                    const struct archive_claim *claim, struct kek_id *kek,
                                    uint8_t mac[static ARCHIVE_MAC_SIZE])
{
    struct signer_archive archive = { .time = claim->time };
    struct signer_archive_mac made;
    struct signer_error error = { 0 };
    memcpy(archive.keystore_id, claim->keystore_id, KEYSTORE_ID_SIZE);
    memcpy(archive.sha256, claim->sha256, SHA256_SIZE);
    if (signer_authenticate_archive(authenticator->client, &archive, &made, &error) != SIGNER_OK) {
        command_fail("%s: the signer did not authenticate the archive: %s", error.reason, error.message);
        return false;
    }
    memcpy(mac, made.mac, ARCHIVE_MAC_SIZE);
    return kek_id_parse(made.kek_id, kek);
}

bool archive_authenticator_verify(const struct archive_authenticator *authenticator, const struct trailer *trailer)
{
    struct kek_id kek;
    uint8_t mac[ARCHIVE_MAC_SIZE];
    return trailer->authenticated && kek_id_equal(&trailer->kek, &authenticator->kek)
        && archive_authenticator_make_mac(authenticator, &trailer->claim, &kek, mac)
        && secret_equal(mac, trailer->mac, sizeof mac);
}

void archive_authenticator_close(struct archive_authenticator *authenticator)
{
    if (authenticator->own.client)
        private_signer_stop(&authenticator->own);
    else
        running_signer_close(&authenticator->running);
    *authenticator = (struct archive_authenticator){ .client = NULL };
}
