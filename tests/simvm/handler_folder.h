#pragma once

#include <optional>
#include <string>
#include <vector>

namespace simvm {

inline constexpr const char* kHandlerName = "Microsoft.EbpfForWindows.EbpfForWindows";

// "0.9.1.1" from "…/Microsoft.EbpfForWindows.EbpfForWindows.0.9.1.1.zip", or from a folder of that
// name without ".zip". Throws kUsage for another name.
std::string version_of_package(const std::string& zip);

// Numbers, left to right; a missing one is 0.
bool is_lower_version(const std::string& a, const std::string& b);

// The base folder of one version of the handler, as the VM Agent keeps it. <agent> is <vm>/agent,
// <name> is Microsoft.EbpfForWindows.EbpfForWindows.
//   <agent>/<name>-<version>/   package, config/, status/, HandlerEnvironment.json
//   <agent>/log/<name>/         logs of all versions, events/
class HandlerFolder {
 public:
  HandlerFolder(const std::string& vm_agent_folder, std::string version);

  const std::string& version() const { return version_; }
  const std::string& base() const { return base_; }
  const std::string& log() const { return log_; }
  bool exists() const;

  // Extracts, or copies a folder, over what is there, as the VM Agent does; every file becomes
  // executable; makes the folders and HandlerEnvironment.json. Throws kPackageDamaged.
  void extract(const std::string& zip) const;
  void write_settings(int sequence, const std::string& content) const;
  // What an update takes over from the old version.
  void copy_reports_from(const HandlerFolder& old) const;
  void remove() const;

  // The command line of "install", "enable" … from the manifest, split at spaces, the program's
  // path absolute. Throws kPackageDamaged where the manifest has none.
  std::vector<std::string> command_line(const std::string& command) const;
  // The manifest's updateMode: absent, or UpdateWithInstall.
  bool installs_on_update() const;
  // Of a status file; nullopt where there is none.
  std::optional<std::string> status(int sequence) const;

 private:
  std::string version_;
  std::string base_;
  std::string log_;
};

}  // namespace simvm
