#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace machine::simulated::disk {

// One change of the drive that a power cut may still take.
struct Effect {
  enum class Kind { kCreate, kCreateFolder, kRename, kRemove, kRemoveFolder, kReadonly, kContent };
  Kind kind = Kind::kCreate;
  std::string path;             // a Windows path; of a rename: its source
  std::string to;               // of a rename: its target
  std::string id;               // of the file that was written or removed
  bool was_readonly = false;    // before kReadonly
  std::vector<std::string> in;  // the ids of the folders whose entries changed

  bool operator==(const Effect&) const = default;
};

// Keeps the effects, in their order.
class EffectLog {
 public:
  EffectLog() = default;
  EffectLog(const EffectLog&) = delete;
  EffectLog& operator=(const EffectLog&) = delete;
  virtual ~EffectLog() = default;
  virtual std::vector<Effect> read() const = 0;
  virtual void append(const Effect& effect) = 0;
  virtual void replace(const std::vector<Effect>& effects) = 0;
};

// A file of the host, one JSON object a line; absent if there are no effects. A line that a kill
// cut short is ignored.
class EffectFile final : public EffectLog {
 public:
  explicit EffectFile(std::string path) : path_(std::move(path)) {}
  std::vector<Effect> read() const override;
  void append(const Effect& effect) override;
  void replace(const std::vector<Effect>& effects) override;

 private:
  std::string path_;
};

}  // namespace machine::simulated::disk
