/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/archive.h"

#include <sys/mman.h>

#include "keystore/files/records.h"
#include "tests/unit/archive_sample.h"

enum { MADE_MAX = 64 * 1024, MEMBERS_MAX = SAMPLE_FILES + 2 };
enum {
    AT_MODE = 100,
    AT_SIZE = 124,
    AT_TIME = 136,
    AT_SUM = 148,
    AT_TYPE = 156,
    AT_LINK = 157,
    AT_MAGIC = 257,
    AT_USER = 265,
    AT_GROUP = 297,
    AT_DEVICE = 329,
    AT_PREFIX = 345,
    AT_REST = 500
};

static struct archive_bytes whole;
static struct archive archive;

static const char *path_of_archive(void)
{
    return unit_path("archive.tar");
}

static bool is_closed(void)
{
    return archive.fd == -1 && !archive.offsets && !archive.manifest.files && archive.manifest.count == 0;
}

/* What opening says; nothing stays open. */
static enum fault try_path(const char *path)
{
    enum fault fault = archive_open(path, &archive);
    CU_ASSERT(fault == FAULT_NONE || is_closed());
    if (!fault)
        archive_close(&archive);
    return fault;
}

/* A file in memory: tens of thousands of archives come by here. */
static int memory = -1;
static char memory_path[32];

static bool open_memory(void)
{
    memory = memfd_create("archive", MFD_CLOEXEC);
    snprintf(memory_path, sizeof memory_path, "/proc/self/fd/%d", memory);
    return memory >= 0;
}

static enum fault try_bytes(const void *bytes, size_t length)
{
    bool written = ftruncate(memory, 0) == 0 && pwrite(memory, bytes, length, 0) == (ssize_t)length;
    return written ? try_path(memory_path) : FAULT_COUNT;
}

static bool is_refusal(enum fault fault)
{
    return fault == FAULT_ARCHIVE_CORRUPT || fault == FAULT_ARCHIVE_TRUNCATED || fault == FAULT_ARCHIVE_NEWER;
}

/* -- what is right -- */

static bool is_same_file(const struct archive_file *a, const struct archive_file *b)
{
    return a->part == b->part && strcmp(a->name, b->name) == 0 && a->size == b->size
        && memcmp(a->sha256, b->sha256, SHA256_SIZE) == 0 && a->algorithm == b->algorithm
        && memcmp(a->public_sha256, b->public_sha256, SHA256_SIZE) == 0 && a->kek_count == b->kek_count
        && memcmp(a->keks, b->keks, sizeof a->keks) == 0;
}

static void test_an_archive_gives_back_everything_that_was_packed(void)
{
    static uint8_t content[RECORD_MAX];
    struct header header;
    UNIT_NEED(sample_write(path_of_archive(), true) && archive_open(path_of_archive(), &archive) == FAULT_NONE);
    CU_ASSERT(archive.manifest.count == SAMPLE_FILES && archive.manifest.time == SAMPLE_TIME);
    CU_ASSERT_STRING_EQUAL(archive.manifest.tool, sample.manifest.tool);
    CU_ASSERT_STRING_EQUAL(archive.manifest.libraries, sample.manifest.libraries);
    for (size_t i = 0; i < SAMPLE_FILES && i < archive.manifest.count; i++) {
        CU_ASSERT(is_same_file(&archive.manifest.files[i], &sample.files[i]));
        CU_ASSERT(archive_read(&archive, &archive.manifest.files[i], content) == FAULT_NONE
                  && memcmp(content, sample.contents[i], sample.files[i].size) == 0);
    }
    CU_ASSERT(archive_header(&archive, &header) == FAULT_NONE && header_check(&header, &sample.kek) == FAULT_NONE);
    archive_close(&archive);
    CU_ASSERT(is_closed());
}

static void test_the_trailer_is_what_the_writer_sealed(void)
{
    for (unsigned authenticated = 0; authenticated < 2; authenticated++) {
        uint8_t mac[ARCHIVE_MAC_SIZE] = { 0 };
        UNIT_NEED(sample_write(path_of_archive(), authenticated)
                  && archive_open(path_of_archive(), &archive) == FAULT_NONE);
        if (authenticated)
            archive_mac(&sample.kek, &archive.trailer.claim, mac);
        CU_ASSERT(archive.trailer.authenticated == authenticated && memcmp(mac, archive.trailer.mac, sizeof mac) == 0);
        CU_ASSERT(kek_id_equal(&archive.trailer.kek, &sample.kek.id) && archive.trailer.claim.time == SAMPLE_TIME);
        archive_close(&archive);
    }
}

static void test_the_same_content_makes_the_same_archive(void)
{
    struct archive_bytes again;
    UNIT_NEED(sample_pack(true, &again));
    CU_ASSERT(again.length == whole.length && memcmp(again.bytes, whole.bytes, whole.length) == 0);
    CU_ASSERT(again.length <= again.capacity && again.length % TAR_BLOCK == 0);
    archive_discard(&again);
    CU_ASSERT(again.bytes == NULL && again.length == 0);
}

/* One record of each size around a block and at the most. */
static void test_a_content_of_any_padding_is_read_again(void)
{
    static uint8_t record[RECORD_MAX], found[RECORD_MAX];
    static const size_t sizes[] = { 0, 1, 511, 512, 513, 1023, 1024, 1025, RECORD_MAX - 1, RECORD_MAX };
    struct sample saved = sample;
    memset(record, 'r', sizeof record);
    sample.contents[5] = record;
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        sample.files[5].size = sizes[i];
        sha256(record, sizes[i], sample.files[5].sha256);
        UNIT_NEED(sample_write(path_of_archive(), true) && archive_open(path_of_archive(), &archive) == FAULT_NONE);
        CU_ASSERT(archive_read(&archive, &archive.manifest.files[5], found) == FAULT_NONE
                  && memcmp(found, record, sizes[i]) == 0);
        archive_close(&archive);
    }
    sample = saved;
}

/* -- accidents -- */

static void test_an_archive_with_a_flipped_byte_is_refused(void)
{
    static const uint8_t flips[] = { 0x01, 0x20, 0x80 };
    UNIT_NEED(try_bytes(whole.bytes, whole.length) == FAULT_NONE);
    for (size_t at = 0; at < whole.length; at++)
        for (size_t i = 0; i < sizeof flips; i++) {
            uint8_t byte = whole.bytes[at] ^ flips[i];
            CU_ASSERT(pwrite(memory, &byte, 1, (off_t)at) == 1 && is_refusal(try_path(memory_path)));
            CU_ASSERT(pwrite(memory, &whole.bytes[at], 1, (off_t)at) == 1);
        }
    CU_ASSERT(try_path(memory_path) == FAULT_NONE);
}

static void test_an_archive_cut_anywhere_is_told_as_truncated(void)
{
    UNIT_NEED(try_bytes(whole.bytes, whole.length) == FAULT_NONE);
    for (size_t length = whole.length; length-- > 0;)
        CU_ASSERT(ftruncate(memory, (off_t)length) == 0 && try_path(memory_path) == FAULT_ARCHIVE_TRUNCATED);
}

static void test_bytes_behind_the_end_are_refused(void)
{
    static const size_t further[] = { 1, 511, 512, 1024, 10240 };
    uint8_t *longer = calloc(1, whole.length + 10240);
    UNIT_NEED(longer != NULL);
    memcpy(longer, whole.bytes, whole.length);
    for (size_t i = 0; i < UNIT_COUNT(further); i++)
        CU_ASSERT(try_bytes(longer, whole.length + further[i]) == FAULT_ARCHIVE_CORRUPT);
    memcpy(longer + whole.length, whole.bytes, 10240 < whole.length ? 10240 : whole.length);
    CU_ASSERT(try_bytes(longer, whole.length + 1024) == FAULT_ARCHIVE_CORRUPT);
    free(longer);
}

static void test_a_file_that_is_no_archive_is_refused(void)
{
    static uint8_t other[4096];
    CU_ASSERT(try_bytes("", 0) == FAULT_ARCHIVE_TRUNCATED && try_bytes("x", 1) == FAULT_ARCHIVE_TRUNCATED);
    for (unsigned fill = 0; fill < 256; fill += 51) {
        memset(other, (int)fill, sizeof other);
        CU_ASSERT(try_bytes(other, sizeof other) == FAULT_ARCHIVE_CORRUPT);
    }
}

/* -- archives that keep every rule but one -- */

struct member {
    const char *name;
    const uint8_t *content;
    size_t size;
};

static struct manifest said;
static struct archive_file said_files[MEMBERS_MAX];
static struct member members[MEMBERS_MAX];
static size_t member_count;
static struct trailer ending;
static char names[MEMBERS_MAX][TAR_NAME_MAX];

static uint8_t made[MADE_MAX];
static size_t made_length, starts[MEMBERS_MAX + 2], start_count;

/* All of it right. */
static void begin(void)
{
    said = sample.manifest;
    said.files = said_files;
    memcpy(said_files, sample.files, sizeof sample.files);
    member_count = SAMPLE_FILES;
    for (size_t i = 0; i < SAMPLE_FILES; i++) {
        manifest_path(&sample.files[i], names[i]);
        members[i] = (struct member){ names[i], sample.contents[i], sample.files[i].size };
    }
    ending = (struct trailer){ .authenticated = true, .kek = sample.kek.id, .claim.time = SAMPLE_TIME };
    memcpy(ending.claim.keystore_id, sample.header.keystore_id, KEYSTORE_ID_SIZE);
}

/* The tar checksum of a member's header, made right. */
static void mend_sum(size_t member)
{
    uint8_t *block = made + starts[member];
    unsigned sum = 0;
    memset(block + AT_SUM, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += block[i];
    snprintf((char *)block + AT_SUM, 7, "%06o", sum);
}

/* The trailer's hashes and MAC, made right. */
static void mend_trailer(void)
{
    size_t start = starts[start_count - 1];
    uint8_t text[TRAILER_MAX];
    sha256(made, start, ending.claim.sha256);
    if (ending.authenticated)
        archive_mac(&sample.kek, &ending.claim, ending.mac);
    memcpy(made + start + TAR_BLOCK, text, trailer_encode(&ending, text));
}

static void write_field(const char *name, const void *content, size_t size)
{
    starts[start_count] = made_length;
    tar_header(name, size, said.time, made + made_length);
    mend_sum(start_count++);
    memcpy(made + made_length + TAR_BLOCK, content, size);
    made_length += TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

static void put_everything(const char *manifest, size_t length)
{
    uint8_t text[TRAILER_MAX];
    memset(made, 0, sizeof made);
    made_length = start_count = 0;
    write_field(MANIFEST_NAME, manifest, length);
    for (size_t i = 0; i < member_count; i++)
        write_field(members[i].name, members[i].content, members[i].size);
    write_field(TRAILER_NAME, text, trailer_encode(&ending, text));
    made_length += 1024;
    mend_trailer();
}

/* What the manifest says and the members that there are, put together. */
static void assemble(void)
{
    size_t length = 0;
    char *text = manifest_encode(&said, &length);
    UNIT_NEED(text != NULL);
    put_everything(text, length);
    free(text);
}

static void fresh(void)
{
    begin();
    assemble();
}

static enum fault verdict(void)
{
    return try_bytes(made, made_length);
}

static enum fault assembled(void)
{
    assemble();
    return verdict();
}

static void test_an_archive_put_together_by_hand_is_the_writers(void)
{
    fresh();
    CU_ASSERT(made_length == whole.length && memcmp(made, whole.bytes, made_length) == 0);
    CU_ASSERT(verdict() == FAULT_NONE);
}

static void swap_members(size_t a, size_t b)
{
    struct member kept = members[a];
    members[a] = members[b];
    members[b] = kept;
}

static void swap_files(size_t a, size_t b)
{
    struct archive_file kept = said_files[a];
    said_files[a] = said_files[b];
    said_files[b] = kept;
}

static void test_members_in_another_order_are_refused(void)
{
    for (size_t i = 0; i < SAMPLE_FILES; i++)
        for (size_t j = 0; j < i; j++) {
            begin();
            swap_members(i, j);
            CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
            swap_files(i, j); /* and the manifest says so */
            CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
        }
}

static void insert_member(size_t at, struct member member)
{
    memmove(&members[at + 1], &members[at], (member_count - at) * sizeof *members);
    members[at] = member;
    member_count++;
}

static void test_a_member_that_stands_twice_is_refused(void)
{
    for (size_t i = 0; i < SAMPLE_FILES; i++) {
        begin();
        insert_member(i, members[i]);
        CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
        memmove(&said_files[i + 1], &said_files[i], (SAMPLE_FILES - i) * sizeof *said_files);
        said.count++; /* and the manifest says so */
        CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    }
}

static void test_a_member_that_the_manifest_does_not_list_is_refused(void)
{
    static const uint8_t content[] = "more";
    static const char *const further[] = { "records/drill-1.txt", "keys/z.key", "manifest.txt",
                                           "trailer.txt",         "etc/passwd", "../up" };
    for (size_t at = 0; at <= SAMPLE_FILES; at++)
        for (size_t i = 0; i < UNIT_COUNT(further); i++) {
            begin();
            insert_member(at, (struct member){ further[i], content, sizeof content });
            CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
        }
}

static void test_a_listed_member_that_is_missing_is_refused(void)
{
    for (size_t i = 0; i < SAMPLE_FILES; i++) {
        begin();
        memmove(&members[i], &members[i + 1], (SAMPLE_FILES - i - 1) * sizeof *members);
        member_count--;
        CU_ASSERT(assembled() == FAULT_ARCHIVE_TRUNCATED); /* it is too short for what it lists */
    }
}

/* The same size, so that only the name tells. */
static void test_another_member_in_its_place_is_refused(void)
{
    static const char *const other[] = { "keystore",     "keys/cb.key",    "Keys/ca.key",
                                         "keys/ca.key ", "./keys/ca.key",  "/keys/ca.key",
                                         "keys//ca.key", "keys/../ca.key", "" };
    for (size_t i = 0; i < UNIT_COUNT(other); i++) {
        begin();
        members[1].name = other[i];
        CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    }
}

static void test_another_content_in_its_place_is_refused(void)
{
    static uint8_t content[SEALED_KEY_MAX];
    for (size_t i = 0; i < SAMPLE_FILES - 1; i++) {
        begin();
        memcpy(content, members[i].content, members[i].size);
        content[members[i].size / 2] ^= 1;
        members[i].content = content;
        CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    }
}

static void test_an_archive_without_a_header_is_none(void)
{
    begin();
    memmove(members, members + 1, (SAMPLE_FILES - 1) * sizeof *members);
    memmove(said_files, said_files + 1, (SAMPLE_FILES - 1) * sizeof *said_files);
    said.count = member_count = SAMPLE_FILES - 1;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    begin();
    said.count = member_count = 0;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    begin();
    said.count = member_count = 1; /* a header alone is a keystore without keys */
    CU_ASSERT(assembled() == FAULT_NONE);
}

/* Changes the header of each member in turn, with every sum made right. */
static void refuse_field(size_t at, const void *bytes, size_t length)
{
    for (size_t member = 0; member < SAMPLE_FILES + 2; member++) {
        fresh();
        memcpy(made + starts[member] + at, bytes, length);
        mend_sum(member);
        mend_trailer();
        CU_ASSERT(verdict() == FAULT_ARCHIVE_CORRUPT);
    }
}

static void test_a_member_that_is_no_regular_file_is_refused(void)
{
    for (unsigned type = 0; type < 256; type++) {
        const uint8_t flag = (uint8_t)type;
        if (type != '0')
            refuse_field(AT_TYPE, &flag, 1);
    }
}

static void test_a_field_of_no_use_that_is_set_is_refused(void)
{
    static const struct {
        size_t at;
        const char *text;
    } fields[] = {
        { AT_PREFIX, "etc" },       { AT_LINK, "/etc/passwd" },
        { AT_USER, "root" },        { AT_GROUP, "root" },
        { AT_DEVICE, "0000000" },   { AT_MODE, "0004755" },
        { AT_MODE, "0000644" },     { AT_MODE, "000600 " },
        { AT_MODE + 8, "0000001" }, { AT_MODE + 16, "0000001" },
        { AT_MAGIC, "ustar  " },    { AT_MAGIC, "USTAR" },
        { AT_MAGIC + 6, "01" },     { AT_REST, "x" },
        { AT_REST + 11, "x" },      { 99, "x" },
    };
    for (size_t i = 0; i < UNIT_COUNT(fields); i++)
        refuse_field(fields[i].at, fields[i].text, strlen(fields[i].text));
}

static void test_a_member_of_another_size_is_refused(void)
{
    static const char *const sizes[] = { "77777777777", "00000000003", "40000000000", "10000000000",
                                         "           ", "0000000000x", "-0000000001", "00000000008" };
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
        refuse_field(AT_SIZE, sizes[i], 11);
    refuse_field(AT_SIZE, "\x80\0\0\0\0\0\0\0\0\0\1\0", 12); /* binary, as GNU tar has it */
    refuse_field(AT_SIZE, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    refuse_field(AT_SIZE + 11, " ", 1);
}

/* A manifest that goes on behind the end of the file, with a size that one may have. */
static void test_a_manifest_that_is_cut_is_refused(void)
{
    fresh();
    memcpy(made + AT_SIZE, "00002000000", 11);
    mend_sum(0);
    mend_trailer();
    CU_ASSERT(verdict() == FAULT_ARCHIVE_TRUNCATED);
}

static void test_a_member_of_another_time_is_refused(void)
{
    refuse_field(AT_TIME, "15125406001", 11);
    refuse_field(AT_TIME, "00000000000", 11);
    refuse_field(AT_TIME, "77777777777", 11);
    refuse_field(AT_TIME + 11, " ", 1);
}

/* The same number, as other programs write it. */
static void test_a_checksum_written_otherwise_is_refused(void)
{
    static const char *const styles[] = { "0NNNNNN",  " NNNNNN", "NNNNNN",   "NNNNNN  ",
                                          "00NNNNNN", "NNNNNN ", "NNNNNN\t", " NNNNNN " };
    for (size_t i = 0; i < UNIT_COUNT(styles); i++)
        for (size_t member = 0; member < SAMPLE_FILES + 2; member++) {
            fresh();
            char *field = (char *)made + starts[member] + AT_SUM, digits[7], text[9] = { 0 };
            snprintf(digits, sizeof digits, "%s", field);
            size_t before = strcspn(styles[i], "N");
            snprintf(text, sizeof text, "%.*s%s%s", (int)before, styles[i], digits, styles[i] + before + 6);
            memcpy(field, text, 8);
            mend_trailer();
            CU_ASSERT(verdict() == FAULT_ARCHIVE_CORRUPT);
        }
}

static void test_a_padding_that_is_not_zero_is_refused(void)
{
    const size_t ends[] = { SAMPLE_FILES + 1, 5, 4, 3, 1 };
    for (size_t i = 0; i < UNIT_COUNT(ends); i++) {
        fresh();
        size_t next = ends[i] + 1 < start_count ? starts[ends[i] + 1] : made_length - 1024;
        if (next == starts[ends[i]] + TAR_BLOCK) /* an empty one has none */
            continue;
        made[next - 1] = 1;
        mend_trailer();
        CU_ASSERT(verdict() == FAULT_ARCHIVE_CORRUPT);
    }
}

static void test_an_end_that_is_not_zeros_is_refused(void)
{
    for (size_t from_end = 1; from_end <= 1024; from_end++) {
        fresh();
        made[made_length - from_end] = ' ';
        CU_ASSERT(verdict() == FAULT_ARCHIVE_CORRUPT);
    }
    fresh();
    CU_ASSERT(try_bytes(made, made_length - 512) == FAULT_ARCHIVE_TRUNCATED);
    CU_ASSERT(try_bytes(made, made_length - 1024) == FAULT_ARCHIVE_TRUNCATED);
}

/* -- what is said of the keystore, here and there -- */

static void test_a_manifest_that_contradicts_the_header_is_refused(void)
{
    begin();
    said.header.keks[0].since++;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    begin();
    said.header.keystore_id[3] ^= 1;
    ending.claim.keystore_id[3] ^= 1;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    for (unsigned state = REKEY_BEGUN; state <= REKEY_FINISHING; state++) {
        begin();
        said.header.rekey = (enum rekey_state)state;
        CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    }
    begin();
    said.header.keks[0].id.bytes[0] ^= 1;
    ending.kek.bytes[0] ^= 1;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_manifest_that_names_a_kek_more_is_refused(void)
{
    begin();
    said.header.keks[1] = (struct header_kek){ .id = { { 9 } }, .role = KEK_RETIRED, .since = 1, .until = 2 };
    said.header.kek_count = 2;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    said.header.keks[1] = (struct header_kek){ .id = { { 9 } }, .role = KEK_INCOMING, .since = 1 };
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    ending.kek = said.header.keks[1].id;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
}

/* A header in a whole archive may be of no use all the same. */
static void test_an_archived_header_that_is_none_is_refused(void)
{
    static uint8_t content[HEADER_FILE_MAX];
    begin();
    memcpy(content, sample.contents[0], sample.files[0].size);
    content[30] ^= 1;
    members[0].content = content;
    sha256(content, sample.files[0].size, said_files[0].sha256);
    enum fault fault = assembled();
    CU_ASSERT(fault != FAULT_NONE && fault < FAULT_COUNT);
}

static void test_a_trailer_of_another_archive_is_refused(void)
{
    begin();
    ending.claim.keystore_id[0] ^= 1;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    begin();
    ending.claim.time++;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    begin();
    ending.kek.bytes[7] ^= 1;
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
    begin();
    ending.authenticated = false;
    CU_ASSERT(assembled() == FAULT_NONE);
}

static void test_a_trailer_with_another_hash_is_refused(void)
{
    uint8_t text[TRAILER_MAX];
    fresh();
    ending.claim.sha256[31] ^= 1;
    memcpy(made + starts[start_count - 1] + TAR_BLOCK, text, trailer_encode(&ending, text));
    CU_ASSERT(verdict() == FAULT_ARCHIVE_CORRUPT);
}

/* Another current KEK in header and manifest: the one before it is retired, and vouches for nothing. */
static void rekeyed(enum kek_role trailer_role)
{
    static uint8_t bytes[HEADER_FILE_MAX];
    struct header header = sample.header;
    struct kek incoming;
    UNIT_NEED(sample_kek(77, &incoming));
    header_rekey_begin(&header, &sample.kek, &incoming, SAMPLE_TIME - 500);
    if (trailer_role == KEK_RETIRED)
        header_rekey_finish(&header, &incoming, SAMPLE_TIME - 400);
    begin();
    said.header = header;
    members[0].content = bytes;
    members[0].size = said_files[0].size = header_encode(&header, bytes);
    sha256(bytes, members[0].size, said_files[0].sha256);
    ending.kek = trailer_role == KEK_INCOMING ? incoming.id : sample.kek.id;
}

static void test_a_kek_that_does_not_open_the_keystore_may_not_vouch(void)
{
    rekeyed(KEK_CURRENT);
    CU_ASSERT(assembled() == FAULT_NONE);
    rekeyed(KEK_INCOMING);
    CU_ASSERT(assembled() == FAULT_NONE);
    rekeyed(KEK_RETIRED);
    CU_ASSERT(assembled() == FAULT_ARCHIVE_CORRUPT);
}

static void test_a_manifest_of_a_later_version_is_told_as_newer(void)
{
    static const char newer[] = "signer archive 2\nsomething else\n", none[] = "signer archives 1\n";
    begin();
    put_everything(newer, sizeof newer - 1);
    CU_ASSERT(verdict() == FAULT_ARCHIVE_NEWER);
    put_everything(none, sizeof none - 1);
    CU_ASSERT(verdict() == FAULT_ARCHIVE_CORRUPT);
}

/* -- paths -- */

static void test_a_path_that_is_no_file_is_refused(void)
{
    CU_ASSERT(try_path(unit_path("absent")) == FAULT_FILE_MISSING);
    CU_ASSERT(sample_write(path_of_archive(), true) && try_path(unit_path("archive.tar/x")) == FAULT_FILE_MISSING);
    CU_ASSERT(try_path(unit_directory) == FAULT_FILE_IRREGULAR && try_path("/dev/null") == FAULT_FILE_IRREGULAR);
    CU_ASSERT(mkfifo(unit_path("fifo"), 0600) == 0 && try_path(unit_path("fifo")) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(symlink("loop", unit_path("loop")) == 0 && try_path(unit_path("loop")) != FAULT_NONE);
    CU_ASSERT(try_path("") == FAULT_FILE_MISSING);
}

static void test_an_archive_is_opened_through_a_link(void)
{
    CU_ASSERT(symlink("archive.tar", unit_path("link.tar")) == 0 && sample_write(path_of_archive(), true));
    CU_ASSERT(try_path(unit_path("link.tar")) == FAULT_NONE);
}

static void open_as_nobody(void)
{
    CU_ASSERT(setuid(65534) == 0 && try_path(path_of_archive()) == FAULT_FILE_OWNER);
}

static void test_an_archive_that_may_not_be_read_is_refused(void)
{
    if (geteuid() != 0)
        return;
    CU_ASSERT(sample_write(path_of_archive(), true) && chmod(unit_directory, 0755) == 0);
    unit_child(open_as_nobody);
    CU_ASSERT(chmod(unit_directory, 0700) == 0);
}

/* -- afterwards -- */

static void flip_and_read(int fd, size_t file)
{
    static uint8_t content[RECORD_MAX];
    const struct archive_file *of = &archive.manifest.files[file];
    for (uint64_t i = 0; i < of->size; i++) {
        off_t at = (off_t)(archive.offsets[file] + i);
        uint8_t kept = whole.bytes[at], byte = kept ^ 4;
        CU_ASSERT(pwrite(fd, &byte, 1, at) == 1 && archive_read(&archive, of, content) == FAULT_ARCHIVE_CORRUPT);
        CU_ASSERT(pwrite(fd, &kept, 1, at) == 1 && archive_read(&archive, of, content) == FAULT_NONE);
    }
}

static void test_a_content_that_changes_after_it_was_verified_is_refused(void)
{
    int fd = -1;
    UNIT_NEED(sample_write(path_of_archive(), true) && archive_open(path_of_archive(), &archive) == FAULT_NONE
              && (fd = open(path_of_archive(), O_RDWR | O_CLOEXEC)) >= 0);
    for (size_t i = 0; i < archive.manifest.count; i++)
        flip_and_read(fd, i);
    close(fd);
    archive_close(&archive);
}

static void test_a_header_that_changes_after_it_was_verified_is_refused(void)
{
    struct header header;
    UNIT_NEED(sample_write(path_of_archive(), true) && archive_open(path_of_archive(), &archive) == FAULT_NONE);
    int fd = open(path_of_archive(), O_WRONLY | O_CLOEXEC);
    CU_ASSERT(fd >= 0 && pwrite(fd, "x", 1, (off_t)archive.offsets[0]) == 1);
    CU_ASSERT(archive_header(&archive, &header) == FAULT_ARCHIVE_CORRUPT);
    CU_ASSERT(ftruncate(fd, 100) == 0 && is_refusal(archive_header(&archive, &header)));
    close(fd);
    archive_close(&archive);
}

/* A name that comes to stand for another file does not matter: what was verified is what is read. */
static void test_an_archive_that_is_exchanged_under_its_name_stays_the_verified_one(void)
{
    static uint8_t content[RECORD_MAX];
    UNIT_NEED(sample_write(path_of_archive(), true) && archive_open(path_of_archive(), &archive) == FAULT_NONE);
    CU_ASSERT(unlink(path_of_archive()) == 0 && unit_write(path_of_archive(), "other", 5, 0600));
    for (size_t i = 0; i < archive.manifest.count; i++)
        CU_ASSERT(archive_read(&archive, &archive.manifest.files[i], content) == FAULT_NONE);
    archive_close(&archive);
}

static void test_no_descriptor_is_left_open(void)
{
    int before = dup(STDIN_FILENO);
    close(before);
    fresh();
    for (size_t length = 0; length < made_length; length += 300)
        CU_ASSERT(try_bytes(made, length) != FAULT_NONE);
    CU_ASSERT(verdict() == FAULT_NONE && try_path(unit_directory) != FAULT_NONE);
    int after = dup(STDIN_FILENO);
    CU_ASSERT(before == after);
    close(after);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_archive_gives_back_everything_that_was_packed),
        UNIT_TEST(test_the_trailer_is_what_the_writer_sealed),
        UNIT_TEST(test_the_same_content_makes_the_same_archive),
        UNIT_TEST(test_a_content_of_any_padding_is_read_again),
        UNIT_TEST(test_an_archive_with_a_flipped_byte_is_refused),
        UNIT_TEST(test_an_archive_cut_anywhere_is_told_as_truncated),
        UNIT_TEST(test_bytes_behind_the_end_are_refused),
        UNIT_TEST(test_a_file_that_is_no_archive_is_refused),
        UNIT_TEST(test_an_archive_put_together_by_hand_is_the_writers),
        UNIT_TEST(test_members_in_another_order_are_refused),
        UNIT_TEST(test_a_member_that_stands_twice_is_refused),
        UNIT_TEST(test_a_member_that_the_manifest_does_not_list_is_refused),
        UNIT_TEST(test_a_listed_member_that_is_missing_is_refused),
        UNIT_TEST(test_another_member_in_its_place_is_refused),
        UNIT_TEST(test_another_content_in_its_place_is_refused),
        UNIT_TEST(test_an_archive_without_a_header_is_none),
        UNIT_TEST(test_a_member_that_is_no_regular_file_is_refused),
        UNIT_TEST(test_a_field_of_no_use_that_is_set_is_refused),
        UNIT_TEST(test_a_member_of_another_size_is_refused),
        UNIT_TEST(test_a_manifest_that_is_cut_is_refused),
        UNIT_TEST(test_a_member_of_another_time_is_refused),
        UNIT_TEST(test_a_checksum_written_otherwise_is_refused),
        UNIT_TEST(test_a_padding_that_is_not_zero_is_refused),
        UNIT_TEST(test_an_end_that_is_not_zeros_is_refused),
        UNIT_TEST(test_a_manifest_that_contradicts_the_header_is_refused),
        UNIT_TEST(test_a_manifest_that_names_a_kek_more_is_refused),
        UNIT_TEST(test_an_archived_header_that_is_none_is_refused),
        UNIT_TEST(test_a_trailer_of_another_archive_is_refused),
        UNIT_TEST(test_a_trailer_with_another_hash_is_refused),
        UNIT_TEST(test_a_kek_that_does_not_open_the_keystore_may_not_vouch),
        UNIT_TEST(test_a_manifest_of_a_later_version_is_told_as_newer),
        UNIT_TEST(test_a_path_that_is_no_file_is_refused),
        UNIT_TEST(test_an_archive_is_opened_through_a_link),
        UNIT_TEST(test_an_archive_that_may_not_be_read_is_refused),
        UNIT_TEST(test_a_content_that_changes_after_it_was_verified_is_refused),
        UNIT_TEST(test_a_header_that_changes_after_it_was_verified_is_refused),
        UNIT_TEST(test_an_archive_that_is_exchanged_under_its_name_stays_the_verified_one),
        UNIT_TEST(test_no_descriptor_is_left_open),
    };
    bool ready = sample_make() && sample_pack(true, &whole) && unit_make_directory() && open_memory();
    int result = ready ? UNIT_RUN("archive", tests) : 1;
    archive_discard(&whole);
    close(memory);
    unit_remove_directory();
    return result;
}
