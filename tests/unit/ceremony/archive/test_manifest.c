/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/manifest.h"

#include "keystore/files/records.h"
#include "tests/unit/archive_sample.h"

enum { TEXT_MAX = 64 * 1024 };

static char text[TEXT_MAX];
static size_t length;
static struct manifest parsed;

/* -- texts -- */

static bool encode(const struct manifest *manifest)
{
    char *made = manifest_encode(manifest, &length);
    bool ok = made && length < sizeof text;
    if (ok)
        memcpy(text, made, length);
    text[ok ? length : 0] = '\0';
    free(made);
    return ok;
}

/* What parsing says; after success the same text comes out, and after a refusal nothing is held. */
static enum fault parse(const char *bytes, size_t size)
{
    enum fault fault = manifest_parse((const uint8_t *)bytes, size, &parsed);
    if (fault) {
        CU_ASSERT(parsed.files == NULL && parsed.count == 0);
        return fault;
    }
    size_t again = 0;
    char *made = manifest_encode(&parsed, &again);
    CU_ASSERT(made && again == size && memcmp(made, bytes, size) == 0);
    free(made);
    manifest_free(&parsed);
    CU_ASSERT(parsed.files == NULL && parsed.count == 0);
    return FAULT_NONE;
}

/* The sample's text with one piece exchanged for another; the piece must be there. */
static enum fault with(const char *from, const char *to)
{
    static char changed[TEXT_MAX];
    const char *at = encode(&sample.manifest) ? strstr(text, from) : NULL;
    CU_ASSERT(at != NULL);
    int size = at ? snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) : 0;
    return parse(changed, (size_t)size);
}

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD(kek)                                                                                                      \
    "signer archive 1\nkeystore a0010203040506070809000000000000\n" kek                                                \
    "rekey none\ntime 2026-01-01T00:00:00Z\ntool signer-ceremony 0.1.0\nlibraries libsodium 1.0.18\n"
#define CURRENT "kek 3f91-8a17-b121-6618 current since 2026-01-01T00:00:00Z\n"

static enum fault literal(const char *lines)
{
    return parse(lines, strlen(lines));
}

/* A manifest of a header and one more line. */
static enum fault line(const char *further)
{
    char lines[2048];
    snprintf(lines, sizeof lines, HEAD(CURRENT) "file 151 " HASH " keystore\n%s\n", further);
    return literal(lines);
}

/* A file's line with this size, path and what a key's line has besides. */
static enum fault file_line(const char *size, const char *path, const char *rest)
{
    char further[1024];
    snprintf(further, sizeof further, "file %s " HASH " %s%s", size, path, rest);
    return line(further);
}

#define KEY_REST " ec-p256 " HASH " 3f91-8a17-b121-6618"

/* -- what is right -- */

static void test_a_known_manifest_is_written_byte_for_byte(void)
{
    static const char wanted[] = HEAD(CURRENT) "file 151 " HASH " keystore\nfile 432 " HASH
                                               " keys/issuing-ca.key" KEY_REST "\n"
                                               "file 731 " HASH " certs/issuing-ca.pem\nfile 0 " HASH
                                               " records/ceremony-state.txt\n";
    UNIT_NEED(manifest_parse((const uint8_t *)wanted, strlen(wanted), &parsed) == FAULT_NONE);
    CU_ASSERT(parsed.count == 4 && parsed.time == SAMPLE_TIME && parsed.header.kek_count == 1);
    CU_ASSERT(parsed.header.keks[0].role == KEK_CURRENT && parsed.header.keks[0].id.bytes[0] == 0x3f
              && parsed.header.keks[0].since == SAMPLE_TIME && parsed.header.keks[0].until == 0);
    CU_ASSERT(parsed.files[1].part == PART_KEYS && parsed.files[1].algorithm == ALGORITHM_EC_P256
              && parsed.files[1].size == 432 && parsed.files[1].kek_count == 1);
    CU_ASSERT(parsed.files[0].part == PART_ROOT && parsed.files[2].part == PART_CERTS
              && parsed.files[3].part == PART_RECORDS && parsed.files[3].size == 0);
    manifest_free(&parsed);
    CU_ASSERT(literal(wanted) == FAULT_NONE);
}

static void test_a_manifest_is_parsed_as_it_was_encoded(void)
{
    UNIT_NEED(encode(&sample.manifest) && parse(text, length) == FAULT_NONE);
    UNIT_NEED(manifest_parse((const uint8_t *)text, length, &parsed) == FAULT_NONE);
    CU_ASSERT(parsed.count == SAMPLE_FILES && memcmp(parsed.files, sample.files, sizeof sample.files) == 0);
    CU_ASSERT_STRING_EQUAL(parsed.tool, sample.manifest.tool);
    manifest_free(&parsed);
}

static void fill_keks(struct header *header, size_t count)
{
    header->kek_count = count;
    for (size_t i = 0; i < count; i++)
        header->keks[i] =
            (struct header_kek){ .id = { { (uint8_t)i, 1 } }, .role = KEK_RETIRED, .since = 1 + i, .until = 2 + i };
    header->keks[count - 1] = (struct header_kek){ .id = { { 0xff } }, .role = KEK_CURRENT, .since = 1000 };
}

static void test_a_manifest_with_as_many_keks_as_a_header_has_is_taken(void)
{
    struct manifest many = sample.manifest;
    for (size_t count = 1; count <= HEADER_KEKS_MAX; count++) {
        fill_keks(&many.header, count);
        CU_ASSERT(encode(&many) && parse(text, length) == FAULT_NONE);
    }
    UNIT_NEED(encode(&many) && manifest_parse((const uint8_t *)text, length, &parsed) == FAULT_NONE);
    CU_ASSERT(parsed.header.kek_count == HEADER_KEKS_MAX);
    for (size_t i = 0; i < HEADER_KEKS_MAX; i++)
        CU_ASSERT(kek_id_equal(&parsed.header.keks[i].id, &many.header.keks[i].id)
                  && parsed.header.keks[i].role == many.header.keks[i].role
                  && parsed.header.keks[i].since == many.header.keks[i].since
                  && parsed.header.keks[i].until == many.header.keks[i].until);
    manifest_free(&parsed);
}

static void test_a_manifest_with_a_kek_more_than_a_header_has_is_refused(void)
{
    static char longer[TEXT_MAX];
    struct manifest many = sample.manifest;
    fill_keks(&many.header, HEADER_KEKS_MAX);
    UNIT_NEED(encode(&many));
    char *rekey = strstr(text, "rekey ");
    UNIT_NEED(rekey != NULL);
    int size = snprintf(longer, sizeof longer,
                        "%.*skek 0000-0000-0000-00aa retired since 2026-01-01T00:00:00Z until"
                        " 2026-01-02T00:00:00Z\n%s",
                        (int)(rekey - text), text, rekey);
    CU_ASSERT(parse(longer, (size_t)size) == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_manifest_of_every_state_of_a_rekey_is_taken(void)
{
    static const char *const lines[] = { "rekey none", "rekey begun", "rekey wrapped", "rekey verified",
                                         "rekey finishing" };
    for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
        CU_ASSERT(with("rekey none", lines[i]) == FAULT_NONE);
        UNIT_NEED(encode(&sample.manifest));
    }
    CU_ASSERT(with("rekey none", "rekey") == FAULT_ARCHIVE_CORRUPT
              && with("rekey none", "rekey x") == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(with("rekey none", "rekey  none") == FAULT_ARCHIVE_CORRUPT
              && with("rekey none", "rekey none ") == FAULT_ARCHIVE_CORRUPT
              && with("rekey none\n", "") == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_key_with_two_wraps_names_both_keks(void)
{
    struct manifest both = sample.manifest;
    struct archive_file files[SAMPLE_FILES];
    memcpy(files, sample.files, sizeof files);
    files[1].keks[files[1].kek_count++] = (struct kek_id){ { 0xfe, 1 } };
    both.files = files;
    UNIT_NEED(encode(&both) && parse(text, length) == FAULT_NONE
              && manifest_parse((const uint8_t *)text, length, &parsed) == FAULT_NONE);
    CU_ASSERT(parsed.files[1].kek_count == 2 && parsed.files[1].keks[1].bytes[0] == 0xfe);
    manifest_free(&parsed);
}

static void test_a_key_of_every_algorithm_is_taken(void)
{
    for (unsigned i = 1; i < ALGORITHM_COUNT; i++) {
        char rest[256];
        snprintf(rest, sizeof rest, " %s " HASH " 3f91-8a17-b121-6618", algorithm_name((enum algorithm)i));
        CU_ASSERT(file_line("1", "keys/a.key", rest) == FAULT_NONE);
    }
}

static void test_a_manifest_of_many_files_is_taken(void)
{
    enum { MANY = 5000 };
    struct manifest many = sample.manifest;
    many.files = calloc(MANY, sizeof *many.files);
    UNIT_NEED(many.files != NULL);
    for (many.count = 0; many.count < MANY; many.count++) {
        struct archive_file *file = &many.files[many.count];
        file->part = many.count == 0 ? PART_ROOT : PART_RECORDS;
        snprintf(file->name, sizeof file->name, many.count == 0 ? "keystore" : "transcript-%06zu.txt", many.count);
    }
    size_t size = 0;
    char *made = manifest_encode(&many, &size);
    CU_ASSERT(made && parse(made, size) == FAULT_NONE);
    free(made);
    manifest_free(&many);
}

/* -- what is wrong -- */

/* parse() itself holds each text that is taken to its own bytes. */
static void test_every_flipped_bit_is_refused_or_says_something_else(void)
{
    size_t taken = 0, bits;
    UNIT_NEED(encode(&sample.manifest));
    bits = 8 * length;
    for (size_t bit = 0; bit < bits; bit++) {
        text[bit / 8] ^= (char)(1 << bit % 8);
        enum fault fault = parse(text, length);
        CU_ASSERT(fault == FAULT_NONE || fault == FAULT_ARCHIVE_CORRUPT || fault == FAULT_ARCHIVE_NEWER);
        taken += fault == FAULT_NONE;
        text[bit / 8] ^= (char)(1 << bit % 8);
    }
    CU_ASSERT(taken > 0 && taken < bits / 2); /* digits of hashes, sizes and times, and letters of versions */
}

static void test_every_truncation_is_refused_or_holds_fewer_files(void)
{
    UNIT_NEED(encode(&sample.manifest));
    for (size_t size = 0; size < length; size++) {
        enum fault fault = parse(text, size);
        bool whole_lines = size > 0 && text[size - 1] == '\n' && strstr(text, " keystore\n") + 10 <= text + size;
        CU_ASSERT(fault == (whole_lines ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT));
    }
}

static void test_every_byte_more_is_refused(void)
{
    UNIT_NEED(encode(&sample.manifest));
    for (unsigned byte = 0; byte < 256; byte++) {
        text[length] = (char)byte;
        CU_ASSERT(parse(text, length + 1) == FAULT_ARCHIVE_CORRUPT);
    }
}

static void test_every_inserted_byte_is_refused_or_says_something_else(void)
{
    static const char inserted[] = { ' ', '\n', '\t', '\0', '\r', '0', '-', '/', ',' };
    static char longer[TEXT_MAX];
    UNIT_NEED(encode(&sample.manifest));
    for (size_t at = 0; at <= length; at++)
        for (size_t i = 0; i < sizeof inserted; i++) {
            memcpy(longer, text, at);
            longer[at] = inserted[i];
            memcpy(longer + at + 1, text + at, length - at);
            (void)parse(longer, length + 1);
        }
}

static void test_another_title_is_newer_or_no_archive(void)
{
    static const struct {
        const char *title;
        enum fault fault;
    } titles[] = {
        { "signer archive 2\n", FAULT_ARCHIVE_NEWER },    { "signer archive 10\n", FAULT_ARCHIVE_NEWER },
        { "signer archive 1 \n", FAULT_ARCHIVE_NEWER },   { "signer archive", FAULT_ARCHIVE_CORRUPT },
        { "signer archive\n", FAULT_ARCHIVE_CORRUPT },    { "Signer archive 1\n", FAULT_ARCHIVE_CORRUPT },
        { " signer archive 1\n", FAULT_ARCHIVE_CORRUPT }, { "", FAULT_ARCHIVE_CORRUPT },
    };
    for (size_t i = 0; i < UNIT_COUNT(titles); i++)
        CU_ASSERT(with("signer archive 1\n", titles[i].title) == titles[i].fault);
    CU_ASSERT(parse("", 0) == FAULT_ARCHIVE_CORRUPT && literal("signer archive 1\n") == FAULT_ARCHIVE_CORRUPT);
}

/* Exactly one is current, and only a retired one ended. */
static void test_keks_whose_roles_do_not_fit_are_refused(void)
{
    static const char *const good[] = {
        CURRENT "kek 0000-0000-0000-0001 incoming since 2026-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-0001 retired since 2025-01-01T00:00:00Z until 2026-01-01T00:00:00Z\n" CURRENT,
    };
    static const char *const bad[] = {
        "",
        CURRENT CURRENT,
        "kek 0000-0000-0000-0001 incoming since 2026-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-0001 retired since 2025-01-01T00:00:00Z until 2026-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-0001 current since 2026-01-01T00:00:00Z until 2026-02-01T00:00:00Z\n",
        CURRENT "kek 0000-0000-0000-0001 incoming since 2026-01-01T00:00:00Z until 2026-02-01T00:00:00Z\n",
        CURRENT "kek 0000-0000-0000-0001 retired since 2026-01-01T00:00:00Z\n",
        CURRENT "kek 0000-0000-0000-0001 lost since 2026-01-01T00:00:00Z\n",
        CURRENT "kek 0000-0000-0000-0001 retired since 2026-01-01T00:00:00Z until\n",
        "kek 0000-0000-0000-0001  current since 2026-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-00010 current since 2026-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-001 current since 2026-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-000G current since 2026-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-000A current since 2026-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-0001 current since 2026-02-30T00:00:00Z\n",
        "kek 0000-0000-0000-0001 current since 2026-1-1T00:00:00Z\n",
        "kek 0000-0000-0000-0001 current since 2026-01-01 00:00:00\n",
        "kek 0000-0000-0000-0001 current since 1970-01-01T00:00:00Z\n",
        "kek 0000-0000-0000-0001 current since 1969-12-31T23:59:59Z\n",
        "Kek 0000-0000-0000-0001 current since 2026-01-01T00:00:00Z\n",
    };
    for (size_t i = 0; i < UNIT_COUNT(good); i++) {
        UNIT_NEED(encode(&sample.manifest));
        char *kek = strndup(strstr(text, "kek "), strcspn(strstr(text, "kek "), "\n") + 1);
        CU_ASSERT(kek && with(kek, good[i]) == FAULT_NONE);
        for (size_t j = 0; kek && i == 0 && j < UNIT_COUNT(bad); j++)
            CU_ASSERT(with(kek, bad[j]) == FAULT_ARCHIVE_CORRUPT);
        free(kek);
    }
}

static void test_a_head_with_a_changed_line_is_refused(void)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        { "keystore a0", "keystore A0" },
        { "keystore a0", "keystore  a0" },
        { "keystore a0", "keystore a" },
        { "keystore a0", "keystore a00" },
        { "keystore a0", "Keystore a0" },
        { "time ", "time  " },
        { "time 2026-01-01", "time 2026-13-01" },
        { "time 2026-01-01", "time 26-01-01" },
        { "00:00:00Z\ntool", "00:00:00\ntool" },
        { "tool signer", "tool  signer" },
        { "tool signer", "signer" },
        { "0.1.0\n", "0.1.0\tx\n" },
        { "0.1.0\n", "0.1.0\x7f\n" },
        { "0.1.0\n", "0.1.0\xc3\xa9\n" },
        { "libraries libsodium 1.0.18\n", "libraries \n" },
        { "libraries libsodium 1.0.18\n", "" },
        { "libraries", "library" },
        { "tool signer-ceremony 0.1.0\n", "tool\n" },
    };
    for (size_t i = 0; i < UNIT_COUNT(changes); i++)
        CU_ASSERT(with(changes[i].from, changes[i].to) == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_version_that_is_too_long_is_refused(void)
{
    char version[256];
    for (size_t size = 1; size < 200; size++) {
        memset(version, 'v', size);
        version[size] = '\0';
        CU_ASSERT(with("signer-ceremony 0.1.0", version)
                  == (size < MANIFEST_VERSION_TEXT ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT));
    }
}

static void test_files_out_of_their_order_are_refused(void)
{
    struct manifest changed = sample.manifest;
    struct archive_file files[SAMPLE_FILES + 1];
    changed.files = files;
    for (size_t i = 0; i < SAMPLE_FILES; i++)
        for (size_t j = 0; j < i; j++) {
            memcpy(files, sample.files, sizeof sample.files);
            files[i] = sample.files[j];
            files[j] = sample.files[i];
            CU_ASSERT(encode(&changed) && parse(text, length) == FAULT_ARCHIVE_CORRUPT);
        }
    changed.count = SAMPLE_FILES + 1;
    for (size_t i = 0; i < SAMPLE_FILES; i++) {
        memcpy(files, sample.files, (i + 1) * sizeof *files);
        memcpy(files + i + 1, sample.files + i, (SAMPLE_FILES - i) * sizeof *files);
        CU_ASSERT(encode(&changed) && parse(text, length) == FAULT_ARCHIVE_CORRUPT);
    }
}

/* Byte order of the names as they are: "-" and "." and digits come before letters, and "_" between. */
static void test_names_out_of_their_order_are_refused(void)
{
    static const char *const ascending[] = { "a-1.key", "a.b.key", "a.key", "a0.key", "a_.key", "aa.key", "b.key" };
    struct manifest ordered = sample.manifest;
    struct archive_file files[1 + UNIT_COUNT(ascending)];
    ordered.files = files;
    files[0] = sample.files[0];
    for (ordered.count = 1; ordered.count < UNIT_COUNT(files); ordered.count++) {
        files[ordered.count] = sample.files[1];
        snprintf(files[ordered.count].name, sizeof files->name, "%s", ascending[ordered.count - 1]);
    }
    UNIT_NEED(encode(&ordered) && parse(text, length) == FAULT_NONE);
    for (size_t i = 0; i < UNIT_COUNT(ascending); i++) {
        CU_ASSERT(manifest_find(&ordered, PART_KEYS, ascending[i]) == &files[i + 1]);
        CU_ASSERT(manifest_find(&ordered, PART_CERTS, ascending[i]) == NULL);
    }
}

static void test_a_manifest_without_a_header_is_none(void)
{
    struct manifest headless = sample.manifest;
    headless.files = sample.files + 1;
    headless.count = SAMPLE_FILES - 1;
    CU_ASSERT(encode(&headless) && parse(text, length) == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(literal(HEAD(CURRENT)) == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(literal(HEAD(CURRENT) "file 151 " HASH " keystore\n") == FAULT_NONE);
    CU_ASSERT(literal(HEAD(CURRENT) "file 151 " HASH " keystore") == FAULT_ARCHIVE_CORRUPT);
}

static void test_sizes_at_their_bounds_are_taken_and_beyond_are_not(void)
{
    static const struct {
        const char *path, *rest;
        unsigned long long most;
    } kinds[] = {
        { "keys/a.key", KEY_REST, SEALED_KEY_MAX },
        { "certs/a.pem", "", DIRECTORY_CERTIFICATE_MAX },
        { "records/set-a.txt", "", RECORD_MAX },
    };
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++) {
        char size[32];
        snprintf(size, sizeof size, "%llu", kinds[i].most);
        CU_ASSERT(file_line(size, kinds[i].path, kinds[i].rest) == FAULT_NONE);
        snprintf(size, sizeof size, "%llu", kinds[i].most + 1);
        CU_ASSERT(file_line(size, kinds[i].path, kinds[i].rest) == FAULT_ARCHIVE_CORRUPT);
    }
    CU_ASSERT(with("file 1", "file 9999999") == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_size_that_is_none_is_refused(void)
{
    static const char *const sizes[] = { "-1",
                                         "+1",
                                         "01",
                                         "0x1",
                                         "",
                                         " 1",
                                         "1.0",
                                         "1e1",
                                         "18446744073709551616",
                                         "18446744073709551617",
                                         "99999999999999999999",
                                         "999999999999999999999",
                                         "one",
                                         "-18446744073709551615" };
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
        CU_ASSERT(file_line(sizes[i], "records/set-a.txt", "") == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(file_line("1", "records/set-a.txt", "") == FAULT_NONE);
}

static void test_a_path_of_an_unknown_kind_is_refused(void)
{
    static const char *const paths[] = {
        "lock",
        "restored",
        "keys",
        "certs",
        "records",
        "lost+found",
        "manifest.txt",
        "trailer.txt",
        "x",
        "records/x",
        "records/set-a.TXT",
        "records/Set-a.txt",
        "records/.tmp-1",
        ".tmp-1",
        "records/set-a.sig",
        "certs/a.key",
        "keys/a.pem",
        "/keystore",
        "./keystore",
        "keystore/",
        "records//set-a.txt",
        "records/../set-a.txt",
        "certs/../a.pem",
        "certs/.a.pem",
        "certs/.pem",
        "certs/A.pem",
        "other/a.pem",
        "certs/a.pem/",
        "cert/a.pem",
        "certss/a.pem",
        "records/sub/set-a.txt",
        "../certs/a.pem",
        "records/set-\xc3\xa9.txt",
        "records\\set-a.txt",
    };
    for (size_t i = 0; i < UNIT_COUNT(paths); i++)
        CU_ASSERT(file_line("1", paths[i], "") == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(file_line("1", "keys/.tmp-a.key", KEY_REST) == FAULT_ARCHIVE_CORRUPT
              && file_line("1", "keys/A.key", KEY_REST) == FAULT_ARCHIVE_CORRUPT
              && file_line("1", "keys/.key", KEY_REST) == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_path_that_is_too_long_is_refused(void)
{
    for (size_t size = 1; size < 150; size++) {
        char path[256];
        snprintf(path, sizeof path, "records/set-%0*d.txt", (int)size, 0);
        CU_ASSERT(file_line("1", path, "")
                  == (strlen(path + 8) < ARCHIVE_FILE_NAME - 9 ? FAULT_NONE : FAULT_ARCHIVE_CORRUPT));
    }
    char key[KEY_ID_SIZE + 1], path[128];
    memset(key, 'k', KEY_ID_SIZE);
    key[KEY_ID_SIZE] = '\0';
    snprintf(path, sizeof path, "keys/%s.key", key);
    CU_ASSERT(file_line("1", path, KEY_REST) == FAULT_NONE); /* the longest id there is */
    snprintf(path, sizeof path, "certs/%s.pem", key);
    CU_ASSERT(file_line("1", path, "") == FAULT_NONE);
}

static void test_a_file_that_is_no_key_has_nothing_that_only_a_key_has(void)
{
    static const char *const bad[] = {
        "",
        " ec-p256",
        " ec-p256 " HASH,
        " ec-p256 " HASH " ",
        " none " HASH " 3f91-8a17-b121-6618",
        " EC-P256 " HASH " 3f91-8a17-b121-6618",
        " ec-p256 0 3f91-8a17-b121-6618",
        " ec-p256 " HASH " 3f91",
        " ec-p256 " HASH " ,3f91-8a17-b121-6618",
        " ec-p256 " HASH " 3f91-8a17-b121-6618,",
        " ec-p256 " HASH " 3f91-8a17-b121-6618,,4f91-8a17-b121-6618",
        " ec-p256 " HASH " 3f91-8a17-b121-6618, 4f91-8a17-b121-6618",
        " ec-p256 " HASH " 3f91-8a17-b121-6618 4f91-8a17-b121-6618",
        " ec-p256 " HASH " 3f91-8a17-b121-6618,4f91-8a17-b121-6618,5f91-8a17-b121-6618",
        " ec-p256 " HASH " 3F91-8a17-b121-6618",
        " ec-p256 " HASH "0 3f91-8a17-b121-6618",
        KEY_REST " ",
        KEY_REST "x",
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(file_line("1", "keys/a.key", bad[i]) == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(file_line("1", "keys/a.key", KEY_REST) == FAULT_NONE);
    CU_ASSERT(file_line("1", "keys/a.key", KEY_REST ",4f91-8a17-b121-6618") == FAULT_NONE);
    CU_ASSERT(file_line("1", "certs/a.pem", KEY_REST) == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_hash_of_another_form_is_refused(void)
{
    CU_ASSERT(line("file 1 " HASH " certs/a.pem") == FAULT_NONE);
    CU_ASSERT(line("file 1 " HASH "0 certs/a.pem") == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(line("file 1 0011 certs/a.pem") == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(line("file 1 - certs/a.pem") == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(line("file 1 00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff certs/a.pem")
              == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(line("") == FAULT_ARCHIVE_CORRUPT && line("\n") == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_line_that_never_ends_is_refused(void)
{
    static char lines[TEXT_MAX];
    int head = snprintf(lines, sizeof lines, HEAD(CURRENT) "file 151 " HASH " keystore\nfile 1 ");
    memset(lines + head, 'a', sizeof lines - (size_t)head);
    for (size_t size = (size_t)head; size < sizeof lines; size += 97)
        CU_ASSERT(parse(lines, size) == FAULT_ARCHIVE_CORRUPT);
    lines[sizeof lines - 1] = '\n';
    CU_ASSERT(parse(lines, sizeof lines) == FAULT_ARCHIVE_CORRUPT);
}

static void test_lines_without_end_are_refused(void)
{
    size_t size = 4 * 1024 * 1024;
    char *lines = malloc(size);
    UNIT_NEED(lines != NULL);
    memset(lines, '\n', size);
    int head = snprintf(lines, size, HEAD(CURRENT) "file 151 " HASH " keystore\n");
    lines[head] = '\n';
    CU_ASSERT(parse(lines, size) == FAULT_ARCHIVE_CORRUPT); /* more than there can be */
    CU_ASSERT(parse(lines, (size_t)head + 1000) == FAULT_ARCHIVE_CORRUPT);
    free(lines);
}

/* -- the small ones -- */

static void test_a_file_of_the_manifest_has_its_path_and_a_key_its_id(void)
{
    char path[TAR_NAME_MAX];
    struct key_id id;
    static const char *const wanted[SAMPLE_FILES] = { "keystore",
                                                      "keys/ca.key",
                                                      "keys/root-1.key",
                                                      "certs/ca.pem",
                                                      "records/set-3f91-8a17-b121-6618-1.txt",
                                                      "records/transcript-000001.txt" };
    for (size_t i = 0; i < SAMPLE_FILES; i++) {
        manifest_path(&sample.files[i], path);
        CU_ASSERT_STRING_EQUAL(path, wanted[i]);
    }
    CU_ASSERT(manifest_key_id(&sample.files[1], &id) && strcmp(id.text, "ca") == 0);
    CU_ASSERT(manifest_key_id(&sample.files[2], &id) && strcmp(id.text, "root-1") == 0);
    CU_ASSERT(manifest_key_id(&sample.files[3], &id) && strcmp(id.text, "ca") == 0);
    CU_ASSERT(!manifest_key_id(&sample.files[0], &id) && !manifest_key_id(&sample.files[4], &id));
}

static void test_files_of_the_manifest_are_found_and_counted(void)
{
    char endless[300];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    for (size_t i = 0; i < SAMPLE_FILES; i++)
        CU_ASSERT(manifest_find(&sample.manifest, sample.files[i].part, sample.files[i].name) == &sample.files[i]);
    CU_ASSERT(manifest_find(&sample.manifest, PART_KEYS, "ca.pem") == NULL
              && manifest_find(&sample.manifest, PART_KEYS, "") == NULL
              && manifest_find(&sample.manifest, PART_KEYS, endless) == NULL);
    CU_ASSERT(manifest_count(&sample.manifest, PART_ROOT) == 1 && manifest_count(&sample.manifest, PART_KEYS) == 2);
    CU_ASSERT(manifest_count(&sample.manifest, PART_CERTS) == 1 && manifest_count(&sample.manifest, PART_RECORDS) == 2);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_manifest_is_written_byte_for_byte),
        UNIT_TEST(test_a_manifest_is_parsed_as_it_was_encoded),
        UNIT_TEST(test_a_manifest_with_as_many_keks_as_a_header_has_is_taken),
        UNIT_TEST(test_a_manifest_with_a_kek_more_than_a_header_has_is_refused),
        UNIT_TEST(test_a_manifest_of_every_state_of_a_rekey_is_taken),
        UNIT_TEST(test_a_key_with_two_wraps_names_both_keks),
        UNIT_TEST(test_a_key_of_every_algorithm_is_taken),
        UNIT_TEST(test_a_manifest_of_many_files_is_taken),
        UNIT_TEST(test_every_flipped_bit_is_refused_or_says_something_else),
        UNIT_TEST(test_every_truncation_is_refused_or_holds_fewer_files),
        UNIT_TEST(test_every_byte_more_is_refused),
        UNIT_TEST(test_every_inserted_byte_is_refused_or_says_something_else),
        UNIT_TEST(test_another_title_is_newer_or_no_archive),
        UNIT_TEST(test_keks_whose_roles_do_not_fit_are_refused),
        UNIT_TEST(test_a_head_with_a_changed_line_is_refused),
        UNIT_TEST(test_a_version_that_is_too_long_is_refused),
        UNIT_TEST(test_files_out_of_their_order_are_refused),
        UNIT_TEST(test_names_out_of_their_order_are_refused),
        UNIT_TEST(test_a_manifest_without_a_header_is_none),
        UNIT_TEST(test_sizes_at_their_bounds_are_taken_and_beyond_are_not),
        UNIT_TEST(test_a_size_that_is_none_is_refused),
        UNIT_TEST(test_a_path_of_an_unknown_kind_is_refused),
        UNIT_TEST(test_a_path_that_is_too_long_is_refused),
        UNIT_TEST(test_a_file_that_is_no_key_has_nothing_that_only_a_key_has),
        UNIT_TEST(test_a_hash_of_another_form_is_refused),
        UNIT_TEST(test_a_line_that_never_ends_is_refused),
        UNIT_TEST(test_lines_without_end_are_refused),
        UNIT_TEST(test_a_file_of_the_manifest_has_its_path_and_a_key_its_id),
        UNIT_TEST(test_files_of_the_manifest_are_found_and_counted),
    };
    return sample_make() ? UNIT_RUN("manifest", tests) : 1;
}
