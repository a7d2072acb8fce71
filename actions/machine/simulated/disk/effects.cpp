#include "actions/machine/simulated/disk/effects.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "json/json.h"

namespace machine::simulated::disk {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::array<std::pair<Effect::Kind, std::string_view>, 7> kNames{
    {{Effect::Kind::kCreate, "create"},
     {Effect::Kind::kCreateFolder, "create-folder"},
     {Effect::Kind::kRename, "rename"},
     {Effect::Kind::kRemove, "remove"},
     {Effect::Kind::kRemoveFolder, "remove-folder"},
     {Effect::Kind::kReadonly, "readonly"},
     {Effect::Kind::kContent, "content"}}};

json to_json(const Effect& effect) {
  const auto* row = std::find_if(kNames.begin(), kNames.end(),
                                 [&](const auto& name) { return name.first == effect.kind; });
  return {{"op", row->second}, {"path", effect.path}, {"to", effect.to},
          {"id", effect.id},   {"in", effect.in},     {"was_readonly", effect.was_readonly}};
}

Effect effect_from(const json& row) {
  const std::string name = row.at("op");
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [&](const auto& known) { return known.second == name; });
  if (found == kNames.end()) throw std::runtime_error("unknown effect " + name);
  Effect effect;
  effect.kind = found->first;
  effect.path = row.at("path");
  effect.to = row.at("to");
  effect.id = row.at("id");
  effect.in = row.at("in").get<std::vector<std::string>>();
  effect.was_readonly = row.at("was_readonly");
  return effect;
}

}  // namespace

std::vector<Effect> EffectFile::read() const {
  std::vector<Effect> effects;
  std::ifstream in(path_, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    const json row = json::parse(line, nullptr, false);
    if (!row.is_discarded()) effects.push_back(effect_from(row));
  }
  return effects;
}

void EffectFile::append(const Effect& effect) {
  std::ofstream out(path_, std::ios::binary | std::ios::app);
  out << to_json(effect).dump() << '\n';
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path_);
}

void EffectFile::replace(const std::vector<Effect>& effects) {
  if (effects.empty()) {
    fs::remove(path_);
    return;
  }
  const std::string fresh = path_ + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  for (const Effect& effect : effects)
    out << to_json(effect).dump() << '\n';
  out.close();
  if (!out) throw std::runtime_error("cannot write " + fresh);
  fs::rename(fresh, path_);
}

}  // namespace machine::simulated::disk
