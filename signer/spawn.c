/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signer/courier.h"
#include "signer/ipc/room_fork.h"
#include "signer/process/log.h"

static void run_store(const void *setup)
{
    store_run(setup);
}

static void run_inspector(const void *setup)
{
    inspector_run(setup);
}

static void run_access(const void *setup)
{
    access_run(setup);
}

static void run_vault(const void *setup)
{
    vault_run(setup);
}

int spawn_store(struct store_setup *setup)
{
    struct directory *directory = &setup->directory;
    int *const descriptors[] = { &setup->fd,          &directory->root, &directory->keys,   &directory->certs,
                                 &directory->records, &directory->lock, &setup->presence.fd };
    return room_fork("store", descriptors, sizeof descriptors / sizeof *descriptors, run_store, setup);
}

int spawn_inspector(struct inspector_setup *setup)
{
    int *const descriptors[] = { &setup->fd };
    return room_fork("inspect", descriptors, 1, run_inspector, setup);
}

int spawn_access(struct access_setup *setup)
{
    int *const descriptors[] = { &setup->fd, &setup->place.directory, &setup->place.etc };
    return room_fork("access", descriptors, 3, run_access, setup);
}

int spawn_vault(struct vault_setup *setup, unsigned number)
{
    char name[16];
    snprintf(name, sizeof name, number < 10 ? "vault %u" : "vault%u", number); /* as many as the kernel keeps */
    int *const descriptors[] = { &setup->fd };
    return room_fork(name, descriptors, 1, run_vault, setup);
}

void spawn_courier(const char *kek, const char *keystore, const struct header *header, const int *vaults,
                   unsigned count)
{
    int status = 0;
    pid_t pid = fork();
    if (pid < 0)
        log_die("fork: %s", strerror(errno));
    if (pid == 0)
        courier_run(kek, keystore, header, vaults, count);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        _exit(1); /* the courier has logged why */
}
