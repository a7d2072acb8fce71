#include "journal/log_tail.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string_view>

#include "journal/path.h"

namespace journal {
namespace {

constexpr std::size_t kHeader = 32;
constexpr std::size_t kSummed = 24;  // of the header; then its checksum
constexpr std::size_t kFrameHeader = 24;
constexpr std::size_t kSalts = 8;
constexpr std::uint32_t kMagic = 0x377f0682;  // the lowest bit: checksums are big-endian

struct Sum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool operator==(const Sum&) const = default;
};

std::uint32_t word(std::string_view bytes, std::size_t at, bool big_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t index = big_endian ? at + i : at + 3 - i;
    value = (value << 8U) | static_cast<unsigned char>(bytes[index]);
  }
  return value;
}

Sum added(Sum sum, std::string_view bytes, bool big_endian) {
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    sum.first += word(bytes, at, big_endian) + sum.second;
    sum.second += word(bytes, at + 4, big_endian) + sum.first;
  }
  return sum;
}

Sum stored(std::string_view bytes, std::size_t at) {
  return {word(bytes, at, true), word(bytes, at + 4, true)};
}

bool is_big_endian(std::string_view log) { return (word(log, 0, true) & 1U) != 0; }

std::string content(const std::string& path) {
  std::ifstream file(to_path(path), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

bool is_log_header(std::string_view bytes) {
  if (bytes.size() < kHeader || (word(bytes, 0, true) & ~1U) != kMagic) return false;
  return added({}, bytes.substr(0, kSummed), is_big_endian(bytes)) == stored(bytes, kSummed);
}

LogTail tail_of_log(const std::string& wal) {
  const std::string log = content(wal);
  const std::string_view all(log);
  if (!is_log_header(all)) return LogTail::kNone;
  const bool big_endian = is_big_endian(all);
  const std::size_t page = word(all, 8, true);
  Sum sum = stored(all, kSummed);

  bool readable = true;
  bool commit_behind = false;  // a commit ends behind the first frame that cannot be read
  bool ends_with_ours = false;
  for (std::size_t at = kHeader; at + kFrameHeader + page <= log.size();
       at += kFrameHeader + page) {
    const bool ours = all.substr(at + 8, kSalts) == all.substr(16, kSalts);
    if (readable) {
      sum = added(added(sum, all.substr(at, 8), big_endian), all.substr(at + kFrameHeader, page),
                  big_endian);
      readable = ours && sum == stored(all, at + 16);
      if (readable) continue;
    }
    if (ours && commit_behind) return LogTail::kDamaged;
    ends_with_ours = ours;
    const bool is_commit = word(all, at + 4, true) != 0;
    commit_behind = commit_behind || (ours && is_commit);
  }
  return !readable && ends_with_ours ? LogTail::kTorn : LogTail::kNone;
}

}  // namespace journal
