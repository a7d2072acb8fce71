#include "actions/registry/write_registry.h"

#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/registry/registry_image.h"

namespace actions {

using errors::ExitCode;
using errors::Failure;
using machine::RegistryValue;

WriteRegistry::WriteRegistry(std::string key, std::string name, std::optional<RegistryValue> wanted)
    : key_(std::move(key)), name_(std::move(name)), wanted_(std::move(wanted)) {}

std::unique_ptr<Action> WriteRegistry::from_parameters(const Json& parameters) {
  const Fields fields("parameters of write-registry", parameters);
  return std::make_unique<WriteRegistry>(fields.text("key"), fields.any_text("name"),
                                         read_value(fields, "wanted"));
}

Json WriteRegistry::parameters() const {
  return {{"key", key_}, {"name", name_}, {"wanted", value_image(wanted_)}};
}

std::string WriteRegistry::target() const { return key_ + "\\" + name_; }

std::string WriteRegistry::sentence() const {
  return wanted_ ? "Set registry value " + target() + " to " + wanted_->data
                 : "Remove registry value " + target() + ", and its key if nothing else is in it";
}

std::string WriteRegistry::undo_sentence() const {
  return wanted_ ? "Remove the value, or restore the earlier one" : "Put it back";
}

Json WriteRegistry::capture(machine::Machine& machine) const {
  return in_context("while looking at " + target(), ExitCode::kGeneric, [&]() -> Json {
    return {{"value", value_image(machine.registry().get(key_, name_))},
            {"key", !machine.registry().subtree(key_).empty()}};
  });
}

WriteRegistry::Before WriteRegistry::read(const Json& before) {
  const Fields fields("before-image of write-registry", before);
  return {read_value(fields, "value"), fields.flag("key")};
}

bool WriteRegistry::made_key(machine::Machine& machine, const Before& before) const {
  return wanted_ && !before.key && !machine.registry().subtree(key_).empty();
}

bool WriteRegistry::is_empty(machine::Machine& machine) const {
  const auto keys = machine.registry().subtree(key_);
  return keys.size() == 1 && keys.front().values.empty();
}

void WriteRegistry::write(machine::Machine& machine) const {
  if (machine.registry().get(key_, name_) == wanted_) return;
  machine.registry().set(key_, name_, *wanted_);
  if (machine.registry().get(key_, name_) != wanted_)
    throw Failure(ExitCode::kGeneric, target(), "set " + target() + ": it does not read back");
}

void WriteRegistry::remove(machine::Machine& machine) const {
  machine.registry().remove_value(key_, name_);
  if (is_empty(machine)) machine.registry().remove_key(key_);
}

Json WriteRegistry::apply(machine::Machine& machine, const Json& before_image,
                          Deadline /*deadline*/) const {
  return in_context("while writing " + target(), ExitCode::kGeneric, [&]() -> Json {
    const Before before = read(before_image);
    if (wanted_) {
      write(machine);
    } else if (before.value) {
      remove(machine);
    }
    return {{"value", value_image(wanted_)}};
  });
}

UndoResult WriteRegistry::undo(machine::Machine& machine, const Json& before_image,
                               const Json& /*after*/, Deadline /*deadline*/) const {
  return in_context("while taking back " + target(), ExitCode::kGeneric, [&] {
    UndoResult result;
    const Before before = read(before_image);
    restore_value(machine, key_, name_, before.value, wanted_, result);
    if (!made_key(machine, before)) return result;
    if (is_empty(machine)) {
      machine.registry().remove_key(key_);
    } else if (result.foreign.empty()) {
      result.foreign.push_back("Registry key " + key_ +
                               " was made here and is left, for somebody else wrote to it");
    }
    return result;
  });
}

Probe WriteRegistry::probe(machine::Machine& machine, const Json& before_image,
                           const Json& after) const {
  return in_context("while looking at " + target(), ExitCode::kGeneric, [&] {
    const Before before = read(before_image);
    const auto now = machine.registry().get(key_, name_);
    if (now == wanted_ && (now != before.value || !after.is_null())) return Probe::kAfter;
    if (now != before.value) return Probe::kForeign;
    return made_key(machine, before) ? Probe::kBetween : Probe::kBefore;
  });
}

}  // namespace actions
