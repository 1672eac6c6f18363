/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/sealed_signer.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "ceremony/tool/surroundings.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"

/* -- whose it is -- */

static bool check_fingerprint(const char *path, const char *found, const char *wanted)
{
    if (strcmp(wanted, found) == 0)
        return true;
    command_fail("%s: has the fingerprint %s, and not %s: these are the keys of another signer or another start", path,
                 found, wanted);
    return false;
}

static bool check_user(const struct sealed_signer *signer, const struct sealed_signer_expected *expected)
{
    char found[PEER_USER], wanted[PEER_USER];
    if (!expected->has_user || expected->user == signer->peer.uid)
        return true;
    peer_user(signer->peer.uid, found);
    peer_user(expected->user, wanted);
    command_fail("%s: %s listens there, and not %s: this is another signer", signer->socket, found, wanted);
    return false;
}

bool sealed_signer_expect(const char *name, struct sealed_signer_expected *expected)
{
    char *end;
    const struct passwd *user = getpwnam(name);
    unsigned long number = strtoul(name, &end, 10);
    if (!user && (*name < '0' || *name > '9' || *end || number >= UINT32_MAX)) {
        command_misuse("--user %s: there is no such user", name);
        return false;
    }
    expected->user = user ? user->pw_uid : (uid_t)number;
    expected->has_user = true;
    return true;
}

#define COMPARE "compare its fingerprint %s with the one that the signer logged when it started, and give that with"
#define WITH " --fingerprint"

static bool check_owner(const struct sealed_signer *signer, const char *path, const struct key_file *file,
                        const char *found)
{
    char owner[PEER_USER], peer[PEER_USER];
    peer_user(file->owner, owner);
    peer_user(signer->peer.uid, peer);
    if (!file->is_kept)
        command_fail("%s: others could have written this file; " COMPARE WITH "%s", path, found,
                     surroundings_cause(EPERM));
    else if (peer_is_unmapped(file->owner) || peer_is_unmapped(signer->peer.uid))
        command_fail("%s: this user namespace does not tell whose signer it is; " COMPARE WITH, path, found);
    else if (file->owner != 0 && file->owner != signer->peer.uid)
        command_fail("%s: is a file of %s, but %s listens on %s, so others could have written it; " COMPARE WITH, path,
                     owner, peer, signer->socket, found);
    else
        return true;
    return false;
}

/* Where a person types, they have read sealed_signer_introduce and can stop. */
static bool check_stranger(const struct sealed_signer *signer, const struct key_file *file, const char *found,
                           const struct sealed_signer_expected *expected)
{
    const uid_t uid = signer->peer.uid;
    char user[PEER_USER];
    if (!expected->is_unasked || expected->has_user || uid == 0 || uid == geteuid() || file->is_run_by_root)
        return true;
    peer_user(uid, user);
    command_fail("%s: this is a signer of %s, neither root's nor yours, and nobody is asked before it gets what you"
                 " named: if you mean it, add --user %u, or --fingerprint %s when its log has that",
                 signer->socket, user, (unsigned)uid, found);
    return false;
}

static bool check_whose(const struct sealed_signer *signer, const char *path, const struct key_file *file,
                        const struct sealed_signer_expected *expected)
{
    char found[UNSEAL_FINGERPRINT_TEXT];
    unseal_file_fingerprint(&signer->file, found);
    if (!check_user(signer, expected))
        return false;
    if (expected->fingerprint)
        return check_fingerprint(path, found, expected->fingerprint);
    return check_owner(signer, path, file, found) && check_stranger(signer, file, found, expected);
}

void sealed_signer_introduce(const struct sealed_signer *signer)
{
    char user[PEER_USER], keys[UNSEAL_FINGERPRINT_TEXT], keystore[2 * KEYSTORE_ID_SIZE + 1];
    peer_user(signer->peer.uid, user);
    unseal_file_fingerprint(&signer->file, keys);
    bytes_to_hex(signer->file.keystore_id, KEYSTORE_ID_SIZE, keystore);
    fprintf(stderr, "%s: a signer of %s, with keystore %s and unseal keys %s\n", signer->socket, user, keystore, keys);
}

/* -- the signer -- */

static bool fail(const struct sealed_signer *signer, const struct signer_error *error)
{
    command_fail("%s: %s: %s", error->reason, signer->socket, error->message);
    return false;
}

/* A restarted signer is another process, but still of the same user. */
static bool find_again(struct sealed_signer *signer, struct signer_error *error)
{
    struct peer now;
    if (peer_find(signer->socket, &now, error) != SIGNER_OK)
        return false;
    bool same = now.uid == signer->peer.uid;
    struct peer *gone = same ? &signer->peer : &now;
    peer_close(gone);
    if (same)
        signer->peer = now;
    return same;
}

/* The client connects, or connects again, within this call, and only to the process that was looked at. */
static enum signer_status ask_once(struct sealed_signer *signer, const uint8_t *boxes, size_t count,
                                   struct signer_error *error)
{
    if (!connection_pin(signer->socket, signer->peer.pid)) {
        snprintf(error->message, sizeof error->message, "too many connections are watched");
        return SIGNER_INTERNAL;
    }
    enum signer_status status = signer_unseal(signer->client, boxes, count, count ? UNSEAL_BOX_SIZE : 0, &signer->state,
                                              error);
    connection_unpin(signer->socket);
    return status;
}

/* The KEK that it needs, as it tells it to everybody whom it lets in. */
static bool find_needed(struct sealed_signer *signer, char out[static KEK_ID_TEXT])
{
    struct signer_about about;
    bool ok = connection_pin(signer->socket, signer->peer.pid)
        && signer_hello(signer->client, &about, NULL) == SIGNER_OK;
    connection_unpin(signer->socket);
    if (ok)
        snprintf(out, KEK_ID_TEXT, "%.*s", KEK_ID_TEXT - 1, about.kek_id);
    return ok;
}

/* The signer cannot tell which KEK it was given: it only saw that it does not open the keystore. */
static bool fail_given(struct sealed_signer *signer, const struct signer_error *error, const struct kek_id *given)
{
    char has[KEK_ID_TEXT] = "", needed[KEK_ID_TEXT];
    if (strcmp(error->reason, fault_name(FAULT_KEK_MISMATCH)) != 0 || !find_needed(signer, needed))
        return fail(signer, error);
    if (given)
        kek_id_text(given, has);
    command_fail(
        "%s: %s: what was given is %s%s, but this signer needs KEK %s; find the KEK with the id that is needed",
        error->reason, signer->socket, given ? "KEK " : "another KEK", has, needed);
    return false;
}

static bool ask(struct sealed_signer *signer, const uint8_t *boxes, size_t count, const struct kek_id *given)
{
    struct signer_error error = { 0 };
    if (ask_once(signer, boxes, count, &error) == SIGNER_OK)
        return true;
    if (count == 0 && peer_has_ended(&signer->peer) && find_again(signer, &error)
        && ask_once(signer, NULL, 0, &error) == SIGNER_OK)
        return true;
    if (count == 0 || !peer_has_ended(&signer->peer))
        return fail_given(signer, &error, given);
    command_fail("%s: %s: the signer that listened there has ended: unseal again; shares given before are gone",
                 fault_name(FAULT_UNSEAL_BOX), signer->socket);
    return false;
}

/* Each start makes new keys: the file may have been read before the signer was restarted. */
static bool check_start(const struct sealed_signer *signer)
{
    char file[TIME_TEXT], now[TIME_TEXT];
    if (signer->state.started == signer->file.started && signer->state.challenge_count == signer->file.vault_count)
        return true;
    time_text(signer->file.started, file);
    time_text(signer->state.started, now);
    command_fail("%s: %s: was restarted at %s, but its keys were read from the start at %s: unseal again; shares given "
                 "before the restart are gone",
                 fault_name(FAULT_UNSEAL_BOX), signer->socket, now, file);
    return false;
}

bool sealed_signer_refresh(struct sealed_signer *signer)
{
    size_t before = signer->state.share_count;
    uint64_t started = signer->state.started;
    if (!ask(signer, NULL, 0, NULL))
        return false;
    if (started != 0 && signer->state.started != started && before > 0)
        command_fail("%s: the signer was restarted: the %zu shares given before are gone; all must be given again",
                     signer->socket, before);
    return true;
}

/* -- opening -- */

static bool find_peer(struct sealed_signer *signer)
{
    struct signer_error error = { 0 };
    return peer_find(signer->socket, &signer->peer, &error) == SIGNER_OK || fail(signer, &error);
}

static bool read_file(struct sealed_signer *signer, const char *path, struct key_file *file)
{
    size_t length;
    signer->text = malloc(UNSEAL_FILE_MAX);
    if (!signer->text)
        return false;
    enum fault fault = key_file_read(path, signer->text, UNSEAL_FILE_MAX, &length, file);
    if (fault == FAULT_FILE_IRREGULAR) {
        command_fail("%s: %s: others could have written what this name leads to: it is a link, or no regular file",
                     fault_name(fault), path);
        return false;
    }
    if (fault == FAULT_FILE_MISSING && !find_peer(signer))
        return false; /* there is no signer either, which says more */
    if (!fault)
        fault = unseal_file_parse(signer->text, length, &signer->file);
    if (fault)
        command_fail("%s: %s: this file has the signer's public keys for shares; a signer writes it when it starts",
                     fault_name(fault), path);
    return fault == FAULT_NONE;
}

bool sealed_signer_open(struct sealed_signer *signer, const char *socket, const struct sealed_signer_expected *expected)
{
    const struct signer_options options = { .socket = signer->socket };
    struct signer_error error = { 0 };
    struct key_file file;
    char path[CONNECTION_PATH_SIZE + sizeof UNSEAL_FILE_SUFFIX];
    *signer = (struct sealed_signer){ .peer = PEER_NONE };
    if (target_one(socket, signer->socket, &error) != SIGNER_OK) {
        command_fail("%s: %s", error.reason, error.message);
        return false;
    }
    snprintf(path, sizeof path, "%s" UNSEAL_FILE_SUFFIX, signer->socket);
    if (!read_file(signer, path, &file) || !find_peer(signer) || !check_whose(signer, path, &file, expected))
        return false;
    if (signer_open(&signer->client, &options, &error) != SIGNER_OK)
        return fail(signer, &error);
    return sealed_signer_refresh(signer) && check_start(signer);
}

void sealed_signer_close(struct sealed_signer *signer)
{
    signer_close(signer->client);
    free(signer->text);
    peer_close(&signer->peer);
    *signer = (struct sealed_signer){ .peer = PEER_NONE };
}

const struct signer_share_given *sealed_signer_given(const struct sealed_signer *signer,
                                                     const struct slip39_share *share)
{
    const struct signer_unseal *state = &signer->state;
    for (size_t i = 0; i < state->share_count; i++)
        if (state->shares[i].set == share->id && state->shares[i].group == share->group
            && state->shares[i].member == share->member)
            return &state->shares[i];
    return NULL;
}

bool sealed_signer_send(struct sealed_signer *signer, const struct unseal_content *content, const struct kek_id *given)
{
    uint8_t boxes[UNSEAL_VAULTS_MAX][UNSEAL_BOX_SIZE];
    for (size_t i = 0; i < signer->file.vault_count; i++)
        unseal_box_seal(content, signer->file.keystore_id, signer->state.challenges[i], signer->file.vaults[i],
                        boxes[i]);
    return ask(signer, boxes[0], signer->file.vault_count, given);
}
