/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/archive_prove.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/signers/challenge.h"
#include "ceremony/tool/progress.h"
#include "ceremony/tool/tool.h"
#include "pki/pem_chain.h"

bool archive_prove_restore(struct archive_proof *proof, const struct archive_inspection *inspection)
{
    *proof = (struct archive_proof){ 0 };
    return private_copy_make(&proof->copy, &inspection->archive);
}

bool archive_prove_start(struct archive_proof *proof, const struct archive_inspection *inspection)
{
    int keystore = open(proof->copy.keystore, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = keystore >= 0 && archive_authenticator_start(&proof->authenticator, keystore, inspection->kek);
    if (keystore >= 0)
        close(keystore);
    return ok;
}

static bool prove_key(struct archive_proof *proof, const struct archive_inspection *inspection, const struct key_id *id,
                      struct report *report)
{
    static uint8_t pem[DIRECTORY_CERTIFICATE_MAX], spki[KEY_PUBLIC_MAX];
    char subject[KEY_ID_SIZE + 16];
    struct challenge challenge;
    struct signer_error error = { 0 };
    size_t length = 0;
    const uint8_t *certificate = archive_inspect_certificate(inspection, id, pem, &length);
    size_t spki_length = certificate ? pem_chain_public(certificate, length, spki, sizeof spki) : 0;
    snprintf(subject, sizeof subject, "keys/%s.key", id->text);
    bool ok = challenge_key(proof->authenticator.client, id->text, spki_length > 0 ? spki : NULL, spki_length,
                            &challenge, &error);
    if (ok)
        report_add(report, FINDING_OK, subject, NULL, "signed a challenge (%s), which verifies with its %s",
                   challenge.algorithm, spki_length > 0 ? "certificate" : "public key");
    else
        report_add(report, FINDING_FAIL, subject, error.reason, "it did not sign: %s", error.message);
    return ok;
}

size_t archive_prove_sign(struct archive_proof *proof, const struct archive_inspection *inspection,
                          struct report *report)
{
    const struct manifest *manifest = &inspection->archive.manifest;
    struct progress progress;
    struct key_id id;
    size_t signed_count = 0;
    progress_begin(&progress, "signing", manifest->count);
    for (size_t i = 0; i < manifest->count; i++) {
        const struct archive_file *file = &manifest->files[i];
        if (file->part == PART_KEYS && manifest_has_kek(file, &inspection->kek->id) && manifest_key_id(file, &id))
            signed_count += prove_key(proof, inspection, &id, report);
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
    return signed_count;
}

void archive_prove_end(struct archive_proof *proof)
{
    archive_authenticator_close(&proof->authenticator);
    private_copy_remove(&proof->copy);
}
