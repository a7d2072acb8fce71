#include "engine/support/installers.h"

#include "engine/commands/operation_table.h"
#include "engine/product/msi_products.h"
#include "engine/product/origin.h"
#include "engine/product/predecessor.h"
#include "engine/product/treatment.h"
#include "text/printable.h"

namespace engine::support {
namespace {

using product::Origin;
using product::Treatment;

std::string whose(const product::OriginFacts& facts) {
  switch (facts.found.origin) {
    case Origin::kNothing:
      return "nobody's: none is registered with its files";
    case Origin::kOurs:
      return "ours";
    case Origin::kAdopted:
      return "adopted: it was there before the extension, and stays when that goes";
    case Origin::kPreserved:
      return "preserved: an update that was undone gave it back";
    case Origin::kMsi:
      return facts.product ? text::printable(product::describe(*facts.product))
                           : "a product of Windows Installer";
    case Origin::kUnknown:
      break;
  }
  return "somebody's of whom there is no trace";
}

std::string removal_of(const product::MsiProduct& product) {
  return "msiexec /x \"" + product.code + '"';
}

Advice advice_on(const product::OriginFacts& facts) {
  if (facts.product)
    return {"If that product is not wanted, remove it:", {removal_of(*facts.product)}};
  return {
      "Find out who installed it. Deploy a version of the extension that is newer than it, or "
      "have its owner remove it."};
}

// Returns the code of the product that it has told of; "" for none.
std::string check_origin(const Scene& scene, const Area& area) {
  const product::Inventory inventory =
      product::detect(scene.machine, scene.installation.install_folder);
  const std::string& wanted =
      scene.is_settled() ? scene.installation.settled_version : scene.package_version;
  const product::OriginFacts facts =
      product::origin_facts(scene.machine, scene.installation, inventory,
                            package::parse_version(wanted), product::Intent::kBring);
  const Treatment treatment = product::treatment_of(facts.found, product::Intent::kBring);
  const std::string object = "the eBPF on this VM";
  std::string text = product::describe(inventory) + ": " + whose(facts);
  if (treatment == Treatment::kRefuse) {
    area.trouble(object, text + ". An install or update is refused", advice_on(facts));
  } else if (facts.found.origin == Origin::kOurs || facts.found.origin == Origin::kNothing) {
    area.ok(object, whose(facts));
  } else {
    text += ". The next install or update: " + std::string(product::to_text(treatment));
    area.note(object, text, facts.product ? advice_on(facts) : Advice{});
  }
  return facts.found.origin == Origin::kMsi && facts.product ? facts.product->code : "";
}

void check_products(const Scene& scene, const std::string& told, const Area& area) {
  const auto products = product::msi_products(scene.machine);
  if (products.empty()) area.ok("Windows Installer", "has no product of eBPF");
  for (const product::MsiProduct& product : products) {
    if (product.code == told) continue;
    area.note("Windows Installer", "has " + text::printable(product::describe(product)),
              {"Its repair puts its own files back, and its uninstall deletes services. If it is "
               "not wanted, remove it:",
               {removal_of(product)}});
  }
}

void check_predecessor(const Scene& scene, const Area& area) {
  if (product::has_upgrading_key(scene.machine)) {
    const bool is_new = product::is_taken_over(scene.machine, scene.installation);
    const std::string text = std::string("its key ") + product::kUpgradingKey + " is there: " +
                             (is_new ? "an update to a version of it runs, or ended half-way"
                                     : "left by an earlier update of it");
    if (scene.update) {
      area.note("the PowerShell handler", text + ", or the open update has set it");
    } else {
      area.note("the PowerShell handler", text,
                {"An enable of this handler takes it away. By hand, if no update runs:",
                 {std::string("reg delete \"") + product::kUpgradingKey + "\" /f"}});
    }
  }
  if (!scene.installation.preserved.empty())
    area.note("the PowerShell handler",
              "what it had installed is preserved until an update "
              "settles, or it is removed");
}

}  // namespace

void check_installation(const Scene& scene, Checkup& checkup) {
  const Area area(checkup, "installation");
  const product::InstallationState& state = scene.installation;
  if (scene.is_unread) return area.note("eBPF", "without the journal nobody knows what is ours");
  if (!scene.is_settled()) return area.note("eBPF", "nothing of ours is installed");
  std::string wants = state.wanted_by_vm_agent ? ", wanted by the VM Agent" : "";
  if (state.wanted_by_setup) wants += wants.empty() ? ", wanted by setup" : " and setup";
  area.ok("eBPF", state.settled_version + " in " + state.install_folder + wants);
  if (state.removal_waits)
    area.trouble("the uninstall", "waits for the boot", {"The restart finishes it:", {kRestartVm}});
  if (state.restart_due && scene.between().empty())
    area.note("a restart of eBPF", "is due: files of what runs were replaced", scene.mend);
  if (!scene.extension_is_gone || state.wanted_by_setup) return;
  const std::string gone = "its folders are gone: the VM Agent dropped it without a call";
  if (scene.nobody_goes_on) {
    area.trouble("the extension", gone,
                 {"Deploy the extension again, or remove what is there:",
                  {scene.command("recover --abandoned")}});
  } else {
    area.trouble(
        "the extension", gone,
        {"Deploy the extension again. To remove what is there, run doctor again " +
         std::to_string(commands::kAbandonedAfterMinutes) + " minutes after the last command."});
  }
}

void check_installers(const Scene& scene, Checkup& checkup) {
  const Area area(checkup, "installers");
  std::string told;
  area.look("the eBPF on this VM", [&] { told = check_origin(scene, area); });
  area.look("Windows Installer", [&] { check_products(scene, told, area); });
  area.look("the PowerShell handler", [&] { check_predecessor(scene, area); });
}

}  // namespace engine::support
