#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "actions/machine/host_files.h"
#include "tests/machine/simulated_vm.h"

namespace {

namespace fs = std::filesystem;

class SimulatedFiles : public SimulatedVmInEachForm {};

// What people do to the folder by the host's means.
class SimulatedFilesByHand : public SimulatedVmFolder {
 protected:
  std::string id(const std::string& path) { return files().stat(path).value().id; }
};

TEST_F(SimulatedFilesByHand, A_file_put_in_by_hand_is_a_file_like_others) {
  lab::write_file(drive("Windows/Temp/By Hand.txt"), "hand");
  EXPECT_EQ(files().read(R"(c:\windows\temp\by hand.txt)", 10), "hand");
  const std::string first = id(R"(C:\Windows\Temp\By Hand.txt)");
  EXPECT_EQ(id(R"(C:\Windows\Temp\by hand.TXT)"), first);
  fs::rename(drive("Windows/Temp/By Hand.txt"), drive("Windows/Temp/moved"));
  EXPECT_EQ(id(R"(C:\Windows\Temp\moved)"), first);
}

TEST_F(SimulatedFilesByHand, A_file_replaced_by_hand_has_another_id) {
  const std::string path = R"(C:\Windows\Temp\a)";
  files().write(path, "a");
  const std::string first = id(path);
  fs::remove(drive("Windows/Temp/a"));
  lab::write_file(drive("Windows/Temp/a"), "a");
  EXPECT_NE(id(path), first);
  // Also where the host's copy takes all attributes along.
  const std::string copy =
      "cp -a '" + drive("Windows/Temp/a") + "' '" + drive("Windows/Temp/b") + "'";
  ASSERT_EQ(std::system(copy.c_str()), 0);
  EXPECT_NE(id(R"(C:\Windows\Temp\b)"), id(path));
}

TEST_F(SimulatedFilesByHand, A_copied_VM_keeps_its_file_ids) {
  files().write(R"(C:\Windows\Temp\a)", "a");
  const std::string first = id(R"(C:\Windows\Temp\a)");
  const std::string copy = (temporary() / "by_hand").string();
  ASSERT_EQ(std::system(("cp -a '" + folder() + "' '" + copy + "'").c_str()), 0);
  machine::simulated::SimulatedMachine copied(copy);
  EXPECT_EQ(copied.files().stat(R"(C:\Windows\Temp\a)")->id, first);
  EXPECT_EQ(machine::simulated::snapshot(copy), snapshot());
}

TEST_P(SimulatedFiles, A_copied_VM_keeps_its_file_ids) {
  files().write(R"(C:\Windows\Temp\a)", "a");
  const std::string first = files().stat(R"(C:\Windows\Temp\a)")->id;
  VmInForm copy(vm());
  machine::Files& copied = copy.machine().files();
  EXPECT_EQ(copied.stat(R"(C:\Windows\Temp\a)")->id, first);
  EXPECT_EQ(copy.snapshot(), snapshot());
  // What is made in the copy has ids of its own.
  copied.write(R"(C:\Windows\Temp\b)", "b");
  EXPECT_NE(copied.stat(R"(C:\Windows\Temp\b)")->id, first);
  EXPECT_FALSE(files().stat(R"(C:\Windows\Temp\b)"));
}

TEST_P(SimulatedFiles, A_copied_VM_knows_what_is_loaded) {
  services().create("Core", driver("core"));
  services().start("Core");
  system().wait_ms(100);
  VmInForm copy(vm());
  const std::string image = R"(C:\Windows\System32\drivers\core.sys)";
  EXPECT_EQ(code_of([&] { copy.machine().files().remove(image); }), 5);
}

TEST_P(SimulatedFiles, Paths_that_lead_nowhere_are_refused) {
  for (const char* path :
       {"relative", "C:", R"(C:\a\..\b)", R"(C:\a\\b)", R"(C:\CON)", R"(C:\nul.txt)",
        R"(C:\Com1.sys)", R"(C:\dot.)", R"(C:\space )", R"(C:\stream:x)"}) {
    EXPECT_EQ(code_of([&] { files().write(path, ""); }), 123) << path;
  }
  EXPECT_EQ(code_of([&] { files().write(R"(D:\a)", ""); }), 3);
  EXPECT_EQ(code_of([&] { files().rename(R"(C:\Windows\Temp)", R"(D:\a)"); }), 17);
}

TEST_P(SimulatedFiles, A_folder_with_a_loaded_image_below_is_not_renamed) {
  services().create("Core", driver("core"));
  services().start("Core");
  EXPECT_EQ(code_of([&] { files().rename(R"(C:\Windows\System32)", R"(C:\Windows\Old)"); }), 5);
  EXPECT_EQ(code_of([&] { files().rename(R"(C:\Windows\Temp)", R"(C:\Windows\Temp\x)"); }), 32);
}

TEST_P(SimulatedFiles, A_link_is_seen_and_not_followed) {
  files().write(R"(C:\Windows\Temp\a)", "a");
  vm().put_link(R"(C:\ProgramData\Link)", "../Windows/Temp");
  EXPECT_EQ(files().stat(R"(C:\ProgramData\link)")->kind, machine::FileKind::kLink);
  EXPECT_EQ(files().read(R"(C:\ProgramData\link\A)", 9), "a");  // who names what is behind it
  files().remove_folder(R"(C:\ProgramData\link)");
  EXPECT_TRUE(files().stat(R"(C:\Windows\Temp\a)"));
  EXPECT_FALSE(files().stat(R"(C:\ProgramData\link)"));
}

TEST_P(SimulatedFiles, A_private_folder_in_the_place_of_a_link_or_of_somebody_elses_is_made_anew) {
  const std::string path = R"(C:\ProgramData\Private)";
  vm().put_link(path, "../Windows/Temp");
  EXPECT_EQ(files().create_private_folder(path), path + ".untrusted-1");
  EXPECT_EQ(files().stat(path)->kind, machine::FileKind::kFolder);
  EXPECT_EQ(files().stat(path + ".untrusted-1")->kind, machine::FileKind::kLink);

  files().write(path + "\\theirs", "x");
  set("path:" + path, {"owner=users"});
  EXPECT_EQ(files().create_private_folder(path), path + ".untrusted-2");
  EXPECT_TRUE(files().list(path).empty());
  EXPECT_TRUE(files().stat(path + R"(.untrusted-2\theirs)"));
  EXPECT_FALSE(files().create_private_folder(path));  // ours now

  files().remove_folder(path);
  files().write(path, "x");
  EXPECT_EQ(files().create_private_folder(path), path + ".untrusted-3");
  EXPECT_EQ(files().stat(path + ".untrusted-3")->kind, machine::FileKind::kFile);
}

TEST_P(SimulatedFiles, Who_else_can_write_is_named_but_for_administrators_and_the_trusted) {
  const std::string programs = R"(C:\Program Files)";
  const std::string folder = programs + "\\ebpf-for-windows";
  set("path:" + programs, {R"(owner=CORP\Packagers)"});
  EXPECT_EQ(files().other_writer(folder, {}), R"(CORP\Packagers (its owner))");
  EXPECT_EQ(files().other_writer(folder, {R"(CORP\Others)"}), R"(CORP\Packagers (its owner))");
  EXPECT_FALSE(files().other_writer(folder, {R"(corp\packagers)"}));
  set("administrators", {R"(members=CORP\Others,CORP\Packagers)"});
  EXPECT_FALSE(files().other_writer(folder, {}));
  set("administrators", {"clear"});
  EXPECT_TRUE(files().other_writer(folder, {}));
}

TEST_P(SimulatedFiles, Every_change_of_an_armed_path_fails_with_its_code) {
  const std::string path = R"(C:\Windows\Temp\a)";
  files().write(path, "a");
  set("path:" + path, {"fails=1117"});
  EXPECT_EQ(code_of([&] { files().write(path, "b"); }), 1117);
  EXPECT_EQ(code_of([&] { files().remove(path); }), 1117);
  EXPECT_EQ(code_of([&] { files().rename(path, path + "b"); }), 1117);
  EXPECT_EQ(code_of([&] { files().set_readonly(path, true); }), 1117);
  EXPECT_EQ(code_of([&] { files().remove_at_boot(path); }), 1117);
  EXPECT_EQ(files().read(path, 9), "a");
  set("path:" + path, {"clear"});
  files().remove(path);
  set("path:" + path, {"fails=5"});
  EXPECT_EQ(code_of([&] { files().create_folder(path); }), 5);
  const std::string source = (temporary() / "source").string();
  lab::write_file(source, "x");
  EXPECT_EQ(code_of([&] { files().copy_in(source, path); }), 5);
}

TEST_P(SimulatedFiles, A_full_disk_takes_no_more_and_leaves_nothing_half_done) {
  const std::string source = (temporary() / "source").string();
  lab::write_file(source, std::string(600'000, 'x'));
  set("disk", {"full-at=500000"});
  const auto free = files().free_bytes(R"(C:\)");
  EXPECT_LT(free, 500'000U);
  EXPECT_EQ(code_of([&] { files().copy_in(source, R"(C:\Windows\Temp\copy)"); }), 112);
  EXPECT_FALSE(files().stat(R"(C:\Windows\Temp\copy)"));
  EXPECT_EQ(code_of([&] { files().write(R"(C:\Windows\Temp\a)", std::string(free + 1, 'x')); }),
            112);
  files().write(R"(C:\Windows\Temp\a)", std::string(free, 'x'));
  EXPECT_EQ(files().free_bytes(R"(C:\)"), 0U);
  set("disk", {"clear"});
  files().copy_in(source, R"(C:\Windows\Temp\copy)");
}

TEST_F(SimulatedFilesByHand, A_native_path_opens_with_the_hosts_calls) {
  const std::string native = files().native_path(R"(c:\programdata\new.db)");
  EXPECT_EQ(native, drive("ProgramData/new.db"));
  lab::write_file(native, "x");
  EXPECT_TRUE(files().stat(R"(C:\ProgramData\new.db)"));
}

TEST_P(SimulatedFiles, What_gets_the_journals_name_is_opened_under_it_and_comes_back_there) {
  const std::string folder = R"(C:\ProgramData\EbpfForWindows)";
  files().create_private_folder(folder);
  files().write(folder + R"(\rebuilt)", "rows");
  files().rename(folder + R"(\rebuilt)", folder + R"(\journal.db)");
  EXPECT_EQ(lab::read_file(files().native_path(folder + R"(\journal.db)")), "rows");
  const std::vector<std::string> all{folder + R"(\journal.db)", folder};
  files().sync(all);
  system().flush();
  files().remove(folder + R"(\journal.db)");
  EXPECT_TRUE(files().list(folder).empty());
  cut_power(0);
  EXPECT_EQ(lab::read_file(files().native_path(folder + R"(\journal.db)")), "rows");
}

EBPF_IN_EACH_FORM(SimulatedFiles);

class HostFiles : public SimulatedVmFolder {};

TEST_F(HostFiles, A_replaced_file_is_the_old_one_or_the_new_one) {
  auto& host = machine().host();
  const std::string path = (temporary() / "status").string();
  host.replace(path, "one", temporary().string());
  host.replace(path, "two", temporary().string());
  EXPECT_EQ(host.read(path, 10), "two");
  EXPECT_EQ(host.stat(path)->size, 3U);
  EXPECT_EQ(host.list(temporary().string()), (std::vector<std::string>{"status", "vm"}));
  EXPECT_NE(code_of([&] { host.replace(temporary() / "no/status", "x", temporary()); }), -1);
  EXPECT_EQ(host.list(temporary().string()), (std::vector<std::string>{"status", "vm"}));
}

TEST_F(HostFiles, A_file_is_removed_a_link_not_followed_and_what_is_absent_is_success) {
  auto& host = machine().host();
  lab::write_file(temporary() / "kept", "12345");
  fs::create_symlink("kept", temporary() / "link");
  lab::write_file(temporary() / "gone", "1");
  for (const char* name : {"link", "gone", "gone"})
    host.remove(temporary() / name);
  EXPECT_EQ(host.list(temporary().string()), (std::vector<std::string>{"kept", "vm"}));
  EXPECT_NE(code_of([&] { host.remove(temporary().string()); }), -1) << "a folder";
}

TEST_F(HostFiles, Trouble_is_a_failure_with_errno) {
  auto& host = machine().host();
  EXPECT_FALSE(host.stat(temporary() / "missing"));
  EXPECT_EQ(code_of([&] { host.read(temporary() / "missing", 1); }), ENOENT);
  EXPECT_EQ(code_of([&] { host.list(temporary() / "missing"); }), ENOENT);
  EXPECT_EQ(code_of([&] { host.check_writable(temporary() / "missing"); }), ENOENT);
  host.check_writable(temporary());
  lab::write_file(temporary() / "file", "12345");
  EXPECT_EQ(code_of([&] { host.read(temporary() / "file", 4); }), EFBIG);
  EXPECT_EQ(code_of([&] { host.create_folder(temporary() / "file"); }), EEXIST);
  host.create_folder(temporary() / "folder");
  host.create_folder(temporary() / "folder");
  fs::create_symlink("file", temporary() / "link");
  EXPECT_EQ(host.stat(temporary() / "link")->kind, machine::FileKind::kLink);
}

}  // namespace
