// Products of Windows Installer are found by the installer's keys, whatever else lies there.
#include "engine/product/msi_products.h"

#include "actions/machine/simulated/simulated_machine.h"
#include "tests/engine/bench.h"
#include "tests/world/furniture.h"
#include "tests/world/msi_product.h"

namespace engine::product {
namespace {

using world::MsiDamage;

constexpr const char* kVersion = "1.0.0";

TEST(PackedGuid, Is_spelled_as_the_installer_spells_it) {
  EXPECT_EQ(packed_guid("{B6BCACB1-C872-4159-ABCB-43A50668056C}"),
            "1BCACB6B278C9514BABC345A608650C6");
  EXPECT_EQ(unpacked_guid("1BCACB6B278C9514BABC345A608650C6"),
            "{B6BCACB1-C872-4159-ABCB-43A50668056C}");
  EXPECT_EQ(packed_guid("{b6bcacb1-c872-4159-abcb-43a50668056c}"),
            "1BCACB6B278C9514BABC345A608650C6");
}

TEST(PackedGuid, Of_what_is_none_is_nothing) {
  for (const char* text :
       {"", "{}", "B6BCACB1-C872-4159-ABCB-43A50668056C", "{B6BCACB1-C872-4159-ABCB-43A50668056G}",
        "{B6BCACB1-C872-4159-ABCB-43A50668056C}x"})
    EXPECT_EQ(packed_guid(text), std::nullopt) << text;
  for (const char* text :
       {"", "1BCACB6B278C9514BABC345A608650C", "no product code of 32 letters .."})
    EXPECT_EQ(unpacked_guid(text), std::nullopt) << text;
}

class MsiProducts : public Bench {
 protected:
  std::vector<MsiProduct> found() const { return msi_products(*vm_.machine()); }
  void install() const { world::msi_install(*vm_.home(), world::other_ebpf(kVersion)); }
  void damage(MsiDamage damage) const { world::damage_msi(*vm_.home(), kVersion, damage); }
};

TEST_F(MsiProducts, Are_none_where_nothing_is_installed) { EXPECT_TRUE(found().empty()); }

TEST_F(MsiProducts, Are_found_by_the_UpgradeCode_with_code_name_and_version) {
  install();
  ASSERT_EQ(found().size(), 1U);
  EXPECT_EQ(found()[0].code, world::msi_product_code(kVersion));
  EXPECT_EQ(found()[0].name, "eBPF for Windows");
  ASSERT_TRUE(found()[0].version);
  EXPECT_EQ(package::to_text(*found()[0].version), kVersion);
  EXPECT_EQ(describe(found()[0]), "the Windows Installer product eBPF for Windows 1.0.0 (" +
                                      world::msi_product_code(kVersion) + ")");
}

TEST_F(MsiProducts, Are_gone_with_their_uninstall) {
  install();
  world::msi_uninstall(*vm_.home(), world::other_ebpf(kVersion));
  EXPECT_TRUE(found().empty());
}

TEST_F(MsiProducts, Without_a_version_are_found_and_have_none) {
  install();
  for (const MsiDamage kind : {MsiDamage::kBrokenVersion, MsiDamage::kNoVersion}) {
    damage(kind);
    ASSERT_EQ(found().size(), 1U);
    EXPECT_FALSE(found()[0].version);
  }
}

TEST_F(MsiProducts, Whose_UpgradeCode_is_lost_are_found_among_the_installed_programs) {
  install();
  damage(MsiDamage::kNoUpgradeCode);
  ASSERT_EQ(found().size(), 1U);
  EXPECT_EQ(found()[0].code, world::msi_product_code(kVersion));
}

TEST_F(MsiProducts, Of_which_only_a_key_is_left_are_none) {
  install();
  damage(MsiDamage::kUpgradeCodeAlone);
  EXPECT_TRUE(found().empty());
}

TEST_F(MsiProducts, Of_another_name_and_UpgradeCode_are_none) {
  install();
  damage(MsiDamage::kOtherProduct);
  EXPECT_TRUE(found().empty());
}

TEST_F(MsiProducts, In_keys_of_garbage_are_none) {
  install();
  damage(MsiDamage::kGarbage);
  EXPECT_TRUE(found().empty());
}

TEST_F(MsiProducts, Read_the_version_as_a_number_where_its_text_is_missing) {
  install();
  for (const std::string& key :
       {R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\)" +
            world::msi_product_code(kVersion),
        std::string(R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData\)"
                    R"(S-1-5-18\Products\)") +
            *packed_guid(world::msi_product_code(kVersion)) + R"(\InstallProperties)"})
    world::erase_value(*vm_.home(), key, "DisplayVersion");
  ASSERT_EQ(found().size(), 1U);
  ASSERT_TRUE(found()[0].version);
  EXPECT_EQ(package::to_text(*found()[0].version), kVersion);
}

}  // namespace
}  // namespace engine::product
