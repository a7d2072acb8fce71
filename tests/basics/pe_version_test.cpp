#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "actions/machine/pe_version.h"

namespace machine {
namespace {

const std::string kPayloads = EBPF_TEST_PAYLOADS;

std::string driver_of(const std::string& version) {
  const std::string root = version.starts_with("0.") ? "/package/bin" : "/lib/native/bin";
  return kPayloads + "/" + version + root + "/drivers/eBPFCore.sys";
}

std::string bytes_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_FALSE(bytes.empty()) << path;
  return bytes;
}

// Serves bytes, and holds the reader to its promise of never asking for more than 1 MiB.
std::optional<PeVersion> read(const std::string& bytes) {
  return read_pe_version([&bytes](std::uint64_t offset, std::size_t size) {
    EXPECT_LE(size, std::size_t{1024} * 1024);
    if (offset >= bytes.size()) return std::string();
    return bytes.substr(static_cast<std::size_t>(offset), size);
  });
}

void put_u32(std::string& bytes, std::size_t offset, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes[offset++] = static_cast<char>((value >> shift) & 0xffU);
  }
}

std::string utf16(std::string_view text) {
  std::string bytes;
  for (const char c : text)
    bytes.append({c, '\0'});
  return bytes;
}

TEST(PeVersion, Real_drivers_say_their_numbers_and_their_tag) {
  EXPECT_EQ(read_pe_version_of_file(driver_of("0.9.1")), (PeVersion{0, 9, 1, 0, "0.9.1"}));
  EXPECT_EQ(read_pe_version_of_file(driver_of("0.10.0")), (PeVersion{0, 10, 0, 0, "0.10.0"}));
  EXPECT_EQ(read_pe_version_of_file(driver_of("1.0.0-rc1")), (PeVersion{1, 0, 0, 0, "1.0.0-rc1"}));
  EXPECT_EQ(read_pe_version_of_file(driver_of("1.1.0")), (PeVersion{1, 1, 0, 0, "1.1.0"}));
}

TEST(PeVersion, The_machine_of_a_real_driver_is_x64) {
  EXPECT_EQ(read_pe_machine_of_file(driver_of("1.1.0")), 0x8664);
  EXPECT_FALSE(read_pe_machine_of_file(kPayloads + "/none"));
}

TEST(PeVersion, What_is_no_image_has_no_version) {
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("MZ"));
  EXPECT_FALSE(read(std::string(4096, '\0')));
  EXPECT_FALSE(read(std::string(4096, '\xff')));
  EXPECT_FALSE(
      read("\x7f"
           "ELF" +
           std::string(4096, 'x')));
  EXPECT_FALSE(read_pe_version_of_file(kPayloads + "/none"));
  EXPECT_FALSE(read_pe_version_of_file(kPayloads));
}

TEST(PeVersion, Every_truncation_gives_the_version_or_nothing) {
  const std::string whole = bytes_of(driver_of("1.0.0-rc1"));
  const auto truth = read(whole);
  ASSERT_TRUE(truth);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto version = read(whole.substr(0, size));
    ASSERT_EQ(version.value_or(*truth), truth) << "first " << size << " bytes";
  }
}

TEST(PeVersion, Seeded_damage_is_read_without_harm) {
  const std::string whole = bytes_of(driver_of("1.0.0-rc1"));
  constexpr std::uint32_t kRounds = 30'000;
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    std::mt19937 random(seed);
    std::string bytes = whole;
    const auto flips = 1 + random() % 6;
    // Half of the rounds only in the headers, where damage leads furthest astray.
    const std::size_t range = seed % 2 == 0 ? bytes.size() : std::size_t{0x400};
    for (std::uint32_t i = 0; i < flips; ++i) {
      bytes[random() % range] = static_cast<char>(random() % 3 == 0 ? 0xff : random() & 0xffU);
    }
    SCOPED_TRACE("seed " + std::to_string(seed));
    ASSERT_NO_THROW(read(bytes));
  }
}

TEST(PeVersion, Every_single_byte_of_the_resource_may_be_anything) {
  const std::string whole = bytes_of(driver_of("1.0.0-rc1"));
  const std::size_t start = whole.find(utf16("VS_VERSION_INFO"));
  ASSERT_NE(start, std::string::npos);
  const std::size_t end = std::min(whole.size(), start + 0x400);
  for (std::size_t at = start - 0x80; at < end; ++at) {
    for (const unsigned value : {0x00U, 0x01U, 0x7fU, 0x80U, 0xd8U, 0xffU}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(value);
      SCOPED_TRACE("byte " + std::to_string(at));
      ASSERT_NO_THROW(read(bytes));
    }
  }
}

TEST(PeVersion, A_resource_that_says_it_is_longer_than_it_is_has_no_version) {
  std::string bytes = bytes_of(driver_of("0.9.1"));
  const std::size_t start = bytes.find(utf16("VS_VERSION_INFO")) - 6;
  bytes[start] = '\xff';
  bytes[start + 1] = '\xff';
  EXPECT_FALSE(read(bytes));
}

TEST(PeVersion, A_wrong_signature_of_the_fixed_part_is_no_version) {
  std::string bytes = bytes_of(driver_of("0.9.1"));
  const std::size_t fixed = bytes.find("\xbd\x04\xef\xfe");
  ASSERT_NE(fixed, std::string::npos);
  put_u32(bytes, fixed, 0);
  EXPECT_FALSE(read(bytes));
}

TEST(PeVersion, Without_the_string_the_numbers_stand_alone) {
  std::string bytes = bytes_of(driver_of("0.9.1"));
  const std::size_t key = bytes.find(utf16("ProductVersion"));
  ASSERT_NE(key, std::string::npos);
  bytes[key] = 'X';
  EXPECT_EQ(read(bytes), (PeVersion{0, 9, 1, 0, ""}));
}

TEST(PeVersion, Half_a_surrogate_pair_is_damage) {
  std::string bytes = bytes_of(driver_of("0.9.1"));
  const std::size_t key = bytes.find(utf16("ProductVersion"));
  const std::size_t value = bytes.find(utf16("0.9.1"), key);
  ASSERT_NE(value, std::string::npos);
  bytes[value] = '\x00';
  bytes[value + 1] = '\xd8';
  EXPECT_FALSE(read(bytes));
}

TEST(PeVersion, A_whole_surrogate_pair_becomes_UTF_8) {
  std::string bytes = bytes_of(driver_of("0.9.1"));
  const std::size_t key = bytes.find(utf16("ProductVersion"));
  const std::size_t value = bytes.find(utf16("0.9.1"), key);
  ASSERT_NE(value, std::string::npos);
  bytes.replace(value, 10, std::string("\x3d\xd8\x00\xde\xe4\x00\xac\x20\x31\x00", 10));
  const auto version = read(bytes);
  ASSERT_TRUE(version);
  EXPECT_EQ(version->product,
            "\xF0\x9F\x98\x80\xC3\xA4\xE2\x82\xAC"
            "1");
}

}  // namespace
}  // namespace machine
