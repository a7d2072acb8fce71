#include "actions/services/service_fields.h"

#include <algorithm>
#include <array>

#include "actions/machine/paths.h"
#include "actions/machine/system.h"

namespace actions::services {
namespace {

using machine::Machine;
using machine::ServiceConfig;

template <auto kMember>
bool same(Machine& /*machine*/, const ServiceConfig& a, const ServiceConfig& b) {
  return a.*kMember == b.*kMember;
}

template <auto kMember>
void copy(ServiceConfig& to, const ServiceConfig& from) {
  to.*kMember = from.*kMember;
}

template <auto kMember>
constexpr ServiceField field(std::string_view name) {
  return {name, same<kMember>, copy<kMember>};
}

bool same_image(Machine& machine, const ServiceConfig& a, const ServiceConfig& b) {
  if (a.image == b.image) return true;
  const auto driver = machine::ServiceType::kKernelDriver;
  if (a.type != driver || b.type != driver) return false;
  // Windows starts no driver from a path in quotes, whatever file that names.
  if (a.image.starts_with('"') != b.image.starts_with('"')) return false;
  const std::string root = machine.system().system_root();
  const std::string programs = machine.system().program_files();
  return machine::equal_paths(machine::image_file(a.image, root, programs),
                              machine::image_file(b.image, root, programs));
}

constexpr std::array kFields{
    field<&ServiceConfig::type>("type"),
    field<&ServiceConfig::error_control>("error control"),
    ServiceField{"image", same_image, copy<&ServiceConfig::image>},
    field<&ServiceConfig::display>("display name"),
    field<&ServiceConfig::account>("account"),
    field<&ServiceConfig::sid_type>("SID type"),
    field<&ServiceConfig::depends_on>("dependencies"),
    field<&ServiceConfig::description>("description"),
};

}  // namespace

std::span<const ServiceField> declared_fields() { return kFields; }

bool declares_same(Machine& machine, const ServiceConfig& a, const ServiceConfig& b) {
  return std::ranges::all_of(kFields,
                             [&](const ServiceField& field) { return field.equal(machine, a, b); });
}

bool is_begun(Machine& machine, const ServiceConfig& found, ServiceConfig wanted) {
  const ServiceConfig made;
  if (found.sid_type == made.sid_type) wanted.sid_type = made.sid_type;
  if (found.description == made.description) wanted.description = made.description;
  return declares_same(machine, found, wanted);
}

}  // namespace actions::services
