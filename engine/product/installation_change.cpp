#include "engine/product/installation_change.h"

#include "engine/product/meta_keys.h"
#include "json/json.h"

namespace engine::product {

InstallationChange removal_change(const std::vector<std::string>& dependencies) {
  InstallationChange change;
  if (!dependencies.empty())
    change.put_meta.emplace_back(meta::kDependencies, nlohmann::json(dependencies).dump());
  change.forget_all_owned = true;
  for (const char* key : {meta::kSettledVersion, meta::kSettledHandler, meta::kInstallFolder,
                          meta::kPackage, meta::kRestartDue, meta::kDisabled, meta::kTakeOver,
                          meta::kInconsistent, meta::kPackageFolders, meta::kUninstallDue,
                          meta::kStoreEntries, meta::kTasksOff, meta::kPreserved}) {
    change.forget_meta.emplace_back(key);
  }
  return change;
}

}  // namespace engine::product
