#include "actions/machine/windows/registry_value.h"

#include <charconv>
#include <cstring>
#include <string_view>

#include "actions/machine/windows/text.h"
#include "text/hex.h"

namespace machine::windows {
namespace {

using Bytes = std::vector<unsigned char>;

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(&text[i], &text[i] + 2, byte, 16);
    if (error != std::errc() || end != &text[i] + 2) return std::nullopt;
    bytes.push_back(byte);
  }
  return bytes;
}

std::wstring text_of(const Bytes& bytes) {
  std::wstring text(bytes.size() / sizeof(wchar_t), L'\0');
  std::memcpy(text.data(), bytes.data(), text.size() * sizeof(wchar_t));
  return text;
}

Bytes bytes_of(const std::wstring& text) {
  Bytes bytes(text.size() * sizeof(wchar_t));
  std::memcpy(bytes.data(), text.data(), bytes.size());
  return bytes;
}

template <typename Number>
std::optional<std::string> decimal(const Bytes& bytes) {
  Number number = 0;
  if (bytes.size() != sizeof(number)) return std::nullopt;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return std::to_string(number);
}

template <typename Number>
std::optional<Bytes> from_decimal(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  Bytes bytes(sizeof(number));
  std::memcpy(bytes.data(), &number, sizeof(number));
  return bytes;
}

// Each string ends with a NUL, the list with one more; lists without them are met.
std::string lines_of(std::wstring list) {
  if (list.ends_with(L'\0')) list.pop_back();
  if (list.ends_with(L'\0')) list.pop_back();
  for (wchar_t& c : list) {
    if (c == L'\0') c = L'\n';
  }
  return utf8(list);
}

std::wstring list_of(std::string_view lines) {
  std::wstring list = wide(lines);
  for (wchar_t& c : list) {
    if (c == L'\n') c = L'\0';
  }
  if (!list.empty()) list.push_back(L'\0');
  list.push_back(L'\0');
  return list;
}

}  // namespace

std::optional<RegistryValue> value_from_bytes(std::uint32_t type, const Bytes& bytes) {
  RegistryValue value{static_cast<RegistryType>(type), {}};
  std::optional<std::string> number;
  switch (value.type) {
    case RegistryType::kString:
    case RegistryType::kExpandString: {
      std::wstring text = text_of(bytes);
      if (text.ends_with(L'\0')) text.pop_back();
      value.data = utf8(text);
      return value;
    }
    case RegistryType::kMultiString:
      value.data = lines_of(text_of(bytes));
      return value;
    case RegistryType::kDword:
      number = decimal<std::uint32_t>(bytes);
      break;
    case RegistryType::kQword:
      number = decimal<std::uint64_t>(bytes);
      break;
    default:
      number = text::to_hex(bytes);
  }
  if (!number) return std::nullopt;
  value.data = *number;
  return value;
}

std::optional<Bytes> bytes_of_value(const RegistryValue& value) {
  switch (value.type) {
    case RegistryType::kString:
    case RegistryType::kExpandString:
      return bytes_of(std::wstring(wide(value.data)).append(1, L'\0'));
    case RegistryType::kMultiString:
      return bytes_of(list_of(value.data));
    case RegistryType::kDword:
      return from_decimal<std::uint32_t>(value.data);
    case RegistryType::kQword:
      return from_decimal<std::uint64_t>(value.data);
    default:
      return from_hex(value.data);
  }
}

}  // namespace machine::windows
