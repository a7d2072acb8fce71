#include "engine/product/msi_products.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>

#include "actions/best_effort.h"
#include "actions/machine/paths.h"
#include "actions/machine/registry.h"

namespace engine::product {
namespace {

using machine::Registry;

constexpr std::string_view kUpgradeCode = "{B6BCACB1-C872-4159-ABCB-43A50668056C}";
constexpr std::string_view kProductName = "eBPF for Windows";
constexpr std::string_view kUninstall =
    R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\)";
constexpr std::string_view kInstaller =
    R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\)";
constexpr std::string_view kOfMachine = R"(UserData\S-1-5-18\Products\)";

// Lengths of the parts of a GUID between its dashes. The installer reverses the first three parts
// as a whole, and each pair of digits in the last two.
constexpr std::array<std::size_t, 5> kGuidParts{8, 4, 4, 4, 12};
constexpr std::size_t kWholeParts = 3;
constexpr std::size_t kDigits = 32;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// Reversing is its own inverse.
std::string reversed_parts(std::string digits) {
  std::size_t at = 0;
  for (std::size_t part = 0; part < kGuidParts.size(); ++part) {
    const std::size_t step = part < kWholeParts ? kGuidParts[part] : 2;
    for (const std::size_t end = at + kGuidParts[part]; at < end; at += step) {
      const auto from = digits.begin() + static_cast<std::ptrdiff_t>(at);
      std::reverse(from, from + static_cast<std::ptrdiff_t>(step));
    }
  }
  return digits;
}

std::string text_of(Registry& registry, const std::string& key, std::string_view name) {
  const auto value = registry.get(key, name);
  const bool is_text = value && (value->type == machine::RegistryType::kString ||
                                 value->type == machine::RegistryType::kExpandString);
  return is_text ? value->data : "";
}

// "0.9.1" and "0.9.1.0"; the installer compares three numbers.
std::optional<package::Version> version_from(const std::string& text) {
  if (auto version = package::parse_version(text)) return version;
  const auto four = package::parse_handler_version(text);
  if (!four) return std::nullopt;
  return package::payload_of(*four);
}

// The value "Version": major, minor and build in 8, 8 and 16 bits.
std::optional<package::Version> version_from_number(Registry& registry, const std::string& key) {
  const auto value = registry.get(key, "Version");
  if (!value || value->type != machine::RegistryType::kDword) return std::nullopt;
  std::uint32_t number = 0;
  const char* const end = value->data.data() + value->data.size();
  if (std::from_chars(value->data.data(), end, number).ec != std::errc() || number == 0)
    return std::nullopt;
  return package::Version{static_cast<std::uint16_t>(number >> 24U),
                          static_cast<std::uint16_t>(number >> 16U & 0xffU),
                          static_cast<std::uint16_t>(number & 0xffffU), ""};
}

// nullopt: neither place describes it.
std::optional<MsiProduct> product_of(Registry& registry, const std::string& code) {
  const auto packed = packed_guid(code);
  if (!packed) return std::nullopt;
  const std::array<std::string, 2> keys{
      std::string(kInstaller) + std::string(kOfMachine) + *packed + "\\InstallProperties",
      std::string(kUninstall) + code};
  MsiProduct product{code, "", std::nullopt};
  bool is_there = false;
  for (const std::string& key : keys) {
    is_there = is_there || !registry.subtree(key).empty();
    if (product.name.empty()) product.name = text_of(registry, key, "DisplayName");
    if (!product.version) product.version = version_from(text_of(registry, key, "DisplayVersion"));
    if (!product.version) product.version = version_from_number(registry, key);
  }
  if (!is_there) return std::nullopt;
  if (product.name.empty()) product.name = kProductName;
  return product;
}

// The product codes that the installer holds for our UpgradeCode: names of values.
std::vector<std::string> codes_of_upgrade_code(Registry& registry) {
  std::vector<std::string> codes;
  const std::string key =
      std::string(kInstaller) + "UpgradeCodes\\" + packed_guid(kUpgradeCode).value();
  for (const auto& content : registry.subtree(key)) {
    for (const auto& [name, value] : content.values) {
      if (auto code = unpacked_guid(name)) codes.push_back(*std::move(code));
    }
  }
  return codes;
}

// The product codes of programs that Windows lists by our product's name. A list that cannot be
// read names none: it holds keys of everybody.
std::vector<std::string> codes_of_name(Registry& registry) {
  std::vector<std::string> codes;
  const std::string key(kUninstall.substr(0, kUninstall.size() - 1));
  const auto programs = actions::if_readable([&] { return registry.subtree(key); });
  if (!programs) return codes;
  for (const auto& content : *programs) {
    const std::string code = machine::file_name(content.key);
    if (!packed_guid(code) || text_of(registry, content.key, "DisplayName") != kProductName)
      continue;
    const auto by_installer = registry.get(content.key, "WindowsInstaller");
    if (by_installer && by_installer->data == "1") codes.push_back(code);
  }
  return codes;
}

}  // namespace

std::optional<std::string> packed_guid(std::string_view guid) {
  constexpr std::string_view kForm = "{00000000-0000-0000-0000-000000000000}";
  if (guid.size() != kForm.size()) return std::nullopt;
  std::string digits;
  for (std::size_t at = 0; at < kForm.size(); ++at) {
    const bool is_digit = kForm[at] == '0';
    if (!is_digit && guid[at] != kForm[at]) return std::nullopt;
    if (is_digit) digits += guid[at];
  }
  if (!is_hex(digits)) return std::nullopt;
  for (char& digit : digits)
    if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
  return reversed_parts(digits);
}

std::optional<std::string> unpacked_guid(std::string_view packed) {
  if (packed.size() != kDigits || !is_hex(packed)) return std::nullopt;
  const std::string digits = reversed_parts(std::string(packed));
  std::string guid = "{";
  std::size_t at = 0;
  for (const std::size_t length : kGuidParts) {
    if (at != 0) guid += '-';
    guid += digits.substr(at, length);
    at += length;
  }
  return guid + "}";
}

std::string describe(const MsiProduct& product) {
  return "the Windows Installer product " + product.name +
         (product.version ? " " + package::to_text(*product.version) : "") + " (" + product.code +
         ")";
}

std::vector<MsiProduct> msi_products(machine::Machine& machine) {
  Registry& registry = machine.registry();
  std::map<std::string, MsiProduct> by_code;  // folded
  for (const auto& codes : {codes_of_upgrade_code(registry), codes_of_name(registry)}) {
    for (const std::string& code : codes) {
      const std::string folded = machine::fold_case(code);
      if (by_code.contains(folded)) continue;
      if (auto product = product_of(registry, code)) by_code.emplace(folded, *std::move(product));
    }
  }
  std::vector<MsiProduct> products;
  products.reserve(by_code.size());
  for (auto& [folded, product] : by_code)
    products.push_back(std::move(product));
  return products;
}

}  // namespace engine::product
