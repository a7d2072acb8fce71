#include "actions/registry/boot_queue.h"

#include <algorithm>
#include <iterator>

#include "actions/machine/machine.h"
#include "actions/machine/paths.h"

namespace actions::registry {
namespace {

using machine::RegistryType;
using machine::RegistryValue;

// R"(!\??\C:\a\)" -> R"(C:\a)"; "" for a path of another form.
std::string_view win32_path(std::string_view path) {
  constexpr std::string_view kPrefix = R"(\??\)";
  const std::size_t at = path.find('\\');
  if (at == std::string_view::npos || !path.substr(at).starts_with(kPrefix)) return "";
  path.remove_prefix(at + kPrefix.size());
  while (path.ends_with('\\'))
    path.remove_suffix(1);
  return path;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace

BootOperations operations_of(const std::optional<RegistryValue>& value) {
  BootOperations operations;
  if (!value || value->type != RegistryType::kMultiString || value->data.empty()) return operations;
  const std::vector<std::string> lines = lines_of(value->data);
  for (std::size_t i = 0; i < lines.size(); i += 2) {
    BootOperation& operation = operations.emplace_back();
    operation.source = lines[i];
    if (i + 1 < lines.size()) operation.target = lines[i + 1];
  }
  return operations;
}

std::optional<RegistryValue> value_of(const BootOperations& operations) {
  if (operations.empty()) return std::nullopt;
  std::string text;
  for (const BootOperation& operation : operations) {
    if (&operation != &operations.front()) text += '\n';
    text += operation.source;
    if (operation.target) text += "\n" + *operation.target;
  }
  return RegistryValue{RegistryType::kMultiString, text};
}

bool works_on(const BootOperation& operation, std::string_view path) {
  return machine::equal_paths(win32_path(operation.source), path) ||
         (operation.target && machine::equal_paths(win32_path(*operation.target), path));
}

BootQueuesImage boot_queues(machine::Machine& machine) {
  BootQueuesImage image;
  for (std::size_t i = 0; i < kBootQueues.size(); ++i)
    image.values.at(i) = machine.registry().get(kBootQueueKey, kBootQueues.at(i));
  return image;
}

std::vector<std::string> queued_paths(machine::Machine& machine,
                                      const std::vector<std::string>& paths) {
  BootOperations all;
  for (const auto& value : boot_queues(machine).values)
    std::ranges::move(operations_of(value), std::back_inserter(all));
  std::vector<std::string> queued;
  for (const std::string& path : paths) {
    if (std::ranges::any_of(all, [&](const BootOperation& o) { return works_on(o, path); }))
      queued.push_back(path);
  }
  return queued;
}

}  // namespace actions::registry
