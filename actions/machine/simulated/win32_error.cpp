#include "actions/machine/simulated/win32_error.h"

#include <array>

namespace machine::simulated {
namespace {

struct Row {
  std::uint32_t code;
  std::string_view text;
};

constexpr std::array kTexts{
    Row{2, "The system cannot find the file specified."},
    Row{3, "The system cannot find the path specified."},
    Row{5, "Access is denied."},
    Row{14, "Not enough memory resources are available to complete this operation."},
    Row{17, "The system cannot move the file to a different disk drive."},
    Row{19, "The media is write protected."},
    Row{31, "A device attached to the system is not functioning."},
    Row{32, "The process cannot access the file because it is being used by another process."},
    Row{80, "The file exists."},
    Row{87, "The parameter is incorrect."},
    Row{112, "There is not enough space on the disk."},
    Row{123, "The filename, directory name, or volume label syntax is incorrect."},
    Row{127, "The specified procedure could not be found."},
    Row{145, "The directory is not empty."},
    Row{183, "Cannot create a file when that file already exists."},
    Row{193, "The image is not a valid Win32 application."},
    Row{216, "The image is not compatible with the version of Windows that is running."},
    Row{223, "The file size exceeds the limit allowed and cannot be saved."},
    Row{258, "The wait operation timed out."},
    Row{267, "The directory name is invalid."},
    Row{577, "Windows cannot verify the digital signature for this file."},
    Row{1051, "A stop control has been sent to a service that other running services depend on."},
    Row{1052, "The requested control is not valid for this service."},
    Row{1053, "The service did not respond to the start or control request in a timely fashion."},
    Row{1056, "An instance of the service is already running."},
    Row{1058,
        "The service cannot be started, either because it is disabled or because it has no enabled "
        "devices associated with it."},
    Row{1059, "Circular service dependency was specified."},
    Row{1060, "The specified service does not exist as an installed service."},
    Row{1061, "The service cannot accept control messages at this time."},
    Row{1062, "The service has not been started."},
    Row{1066, "The service has returned a service-specific error code."},
    Row{1067, "The process terminated unexpectedly."},
    Row{1068, "The dependency service or group failed to start."},
    Row{1072, "The specified service has been marked for deletion."},
    Row{1073, "The specified service already exists."},
    Row{1075, "The dependency service does not exist or has been marked for deletion."},
    Row{1077, "No attempts to start the service have been made since the last boot."},
    Row{1078, "The name is already in use as either a service name or a service display name."},
    Row{1084, "This service cannot be started in Safe Mode."},
    Row{1114, "A dynamic link library (DLL) initialization routine failed."},
    Row{1117, "The request could not be performed because of an I/O device error."},
    Row{1455, "The paging file is too small for this operation to complete."},
    Row{0x80040154, "Class not registered."},
    Row{0x8004131A, "The task XML is malformed."},
    Row{0x80300002, "Data Collector Set was not found."},
    Row{0x803000AA, "The Data Collector Set or one of its dependencies is already in use."},
};

}  // namespace

std::string win32_text(std::uint32_t code) {
  for (const Row& row : kTexts) {
    if (row.code == code) return std::string(row.text);
  }
  return "Win32 error " + std::to_string(code);
}

errors::Failure Attempt::failure(std::uint32_t code) const {
  return {code == kDiskFull ? errors::ExitCode::kDiskFull : exit_code, std::string(object),
          std::string(verb) + " " + std::string(object),
          errors::SystemError{std::string(api), static_cast<std::int64_t>(code), win32_text(code)}};
}

}  // namespace machine::simulated
