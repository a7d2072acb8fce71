#include "actions/machine/pe_version.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "text/utf16.h"

namespace machine {
namespace {

// Offsets and magic numbers: Microsoft's "PE Format" page.
constexpr std::uint16_t kDosMagic = 0x5a4d;         // "MZ"
constexpr std::uint32_t kPeSignature = 0x00004550;  // "PE\0\0"
constexpr std::uint16_t kPe32 = 0x10b;
constexpr std::uint16_t kPe32Plus = 0x20b;
constexpr std::size_t kDosHeaderSize = 64;
constexpr std::size_t kPeOffsetField = 0x3c;
constexpr std::size_t kFileHeaderSize = 24;  // with the signature
constexpr std::size_t kSectionHeaderSize = 40;
constexpr std::size_t kMaxSections = 96;  // the loader's own limit
constexpr std::size_t kResourceDirectory = 2;
constexpr std::size_t kDirectorySize = 8;
constexpr std::size_t kMaxEntries = 4096;   // of one resource directory; real ones have a handful
constexpr std::uint32_t kVersionType = 16;  // RT_VERSION
constexpr std::uint32_t kHighBit = 0x80000000;
constexpr std::size_t kMaxVersionBytes = 0x10000;  // wLength is 16 bits wide
constexpr std::uint32_t kFixedInfoSignature = 0xfeef04bd;
constexpr std::size_t kFixedInfoSize = 52;
constexpr std::size_t kBlockHeaderSize = 6;  // wLength, wValueLength, wType

// Little-endian numbers out of bytes that were read; outside of them there is nothing.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size(); }
  bool holds(std::size_t offset, std::size_t count) const {
    return offset <= bytes_.size() && count <= bytes_.size() - offset;
  }
  // Callers have asked holds(); what lies outside reads as 0.
  std::uint16_t u16(std::size_t offset) const {
    return static_cast<std::uint16_t>(u8(offset) | (u8(offset + 1) << 8U));
  }
  std::uint32_t u32(std::size_t offset) const {
    return u16(offset) | (static_cast<std::uint32_t>(u16(offset + 2)) << 16U);
  }
  Bytes part(std::size_t offset, std::size_t count) const {
    return holds(offset, count) ? Bytes(bytes_.substr(offset, count)) : Bytes({});
  }

 private:
  std::uint32_t u8(std::size_t offset) const {
    return offset < bytes_.size() ? static_cast<unsigned char>(bytes_[offset]) : 0U;
  }
  std::string_view bytes_;
};

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Section {
  std::uint32_t address = 0;   // RVA
  std::uint32_t raw_size = 0;  // bytes in the file
  std::uint32_t raw_offset = 0;
};

struct Headers {
  std::uint16_t machine = 0;
  std::uint32_t resources = 0;  // RVA; 0: none
  std::vector<Section> sections;
};

// Exactly `size` bytes, or nothing.
std::optional<std::string> read_exactly(const ReadAt& read_at, std::uint64_t offset,
                                        std::size_t size) {
  std::string bytes = read_at(offset, size);
  if (bytes.size() != size) return std::nullopt;
  return bytes;
}

std::optional<Headers> read_headers(const ReadAt& read_at) {
  const auto dos = read_exactly(read_at, 0, kDosHeaderSize);
  if (!dos || Bytes(*dos).u16(0) != kDosMagic) return std::nullopt;
  const std::uint64_t pe_offset = Bytes(*dos).u32(kPeOffsetField);

  const auto file_header = read_exactly(read_at, pe_offset, kFileHeaderSize);
  if (!file_header) return std::nullopt;
  const Bytes file(*file_header);
  if (file.u32(0) != kPeSignature) return std::nullopt;
  Headers headers;
  headers.machine = file.u16(4);
  const std::size_t section_count = file.u16(6);
  const std::size_t optional_size = file.u16(20);
  if (section_count > kMaxSections) return std::nullopt;

  const auto optional_header = read_exactly(read_at, pe_offset + kFileHeaderSize, optional_size);
  if (!optional_header) return std::nullopt;
  const Bytes optional(*optional_header);
  const std::uint16_t magic = optional.u16(0);
  if (magic != kPe32 && magic != kPe32Plus) return std::nullopt;
  const std::size_t directories = magic == kPe32 ? 96 : 112;
  const std::size_t resource_entry = directories + kResourceDirectory * kDirectorySize;
  if (!optional.holds(resource_entry, kDirectorySize)) return headers;
  if (optional.u32(directories - 4) <= kResourceDirectory) return headers;
  headers.resources = optional.u32(resource_entry);

  const auto table = read_exactly(read_at, pe_offset + kFileHeaderSize + optional_size,
                                  section_count * kSectionHeaderSize);
  if (!table) return std::nullopt;
  const Bytes rows(*table);
  for (std::size_t i = 0; i < section_count; ++i) {
    const std::size_t row = i * kSectionHeaderSize;
    headers.sections.push_back({rows.u32(row + 12), rows.u32(row + 16), rows.u32(row + 20)});
  }
  return headers;
}

// Where an RVA lies in the file, with what is left of its section.
std::optional<Range> locate(const Headers& headers, std::uint32_t address) {
  for (const Section& section : headers.sections) {
    if (address < section.address) continue;
    const std::uint32_t inside = address - section.address;
    if (inside >= section.raw_size) continue;
    return Range{std::uint64_t{section.raw_offset} + inside,
                 std::uint64_t{section.raw_size} - inside};
  }
  return std::nullopt;
}

// One directory of the resource tree: the offset field of the entry with `id`, or of the first one.
std::optional<std::uint32_t> find_entry(const ReadAt& read_at, const Range& tree,
                                        std::uint32_t directory, std::optional<std::uint32_t> id) {
  constexpr std::size_t kHeader = 16;
  constexpr std::size_t kEntry = 8;
  if (std::uint64_t{directory} + kHeader > tree.size) return std::nullopt;
  const auto header = read_exactly(read_at, tree.offset + directory, kHeader);
  if (!header) return std::nullopt;
  const std::size_t count = std::size_t{Bytes(*header).u16(12)} + Bytes(*header).u16(14);
  if (count == 0 || count > kMaxEntries) return std::nullopt;
  if (std::uint64_t{directory} + kHeader + count * kEntry > tree.size) return std::nullopt;
  const auto entries = read_exactly(read_at, tree.offset + directory + kHeader, count * kEntry);
  if (!entries) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes entry = Bytes(*entries).part(i * kEntry, kEntry);
    if (!id || entry.u32(0) == *id) return entry.u32(4);
  }
  return std::nullopt;
}

// The bytes of the first RT_VERSION resource: type, then its first name, then its first language.
std::optional<std::string> read_version_resource(const ReadAt& read_at, const Headers& headers) {
  if (headers.resources == 0) return std::nullopt;
  const auto tree = locate(headers, headers.resources);
  if (!tree) return std::nullopt;
  const auto type = find_entry(read_at, *tree, 0, kVersionType);
  if (!type || (*type & kHighBit) == 0) return std::nullopt;
  const auto name = find_entry(read_at, *tree, *type & ~kHighBit, std::nullopt);
  if (!name || (*name & kHighBit) == 0) return std::nullopt;
  const auto language = find_entry(read_at, *tree, *name & ~kHighBit, std::nullopt);
  if (!language || (*language & kHighBit) != 0) return std::nullopt;

  constexpr std::size_t kDataEntry = 16;
  if (std::uint64_t{*language} + kDataEntry > tree->size) return std::nullopt;
  const auto entry = read_exactly(read_at, tree->offset + *language, kDataEntry);
  if (!entry) return std::nullopt;
  const auto data = locate(headers, Bytes(*entry).u32(0));
  const std::uint32_t size = Bytes(*entry).u32(4);
  if (!data || size > data->size || size > kMaxVersionBytes) return std::nullopt;
  return read_exactly(read_at, data->offset, size);
}

// One block of VS_VERSIONINFO (VS_VERSIONINFO, StringFileInfo, StringTable and String share the
// form): wLength, wValueLength, wType, a UTF-16 key, a value at the next multiple of 4, then
// children, each at a multiple of 4.
struct Block {
  std::u16string key;
  Bytes bytes{{}};        // the whole block
  std::size_t value = 0;  // offset in it
};

constexpr std::size_t aligned(std::size_t offset) { return (offset + 3) & ~std::size_t{3}; }

std::u16string read_text(const Bytes& bytes, std::size_t offset) {
  std::u16string text;
  for (; bytes.holds(offset, 2) && bytes.u16(offset) != 0; offset += 2) {
    text += static_cast<char16_t>(bytes.u16(offset));
  }
  return text;
}

std::optional<Block> read_block(const Bytes& bytes, std::size_t offset) {
  if (!bytes.holds(offset, kBlockHeaderSize)) return std::nullopt;
  const std::size_t length = bytes.u16(offset);
  if (length < kBlockHeaderSize || !bytes.holds(offset, length)) return std::nullopt;
  Block block;
  block.bytes = bytes.part(offset, length);
  block.key = read_text(block.bytes, kBlockHeaderSize);
  block.value = aligned(kBlockHeaderSize + (block.key.size() + 1) * 2);
  return block;
}

enum class Found { kYes, kNo, kDamaged };

// Looks for a child in [offset, end of parent) by its key (any key where it is empty). The list
// ends at the parent's end or at padding.
Found find_child(const Bytes& parent, std::size_t offset, std::u16string_view key, Block& child) {
  while (parent.holds(offset, kBlockHeaderSize) && parent.u16(offset) != 0) {
    const auto block = read_block(parent, offset);
    if (!block) return Found::kDamaged;
    if (key.empty() || block->key == key) {
      child = *block;
      return Found::kYes;
    }
    offset = aligned(offset + block->bytes.size());
  }
  return Found::kNo;
}

// "" where the string is missing, nullopt where the blocks are damaged.
std::optional<std::string> read_product_version(const Block& root, std::size_t children) {
  Block block;
  Bytes parent = root.bytes;
  std::size_t offset = children;
  for (const std::u16string_view key :
       {std::u16string_view(u"StringFileInfo"), std::u16string_view(),
        std::u16string_view(u"ProductVersion")}) {
    const Found found = find_child(parent, offset, key, block);
    if (found == Found::kDamaged) return std::nullopt;
    if (found == Found::kNo) return "";
    parent = block.bytes;
    offset = block.value;
  }
  return text::utf8_of_utf16(read_text(block.bytes, block.value));
}

std::optional<PeVersion> parse_version(const Bytes& resource) {
  const auto root = read_block(resource, 0);
  if (!root || root->key != u"VS_VERSION_INFO" || !root->bytes.holds(root->value, kFixedInfoSize))
    return std::nullopt;
  const Bytes fixed = root->bytes.part(root->value, kFixedInfoSize);
  if (fixed.u32(0) != kFixedInfoSignature) return std::nullopt;
  auto product = read_product_version(*root, aligned(root->value + kFixedInfoSize));
  if (!product) return std::nullopt;
  // dwProductVersionMS at 16, dwProductVersionLS at 20: the high word of each comes second.
  return PeVersion{fixed.u16(18), fixed.u16(16), fixed.u16(22), fixed.u16(20), std::move(*product)};
}

ReadAt reader_of(std::ifstream& stream) {
  return [&stream](std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    stream.clear();
    stream.seekg(static_cast<std::streamoff>(offset));
    if (!stream) return std::string();
    stream.read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    return bytes;
  };
}

std::ifstream open(const std::string& host_path) {
  const std::u8string utf8(host_path.begin(), host_path.end());
  return std::ifstream(std::filesystem::path(utf8), std::ios::binary);
}

}  // namespace

std::optional<PeVersion> read_pe_version(const ReadAt& read_at) {
  const auto headers = read_headers(read_at);
  if (!headers) return std::nullopt;
  const auto resource = read_version_resource(read_at, *headers);
  if (!resource) return std::nullopt;
  return parse_version(Bytes(*resource));
}

std::optional<PeVersion> read_pe_version_of_file(const std::string& host_path) {
  std::ifstream stream = open(host_path);
  if (!stream) return std::nullopt;
  return read_pe_version(reader_of(stream));
}

std::optional<std::uint16_t> read_pe_machine(const ReadAt& read_at) {
  const auto headers = read_headers(read_at);
  if (!headers) return std::nullopt;
  return headers->machine;
}

std::optional<std::uint16_t> read_pe_machine_of_file(const std::string& host_path) {
  std::ifstream stream = open(host_path);
  if (!stream) return std::nullopt;
  return read_pe_machine(reader_of(stream));
}

}  // namespace machine
