#include "tests/lab/package_zip.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "actions/machine/simulated/disk/posix_host_files.h"
#include "package/release/builder.h"
#include "package/version.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

std::string changed(const fs::path& path) {
  return std::to_string(fs::last_write_time(path).time_since_epoch().count());
}

}  // namespace

std::string package_zip(const std::string& payload, const std::string& handler) {
  package::release::BuildRequest request;
  request.payload = std::string(EBPF_TEST_PAYLOADS) + "/" + payload;
  request.handler = handler;
  request.version = *package::parse_handler_version(payload + ".1");
  const fs::path made = fs::path(EBPF_TEST_BIN).parent_path() / "packages" /
                        (payload + "-" + changed(request.payload) + "-" +
                         fs::path(handler).stem().string() + "-" + changed(handler));
  if (!fs::exists(made)) {
    const fs::path making = made.string() + ".making-" + std::to_string(::getpid());
    request.out = making.string();
    machine::simulated::disk::PosixHostFiles host;
    package::release::build_package(host, request);
    std::error_code of_who_was_later;
    fs::rename(making, made, of_who_was_later);
    if (of_who_was_later) fs::remove_all(making);
  }
  return fs::directory_iterator(made)->path().string();
}

}  // namespace lab
