#include <gtest/gtest.h>

#include "actions/machine/paths.h"

namespace machine {
namespace {

TEST(Paths, Join_puts_one_separator_between) {
  EXPECT_EQ(join("C:\\a", "b"), "C:\\a\\b");
  EXPECT_EQ(join("C:\\a\\", "b"), "C:\\a\\b");
  EXPECT_EQ(join("C:\\", "b"), "C:\\b");
  EXPECT_EQ(join("C:/a", "b/c"), "C:\\a\\b\\c");
  EXPECT_EQ(join("", "b"), "b");
}

TEST(Paths, Parent_goes_up_to_the_root_and_not_beyond) {
  EXPECT_EQ(parent("C:\\a\\b.sys"), "C:\\a");
  EXPECT_EQ(parent("C:/a/b.sys"), "C:\\a");
  EXPECT_EQ(parent("C:\\a\\b\\"), "C:\\a");
  EXPECT_EQ(parent("C:\\a"), "C:\\");
  EXPECT_EQ(parent("C:\\"), "");
  EXPECT_EQ(parent("C:"), "");
  EXPECT_EQ(parent("a\\b"), "a");
  EXPECT_EQ(parent("a"), "");
  EXPECT_EQ(parent("\\a"), "\\");
  EXPECT_EQ(parent(""), "");
}

TEST(Paths, File_name_is_the_last_component) {
  EXPECT_EQ(file_name("C:\\a\\b.sys"), "b.sys");
  EXPECT_EQ(file_name("drivers/eBPFCore.sys"), "eBPFCore.sys");
  EXPECT_EQ(file_name("b.sys"), "b.sys");
  EXPECT_EQ(file_name("C:\\a\\"), "a");
  EXPECT_EQ(file_name("C:\\"), "");
  EXPECT_EQ(file_name(""), "");
}

TEST(Paths, Drive_is_in_upper_case_or_empty) {
  EXPECT_EQ(drive("c:\\a"), "C:");
  EXPECT_EQ(drive("D:"), "D:");
  EXPECT_EQ(drive("\\\\server\\share"), "");
  EXPECT_EQ(drive("1:\\a"), "");
  EXPECT_EQ(drive("a"), "");
}

TEST(Paths, Equal_paths_differ_at_most_in_case_and_separators) {
  EXPECT_TRUE(equal_paths("C:\\Program Files\\x", "c:/program files/X"));
  EXPECT_TRUE(equal_paths("C:\\a\\", "C:\\a"));
  EXPECT_FALSE(equal_paths("C:\\a", "C:\\ab"));
  EXPECT_FALSE(equal_paths("C:\\", "C:"));
  EXPECT_FALSE(equal_paths("C:\\\xC3\x84", "C:\\\xC3\xA4"));  // ASCII only
}

TEST(Paths, Within_a_folder_means_by_whole_components) {
  EXPECT_TRUE(is_within("C:\\a\\b.sys", "c:\\A"));
  EXPECT_TRUE(is_within("C:\\a", "C:\\a"));
  EXPECT_TRUE(is_within("C:\\a", "C:\\"));
  EXPECT_FALSE(is_within("C:\\ab", "C:\\a"));
  EXPECT_FALSE(is_within("C:\\", "C:\\a"));
  EXPECT_FALSE(is_within("C:\\a\\..\\b", "C:\\a"));
  EXPECT_FALSE(is_within("C:\\a", ""));
}

TEST(Paths, Equal_names_differ_at_most_in_the_case_of_ASCII_letters) {
  EXPECT_TRUE(equal_names("GuestProxyAgent", "guestPROXYagent"));
  EXPECT_TRUE(equal_names("", ""));
  EXPECT_FALSE(equal_names("EbpfCore", "EbpfCore2"));
  EXPECT_FALSE(equal_names("a/b", "a\\b"));
  EXPECT_FALSE(equal_names("@[", "`{"));
  EXPECT_FALSE(equal_names("\xC3\x84", "\xC3\xA4"));
}

TEST(Paths, Fold_case_changes_ASCII_letters_only) {
  EXPECT_EQ(fold_case("EbpfCore.SYS"), "ebpfcore.sys");
  EXPECT_EQ(fold_case("\xC3\x84@[`{"), "\xC3\x84@[`{");
}

struct ImageCase {
  std::string_view image;
  std::string_view file;
};

TEST(Paths, Image_file_reads_every_form_of_ImagePath) {
  const ImageCase cases[] = {
      {"C:\\x\\a.sys", "C:\\x\\a.sys"},
      {"\\??\\C:\\x\\a.sys", "C:\\x\\a.sys"},
      {"\\\\?\\C:\\x\\a.sys", "C:\\x\\a.sys"},
      {"\\SystemRoot\\System32\\drivers\\a.sys", "C:\\Windows\\System32\\drivers\\a.sys"},
      {"\\systemroot\\a.sys", "C:\\Windows\\a.sys"},
      {"system32\\drivers\\a.sys", "C:\\Windows\\system32\\drivers\\a.sys"},
      {"%SystemRoot%\\System32\\svchost.exe -k netsvcs", "C:\\Windows\\System32\\svchost.exe"},
      {"%windir%\\a.exe", "C:\\Windows\\a.exe"},
      {"\"C:\\Program Files\\ebpf\\ebpfsvc.exe\" run", "C:\\Program Files\\ebpf\\ebpfsvc.exe"},
      {"C:\\Program Files\\ebpf\\ebpfsvc.exe run now", "C:\\Program Files\\ebpf\\ebpfsvc.exe"},
      {"\"%ProgramFiles%\\ebpf\\EbpfSvc.EXE\"", "C:\\Program Files\\ebpf\\EbpfSvc.EXE"},
      {"%SystemDrive%\\a.exe", "C:\\a.exe"},
      {"C:/x/a.sys", "C:\\x\\a.sys"},
      {"  C:\\a.exe  ", "C:\\a.exe"},
      {"C:\\a.exe.d\\b.sys", "C:\\a.exe.d\\b.sys"},
      {"C:\\no extension", "C:\\no extension"},
      {"\"C:\\unclosed.exe", "C:\\unclosed.exe"},
      {"%Other%\\a.exe", "%Other%\\a.exe"},
      {"\"\"", ""},
      {"", ""},
  };
  for (const ImageCase& c : cases) {
    EXPECT_EQ(image_file(c.image, "C:\\Windows", "C:\\Program Files"), c.file) << c.image;
  }
}

TEST(Paths, Names_of_a_package_that_Windows_takes_as_they_are_are_safe) {
  for (const char* path :
       {"ebpfapi.dll", "drivers/eBPFCore.sys", "drivers\\eBPFCore.sys", "a/b/c", ".hidden", "com",
        "com10", "nul-l", "console", "conin", "a b.txt", "com1x.sys", "\xC3\xA4.txt"}) {
    EXPECT_EQ(why_unsafe_relative(path), "") << path;
  }
  EXPECT_EQ(why_unsafe_relative(std::string(200, 'a')), "");
}

TEST(Paths, Names_that_leave_the_folder_or_mean_something_else_to_Windows_are_not_safe) {
  for (const char* path :
       {"",       "..",       ".",       "../a",     "a/../b",        "a/..",
        "./a",    "a/.",      "/a",      "\\a",      "\\\\server\\a", "//a",
        "C:a",    "C:\\a",    "c:/a",    "a:stream", "a//b",          "a/",
        "a\\",    "a.",       "a ",      "a./b",     "a /b",          "...",
        "CON",    "nul",      "NUL.txt", "nul .txt", "a/Aux.sys",     "prn",
        "COM1",   "com9.log", "com0",    "LPT1",     "lpt5.a.b",      "COM\xC2\xB9",
        "conin$", "CONOUT$",  "a<b",     "a>b",      "a\"b",          "a|b",
        "a?",     "a*",       "a\nb",    "a\x01"}) {
    EXPECT_NE(why_unsafe_relative(path), "") << path;
  }
  EXPECT_NE(why_unsafe_relative(std::string(201, 'a')), "");
  EXPECT_NE(why_unsafe_relative(std::string("a\0b", 3)), "");
}

TEST(Paths, The_reason_names_what_is_wrong) {
  EXPECT_EQ(why_unsafe_relative("a/../b"), "it has the component '..'");
  EXPECT_EQ(why_unsafe_relative("C:/a"), "it has a drive letter");
  EXPECT_EQ(why_unsafe_relative("a/nul.sys"),
            "'nul.sys' is a name that Windows reserves for a device");
}

TEST(Paths, A_name_is_safe_up_to_255_bytes_and_without_a_separator) {
  EXPECT_EQ(why_unsafe_name(std::string(255, 'a')), "");
  EXPECT_EQ(why_unsafe_name(std::string(256, 'a')), "it is longer than 255 bytes");
  EXPECT_EQ(why_unsafe_name("a/b"), "it has a separator");
  EXPECT_EQ(why_unsafe_name("a\\b"), "it has a separator");
  for (const char* name : {"", ".", "..", "C:x", "nul.sys", "a.", "a b "})
    EXPECT_NE(why_unsafe_name(name), "") << name;
}

}  // namespace
}  // namespace machine
