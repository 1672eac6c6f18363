/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/presence.h"

#include <sys/wait.h>

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static struct directory directory;

static struct presence opened(void)
{
    struct presence presence;
    CU_ASSERT(presence_open(&directory, &presence) == FAULT_NONE);
    return presence;
}

static struct presence entered(void)
{
    struct presence presence = opened();
    CU_ASSERT(presence_enter(&presence, 0) == FAULT_NONE);
    return presence;
}

static void test_the_first_is_alone_and_lets_nobody_in_by_itself(void)
{
    struct presence first = entered(), second = opened();
    CU_ASSERT(first.alone && !presence_is_knocked(&first));
    CU_ASSERT(presence_enter(&second, 0) == FAULT_STORE_BUSY && presence_enter(&second, 50) == FAULT_STORE_BUSY);
    CU_ASSERT(!second.alone && !presence_is_knocked(&first)); /* it has given up */
    presence_close(&second);
    presence_close(&first);
}

static void test_who_is_let_in_shares_until_the_other_is_gone(void)
{
    struct presence first = entered(), second = opened();
    presence_share(&first);
    CU_ASSERT(!first.alone && presence_enter(&second, 0) == FAULT_NONE && !second.alone);
    CU_ASSERT(!presence_is_knocked(&first));
    presence_claim(&first);
    presence_claim(&second);
    CU_ASSERT(!first.alone && !second.alone);
    presence_close(&first);
    presence_claim(&second);
    CU_ASSERT(second.alone);
    presence_close(&second);
}

/* The gate and the store of one signer: others must not be alone before both are gone. */
static void test_a_process_that_was_forked_is_there_too(void)
{
    struct presence first = entered(), second = opened();
    pid_t store = fork();
    if (store == 0) {
        directory_close(&directory);
        presence_close(&second);
        pause();
    }
    presence_close(&first);
    CU_ASSERT(presence_enter(&second, 0) == FAULT_STORE_BUSY);
    kill(store, SIGKILL);
    CU_ASSERT(waitpid(store, NULL, 0) == store);
    CU_ASSERT(presence_enter(&second, 0) == FAULT_NONE && second.alone);
    presence_close(&second);
}

/* A change takes byte 0 alone; earlier versions, which knew no other bytes, are refused beside a signer. */
static void test_a_change_is_possible_beside_those_who_are_there_and_the_whole_file_is_not_to_be_had(void)
{
    struct presence first = entered();
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    CU_ASSERT(directory_lock(&directory) == FAULT_NONE);
    directory_unlock(&directory);
    CU_ASSERT(fcntl(directory.lock, F_OFD_SETLK, &whole) != 0 && errno == EAGAIN);
    presence_share(&first);
    CU_ASSERT(fcntl(directory.lock, F_OFD_SETLK, &whole) != 0 && errno == EAGAIN);
    presence_close(&first);
    CU_ASSERT(fcntl(directory.lock, F_OFD_SETLK, &whole) == 0);
    first = opened();
    CU_ASSERT(presence_enter(&first, 0) == FAULT_STORE_BUSY);
    directory_unlock(&directory); /* byte 0 alone */
    CU_ASSERT(presence_enter(&first, 0) == FAULT_STORE_BUSY);
    whole.l_type = F_UNLCK;
    CU_ASSERT(fcntl(directory.lock, F_OFD_SETLK, &whole) == 0);
    CU_ASSERT(presence_enter(&first, 0) == FAULT_NONE);
    presence_close(&first);
}

/* A descriptor that cannot write has no write lock, so its signer never takes itself to be alone. */
static void test_who_can_only_read_is_never_alone(void)
{
    struct presence first = { .fd = openat(directory.root, "lock", O_RDONLY | O_CLOEXEC) }, second = opened();
    CU_ASSERT(first.fd >= 0 && presence_enter(&first, 0) == FAULT_NONE && !first.alone);
    presence_claim(&first);
    CU_ASSERT(!first.alone && presence_enter(&second, 0) == FAULT_NONE && !second.alone);
    presence_close(&first);
    presence_close(&second);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_first_is_alone_and_lets_nobody_in_by_itself),
        UNIT_TEST(test_who_is_let_in_shares_until_the_other_is_gone),
        UNIT_TEST(test_a_process_that_was_forked_is_there_too),
        UNIT_TEST(test_a_change_is_possible_beside_those_who_are_there_and_the_whole_file_is_not_to_be_had),
        UNIT_TEST(test_who_can_only_read_is_never_alone),
    };
    bool ready = secret_start() && unit_make_directory()
        && directory_create(unit_path("ks"), geteuid(), getegid(), &directory) == FAULT_NONE;
    return ready ? UNIT_RUN("presence", tests) : 1;
}
