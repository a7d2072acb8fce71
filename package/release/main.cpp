// ebpf-package: builds the extension's ZIP and checks one.
// Exit codes: 0; 1 refused or damaged, with a message; 2 usage.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "actions/machine/host_files.h"
#include "actions/machine/machine.h"
#include "errors/failure.h"
#include "package/release/builder.h"

namespace {

constexpr int kRefused = 1;
constexpr int kUsage = 2;

void print_parts(const std::string& handler, const package::PayloadManifest& manifest) {
  std::cout << "  handler  " << handler << "\n";
  std::cout << "  payload  eBPF for Windows " << package::to_text(manifest.version) << ", "
            << manifest.machine << ", Windows build " << manifest.min_os_build << " or later, "
            << manifest.files.size() << " files\n";
}

void build(package::release::BuildRequest request, const std::string& version) {
  request.version = *package::parse_handler_version(version);
  const auto disk = machine::open_host_files();
  const package::release::BuiltPackage built = package::release::build_package(*disk, request);
  std::cout << built.zip << "\n"
            << "  size     " << built.size << " bytes, " << built.entries << " files\n"
            << "  sha256   " << built.sha256 << "\n";
  print_parts(built.handler, built.manifest);
}

void check(const std::string& target) {
  const auto disk = machine::open_host_files();
  const package::release::ShippedPackage found = package::release::check_shipped(*disk, target);
  std::cout << target << ": whole\n"
            << "  identity " << found.checked.identity << " (SHA-256 of payload.json)\n";
  print_parts(found.handler, found.checked.manifest);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Builds and checks packages of the VM extension for eBPF for Windows.");
  app.require_subcommand(1);

  package::release::BuildRequest request;
  std::string version;
  CLI::App* builder = app.add_subcommand("build", "Make the extension's ZIP");
  builder->add_option("--payload", request.payload, "Folder of an unpacked redist package")
      ->required();
  builder->add_option("--handler", request.handler, "The built ebpf-handler")->required();
  builder->add_option("--version", version, "X.Y.Z.P: the payload's numbers, then a count")
      ->required()
      ->check([](const std::string& text) {
        return package::parse_handler_version(text) ? "" : "not of the form X.Y.Z.P: " + text;
      });
  builder->add_option("--out", request.out, "Folder for the ZIP")->required();
  builder->add_flag("--force", request.force, "Replace a ZIP of other content");

  std::string target;
  CLI::App* checker = app.add_subcommand("check", "Check a ZIP or an extracted package");
  checker->add_option("package", target, "ZIP or folder")->required();

  try {
    app.parse(argc, argv);
    if (builder->parsed()) build(request, version);
    if (checker->parsed()) check(target);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  } catch (const errors::Failure& failure) {
    std::cerr << "ebpf-package: " << failure.message() << "\n" << failure.advice() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "ebpf-package: " << error.what() << "\n";
  }
  return kRefused;
}
