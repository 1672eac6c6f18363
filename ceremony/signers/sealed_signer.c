/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/sealed_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "ceremony/tool/tool.h"
#include "keystore/share/share_set.h"

/* -- the file -- */

/* Whether only root and `owner` can replace an entry of this directory. A sticky directory of root (/tmp) protects the
 * entries that exist but lets others create new ones, so it is accepted only as a parent further up. */
static bool is_kept(const struct stat *directory, uid_t owner, bool is_parent)
{
    bool others = directory->st_mode & (S_IWGRP | S_IWOTH);
    return (directory->st_uid == owner || directory->st_uid == 0)
        && (!others || (is_parent && directory->st_uid == 0 && (directory->st_mode & S_ISVTX)));
}

/* Whether only the signer's user, or root, can have put the file there: checks every directory up to the root. */
static bool is_out_of_reach(const char *path)
{
    char real[PATH_MAX];
    struct stat file, directory;
    if (lstat(path, &file) != 0 || !S_ISREG(file.st_mode) || (file.st_mode & (S_IWGRP | S_IWOTH))
        || !realpath(path, real))
        return false;
    bool is_parent = false;
    for (char *slash; (slash = strrchr(real, '/')); is_parent = true) {
        slash[slash == real] = '\0';
        if (stat(real, &directory) != 0 || !is_kept(&directory, file.st_uid, is_parent))
            return false;
        if (slash == real)
            return true;
    }
    return false;
}

static bool check_fingerprint(const struct sealed_signer *signer, const char *path, const char *wanted)
{
    char found[UNSEAL_FINGERPRINT_TEXT];
    unseal_file_fingerprint(&signer->file, found);
    if (wanted && strcmp(wanted, found) == 0)
        return true;
    if (wanted)
        command_fail("%s: has the fingerprint %s, and not %s: these are the keys of another signer or another start",
                     path, found, wanted);
    else if (is_out_of_reach(path))
        return true;
    else
        command_fail("%s: others could have written this file; compare its fingerprint %s with the one that the signer "
                     "logged when it started, and give that with --fingerprint",
                     path, found);
    return false;
}

static bool read_file(struct sealed_signer *signer, const char *fingerprint)
{
    char path[PATH_MAX];
    size_t length;
    int size = snprintf(path, sizeof path, "%s" UNSEAL_FILE_SUFFIX, signer->socket);
    signer->text = malloc(UNSEAL_FILE_MAX);
    if (size < 0 || (size_t)size >= sizeof path || !signer->text)
        return false;
    enum fault fault = tool_read_source(path, signer->text, UNSEAL_FILE_MAX, &length);
    if (!fault)
        fault = unseal_file_parse(signer->text, length, &signer->file);
    if (fault) {
        command_fail("%s: %s: this file has the signer's public keys for shares; a signer writes it when it starts",
                     fault_name(fault), path);
        return false;
    }
    return check_fingerprint(signer, path, fingerprint);
}

/* -- the signer -- */

static bool fail(const struct sealed_signer *signer, const struct signer_error *error)
{
    command_fail("%s: %s: %s", error->reason, signer->socket, error->message);
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
    struct signer_error error = { 0 };
    size_t before = signer->state.share_count;
    uint64_t started = signer->state.started;
    if (signer_unseal(signer->client, NULL, 0, 0, &signer->state, &error) != SIGNER_OK)
        return fail(signer, &error);
    if (started != 0 && signer->state.started != started && before > 0)
        command_fail("%s: the signer was restarted: the %zu shares given before are gone; all must be given again",
                     signer->socket, before);
    return true;
}

bool sealed_signer_open(struct sealed_signer *signer, const char *socket, const char *fingerprint)
{
    const struct signer_options options = { .socket = signer->socket };
    struct signer_error error = { 0 };
    *signer = (struct sealed_signer){ 0 };
    if (target_one(socket, signer->socket, &error) != SIGNER_OK) {
        command_fail("%s: %s", error.reason, error.message);
        return false;
    }
    if (!read_file(signer, fingerprint))
        return false;
    if (signer_open(&signer->client, &options, &error) != SIGNER_OK)
        return fail(signer, &error);
    return sealed_signer_refresh(signer) && check_start(signer);
}

void sealed_signer_close(struct sealed_signer *signer)
{
    signer_close(signer->client);
    free(signer->text);
    *signer = (struct sealed_signer){ 0 };
}

bool sealed_signer_send(struct sealed_signer *signer, const struct unseal_content *content)
{
    uint8_t boxes[UNSEAL_VAULTS_MAX][UNSEAL_BOX_SIZE];
    struct signer_error error = { 0 };
    for (size_t i = 0; i < signer->file.vault_count; i++)
        unseal_box_seal(content, signer->file.keystore_id, signer->state.challenges[i], signer->file.vaults[i],
                        boxes[i]);
    if (signer_unseal(signer->client, boxes[0], signer->file.vault_count, UNSEAL_BOX_SIZE, &signer->state, &error)
        == SIGNER_OK)
        return true;
    return fail(signer, &error);
}
