/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/backup_place.h"

#include <sodium.h>

#include "base/time.h"
#include "keystore/kek/kek_protect.h"
#include "keystore/memory/arena.h"
#include "tests/unit/archive_sample.h"
#include "tests/unit/said.h"

enum { BASE64 = 44, NAME = 160 };

static struct backup_place place;
static struct header header;
static struct kek keks[3], stranger; /* current, incoming and retired, and none of them */

static bool make_keystore(const char *path)
{
    struct directory directory;
    bool ok = directory_create(path, geteuid(), getegid(), &directory) == FAULT_NONE
        && directory_create_header(&directory, &header) == FAULT_NONE;
    directory_close(&directory);
    return ok;
}

static bool prepare(void)
{
    static const enum kek_role roles[] = { KEK_CURRENT, KEK_INCOMING, KEK_RETIRED };
    if (!arena_open(ARENA_USEFUL) || !sample_make() || !unit_make_directory() || !sample_kek(90, &stranger))
        return false;
    header = sample.header;
    header.kek_count = UNIT_COUNT(keks);
    keks[0] = sample.kek;
    for (size_t i = 0; i < UNIT_COUNT(keks); i++) {
        if (i > 0 && !sample_kek((uint8_t)(20 * i), &keks[i]))
            return false;
        header.keks[i] = (struct header_kek){ .id = keks[i].id, .role = roles[i], .since = 1 + i };
    }
    return make_keystore(unit_path("ks")) && mkdir(unit_path("out"), 0700) == 0;
}

static bool opens_at(const char *out, const char *keystore)
{
    said_begin();
    bool ok = said_end(backup_place_open(&place, out, keystore, &header));
    CU_ASSERT(ok ? place.dir >= 0 && said[0] == '\0' : place.dir == -1 && said[0] != '\0');
    return ok;
}

static bool opens(const char *out)
{
    return opens_at(unit_path(out), unit_path("ks"));
}

/* Refused, with this in what is said. */
static bool refuses(const char *out, const char *reason)
{
    bool refused = !opens(out) && strstr(said, reason);
    backup_place_close(&place);
    return refused;
}

/* -- where -- */

static void test_a_file_that_is_not_there_is_a_place(void)
{
    char path[PATH_MAX];
    UNIT_NEED(opens("out/a.tar"));
    CU_ASSERT(!place.names && strcmp(place.name, "a.tar") == 0);
    backup_place_name(&place, &sample.manifest, &sample.kek.id);
    backup_place_path(&place, path);
    CU_ASSERT_STRING_EQUAL(path, unit_path("out/a.tar"));
    CU_ASSERT(faccessat(place.dir, "a.tar", F_OK, 0) != 0 && !unit_exists(path));
    backup_place_close(&place);
    CU_ASSERT(place.dir == -1);
}

static void test_a_file_in_a_directory_is_named_by_time_and_kek(void)
{
    static const char *const outs[] = { "out", "out/", "out/." };
    char path[PATH_MAX], wanted[PATH_MAX], id[KEK_ID_TEXT];
    kek_id_text(&keks[1].id, id);
    for (size_t i = 0; i < UNIT_COUNT(outs); i++) {
        UNIT_NEED(opens(outs[i]));
        CU_ASSERT(place.names);
        backup_place_name(&place, &sample.manifest, &keks[1].id);
        backup_place_path(&place, path);
        snprintf(wanted, sizeof wanted, "%s%sbackup-a0010203-20260101T000000Z-%s.tar", unit_path(outs[i]),
                 i == 1 ? "" : "/", id);
        CU_ASSERT_STRING_EQUAL(path, wanted);
        backup_place_close(&place);
    }
}

static void test_names_of_backups_sort_by_time(void)
{
    struct manifest manifest = sample.manifest;
    char before[NAME_MAX + 1] = "";
    UNIT_NEED(opens("out"));
    for (uint64_t time = SAMPLE_TIME; time < SAMPLE_TIME + (uint64_t)40 * 365 * 86400; time += 9999999) {
        manifest.time = time;
        backup_place_name(&place, &manifest, &sample.kek.id);
        CU_ASSERT(strcmp(before, place.name) < 0);
        memcpy(before, place.name, sizeof before);
    }
    backup_place_close(&place);
}

static void test_a_relative_path_is_a_place(void)
{
    char path[PATH_MAX], here[PATH_MAX], keystore[UNIT_PATH];
    snprintf(keystore, sizeof keystore, "%s", unit_path("ks"));
    UNIT_NEED(getcwd(here, sizeof here) && chdir(unit_path("out")) == 0);
    CU_ASSERT(opens_at("b.tar", keystore));
    backup_place_path(&place, path);
    CU_ASSERT_STRING_EQUAL(path, "b.tar");
    backup_place_close(&place);
    CU_ASSERT(opens_at(".", keystore) && place.names);
    backup_place_close(&place);
    CU_ASSERT(chdir(unit_path("ks/records")) == 0 && !opens_at("b.tar", "../../ks") && !opens_at(".", keystore));
    CU_ASSERT(chdir(here) == 0);
}

static void test_a_name_that_is_taken_is_refused(void)
{
    CU_ASSERT(unit_write(unit_path("out/taken.tar"), "mine", 4, 0600) && refuses("out/taken.tar", "FILE_EXISTS"));
    CU_ASSERT(unit_holds(unit_path("out/taken.tar"), "mine", 4));
    CU_ASSERT(symlink("nowhere", unit_path("out/link.tar")) == 0 && refuses("out/link.tar", "FILE_EXISTS"));
    CU_ASSERT(mkfifo(unit_path("out/fifo.tar"), 0600) == 0 && refuses("out/fifo.tar", "FILE_EXISTS"));
    unlink(unit_path("out/taken.tar"));
    unlink(unit_path("out/link.tar"));
    unlink(unit_path("out/fifo.tar"));
}

static void test_a_path_that_is_no_place_is_refused(void)
{
    CU_ASSERT(refuses("absent/a.tar", "No such file") && refuses("absent/", "no such directory"));
    CU_ASSERT(unit_write(unit_path("file"), "", 0, 0600) && refuses("file/a.tar", "Not a directory"));
    CU_ASSERT(!opens_at("", unit_path("ks")));
}

static void test_a_name_that_is_too_long_is_refused(void)
{
    static char path[PATH_MAX + 16];
    for (size_t length = NAME_MAX - 1; length <= NAME_MAX + 2; length++) {
        int size = snprintf(path, sizeof path, "%s/", unit_directory);
        memset(path + size, 'n', length);
        path[(size_t)size + length] = '\0';
        CU_ASSERT(opens_at(path, unit_path("ks")) == (length <= NAME_MAX));
        backup_place_close(&place);
    }
    memset(path, '/', sizeof path);
    path[sizeof path - 2] = 'x';
    path[sizeof path - 1] = '\0';
    CU_ASSERT(!opens_at(path, unit_path("ks")));
}

static void test_a_name_of_the_greatest_length_is_a_place(void)
{
    char name[NAME], path[PATH_MAX];
    memset(name, 'n', sizeof name);
    memcpy(name, "out/", 4);
    name[NAME - 1] = '\0';
    CU_ASSERT(opens(name));
    backup_place_path(&place, path);
    CU_ASSERT_STRING_EQUAL(path, unit_path(name));
    backup_place_close(&place);
}

/* -- apart from the keystore -- */

static void test_a_place_inside_the_keystore_is_refused(void)
{
    static const char *const inside[] = { "ks",
                                          "ks/",
                                          "ks/a.tar",
                                          "ks/records",
                                          "ks/records/a.tar",
                                          "ks/keys/",
                                          "ks/../ks/a.tar",
                                          "out/../ks/records",
                                          "alias",
                                          "alias/a.tar",
                                          "alias/records/a.tar" };
    CU_ASSERT(symlink("ks", unit_path("alias")) == 0);
    for (size_t i = 0; i < UNIT_COUNT(inside); i++)
        CU_ASSERT(refuses(inside[i], "inside the keystore"));
    CU_ASSERT(!opens_at(unit_path("ks/a.tar"), unit_path("alias"))
              && !opens_at(unit_path("alias"), unit_path("alias")));
}

/* Whatever a directory of the keystore is called and holds, it is one. */
static void test_a_place_inside_a_keystore_with_an_odd_name_is_refused(void)
{
    static const char *const names[] = { "credential:a", "fd:0", "odd" };
    char here[PATH_MAX], keystore[NAME];
    snprintf(keystore, sizeof keystore, "%s", unit_path("ks"));
    UNIT_NEED(getcwd(here, sizeof here) && chdir(keystore) == 0);
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        char link[NAME];
        snprintf(link, sizeof link, "%s/x", names[i]);
        CU_ASSERT(mkdir(names[i], 0700) == 0 && symlink("/tmp", link) == 0 && !opens_at(names[i], keystore));
        backup_place_close(&place);
        CU_ASSERT(unlink(link) == 0 && rmdir(names[i]) == 0);
    }
    CU_ASSERT(chdir(here) == 0);
}

static void test_a_place_beside_the_keystore_is_one(void)
{
    static const char *const beside[] = { ".", "a.tar", "ks-2", "ks-2/a.tar", "ks/../a.tar" };
    CU_ASSERT(mkdir(unit_path("ks-2"), 0700) == 0);
    for (size_t i = 0; i < UNIT_COUNT(beside); i++) {
        CU_ASSERT(opens(beside[i]));
        backup_place_close(&place);
    }
}

/* -- apart from its KEKs -- */

/* One file beside the archive, under this name. */
static bool is_refused_beside(const char *name, const void *bytes, size_t length)
{
    char path[NAME];
    snprintf(path, sizeof path, "out/%s", name);
    bool written = unit_write(unit_path(path), bytes, length, 0600);
    bool refused = !opens("out") && strstr(said, "KEK_BESIDE_BACKUP") && strstr(said, name);
    backup_place_close(&place);
    bool too = !opens("out/a.tar") && strstr(said, "KEK_BESIDE_BACKUP") && strstr(said, name);
    backup_place_close(&place);
    CU_ASSERT(written && refused == too && unlink(unit_path(path)) == 0);
    return refused;
}

static void encode_base64(const struct kek *kek, char out[static BASE64 + 1])
{
    sodium_bin2base64(out, BASE64 + 1, kek->key, KEK_SIZE, sodium_base64_VARIANT_ORIGINAL);
}

static void test_a_raw_kek_beside_the_backup_is_refused(void)
{
    for (size_t i = 0; i < UNIT_COUNT(keks); i++) {
        CU_ASSERT(is_refused_beside("kek", keks[i].key, KEK_SIZE) && is_refused_beside(".kek", keks[i].key, KEK_SIZE));
        CU_ASSERT(is_refused_beside("holiday.jpg", keks[i].key, KEK_SIZE));
    }
    CU_ASSERT(!is_refused_beside("kek", stranger.key, KEK_SIZE));
}

static void test_a_kek_in_base64_beside_the_backup_is_refused(void)
{
    char text[BASE64 + 2];
    for (size_t i = 0; i < UNIT_COUNT(keks); i++) {
        encode_base64(&keks[i], text);
        CU_ASSERT(is_refused_beside("kek.b64", text, BASE64));
        text[BASE64] = '\n';
        CU_ASSERT(is_refused_beside("kek.b64", text, BASE64 + 1));
    }
    encode_base64(&stranger, text);
    CU_ASSERT(!is_refused_beside("kek.b64", text, BASE64));
}

static void test_a_protected_kek_beside_the_backup_is_refused(void)
{
    static const char passphrase[] = "correct horse";
    uint8_t file[KEK_PROTECTED_SIZE];
    UNIT_NEED(kek_protect(&keks[0], passphrase, strlen(passphrase), file) == FAULT_NONE);
    CU_ASSERT(is_refused_beside("kek.protected", file, sizeof file));
    CU_ASSERT(!is_refused_beside("kek.protected", file, sizeof file - 1));
    memcpy(file + 20, keks[2].id.bytes, KEK_ID_SIZE);
    CU_ASSERT(is_refused_beside("kek.protected", file, sizeof file));
    memcpy(file + 20, stranger.id.bytes, KEK_ID_SIZE);
    CU_ASSERT(!is_refused_beside("kek.protected", file, sizeof file));
}

static void test_a_file_that_is_no_kek_may_lie_beside_the_backup(void)
{
    uint8_t bytes[KEK_FILE_MAX + 1] = { 0 };
    memcpy(bytes, keks[0].key, KEK_SIZE);
    CU_ASSERT(!is_refused_beside("more", bytes, KEK_SIZE + 1) && !is_refused_beside("large", bytes, sizeof bytes));
    CU_ASSERT(!is_refused_beside("less", bytes, KEK_SIZE - 1) && !is_refused_beside("empty", bytes, 0));
    CU_ASSERT(mkfifo(unit_path("out/fifo"), 0600) == 0 && symlink("../kek", unit_path("out/link")) == 0
              && unit_write(unit_path("kek"), keks[0].key, KEK_SIZE, 0600) && mkdir(unit_path("out/kek"), 0700) == 0);
    CU_ASSERT(opens("out"));
    backup_place_close(&place);
    CU_ASSERT(refuses(".", "KEK_BESIDE_BACKUP") && unlink(unit_path("kek")) == 0);
    CU_ASSERT(unlink(unit_path("out/fifo")) == 0 && unlink(unit_path("out/link")) == 0
              && rmdir(unit_path("out/kek")) == 0);
}

/* -- old ones -- */

static const struct kek_id other_id = { { 9 } };

static void name_archive(unsigned number, char out[static NAME])
{
    snprintf(out, NAME, "out/backup-a0010203-2026010%uT000000Z-x.tar", number);
}

static bool write_archive(const char *name, unsigned number, bool authenticated)
{
    sample.manifest.time = SAMPLE_TIME + (uint64_t)number * 86400;
    bool ok = sample_write(unit_path(name), authenticated);
    sample.manifest.time = SAMPLE_TIME;
    return ok;
}

static bool write_archives(unsigned count)
{
    char name[NAME];
    bool ok = true;
    for (unsigned i = 1; ok && i <= count; i++) {
        name_archive(i, name);
        ok = write_archive(name, i, true);
    }
    return ok;
}

static bool is_there(unsigned number)
{
    char name[NAME];
    name_archive(number, name);
    return unit_exists(unit_path(name));
}

static void clear(void)
{
    nftw(unit_path("out"), unit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    CU_ASSERT(mkdir(unit_path("out"), 0700) == 0);
}

/* Whoever has this KEK confirms what names it and has a MAC. */
static bool confirms(const struct trailer *trailer, const void *own)
{
    return trailer->authenticated && kek_id_equal(&trailer->kek, own);
}

/* Prunes after the archive of this number was made; what the report counted. */
static struct report prune_by(const struct backup_keep *keep, unsigned newest, const struct kek_id *own)
{
    struct report report;
    char name[NAME];
    name_archive(newest, name);
    said_begin();
    report_begin(&report, false);
    bool ok = backup_place_open(&place, unit_path("out"), unit_path("ks"), &header);
    snprintf(place.name, sizeof place.name, "%s", name + 4);
    if (ok)
        backup_place_prune(&place, keep, &header, confirms, own, &report);
    backup_place_close(&place);
    CU_ASSERT(said_end(ok));
    return report;
}

static struct report prune(unsigned keep, unsigned newest, const struct kek_id *own)
{
    return prune_by(&(struct backup_keep){ .count = keep }, newest, own);
}

static void test_the_newest_backups_are_kept(void)
{
    for (unsigned keep = 1; keep <= 6; keep++) {
        UNIT_NEED(write_archives(5));
        struct report report = prune(keep, 5, &sample.kek.id);
        CU_ASSERT(report.counts[FINDING_OK] == (keep < 5 ? 5 - keep : 0) && report.counts[FINDING_WARN] == 0);
        for (unsigned i = 1; i <= 5; i++)
            CU_ASSERT(is_there(i) == (i + keep > 5));
        clear();
    }
}

static bool write_at(unsigned number, uint64_t time)
{
    char name[NAME];
    name_archive(number, name);
    sample.manifest.time = time;
    bool ok = sample_write(unit_path(name), true);
    sample.manifest.time = SAMPLE_TIME;
    return ok;
}

/* A path unit can make thirty in a minute, which would drive out every older day. */
static void test_of_each_of_the_last_days_the_newest_is_kept(void)
{
    for (unsigned days = 0; days <= 3; days++) {
        for (unsigned i = 0; i < 9; i++) /* three each on three days */
            CU_ASSERT(write_at(i, SAMPLE_TIME + i / 3 * (uint64_t)86400 + i % 3));
        (void)prune_by(&(struct backup_keep){ .count = 2, .days = days }, 8, &sample.kek.id);
        for (unsigned i = 0; i < 9; i++)
            CU_ASSERT(is_there(i) == (i >= 7 || (days >= 2 && i == 5) || (days >= 3 && i == 2)));
        clear();
    }
}

/* The days are the archives' own: a clock that is a year ahead drives none out. */
static void test_a_gap_in_the_days_removes_nothing(void)
{
    CU_ASSERT(write_at(1, SAMPLE_TIME) && write_at(2, SAMPLE_TIME + 1) && write_at(3, SAMPLE_TIME + 200 * 86400));
    (void)prune_by(&(struct backup_keep){ .days = 2 }, 3, &sample.kek.id);
    CU_ASSERT(!is_there(1) && is_there(2) && is_there(3));
    clear();
}

static void test_what_is_dated_in_the_future_is_neither_counted_nor_removed(void)
{
    const uint64_t future = time_now() + 86400;
    UNIT_NEED(write_archives(3) && write_at(7, future) && write_at(8, future + 86400));
    struct report report = prune_by(&(struct backup_keep){ .count = 2, .days = 2 }, 3, &sample.kek.id);
    CU_ASSERT(!is_there(1) && is_there(2) && is_there(3) && is_there(7) && is_there(8));
    CU_ASSERT(report.counts[FINDING_WARN] == 2 && strstr(said, "dated in the future") != NULL);
    clear();
}

static void test_names_within_one_second_are_all_different(void)
{
    char path[PATH_MAX], names[40][NAME_MAX + 1];
    UNIT_NEED(opens("out"));
    for (unsigned i = 0; i < UNIT_COUNT(names); i++) {
        backup_place_name(&place, &sample.manifest, &sample.kek.id);
        backup_place_path(&place, path);
        CU_ASSERT(unit_write(path, "", 0, 0600) && backup_place_is_name(place.name));
        memcpy(names[i], place.name, sizeof names[i]);
        for (unsigned j = 0; j < i; j++)
            CU_ASSERT(strcmp(names[i], names[j]) != 0);
    }
    backup_place_close(&place);
    clear();
}

/* A clock that went back: what was just written is kept, whatever its time. */
static void test_the_backup_just_made_is_always_kept(void)
{
    UNIT_NEED(write_archives(5));
    (void)prune(2, 1, &sample.kek.id);
    CU_ASSERT(is_there(1) && is_there(5) && !is_there(2) && !is_there(3) && !is_there(4));
    (void)prune(1, 1, &sample.kek.id);
    CU_ASSERT(is_there(1) && !is_there(5));
    clear();
}

static void test_a_backup_that_nobody_vouches_for_does_not_count(void)
{
    UNIT_NEED(write_archives(3) && write_archive("out/backup-u.tar", 9, false));
    struct report report = prune(2, 3, &sample.kek.id);
    CU_ASSERT(!is_there(1) && is_there(2) && is_there(3) && unit_exists(unit_path("out/backup-u.tar")));
    CU_ASSERT(report.counts[FINDING_OK] == 1 && report.counts[FINDING_WARN] == 0);
    clear();
}

static void test_a_mac_that_is_not_confirmed_does_not_count(void)
{
    UNIT_NEED(write_archives(3));
    (void)prune(1, 3, &other_id);
    CU_ASSERT(is_there(1) && is_there(2) && is_there(3));
    clear();
}

static void test_archives_of_other_keystores_do_not_count(void)
{
    static struct sample kept;
    static const uint8_t another[KEYSTORE_ID_SIZE] = { 7 };
    UNIT_NEED(write_archives(3));
    kept = sample;
    header_create(&sample.header, another, &sample.kek, 1);
    (void)sample_name(0, PART_ROOT, "keystore", header_encode(&sample.header, sample.bytes[0]));
    sample.manifest.header = sample.header;
    CU_ASSERT(write_archive("out/backup-o.tar", 0, true) && write_archive("out/backup-p.tar", 9, true));
    sample = kept;
    (void)prune(2, 3, &sample.kek.id);
    CU_ASSERT(!is_there(1) && is_there(2) && is_there(3));
    CU_ASSERT(unit_exists(unit_path("out/backup-o.tar")) && unit_exists(unit_path("out/backup-p.tar")));
    clear();
}

static void test_a_file_that_is_no_whole_archive_is_named_and_kept(void)
{
    UNIT_NEED(write_archives(3) && write_archive("out/backup-cut.tar", 0, true));
    CU_ASSERT(truncate(unit_path("out/backup-cut.tar"), 5000) == 0 && mkdir(unit_path("out/backup-d.tar"), 0700) == 0);
    CU_ASSERT(mkfifo(unit_path("out/backup-f.tar"), 0600) == 0
              && symlink("nowhere", unit_path("out/backup-l.tar")) == 0);
    struct report report = prune(1, 3, &sample.kek.id);
    CU_ASSERT(report.counts[FINDING_OK] == 2 && report.counts[FINDING_WARN] == 4 && report.counts[FINDING_FAIL] == 0);
    CU_ASSERT(strstr(said, "backup-cut.tar: ARCHIVE_TRUNCATED: not counted and not removed") != NULL);
    CU_ASSERT(unit_exists(unit_path("out/backup-cut.tar")) && unit_exists(unit_path("out/backup-d.tar"))
              && unit_exists(unit_path("out/backup-f.tar")) && unit_exists(unit_path("out/backup-l.tar")));
    clear();
}

static void test_files_of_other_names_are_not_looked_at(void)
{
    static const char *const names[] = { "out/mine.tar",      "out/backup-1.tar.gz", "out/Backup-1.tar",
                                         "out/.backup-1.tar", "out/backup.tar",      "out/backup-1",
                                         "out/.tmp-1" };
    UNIT_NEED(write_archives(2));
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        CU_ASSERT(write_archive(names[i], 0, true));
    struct report report = prune(1, 2, &sample.kek.id);
    CU_ASSERT(!is_there(1) && is_there(2) && report.counts[FINDING_OK] == 1 && report.counts[FINDING_WARN] == 0);
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        CU_ASSERT(unit_exists(unit_path(names[i])));
    clear();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_file_that_is_not_there_is_a_place),
        UNIT_TEST(test_a_file_in_a_directory_is_named_by_time_and_kek),
        UNIT_TEST(test_names_of_backups_sort_by_time),
        UNIT_TEST(test_a_relative_path_is_a_place),
        UNIT_TEST(test_a_name_that_is_taken_is_refused),
        UNIT_TEST(test_a_path_that_is_no_place_is_refused),
        UNIT_TEST(test_a_name_that_is_too_long_is_refused),
        UNIT_TEST(test_a_name_of_the_greatest_length_is_a_place),
        UNIT_TEST(test_a_place_inside_the_keystore_is_refused),
        UNIT_TEST(test_a_place_inside_a_keystore_with_an_odd_name_is_refused),
        UNIT_TEST(test_a_place_beside_the_keystore_is_one),
        UNIT_TEST(test_a_raw_kek_beside_the_backup_is_refused),
        UNIT_TEST(test_a_kek_in_base64_beside_the_backup_is_refused),
        UNIT_TEST(test_a_protected_kek_beside_the_backup_is_refused),
        UNIT_TEST(test_a_file_that_is_no_kek_may_lie_beside_the_backup),
        UNIT_TEST(test_the_newest_backups_are_kept),
        UNIT_TEST(test_of_each_of_the_last_days_the_newest_is_kept),
        UNIT_TEST(test_a_gap_in_the_days_removes_nothing),
        UNIT_TEST(test_what_is_dated_in_the_future_is_neither_counted_nor_removed),
        UNIT_TEST(test_names_within_one_second_are_all_different),
        UNIT_TEST(test_the_backup_just_made_is_always_kept),
        UNIT_TEST(test_a_backup_that_nobody_vouches_for_does_not_count),
        UNIT_TEST(test_a_mac_that_is_not_confirmed_does_not_count),
        UNIT_TEST(test_archives_of_other_keystores_do_not_count),
        UNIT_TEST(test_a_file_that_is_no_whole_archive_is_named_and_kept),
        UNIT_TEST(test_files_of_other_names_are_not_looked_at),
    };
    int result = prepare() ? UNIT_RUN("backup_place", tests) : 1;
    unit_remove_directory();
    return result;
}
