/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/peer.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/unit.h"

static char path[96];

static int listen_there(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(address.sun_path, path, strlen(path) + 1);
    (void)unlink(path);
    return bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0 ? fd : -1;
}

/* A child that listens until it is killed; its pid. */
static pid_t start_listener(void)
{
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        if (listen_there() >= 0)
            (void)!write(ends[1], "l", 1);
        for (;;)
            pause();
    }
    close(ends[1]);
    bool listens = read(ends[0], &byte, 1) == 1;
    close(ends[0]);
    return listens ? child : -1;
}

static void test_who_listens_is_found_and_noticed_to_end(void)
{
    struct peer peer;
    struct signer_error error;
    pid_t child = start_listener();
    UNIT_NEED(child > 0 && peer_find(path, &peer, &error) == SIGNER_OK);
    CU_ASSERT(peer.uid == geteuid() && peer.pid == child && !peer_has_ended(&peer));
    CU_ASSERT(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CU_ASSERT(peer.process < 0 || peer_has_ended(&peer));
    peer_close(&peer);
    CU_ASSERT(peer.process == -1 && !peer_has_ended(&peer));
}

static void test_where_nobody_listens_nobody_is_found(void)
{
    struct peer peer;
    struct signer_error error;
    (void)unlink(path);
    CU_ASSERT(peer_find(path, &peer, &error) != SIGNER_OK && error.message[0] && peer.process == -1);
    CU_ASSERT(peer_is_unmapped(peer.uid));
}

static void test_a_user_is_named_by_number_and_name(void)
{
    char text[PEER_USER];
    peer_user(0, text);
    CU_ASSERT(strcmp(text, "uid 0 (root)") == 0);
    peer_user(4000000001u, text);
    CU_ASSERT(strcmp(text, "uid 4000000001") == 0);
    CU_ASSERT(peer_is_unmapped(65534) && !peer_is_unmapped(0) && !peer_is_unmapped(1000));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_who_listens_is_found_and_noticed_to_end),
        UNIT_TEST(test_where_nobody_listens_nobody_is_found),
        UNIT_TEST(test_a_user_is_named_by_number_and_name),
    };
    if (!unit_make_directory())
        return 1;
    snprintf(path, sizeof path, "%s", unit_path("s"));
    return UNIT_RUN("peer", tests);
}
