/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/manifest.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

#define HASH "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define MAC "0295b1c229f5a26fc043f145c1d204e39bc02b91f8352d9652093281ecabe592"
#define LINES(mac)                                                                                                     \
    "signer archive trailer 1\nkeystore a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\nkek 3f91-8a17-b121-6618\n"                   \
    "time 2026-01-01T00:00:00Z\nsha256 " HASH "\nmac " mac "\n"

static uint8_t text[4096];
static size_t length;
static struct trailer parsed;

/* What parsing says; what is taken is made again byte by byte. */
static enum fault parse(size_t size)
{
    uint8_t again[TRAILER_MAX];
    enum fault fault = trailer_parse(text, size, &parsed);
    CU_ASSERT(fault == FAULT_NONE || fault == FAULT_ARCHIVE_CORRUPT);
    if (!fault)
        CU_ASSERT(trailer_encode(&parsed, again) == size && memcmp(again, text, size) == 0);
    return fault;
}

/* Lines with the checksum that belongs to them. */
static enum fault lines(const char *first)
{
    char sum[SHA256_TEXT];
    sha256_text(first, strlen(first), sum);
    length = (size_t)snprintf((char *)text, sizeof text, "%schecksum %s\n", first, sum);
    return parse(length);
}

/* The right lines with one piece exchanged, and the checksum made right. */
static enum fault with(const char *from, const char *to)
{
    static const char right[] = LINES(MAC);
    char changed[2048];
    const char *at = strstr(right, from);
    CU_ASSERT(at != NULL);
    if (at)
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - right), right, to, at + strlen(from));
    return at ? lines(changed) : FAULT_COUNT;
}

static void test_a_known_trailer_is_written_byte_for_byte(void)
{
    static const uint8_t first[] = { 0x02, 0x95, 0xb1, 0xc2 };
    UNIT_NEED(lines(LINES(MAC)) == FAULT_NONE);
    CU_ASSERT(parsed.authenticated && memcmp(parsed.mac, first, sizeof first) == 0);
    CU_ASSERT(parsed.claim.time == 1767225600 && parsed.kek.bytes[0] == 0x3f && parsed.kek.bytes[7] == 0x18);
    for (unsigned i = 0; i < SHA256_SIZE; i++)
        CU_ASSERT(parsed.claim.sha256[i] == 0x20 + i);
    for (unsigned i = 0; i < KEYSTORE_ID_SIZE; i++)
        CU_ASSERT(parsed.claim.keystore_id[i] == 0xa0 + i);
}

static void test_a_trailer_without_a_mac_is_unauthenticated(void)
{
    UNIT_NEED(lines(LINES("UNAUTHENTICATED")) == FAULT_NONE);
    CU_ASSERT(!parsed.authenticated && unit_all(parsed.mac, sizeof parsed.mac, 0));
}

static void test_a_trailer_takes_one_block(void)
{
    struct trailer trailer = { .authenticated = true, .claim.time = 253402300799 };
    uint8_t out[TRAILER_MAX];
    CU_ASSERT(trailer_encode(&trailer, out) <= TAR_BLOCK);
    trailer.claim.time = UINT64_MAX;
    CU_ASSERT(trailer_encode(&trailer, out) <= TAR_BLOCK);
}

static void test_a_trailer_with_a_flipped_bit_is_refused(void)
{
    static const char *const both[] = { LINES(MAC), LINES("UNAUTHENTICATED") };
    for (size_t i = 0; i < UNIT_COUNT(both); i++) {
        UNIT_NEED(lines(both[i]) == FAULT_NONE);
        for (size_t bit = 0; bit < 8 * length; bit++) {
            text[bit / 8] ^= (uint8_t)(1 << bit % 8);
            CU_ASSERT(parse(length) == FAULT_ARCHIVE_CORRUPT);
            text[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        CU_ASSERT(parse(length) == FAULT_NONE);
    }
}

static void test_a_trailer_cut_or_lengthened_is_refused(void)
{
    UNIT_NEED(lines(LINES(MAC)) == FAULT_NONE);
    for (size_t size = 0; size < length; size++)
        CU_ASSERT(parse(size) == FAULT_ARCHIVE_CORRUPT);
    for (unsigned byte = 0; byte < 256; byte++) {
        text[length] = (uint8_t)byte;
        CU_ASSERT(parse(length + 1) == FAULT_ARCHIVE_CORRUPT);
    }
    memset(text + length, 'x', sizeof text - length);
    CU_ASSERT(parse(sizeof text) == FAULT_ARCHIVE_CORRUPT);
}

/* Whatever is changed with the checksum made right is another trailer, or none. */
static void test_a_flipped_bit_under_a_right_checksum_is_refused_or_says_something_else(void)
{
    char changed[sizeof LINES(MAC)];
    for (size_t bit = 0; bit < 8 * (sizeof changed - 1); bit++) {
        memcpy(changed, LINES(MAC), sizeof changed);
        changed[bit / 8] ^= (char)(1 << bit % 8);
        if (changed[bit / 8] != '\0')
            (void)lines(changed);
    }
}

static void test_a_trailer_with_a_changed_line_is_refused(void)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        { "trailer 1", "trailer 2" },
        { "trailer 1", "trailer 01" },
        { "signer", "Signer" },
        { "keystore a0", "keystore A0" },
        { "keystore a0", "keystore a" },
        { "keystore a0", "keystore  a0" },
        { "keystore a0", "keystore a0a0" },
        { "kek 3f91", "kek 3F91" },
        { "kek 3f91-", "kek 3f91" },
        { "kek ", "kek" },
        { "time 2026-01-01", "time 2026-02-30" },
        { "00Z\n", "00\n" },
        { "time 2026", "time -2026" },
        { "sha256 20", "sha256 2" },
        { "sha256 20", "sha256 g0" },
        { "sha256 20", "sha256 -" },
        { "mac 02", "mac 0" },
        { "mac 02", "mac 0X" },
        { "mac " MAC, "mac" },
        { "mac " MAC, "mac -" },
        { "mac " MAC, "mac unauthenticated" },
        { "mac " MAC "\n", "" },
        { "mac " MAC, "mac UNAUTHENTICATED " },
        { "\nmac", "\n\nmac" },
        { "\ntime", "\r\ntime" },
        { "sha256", "sha512" },
        { "kek 3f91-8a17-b121-6618\n", "" },
    };
    for (size_t i = 0; i < UNIT_COUNT(changes); i++)
        CU_ASSERT(with(changes[i].from, changes[i].to) == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(with("kek", "kek") == FAULT_NONE);
}

static void test_a_trailer_with_lines_twice_or_in_another_order_is_refused(void)
{
    CU_ASSERT(with("mac ", "mac UNAUTHENTICATED\nmac ") == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(with("time ", "kek 3f91-8a17-b121-6618\ntime ") == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(with("kek 3f91-8a17-b121-6618\ntime 2026-01-01T00:00:00Z\n",
                   "time 2026-01-01T00:00:00Z\nkek 3f91-8a17-b121-6618\n")
              == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(lines("") == FAULT_ARCHIVE_CORRUPT && lines("\n") == FAULT_ARCHIVE_CORRUPT);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_trailer_is_written_byte_for_byte),
        UNIT_TEST(test_a_trailer_without_a_mac_is_unauthenticated),
        UNIT_TEST(test_a_trailer_takes_one_block),
        UNIT_TEST(test_a_trailer_with_a_flipped_bit_is_refused),
        UNIT_TEST(test_a_trailer_cut_or_lengthened_is_refused),
        UNIT_TEST(test_a_flipped_bit_under_a_right_checksum_is_refused_or_says_something_else),
        UNIT_TEST(test_a_trailer_with_a_changed_line_is_refused),
        UNIT_TEST(test_a_trailer_with_lines_twice_or_in_another_order_is_refused),
    };
    return secret_start() ? UNIT_RUN("trailer", tests) : 1;
}
