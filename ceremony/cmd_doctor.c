/* doctor: is this keystore what it should be, and can this file system keep it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/certificate.h"
#include "ceremony/doctor_records.h"
#include "ceremony/private_key.h"
#include "ceremony/report.h"
#include "ceremony/tool.h"
#include "ceremony/verbs.h"
#include "keystore/arena.h"
#include "keystore/kek_file.h"

static const char help[] =
    "usage: signer-ceremony doctor --keystore DIR [--kek SOURCE] [--json]\n"
    "\n"
    "Checks owner, permissions and header; that the KEK is this keystore's and lies apart from it;\n"
    "that every key opens and its private half makes its public one; that each certificate is its\n"
    "key's and no certificate has lost its key; that the current KEK has a VERIFIED set of shares, who\n"
    "has not checked theirs for 400 days, and which old ones must be kept; that the transcripts are\n"
    "whole and their signatures right; and what the file system can do. Without --kek\n"
    "the keys are not opened, and that is said. Exit code 1 if anything is wrong.\n";

struct visit {
    const char *keystore, *kek_source;
    struct directory directory;
    struct header header;
    struct kek *kek; /* NULL: keys are looked at and not opened */
    struct report report;
};

static void add_fault(struct visit *visit, const char *subject, enum fault fault)
{
    report_add(&visit->report, FINDING_FAIL, subject, fault_name(fault), "%s", fault_advice(fault));
}

/* -- keys ------------------------------------------------------------------------------------- */

/* The private half, decoded anew, must make the public half that the file names. */
static const char *prove(struct private_key *key, const uint8_t *pkcs8, size_t length,
                         const struct key_public *public)
{
    const char *wrong = private_key_decode(pkcs8, length, NULL, NULL, key);
    if (wrong)
        return wrong;
    if (key->spki_length != public->spki_length || memcmp(key->spki, public->spki, public->spki_length) != 0)
        return "its private half makes another public key";
    return NULL;
}

/* Opened first, looked into afterwards, as a vault does it. */
static enum fault open_key(struct visit *visit, const struct key_id *id, const struct sealed_key *sealed,
                           struct key_public *public, const char **wrong)
{
    size_t length = 0;
    uint8_t *pkcs8 = arena_alloc(PKCS8_MAX);
    struct private_key *key = arena_alloc(sizeof *key);
    enum fault fault = pkcs8 && key ? FAULT_NONE : FAULT_MEMORY;
    if (!fault && visit->kek)
        fault = sealed_key_open(sealed, visit->kek, visit->header.keystore_id, id, pkcs8, &length);
    if (!fault)
        fault = key_public_parse(sealed->public_part, sealed->public_length, public);
    if (!fault && visit->kek)
        *wrong = prove(key, pkcs8, length, public);
    arena_free(pkcs8); /* freeing wipes */
    arena_free(key);
    return fault;
}

/* False if nothing more can be said of this key. */
static bool check_sealed(struct visit *visit, const char *name, const struct key_id *id,
                         const struct sealed_key *sealed, struct key_public *public)
{
    const char *wrong = NULL;
    enum fault fault = open_key(visit, id, sealed, public, &wrong);
    if (fault) {
        add_fault(visit, name, fault);
        return false;
    }
    if (wrong)
        report_add(&visit->report, FINDING_FAIL, name, fault_name(FAULT_KEY_TAMPERED), "%s", wrong);
    else
        report_add(&visit->report, FINDING_OK, name, NULL, "%s (%s)",
                   visit->kek ? "opens" : "whole; not opened for want of a KEK",
                   algorithm_name(public->algorithm));
    return true;
}

static void check_certificate(struct visit *visit, const struct key_id *id, const struct key_public *public)
{
    char name[KEY_ID_SIZE + 16];
    size_t length;
    uint8_t *pem = arena_alloc(DIRECTORY_CERTIFICATE_MAX);
    enum fault fault = pem ? directory_read_certificate(&visit->directory, id, pem, &length) : FAULT_MEMORY;
    snprintf(name, sizeof name, "certs/%s.pem", id->text);
    if (fault == FAULT_FILE_MISSING)
        report_add(&visit->report, FINDING_WARN, name, NULL, "the key has no certificate here");
    else if (fault)
        add_fault(visit, name, fault);
    else if (certificate_has_key(pem, length, public->spki, public->spki_length))
        report_add(&visit->report, FINDING_OK, name, NULL, "belongs to its key");
    else
        report_add(&visit->report, FINDING_FAIL, name, "CERTIFICATE_OTHER_KEY",
                   "this is not the certificate of this key; set the right one with signerctl cert");
    arena_free(pem);
}

static void check_key(struct visit *visit, const struct key_id *id)
{
    struct sealed_key sealed;
    struct key_public public;
    char name[KEY_ID_SIZE + 16];
    size_t length;
    uint8_t *bytes = arena_alloc(SEALED_KEY_MAX);
    snprintf(name, sizeof name, "keys/%s.key", id->text);
    enum fault fault = bytes ? directory_read_key(&visit->directory, id, bytes, &length, NULL) : FAULT_MEMORY;
    if (!fault)
        fault = sealed_key_look(bytes, length, &sealed);
    if (fault)
        add_fault(visit, name, fault);
    else if (check_sealed(visit, name, id, &sealed, &public))
        check_certificate(visit, id, &public);
    arena_free(bytes);
}

static void check_keys(struct visit *visit)
{
    struct key_list list;
    enum fault fault = directory_list_keys(&visit->directory, &list);
    if (fault)
        add_fault(visit, "keys", fault);
    for (size_t i = 0; !fault && i < list.count; i++)
        check_key(visit, &list.ids[i]);
    if (!fault && list.count == 0)
        report_add(&visit->report, FINDING_WARN, "keys", NULL, "there are none yet");
    directory_free_list(&list);
}

/* -- what should not be there ----------------------------------------------------------------- */

static void check_lost(struct visit *visit)
{
    struct key_list list;
    struct file_identity identity;
    char name[KEY_ID_SIZE + 16];
    if (directory_list_certificates(&visit->directory, &list) != FAULT_NONE)
        return;
    for (size_t i = 0; i < list.count; i++) {
        snprintf(name, sizeof name, "certs/%s.pem", list.ids[i].text);
        if (directory_identify_key(&visit->directory, &list.ids[i], &identity) == FAULT_KEY_UNKNOWN)
            add_fault(visit, name, FAULT_KEY_LOST);
    }
    directory_free_list(&list);
}

static bool is_expected(const char *name, const char *suffix)
{
    struct key_id id;
    return name[0] == '.' || key_id_from_file(name, suffix, &id);
}

static void check_strays(struct visit *visit, int dir, const char *where, const char *suffix)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (!is_expected(entry->d_name, suffix))
            report_add(&visit->report, FINDING_WARN, where, NULL,
                       "\"%s\" is no file of a keystore and is never read; move it away", entry->d_name);
    if (entries)
        closedir(entries);
}

/* -- the file system --------------------------------------------------------------------------- */

/* Publishes, is refused to publish again, replaces, removes: all that the store relies on. */
static enum fault try_publishing(const struct directory *directory)
{
    static const char name[] = ".tmp-doctor";
    static const uint8_t bytes[] = "signer-ceremony doctor";
    (void)unlinkat(directory->root, name, 0);
    enum fault fault = file_publish(directory->root, name, bytes, sizeof bytes);
    if (!fault && file_publish(directory->root, name, bytes, sizeof bytes) != FAULT_FILE_EXISTS)
        fault = FAULT_STORE_UNSUPPORTED;
    if (!fault)
        fault = file_replace(directory->root, name, bytes, sizeof bytes);
    enum fault removed = file_remove(directory->root, name);
    return fault ? fault : removed;
}

static void check_file_system(struct visit *visit)
{
    if (geteuid() != visit->directory.owner) {
        report_add(&visit->report, FINDING_WARN, "file system", NULL, "not tried: only the owner may write");
        return;
    }
    enum fault fault = directory_lock_within(&visit->directory, 5000);
    if (!fault)
        fault = try_publishing(&visit->directory);
    directory_unlock(&visit->directory);
    if (fault)
        add_fault(visit, "file system", fault);
    else
        report_add(&visit->report, FINDING_OK, "file system", NULL,
                   "locks, publishes without replacing, replaces, syncs");
}

/* -- the visit --------------------------------------------------------------------------------- */

static void check_kek(struct visit *visit)
{
    char id[KEK_ID_TEXT];
    const struct header_kek *current = header_current(&visit->header);
    kek_id_text(&current->id, id);
    report_add(&visit->report, FINDING_OK, "header", NULL, "whole; current KEK %s", id);
    if (!visit->kek_source)
        return;
    enum fault fault = kek_file_is_apart(visit->kek_source, visit->keystore);
    struct kek *kek = arena_alloc(sizeof *kek);
    if (!fault)
        fault = kek ? kek_file_read(visit->kek_source, kek) : FAULT_MEMORY;
    if (!fault)
        fault = header_check(&visit->header, kek);
    if (fault) {
        add_fault(visit, visit->kek_source, fault);
        arena_free(kek);
        return;
    }
    report_add(&visit->report, FINDING_OK, visit->kek_source, NULL, header_incoming(&visit->header)
               && kek_id_equal(&header_incoming(&visit->header)->id, &kek->id)
               ? "is the incoming KEK of a rekey" : "is the keystore's KEK");
    visit->kek = kek;
}

static int examine(struct visit *visit)
{
    enum fault fault = directory_open(visit->keystore, &visit->directory);
    if (!fault)
        fault = directory_read_header(&visit->directory, &visit->header);
    if (fault) {
        add_fault(visit, visit->keystore, fault);
        return report_end(&visit->report);
    }
    report_add(&visit->report, FINDING_OK, visit->keystore, NULL, "owner and permissions are right");
    check_kek(visit);
    if (!tool_become(visit->directory.owner, visit->directory.group))
        return EXIT_REFUSED;
    check_keys(visit);
    check_lost(visit);
    check_strays(visit, visit->directory.keys, "keys", ".key");
    check_strays(visit, visit->directory.certs, "certs", ".pem");
    doctor_records(&visit->report, &visit->directory, &visit->header);
    check_file_system(visit);
    directory_close(&visit->directory);
    return report_end(&visit->report);
}

int cmd_doctor(int argc, char **argv)
{
    static const struct option known[] = {
        { "keystore", required_argument, NULL, 'd' }, { "kek", required_argument, NULL, 'k' },
        { "json", no_argument, NULL, 'j' },           { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    static struct visit visit;
    bool json = false;
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        switch (option) {
        case 'd': visit.keystore = optarg; break;
        case 'k': visit.kek_source = optarg; break;
        case 'j': json = true; break;
        case 'h': return fputs(help, stdout) < 0;
        default: return tool_usage("doctor", "unknown option");
        }
    if (!visit.keystore || optind < argc)
        return tool_usage("doctor", "needs --keystore DIR");
    if (visit.kek_source && kek_file_descriptor(visit.kek_source) >= 0
        && kek_file_exists(visit.kek_source) != FAULT_NONE)
        return tool_refuse(FAULT_KEK_MISSING, visit.kek_source);
    if (!private_key_start())
        return tool_fail("OpenSSL does not start");
    report_begin(&visit.report, json);
    return examine(&visit);
}
