#include <algorithm>

#include "actions/machine/sha256.h"
#include "tests/machine/contract/machine_contract.h"

namespace contract {
namespace {

using machine::FileKind;

TEST_P(FilesContract, A_missing_thing_is_no_failure_of_stat) {
  EXPECT_FALSE(files().stat(path("missing")));
  EXPECT_FALSE(files().stat(path("missing\\below")));
}

TEST_P(FilesContract, A_written_file_is_found_and_read_whole) {
  files().write(path("a.txt"), "content");
  const auto info = files().stat(path("a.txt"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->kind, FileKind::kFile);
  EXPECT_EQ(info->size, 7U);
  EXPECT_FALSE(info->readonly);
  EXPECT_FALSE(info->id.empty());
  EXPECT_EQ(files().read(path("a.txt"), 7), "content");
  EXPECT_EQ(files().sha256(path("a.txt")), machine::sha256_of("content"));
}

TEST_P(FilesContract, Names_are_found_without_case_and_keep_theirs) {
  files().create_folder(path("Folder"));
  files().write(path("Folder\\EbpfApi.dll"), "x");
  EXPECT_TRUE(files().stat(path("FOLDER\\ebpfapi.DLL")));
  EXPECT_TRUE(files().stat(path("folder/ebpfapi.dll")));
  files().write(path("folder\\EBPFAPI.DLL"), "longer");
  EXPECT_EQ(files().list(path("folder")), std::vector<std::string>{"EbpfApi.dll"});
  EXPECT_EQ(files().read(path("Folder\\EbpfApi.dll"), 100), "longer");
}

TEST_P(FilesContract, A_rename_may_change_the_case_alone) {
  files().write(path("ebpfcore.sys"), "x");
  files().rename(path("ebpfcore.sys"), path("eBPFCore.sys"));
  EXPECT_EQ(files().list(under_test().folder()),
            std::vector<std::string>{answer(rule::kCaseRename, "eBPFCore.sys")});
}

TEST_P(FilesContract, Reading_more_than_allowed_is_refused) {
  files().write(path("a"), "12345");
  EXPECT_EQ(code_of([&] { files().read(path("a"), 4); }), 223);
}

TEST_P(FilesContract, Missing_files_and_folders_have_their_codes) {
  EXPECT_EQ(code_of([&] { files().read(path("a"), 4); }), 2);
  EXPECT_EQ(code_of([&] { files().read(path("no\\a"), 4); }), 3);
  EXPECT_EQ(code_of([&] { files().sha256(path("a")); }), 2);
  EXPECT_EQ(code_of([&] { files().remove(path("a")); }), 2);
  EXPECT_EQ(code_of([&] { files().remove_folder(path("a")); }), 2);
  EXPECT_EQ(code_of([&] { files().list(path("a")); }), 3);
  EXPECT_EQ(code_of([&] { files().write(path("no\\a"), ""); }), 3);
  EXPECT_EQ(code_of([&] { files().create_folder(path("no\\a")); }), 3);
  EXPECT_EQ(code_of([&] { files().rename(path("a"), path("b")); }), 2);
  EXPECT_EQ(code_of([&] { files().set_readonly(path("a"), true); }), 2);
  EXPECT_FALSE(files().version(path("a")));
}

TEST_P(FilesContract, Names_that_Windows_forbids_are_refused) {
  EXPECT_EQ(code_of([&] { files().write(path("a<b"), ""); }), 123);
  EXPECT_EQ(code_of([&] { files().write(path("a\"b"), ""); }), 123);
}

TEST_P(FilesContract, Folders_are_made_once_and_removed_when_empty) {
  files().create_folder(path("f"));
  EXPECT_EQ(files().stat(path("f"))->kind, FileKind::kFolder);
  EXPECT_EQ(code_of([&] { files().create_folder(path("F")); }), 183);
  files().write(path("f\\a"), "");
  EXPECT_EQ(code_of([&] { files().remove_folder(path("f")); }), 145);
  files().remove(path("f\\a"));
  files().remove_folder(path("f"));
  EXPECT_FALSE(files().stat(path("f")));
}

TEST_P(FilesContract, A_listing_is_sorted_bytewise) {
  for (const char* name : {"b", "B2", "a", "C"})
    files().write(path(name), "");
  EXPECT_EQ(files().list(under_test().folder()), (std::vector<std::string>{"B2", "C", "a", "b"}));
}

TEST_P(FilesContract, A_file_is_copied_in_and_hashed) {
  std::string content;
  for (int i = 0; i < 300'000; ++i)
    content += static_cast<char>('a' + i % 23);
  const std::string source = under_test().host_file(content);
  const auto copied = files().copy_in(source, path("copy"));
  EXPECT_EQ(copied.size, content.size());
  EXPECT_EQ(copied.sha256, machine::sha256_of(content));
  EXPECT_EQ(copied.id, files().stat(path("copy"))->id);
  EXPECT_EQ(files().sha256(path("copy")), copied.sha256);
}

TEST_P(FilesContract, A_copy_replaces_nothing_and_needs_its_source_and_folder) {
  const std::string source = under_test().host_file("new");
  files().write(path("there"), "old");
  EXPECT_EQ(code_of([&] { files().copy_in(source, path("THERE")); }), 80);
  EXPECT_EQ(files().read(path("there"), 9), "old");
  EXPECT_EQ(code_of([&] { files().copy_in(source, path("no\\copy")); }), 3);
  EXPECT_EQ(code_of([&] { files().copy_in(source + ".missing", path("copy")); }), 2);
  EXPECT_FALSE(files().stat(path("copy")));
}

TEST_P(FilesContract, A_rename_keeps_the_id_and_replaces_nothing) {
  files().write(path("a"), "a");
  files().write(path("b"), "b");
  const std::string id = files().stat(path("a"))->id;
  EXPECT_EQ(code_of([&] { files().rename(path("a"), path("b")); }), 183);
  EXPECT_EQ(code_of([&] { files().rename(path("a"), path("no\\c")); }), 3);
  files().rename(path("a"), path("c"));
  EXPECT_FALSE(files().stat(path("a")));
  EXPECT_EQ(files().stat(path("c"))->id, id);
  EXPECT_NE(files().stat(path("b"))->id, id);
}

TEST_P(FilesContract, A_file_made_anew_has_another_id_and_an_overwritten_one_keeps_it) {
  files().write(path("a"), "1");
  const std::string id = files().stat(path("a"))->id;
  files().write(path("a"), "22");
  EXPECT_EQ(files().stat(path("a"))->id, id);
  files().remove(path("a"));
  files().write(path("a"), "1");
  const std::string anew = files().stat(path("a"))->id;
  if (keeps(rule::kNewFileNewId)) {
    EXPECT_NE(anew, id);
  } else {  // a number without NTFS' count of how often it was given, its bytes 6 and 7
    EXPECT_EQ(anew.substr(12, 4), answer(rule::kNewFileNewId, ""));
  }
}

TEST_P(FilesContract, A_folder_is_renamed_with_what_is_in_it) {
  files().create_folder(path("f"));
  files().write(path("f\\a"), "a");
  const std::string id = files().stat(path("f\\a"))->id;
  files().rename(path("f"), path("g"));
  EXPECT_EQ(files().stat(path("g\\a"))->id, id);
}

TEST_P(FilesContract, A_readonly_file_is_neither_deleted_nor_overwritten_but_renamed) {
  files().write(path("a"), "a");
  files().set_readonly(path("a"), true);
  EXPECT_TRUE(files().stat(path("a"))->readonly);
  EXPECT_EQ(code_of([&] { files().remove(path("a")); }), 5);
  EXPECT_EQ(code_of([&] { files().write(path("a"), "b"); }), answer(rule::kReadonlyWrite, 5));
  files().rename(path("a"), path("b"));
  EXPECT_TRUE(files().stat(path("b"))->readonly);
  files().set_readonly(path("b"), false);
  files().remove(path("b"));
}

TEST_P(FilesContract, A_loaded_image_is_renamed_and_neither_deleted_nor_overwritten) {
  services().create("ebpf_contract_driver", driver("d.sys"));
  services().start("ebpf_contract_driver");
  ASSERT_EQ(settle("ebpf_contract_driver"), machine::ServiceState::kRunning);
  EXPECT_EQ(code_of([&] { files().write(path("d.sys"), "x"); }), 32);
  EXPECT_EQ(code_of([&] { files().remove(path("d.sys")); }), 5);
  files().rename(path("d.sys"), path("aside"));
  EXPECT_EQ(code_of([&] { files().remove(path("aside")); }), 5);
  files().write(path("d.sys"), "another file at the old name");
  services().stop("ebpf_contract_driver");
  ASSERT_EQ(settle("ebpf_contract_driver"), machine::ServiceState::kStopped);
  files().remove(path("aside"));
  services().remove("ebpf_contract_driver");
}

TEST_P(FilesContract, A_private_folder_is_made_once) {
  EXPECT_FALSE(files().create_private_folder(path("private")));
  files().write(path("private\\a"), "");
  EXPECT_FALSE(files().create_private_folder(path("private")));
  EXPECT_TRUE(files().stat(path("private\\a")));
}

TEST_P(FilesContract, Into_the_folder_of_programs_nobody_else_can_write) {
  EXPECT_EQ(files().other_writer(system().program_files(), {}), std::nullopt);
}

TEST_P(FilesContract, Files_and_folders_are_synced_in_one_call) {
  files().create_folder(path("f"));
  files().write(path("f\\a"), "a");
  const std::vector<std::string> paths{path("f\\a"), path("f")};
  files().sync(paths);
  const std::vector<std::string> missing{path("missing")};
  EXPECT_EQ(code_of([&] { files().sync(missing); }), 2);
}

TEST_P(FilesContract, There_is_free_space_and_a_native_path) {
  EXPECT_GT(files().free_bytes(under_test().folder()), 0U);
  EXPECT_FALSE(files().native_path(path("journal.db")).empty());
}

}  // namespace
}  // namespace contract
