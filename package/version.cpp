#include "package/version.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <system_error>

namespace package {
namespace {

constexpr std::size_t kMaxTagBytes = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// The text up to `separator`, taken off the front together with it.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view front = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return front;
}

bool has_leading_zero(std::string_view number) { return number.size() > 1 && number[0] == '0'; }

// Exactly as many numbers as there are targets, with dots between them.
template <std::size_t N>
bool parse_numbers(std::string_view text, const std::array<std::uint16_t*, N>& targets) {
  if (std::count(text.begin(), text.end(), '.') != static_cast<std::ptrdiff_t>(N - 1)) return false;
  for (std::uint16_t* target : targets) {
    const std::string_view number = take_until(text, '.');
    if (!is_number(number) || has_leading_zero(number)) return false;
    const auto result = std::from_chars(number.data(), number.data() + number.size(), *target);
    if (result.ec != std::errc{}) return false;
  }
  return true;
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > kMaxTagBytes || text.back() == '.') return false;
  while (!text.empty()) {
    const std::string_view part = take_until(text, '.');
    const bool plain = std::all_of(part.begin(), part.end(),
                                   [](char c) { return is_digit(c) || is_letter(c) || c == '-'; });
    if (part.empty() || !plain) return false;
    if (is_number(part) && has_leading_zero(part)) return false;
  }
  return true;
}

std::strong_ordering compare_text(std::string_view a, std::string_view b) {
  return a.compare(b) <=> 0;
}

std::strong_ordering compare_parts(std::string_view a, std::string_view b) {
  const bool numbers = is_number(a);
  if (numbers != is_number(b)) {
    return numbers ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (numbers && a.size() != b.size()) return a.size() <=> b.size();  // no leading zeros
  return compare_text(a, b);
}

std::strong_ordering compare_tags(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();
  while (!a.empty() && !b.empty()) {
    const auto order = compare_parts(take_until(a, '.'), take_until(b, '.'));
    if (std::is_neq(order)) return order;
  }
  return b.empty() <=> a.empty();
}

std::string joined(std::initializer_list<std::uint16_t> numbers) {
  std::string text;
  for (const std::uint16_t number : numbers) {
    if (!text.empty()) text += '.';
    text += std::to_string(number);
  }
  return text;
}

}  // namespace

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = a.major <=> b.major; std::is_neq(order)) return order;
  if (const auto order = a.minor <=> b.minor; std::is_neq(order)) return order;
  if (const auto order = a.patch <=> b.patch; std::is_neq(order)) return order;
  return compare_tags(a.tag, b.tag);
}

std::string to_text(const Version& version) {
  const std::string numbers = joined({version.major, version.minor, version.patch});
  return version.tag.empty() ? numbers : numbers + "-" + version.tag;
}

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  const std::size_t dash = text.find('-');
  if (!parse_numbers(text.substr(0, dash),
                     std::array{&version.major, &version.minor, &version.patch})) {
    return std::nullopt;
  }
  if (dash == std::string_view::npos) return version;
  version.tag = text.substr(dash + 1);
  if (!is_tag(version.tag)) return std::nullopt;
  return version;
}

std::optional<Version> version_of(const machine::PeVersion& image) {
  const Version numbers{image.major, image.minor, image.patch, ""};
  if (image.product.empty()) return numbers;
  auto product = parse_version(image.product);
  if (!product || product->major != numbers.major || product->minor != numbers.minor ||
      product->patch != numbers.patch) {
    return std::nullopt;
  }
  return product;
}

std::string to_text(const HandlerVersion& version) {
  return joined({version.major, version.minor, version.patch, version.build});
}

std::optional<HandlerVersion> parse_handler_version(std::string_view text) {
  HandlerVersion version;
  if (!parse_numbers(text,
                     std::array{&version.major, &version.minor, &version.patch, &version.build})) {
    return std::nullopt;
  }
  return version;
}

Version payload_of(const HandlerVersion& handler) {
  return {handler.major, handler.minor, handler.patch, ""};
}

bool is_payload_of(const Version& payload, const HandlerVersion& handler) {
  return Version{payload.major, payload.minor, payload.patch, ""} == payload_of(handler);
}

std::optional<HandlerVersion> version_of_folder(std::string_view folder) {
  folder.remove_prefix(folder.find_last_of("/\\-") + 1);
  return parse_handler_version(folder);
}

}  // namespace package
