/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/room.h"

const char *room_name(enum room room)
{
    static const char *const names[ROOM_COUNT] = { "gate", "inspector", "store", "vault", "access" };
    return names[room];
}
