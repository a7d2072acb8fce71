#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "errors/failure.h"

namespace machine::simulated {

// The Win32 error codes that the simulated machine answers with (winerror.h).
enum Win32Error : std::uint32_t {
  kSuccess = 0,
  kFileNotFound = 2,
  kPathNotFound = 3,
  kAccessDenied = 5,
  kNotSameDevice = 17,
  kSharingViolation = 32,
  kFileExists = 80,
  kInvalidParameter = 87,
  kDiskFull = 112,
  kInvalidName = 123,
  kDirNotEmpty = 145,
  kAlreadyExists = 183,
  kBadExeFormat = 193,
  kFileTooLarge = 223,
  kWaitTimeout = 258,
  kDirectory = 267,
  kDependentServicesRunning = 1051,
  kServiceRequestTimeout = 1053,
  kServiceAlreadyRunning = 1056,
  kServiceDisabled = 1058,
  kCircularDependency = 1059,
  kServiceDoesNotExist = 1060,
  kServiceCannotAcceptControl = 1061,
  kServiceNotActive = 1062,
  kProcessAborted = 1067,
  kServiceDependencyFail = 1068,
  kServiceMarkedForDelete = 1072,
  kServiceExists = 1073,
  kServiceDependencyDeleted = 1075,
  kServiceNeverStarted = 1077,
  kDuplicateServiceName = 1078,
  kIoDevice = 1117,
  kMalformedXml = 0x8004131A,
  kNoDataCollectorSet = 0x80300002,
  kDataCollectorSetInUse = 0x803000AA,
};

// Windows' text for a code; "Win32 error N" for a code that is not in the table.
std::string win32_text(std::uint32_t code);

// A call that may fail, as the Win32 machine would report it.
struct Attempt {
  errors::ExitCode exit_code;
  std::string_view verb;    // "rename"
  std::string_view api;     // the call that would fail there: "MoveFileEx"
  std::string_view object;  // the path, service or key

  errors::Failure failure(std::uint32_t code) const;
  [[noreturn]] void fail(std::uint32_t code) const { throw failure(code); }
};

}  // namespace machine::simulated
