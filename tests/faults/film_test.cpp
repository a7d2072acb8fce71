// Photographs: what makes two of them one, and what they show when they are restored.
#include <gtest/gtest.h>

#include <functional>

#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/lab/film.h"
#include "tests/lab/lab.h"

namespace faults {
namespace {

using engine::commands::Command;
using lab::Photograph;

class Photographs : public testing::Test {
 protected:
  void SetUp() override { run(Command::kInstall); }

  engine::handler::Reply run(Command command) const { return vm_.run(command, package_); }

  // Changes one thing of what a photograph shows. Whether it is another one then.
  bool is_another(const std::function<void()>& change) {
    const Photograph before = camera_.take();
    change();
    const Photograph after = camera_.take();
    camera_.restore(before);
    EXPECT_TRUE(camera_.take() == before) << "restored, it is another one";
    return after != before;
  }

  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::in_memory(folder_.path() / "vm");
  lab::Package package_{folder_.path() / "extension", "1.0.0"};
  lab::Camera camera_{vm_.memory(), package_.written_folders()};
};

TEST_F(Photographs, Without_a_change_are_equal) {
  EXPECT_FALSE(is_another([] {}));
}

TEST_F(Photographs, One_bit_of_the_journal_makes_another) {
  EXPECT_TRUE(is_another([this] {
    std::string bytes = lab::read_file(vm_.journal_path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    lab::write_file(vm_.journal_path(), bytes);
  }));
}

TEST_F(Photographs, One_file_of_the_drive_makes_another) {
  EXPECT_TRUE(is_another([this] { vm_.put(R"(C:\Windows\Temp\a)", ""); }));
  EXPECT_TRUE(is_another([this] {
    vm_.set(R"(path:C:\Program Files\ebpf-for-windows\ebpfapi.dll)", {"readonly=1"});
  }));
}

TEST_F(Photographs, The_same_bytes_in_a_file_made_anew_make_another) {
  EXPECT_TRUE(is_another([this] {
    const std::string path = R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)";
    const auto machine = vm_.machine();
    const std::string bytes = machine->files().read(path, 1 << 20);
    vm_.remove(path);
    vm_.put(path, bytes);
  }));
}

TEST_F(Photographs, One_field_of_a_service_makes_another) {
  EXPECT_TRUE(is_another([this] { vm_.set("service:GuestProxyAgent", {"depends=EbpfCore"}); }));
}

TEST_F(Photographs, One_effect_that_is_not_synced_makes_another) {
  const auto machine = vm_.machine();
  machine->files().write(R"(C:\Windows\Temp\a)", "a");
  EXPECT_TRUE(is_another([&machine] {
    const std::string path = R"(C:\Windows\Temp\a)";
    machine->files().sync({&path, 1});
  }));
}

TEST_F(Photographs, The_VM_Agents_log_makes_another) {
  EXPECT_TRUE(
      is_another([this] { lab::write_file(package_.folder("log") / "ebpf_handler.log", "torn"); }));
}

TEST_F(Photographs, A_file_of_the_journal_that_was_written_and_not_synced_is_another) {
  const std::string path = vm_.journal_path().string();
  EXPECT_TRUE(is_another([&] { camera_.tell(path, lab::VfsLayer::Done::kWritten); }));
  camera_.tell(path, lab::VfsLayer::Done::kSynced);
}

TEST_F(Photographs, That_cannot_be_taken_or_restored_fail_loudly) {
  const Photograph before = camera_.take();
  std::filesystem::remove_all(package_.folder("status"));
  EXPECT_ANY_THROW(camera_.take());
  EXPECT_ANY_THROW(camera_.restore(before));
}

TEST_F(Photographs, Restored_twice_live_alike) {
  const Film film(vm_, camera_, lab::Vm::request(Command::kEnable, package_));
  ASSERT_GT(film.shots().size(), 10U);
  for (const Shot& shot : film.shots()) {
    std::vector<Photograph> ends;
    for (int i = 0; i < 2; ++i) {
      camera_.restore(shot.photograph);
      EXPECT_EQ(static_cast<int>(run(Command::kEnable).code), 0) << vm_.journal_text();
      ends.push_back(camera_.take());
    }
    EXPECT_TRUE(ends[0] == ends[1]) << shot.points.front();
  }
}

// Every call and kind is covered, by a case of its own or by the equal one that names it.
TEST_F(Photographs, Of_each_call_and_kind_there_is_one) {
  const Film film(vm_, camera_, lab::Vm::request(Command::kEnable, package_));
  std::set<std::string> points;
  for (const Shot& shot : film.shots())
    points.insert(shot.points.begin(), shot.points.end());
  for (std::int64_t call = 1; call <= film.calls(); ++call) {
    EXPECT_TRUE(points.contains(std::to_string(call) + ":kill-before")) << call;
    EXPECT_NE(points.contains(std::to_string(call) + ":kill-after"), film.throws(call)) << call;
  }
}

TEST_F(Photographs, Show_the_inside_of_a_copy_and_of_a_commit) {
  camera_.restore(camera_.take());
  const lab::Package newer(folder_.path() / "newer", "1.1.0");
  const Film film(vm_, camera_, lab::Vm::request(Command::kInstall, newer));
  const auto has = [&film](const std::string& kind) {
    return std::any_of(film.shots().begin(), film.shots().end(), [&](const Shot& shot) {
      return std::any_of(shot.points.begin(), shot.points.end(), [&](const std::string& point) {
        return point.find(kind) != std::string::npos;
      });
    });
  };
  EXPECT_TRUE(has(":inside-2"));
  EXPECT_TRUE(has(":torn-"));
}

// Of the journal, what is written and not synced may be lost.
TEST_F(Photographs, A_power_cut_takes_what_the_journal_has_not_synced) {
  const Film film(vm_, camera_, lab::Vm::request(Command::kEnable, package_));
  std::int64_t with_loss = 0;
  for (const Shot& shot : film.shots()) {
    for (const auto& [path, file] : shot.photograph.files) {
      if (file.durable == nullptr) continue;
      camera_.restore_without_power(shot.photograph, 0);
      EXPECT_EQ(lab::read_file(path), *file.durable) << path << " " << shot.points.front();
      camera_.restore_without_power(shot.photograph, 1);
      EXPECT_EQ(lab::read_file(path), *file.content) << path << " " << shot.points.front();
      ++with_loss;
    }
  }
  EXPECT_GT(with_loss, 0);
}

}  // namespace
}  // namespace faults
