/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/courier.h"

#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "keystore/kek/kek_file.h"
#include "keystore/kek/source_advice.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "signer/ipc/message.h"
#include "signer/process/log.h"

static noreturn void leave(int code)
{
    arena_wipe();
    _exit(code);
}

static noreturn void refuse(enum fault fault, const char *source, const char *keystore, const struct header *header,
                            const struct kek *kek)
{
    char given[KEK_ID_TEXT], needed[KEK_ID_TEXT], since[TIME_TEXT], advice[SOURCE_ADVICE];
    const struct header_kek *current = header_current(header);
    kek_id_text(&kek->id, given);
    kek_id_text(&current->id, needed);
    time_text(current->since, since);
    if (fault == FAULT_KEK_MISMATCH || fault == FAULT_KEK_RETIRED)
        log_error("%s: %s is KEK %s, and the keystore %s needs KEK %s (current since %s); %s", fault_name(fault),
                  source, given, keystore, needed, since, fault_advice(fault));
    else
        log_error("%s: %s: %s", fault_name(fault), fault == FAULT_KEYSTORE_TAMPERED ? keystore : source,
                  source_advice(fault, source, advice));
    leave(1);
}

noreturn void courier_run(const char *source, const char *keystore, const struct header *header, const int *vaults,
                          unsigned count)
{
    if (!arena_open(ARENA_MIN) || !secret_start())
        log_die("out of memory for the KEK");
    struct kek *kek = arena_alloc(sizeof *kek);
    enum fault fault = kek ? kek_file_read(source, kek) : FAULT_MEMORY;
    if (!fault)
        fault = header_check(header, kek);
    if (fault)
        refuse(fault, source, keystore, header, kek);
    for (unsigned i = 0; i < count; i++)
        if (!io_write_all(vaults[i], kek->key, KEK_SIZE)) {
            log_error("a vault ended before it received the KEK");
            leave(1);
        }
    leave(0);
}
