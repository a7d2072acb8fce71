#include <gtest/gtest.h>

#include "actions/machine/windows/device_path.h"
#include "actions/machine/windows/interfaces/windows_processes.h"
#include "actions/machine/windows/registry_value.h"
#include "actions/machine/windows/text.h"
#include "errors/failure.h"

namespace {

using machine::RegistryType;
using machine::windows::device_path;
using machine::windows::library_path;
using machine::windows::utf8;
using machine::windows::wide;

TEST(WindowsText, Goes_both_ways_without_loss) {
  const std::string all = "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80";
  EXPECT_EQ(wide(all), L"a\u00e9\u4e2d\U0001F600");
  EXPECT_EQ(utf8(wide(all)), all);
  const std::wstring half{L'a', static_cast<wchar_t>(0xd83d), L'b'};
  EXPECT_EQ(wide(utf8(half)), half);
  EXPECT_EQ(wide("a\xff\xc3"), L"a\ufffd\ufffd");
  EXPECT_EQ(wide("\xc0\x80"), L"\ufffd\ufffd");  // NUL in disguise
}

TEST(WindowsText, A_path_becomes_one_that_no_limit_and_no_rewording_meets) {
  EXPECT_EQ(device_path("C:\\a/b\\\\c. "), L"\\\\?\\C:\\a\\b\\c. ");
  EXPECT_EQ(device_path("C:\\"), L"\\\\?\\C:\\");
  EXPECT_EQ(device_path("C:\\a\\"), L"\\\\?\\C:\\a");
  EXPECT_EQ(device_path("\\\\server\\share\\a"), L"\\\\?\\UNC\\server\\share\\a");
  EXPECT_EQ(device_path("\\\\?\\C:\\a"), L"\\\\?\\C:\\a");
  EXPECT_EQ(library_path("C:/a"), "C:\\a");
  const std::string longer = "C:\\" + std::string(250, 'x') + "\\y";
  EXPECT_EQ(library_path(longer), "\\\\?\\" + longer);
}

TEST(WindowsText, A_path_that_is_not_absolute_or_climbs_is_refused) {
  for (const char* path :
       {"", "a", "a\\b", "\\a", "C:", "C:a", "C:\\a\\..\\b", "C:\\.\\a", "\\\\.\\PhysicalDrive0"}) {
    try {
      device_path(path);
      ADD_FAILURE() << path;
    } catch (const errors::Failure& failure) {
      EXPECT_EQ(failure.system()->code, 123) << path;
    }
  }
}

TEST(WindowsText, A_command_line_is_read_as_the_words_it_was_made_of) {
  const std::vector<std::string> words{"plain", "two words", "", "a\"b", "end\\", "a b\\", "\\\"x"};
  EXPECT_EQ(machine::windows::interfaces::command_line("C:\\p q\\x.exe", words),
            R"("C:\p q\x.exe" plain "two words" "" "a\"b" end\ "a b\\" "\\\"x")");
}

TEST(WindowsText, A_registry_value_of_a_size_that_its_type_has_not_is_none) {
  using machine::windows::bytes_of_value;
  using machine::windows::value_from_bytes;
  EXPECT_FALSE(value_from_bytes(4, {1, 2, 3}));
  EXPECT_FALSE(bytes_of_value({RegistryType::kDword, "4294967296"}));
  EXPECT_FALSE(bytes_of_value({RegistryType::kBinary, "0g"}));
  EXPECT_EQ(value_from_bytes(1, {'a', 0})->data, "a");  // without a NUL
  EXPECT_EQ(value_from_bytes(7, {'a', 0, 0, 0, 0, 0, 'b', 0, 0, 0, 0, 0})->data, "a\n\nb");
  const auto unknown = value_from_bytes(123, {1, 0xff});
  EXPECT_EQ(unknown->data, "01ff");
  EXPECT_EQ(bytes_of_value(*unknown), (std::vector<unsigned char>{1, 0xff}));
}

}  // namespace
