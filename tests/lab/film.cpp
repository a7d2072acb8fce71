#include "tests/lab/film.h"

#include <unistd.h>

#include <filesystem>
#include <memory>

#include "engine/handler/run.h"
#include "tests/lab/vfs_layer.h"

namespace lab {

namespace {

// Whether the file is written beside, into the log folder, and renamed.
bool is_renamed(const std::filesystem::path& name) {
  return name.extension() == ".status" || name.string().starts_with("ebpf_handler_support_");
}

std::string scratch_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string() + "." + std::to_string(::getpid());
  return (file.parent_path().parent_path() / "log" / name).string();
}

}  // namespace

class Film::CallObserver final : public machine::CallObserver {
 public:
  CallObserver(Film& film, machine::CallObserver* faults) : film_(film), faults_(faults) {}
  void attached_to(machine::Machine& machine) override {
    if (faults_ != nullptr) faults_->attached_to(machine);
  }
  void before(const machine::Call& call) override {
    film_.throwing_.insert(++film_.calls_);
    film_.inside_ = 0;
    film_.take(std::to_string(film_.calls_) + ":kill-before");
    shot_before_ = film_.last_;
    if (call.name == "system.wait_ms" || call.name == "processes.run")
      film_.mattering_.insert(film_.calls_);
    if (faults_ != nullptr) faults_->before(call);
  }
  void after(const machine::Call& call) override {
    if (faults_ != nullptr) faults_->after(call);
    film_.throwing_.erase(film_.calls_);
    film_.take(std::to_string(film_.calls_) + ":kill-after");
    if (film_.last_ != shot_before_) film_.mattering_.insert(film_.calls_);
  }

 private:
  Film& film_;
  machine::CallObserver* faults_;
  std::size_t shot_before_ = 0;
};

Film::Film(const Vm& vm, Camera& camera, const engine::handler::Request& request,
           machine::CallObserver* faults)
    : camera_(camera) {
  CallObserver observer(*this, faults);
  const VfsLayer layer;
  const auto inside = [this] {
    take(std::to_string(calls_) + ":inside-" + std::to_string(++inside_));
  };
  VfsLayer::observe([&](const std::string& path, VfsLayer::Done done) {
    camera_.tell(path, done);
    inside();
  });
  vm.memory().observe(inside);
  take("0:start");
  reply_ = vm.run(request, &observer);
  vm.memory().observe({});
  VfsLayer::observe({});
}

void Film::take(const std::string& point) {
  Photograph now = camera_.take();
  if (!shots_.empty()) take_torn(now, point.substr(0, point.find(':')));
  keep(std::move(now), point);
}

void Film::keep(Photograph photograph, const std::string& point) {
  ++points_;
  const std::size_t fingerprint = photograph.fingerprint();
  const auto [first, end] = known_.equal_range(fingerprint);
  for (auto known = first; known != end; ++known) {
    if (shots_[known->second].photograph != photograph) continue;
    last_ = known->second;
    shots_[last_].points.push_back(point);
    return;
  }
  last_ = shots_.size();
  known_.emplace(fingerprint, last_);
  shots_.push_back({std::move(photograph), {point}});
}

// Of a file that is written in place, half of what is new is there.
void Film::take_torn(const Photograph& now, const std::string& call) {
  const std::size_t newest = last_;
  const Photograph before = shots_[newest].photograph;
  for (const auto& [path, file] : now.files) {
    const std::filesystem::path name = std::filesystem::path(path).filename();
    if (name.string().starts_with("journal.db")) continue;  // SQLite's writes are seen one by one
    const auto old = before.files.find(path);
    if (old != before.files.end() && old->second == file) continue;
    const std::string was = old == before.files.end() ? "" : *old->second.content;
    const bool grows = file.content->starts_with(was);
    const std::size_t from = grows ? was.size() : 0;
    HostFile torn = file;
    torn.content = std::make_shared<const std::string>(
        file.content->substr(0, from + (file.content->size() - from) / 2));
    Photograph photograph = before;
    photograph.files[is_renamed(name) ? scratch_of(path) : path] = torn;
    keep(photograph, call + ":torn-" + name.stem().string());
  }
  last_ = newest;
}

}  // namespace lab
