/* What leaves a ceremony, and the proof that came before it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/run.h"
#include "ceremony/signature.h"
#include "ceremony/tool.h"
#include "keystore/bytes.h"
#include "keystore/secret.h"

static void add_set(const struct run *run, struct transcript *entry)
{
    for (size_t i = 0; i < run->session.known.count; i++) {
        const struct share_set *set = &run->session.known.sets[i];
        if (!run->state.delivered || set->set != run->state.set)
            continue;
        session_describe_set(set, entry);
        for (size_t j = 0; j < set->count; j++)
            if (run->bags[j][0])
                transcript_add(entry, "bag", "%s of %s", run->bags[j], set->holders[j].label);
    }
}

bool run_commit_begin(const struct run *run, struct transcript *entry)
{
    static const char *const kinds[] = { [PLAN_NEW] = "new", [PLAN_ISSUE] = "issue", [PLAN_REKEY] = "rekey" };
    char plan[SHA256_TEXT];
    bytes_to_hex(run->plan.sha256, SHA256_SIZE, plan);
    if (!transcript_begin(entry, "run"))
        return false;
    if (run->rehearsal)
        transcript_add(entry, "rehearsal", "yes: throw-away keys");
    transcript_add(entry, "ceremony", "%s", run->plan.ceremony);
    transcript_add(entry, "plan", "%s sha256 %s", kinds[run->plan.kind], plan);
    for (int i = 0; i < 2; i++)
        transcript_add(entry, "witness", "%s", run->witnesses[i]);
    add_set(run, entry);
    return true;
}

/* -- files ------------------------------------------------------------------------------------------------------ */

bool run_commit_prepare(const struct run *run, uid_t owner, gid_t group)
{
    struct stat status;
    if (mkdir(run->out, 0700) == 0) {
        if (geteuid() != 0 || chown(run->out, owner, group) == 0)
            return true;
    } else if (errno == EEXIST && stat(run->out, &status) == 0 && S_ISDIR(status.st_mode)) {
        if (status.st_uid == owner)
            return true;
        tool_fail("%s: belongs to uid %u, and the owner of the keystore (uid %u) is to write there", run->out,
                  status.st_uid, owner);
        return false;
    }
    tool_fail("%s: %s", run->out, strerror(errno));
    return false;
}

static void path_of(const struct run *run, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s%s", run->out, run->rehearsal ? "REHEARSAL-" : "", name);
}

bool run_commit_is_free(const struct run *run, const char *name)
{
    char path[512];
    struct stat status;
    path_of(run, name, path, sizeof path);
    if (lstat(path, &status) != 0)
        return true;
    tool_refuse(FAULT_FILE_EXISTS, path);
    return false;
}

bool run_commit_write(const struct run *run, const char *name, const void *bytes, size_t length,
                      struct transcript *entry)
{
    char path[512], hash[SHA256_TEXT];
    path_of(run, name, path, sizeof path);
    enum fault fault = tool_write_new(path, bytes, length);
    if (fault) {
        tool_refuse(fault, path);
        return false;
    }
    sha256_text(bytes, length, hash);
    transcript_add(entry, "file", "%s%s sha256 %s", run->rehearsal ? "REHEARSAL-" : "", name, hash);
    return true;
}

static bool copy_file(int from, int to, const char *name)
{
    static uint8_t bytes[256 * 1024];
    int fd = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    bool ok = length >= 0 && length < (ssize_t)sizeof bytes
        && file_publish(to, name, bytes, (size_t)length) == FAULT_NONE;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool copy_all(int from, int to)
{
    int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    bool ok = entries != NULL;
    for (struct dirent *entry; ok && (entry = readdir(entries));)
        if (entry->d_name[0] != '.' && (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN))
            ok = copy_file(from, to, entry->d_name);
    if (entries)
        closedir(entries);
    return ok;
}

static bool copy_part(int part, int root, const char *name)
{
    int to = mkdirat(root, name, 0700) == 0 ? openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = to >= 0 && copy_all(part, to);
    if (to >= 0)
        close(to);
    return ok;
}

bool run_commit_copy(const struct run *run)
{
    char path[512];
    const struct directory *directory = &run->session.directory;
    snprintf(path, sizeof path, "%s/%skeystore-%lld", run->out, run->rehearsal ? "REHEARSAL-" : "",
             (long long)time(NULL));
    int root = mkdir(path, 0700) == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = root >= 0 && copy_all(directory->root, root) && copy_part(directory->keys, root, "keys")
        && copy_part(directory->certs, root, "certs") && copy_part(directory->records, root, "records")
        && fsync(root) == 0;
    if (ok)
        fprintf(stderr, "the keystore, as it is now, is copied to %s\n", path);
    else
        tool_fail("%s: %s", path, strerror(errno));
    if (root >= 0)
        close(root);
    return ok;
}

/* -- proof ------------------------------------------------------------------------------------------------------ */

static bool prove_key(struct private_signer *signer, const struct key_id *id, struct transcript *entry)
{
    static uint8_t signature[SIGNER_SIGNATURE_MAX];
    char challenge[128], random[2 * 32 + 1], scheme[SIGNATURE_SCHEME_TEXT], public_hash[SHA256_TEXT];
    uint8_t bytes[32];
    size_t length = sizeof signature;
    struct signer_key *key = NULL;
    struct signer_error error = { 0 };
    secret_random(bytes, sizeof bytes);
    bytes_to_hex(bytes, sizeof bytes, random);
    snprintf(challenge, sizeof challenge, "signer ceremony challenge 1\n%s\n", random);
    bool ok = signer_get_key(signer->client, id->text, &key, &error) == SIGNER_OK
        && signature_make(signer->client, key, challenge, strlen(challenge), signature, &length, scheme, &error);
    bool right = ok && signature_verify(key->public_key, key->public_key_length, scheme, challenge, strlen(challenge),
                                        signature, length);
    if (right) {
        sha256_text(key->public_key, key->public_key_length, public_hash);
        transcript_add(entry, "key", "%s %s public-key-sha256 %s signed a challenge", id->text, key->algorithm,
                       public_hash);
    } else {
        tool_fail("key %s: the recombined KEK does not make it sign: %s", id->text, error.message);
    }
    signer_key_free(key);
    return right;
}

bool run_commit_prove(const struct run *run, struct private_signer *signer, struct transcript *entry)
{
    struct key_list list;
    if (directory_list_keys(&run->session.directory, &list) != FAULT_NONE)
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < list.count; i++)
        ok = prove_key(signer, &list.ids[i], entry);
    directory_free_list(&list);
    return ok;
}
