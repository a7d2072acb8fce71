#include "actions/registry/ebpf_store.h"

#include <algorithm>
#include <array>
#include <set>

#include "actions/machine/paths.h"

namespace actions::registry {
namespace {

using machine::fold_case;
using machine::RegistryKeyContent;

// The tool writes for the machine, since 0.19, and for the user that it runs as.
constexpr std::array<std::string_view, 2> kTops{R"(HKLM\Software\eBPF)",
                                                R"(HKU\S-1-5-18\Software\eBPF)"};

bool is_top(const std::string& key) {
  return machine::equal_names(key, kTops[0]) || machine::equal_names(key, kTops[1]);
}

template <typename Map, typename Key>
auto find(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second.data);
}

}  // namespace

bool EbpfStore::is_written(machine::Machine& machine) {
  return std::ranges::any_of(kTops, [&machine](std::string_view top) {
    return !machine.registry().subtree(std::string(top) + R"(\Providers\SectionData)").empty();
  });
}

EbpfStore EbpfStore::on(machine::Machine& machine) {
  EbpfStore store;
  for (const std::string_view top : kTops) {
    for (const RegistryKeyContent& content : machine.registry().subtree(top)) {
      store.keys_[fold_case(content.key)] = content.key;
      if (is_top(content.key)) continue;
      for (const auto& [name, data] : content.values) {
        store.values_[{fold_case(content.key), fold_case(name)}] = {content.key, name, data};
      }
    }
  }
  return store;
}

EbpfStore::EbpfStore(const StoreImage& image) {
  for (const auto& [key, values] : image.keys) {
    keys_[fold_case(key)] = key;
    for (const auto& [name, data] : values)
      values_[{fold_case(key), fold_case(name)}] = {key, name, data};
  }
}

EbpfStore::EbpfStore(Fields fields) {
  StoreImage image;
  StoreImage::describe(image, fields);
  *this = EbpfStore(image);
}

StoreImage EbpfStore::as_image() const {
  StoreImage image;
  for (const auto& [folded, key] : keys_) {
    image.keys.push_back({key, {}});
    for (auto at = values_.lower_bound({folded, ""});
         at != values_.end() && at->first.first == folded; ++at)
      image.keys.back().values.push_back({at->second.name, at->second.data});
  }
  return image;
}

EbpfStore EbpfStore::added_to(const EbpfStore& before, const EbpfStore& ours) const {
  EbpfStore added;
  for (const auto& [folded, key] : keys_) {
    if (!before.keys_.contains(folded) || ours.keys_.contains(folded)) added.keys_[folded] = key;
  }
  for (const auto& [place, value] : values_) {
    if (before.values_.contains(place) && !ours.values_.contains(place)) continue;
    added.values_[place] = value;
    added.keys_.emplace(place.first, value.key);
  }
  return added;
}

EbpfStore EbpfStore::with(const EbpfStore& more) const {
  EbpfStore all = *this;
  all.keys_.insert(more.keys_.begin(), more.keys_.end());
  all.values_.insert(more.values_.begin(), more.values_.end());
  return all;
}

EbpfStore EbpfStore::without(const EbpfStore& ours) const {
  EbpfStore rest = *this;
  std::erase_if(rest.values_, [&ours](const auto& entry) {
    const auto found = ours.values_.find(entry.first);
    return found != ours.values_.end() && found->second == entry.second;
  });
  for (const auto& [folded, key] : ours.keys_)
    rest.keys_.erase(folded);
  return rest;
}

void EbpfStore::restore(machine::Machine& machine, const EbpfStore& before, const EbpfStore* left,
                        UndoResult& result) {
  const EbpfStore now = on(machine);
  std::map<Place, Value> all = before.values_;
  all.insert(now.values_.begin(), now.values_.end());
  for (const auto& [place, value] : all) {
    const auto was = find(before.values_, place);
    const auto is = find(now.values_, place);
    if (is == was) continue;
    if (left == nullptr || is == find(left->values_, place)) {
      if (was) {
        machine.registry().set(value.key, value.name, *was);
      } else {
        machine.registry().remove_value(value.key, value.name);
      }
      continue;
    }
    result.foreign.push_back("Registry value " + value.key + "\\" + value.name +
                             (is ? " was changed by somebody else and is left"
                                 : " was removed by somebody else; left so"));
  }
  remove_empty_keys(machine, before, left);
}

// From below, since a key with keys in it does not go.
void EbpfStore::remove_empty_keys(machine::Machine& machine, const EbpfStore& before,
                                  const EbpfStore* left) {
  for (const std::string_view top : kTops) {
    std::vector<RegistryKeyContent> keys = machine.registry().subtree(top);
    std::set<std::string> in_use;  // folded
    for (auto content = keys.rbegin(); content != keys.rend(); ++content) {
      const std::string folded = fold_case(content->key);
      const bool is_ours =
          !before.keys_.contains(folded) && (left == nullptr || left->keys_.contains(folded));
      if (is_ours && content->values.empty() && !in_use.contains(folded)) {
        machine.registry().remove_key(content->key);
      } else {
        in_use.insert(fold_case(machine::parent(content->key)));
      }
    }
  }
}

}  // namespace actions::registry
